"""The starter articles hold together: unique, readable by an agent, and every code and number in them is known.

The limits of title, keyword and kind are those of a published import specification (title at most 128 characters,
keyword at most 20 and unlike the title, a fixed list of kinds); the length of the answer is our own: an agent must be
able to read it out in one breath. Reference data is read from the files themselves, so that a code that is dropped from
the taxonomy or the units fails here and not in front of a caller.
"""

import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[2] / "hotline" / "data"
KINDS = {"办事指南", "热点问答", "法律法规", "日常咨询", "通知公告", "业务指引"}
LISTS = ("keywords", "conditions", "materials", "steps", "basis", "common_mistakes", "areas")
TEXTS = ("fee", "time_limit", "place", "contact", "hours", "channels", "source")
REQUIRED = {
    "id",
    "title",
    "category",
    "unit",
    "kind",
    "keywords",
    "audience",
    "answer",
    "basis",
    "areas",
    "source",
} | {
    "contact",
    "valid_from",
    "next_review_on",
}
KNOWN = REQUIRED | set(LISTS) | set(TEXTS) | {"faq"}
PLACEHOLDER = re.compile(r"TODO|FIXME|XXX|lorem|待补充内容|待完善|某某|此处填写|\?\?|？？|�", re.IGNORECASE)
HOTLINE_NUMBER = re.compile(r"(?<![\d.])(12[0-9]{3}|96[0-9]{3})(?!\d)")
MERGED = re.compile(r"原?(12\d{3}|96\d{3})[^（）；，。]{0,8}已并入")
APPS = {"12123"}  # 交管12123 is an app, nobody can ring it
TELEPHONE = re.compile(r"0\d{2,3}-\d{7,8}|(?<!\d)1[3-9]\d{9}(?!\d)")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def _articles() -> list[dict[str, Any]]:
    files = sorted((DATA / "articles").glob("*.toml"))
    return [article for file in files for article in _read(f"articles/{file.name}")["article"]]


ARTICLES = _articles()


def _text(article: dict[str, Any]) -> str:
    """All that a person can read in an article, one line a field."""
    faq = [line for pair in article.get("faq", []) for line in (pair["q"], pair["a"])]
    lists = [line for name in LISTS for line in article.get(name, [])]
    return "\n".join(
        [article["title"], article["answer"], *lists, *faq, *(article.get(name, "") for name in TEXTS)]
    )


def _each(check: Any) -> list[str]:
    """The ids of the articles that fail a check, so that one run names them all."""
    return [article["id"] for article in ARTICLES if not check(article)]


def test_there_are_enough_articles_for_a_portal_that_answers_on_its_first_day() -> None:
    audiences = Counter(article["audience"] for article in ARTICLES)
    assert len(ARTICLES) >= 140
    assert audiences["internal"] >= 10
    assert set(audiences) == {"public", "internal"}


@pytest.mark.parametrize("field", ["id", "title"])
def test_no_two_articles_share(field: str) -> None:
    seen = Counter(article[field] for article in ARTICLES)
    assert [value for value, times in seen.items() if times > 1] == []


def test_every_article_has_the_fields_an_answer_needs_and_no_unknown_ones() -> None:
    assert _each(lambda article: set(article) >= REQUIRED) == []
    assert {name for article in ARTICLES for name in article} <= KNOWN


def test_ids_name_the_city_the_theme_and_a_number() -> None:
    assert _each(lambda article: re.fullmatch(r"lz-[a-z]{2,4}-\d{3}", article["id"])) == []


def test_titles_kinds_and_keywords_stay_inside_the_import_rules() -> None:
    assert _each(lambda article: 4 <= len(article["title"]) <= 128) == []
    assert _each(lambda article: article["kind"] in KINDS) == []
    assert _each(lambda article: 4 <= len(article["keywords"]) <= 12) == []
    assert _each(lambda article: all(0 < len(word) <= 20 for word in article["keywords"])) == []
    assert _each(lambda article: article["title"] not in article["keywords"]) == []
    assert _each(lambda article: len(set(article["keywords"])) == len(article["keywords"])) == []


def test_an_answer_can_be_read_out_in_one_breath() -> None:
    assert _each(lambda article: 60 <= len(article["answer"]) <= 200) == []
    assert _each(lambda article: article["answer"].endswith(("。", "”"))) == []


def test_lists_hold_text_and_faq_holds_questions_with_answers() -> None:
    assert _each(lambda a: all(a[name] and all(map(str.strip, a[name])) for name in LISTS if name in a)) == []
    assert _each(lambda a: all(a[name].strip() for name in TEXTS if name in a)) == []
    pairs = [pair for article in ARTICLES for pair in article.get("faq", [])]
    assert all(set(pair) == {"q", "a"} for pair in pairs)
    assert [pair["q"] for pair in pairs if not (pair["q"].endswith("？") and len(pair["a"]) >= 8)] == []


def test_nothing_was_left_to_be_filled_in() -> None:
    assert [(a["id"], found[0]) for a in ARTICLES if (found := PLACEHOLDER.search(_text(a)))] == []


def test_categories_are_subclasses_or_leaves_of_the_taxonomy() -> None:
    levels = {category["code"]: category["level"] for category in _read("taxonomy.toml")["category"]}
    assert _each(lambda article: levels.get(article["category"]) in (2, 3)) == []


def test_the_owning_unit_exists_and_is_not_abolished() -> None:
    in_force = {unit["code"] for unit in _read("units.toml")["unit"] if "valid_to" not in unit}
    assert _each(lambda article: article["unit"] in in_force) == []


def test_areas_are_known() -> None:
    areas = {area["code"] for area in _read("areas.toml")["area"]}
    assert _each(lambda article: article["areas"] and set(article["areas"]) <= areas) == []


def test_every_article_has_a_first_day_and_is_reviewed_within_two_years() -> None:
    def well_dated(article: dict[str, Any]) -> bool:
        start, review = article["valid_from"], article["next_review_on"]
        dates = type(start) is date and type(review) is date
        return dates and start < review and (review - start).days <= 730

    assert _each(well_dated) == []


def test_reviews_are_spread_over_the_year() -> None:
    months = Counter(article["next_review_on"].month for article in ARTICLES)
    assert len(months) >= 8
    assert max(months.values()) <= len(ARTICLES) // 3


def test_every_hotline_named_is_in_the_registry() -> None:
    known = {hotline["number"] for hotline in _read("hotlines.toml")["hotline"]} | APPS
    named = {(a["id"], number) for a in ARTICLES for number in HOTLINE_NUMBER.findall(_text(a))}
    assert sorted((article, number) for article, number in named if number not in known) == []


def test_a_hotline_called_merged_is_merged_in_the_registry() -> None:
    merged = {
        hotline["number"]
        for hotline in _read("hotlines.toml")["hotline"]
        for mode in hotline.get("mode", [])
        if mode["region"] == "澜州市" and mode["mode"] == "整体并入" and "valid_to" not in mode
    }
    said = {(a["id"], number) for a in ARTICLES for number in MERGED.findall(_text(a))}
    assert said, "some articles tell callers that an old number has been merged"
    assert sorted((article, number) for article, number in said if number not in merged) == []


def test_no_article_gives_a_number_that_could_ring_at_somebodys_home() -> None:
    assert [(a["id"], found[0]) for a in ARTICLES if (found := TELEPHONE.search(_text(a)))] == []


def test_local_rules_are_marked_as_examples() -> None:
    named_after_the_city = [line for a in ARTICLES for line in a["basis"] if "澜州市" in line]
    assert named_after_the_city
    assert [line for line in named_after_the_city if not line.endswith("（澜州示例）")] == []


def test_internal_guides_are_owned_by_the_hotline_centre() -> None:
    internal = [article for article in ARTICLES if article["audience"] == "internal"]
    assert {article["unit"] for article in internal} == {"LZ-RX"}
    assert {article["kind"] for article in internal} == {"业务指引"}


def test_what_is_done_in_steps_says_what_to_bring_or_whom_to_call() -> None:
    guides = [article for article in ARTICLES if article["kind"] == "办事指南"]
    assert guides
    assert [article["id"] for article in guides if not article.get("steps")] == []
    assert [a["id"] for a in guides if not (a.get("materials") or a.get("contact"))] == []
