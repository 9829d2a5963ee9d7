"""Matching a text against a taxonomy, and how a model's word and the match are joined."""

import pytest

from classifiers.api import Category, ClassifierUnavailable, Text
from classifiers.assemble import assemble
from classifiers.segment import Segmenter
from classifiers.taxonomy import Taxonomy

CATEGORIES = (
    Category("01", "", "城乡建设"),
    Category("0101", "01", "物业管理", ("物业公司",), "住宅小区物业服务"),
    Category("010101", "0101", "电梯故障", ("电梯坏了", "电梯困人")),
    Category("010102", "0101", "物业收费", ("乱收物业费", "公摊电费")),
    Category("0102", "01", "其他"),
    Category("02", "", "民政"),
    Category("0201", "02", "社会救助", ("低保", "临时救助")),
)


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter()


@pytest.fixture(scope="module")
def taxonomy():
    return Taxonomy(CATEGORIES)


def test_paths_and_roots_follow_the_tree(taxonomy):
    assert taxonomy.path("010101") == ("城乡建设", "物业管理", "电梯故障")
    assert taxonomy.root("010101") == "01"
    assert taxonomy.first_level == {"城乡建设": "01", "民政": "02"}


def test_a_title_counts_double_and_a_phrase_once(taxonomy):
    once = taxonomy.match("", "电梯困人")["010101"].weight
    assert taxonomy.match("", "电梯困人电梯困人")["010101"].weight == once
    assert taxonomy.match("电梯困人", "")["010101"].weight == 2 * once


def test_a_shared_phrase_counts_a_part_for_each():
    alone = Taxonomy([Category("1", "", "甲类"), Category("11", "1", "子类", ("井盖",))])
    shared = Taxonomy(
        [
            Category("1", "", "甲类"),
            Category("11", "1", "子类", ("井盖",)),
            Category("12", "1", "另类", ("井盖",)),
        ]
    )
    assert shared.match("", "井盖")["11"].weight == alone.match("", "井盖")["11"].weight / 2


def test_the_name_other_matches_nothing(taxonomy):
    assert "0102" not in taxonomy.match("", "还有其他问题")


def test_an_empty_text_matches_nothing(taxonomy):
    assert taxonomy.match("", "") == {}
    assert taxonomy.match("水", "") == {}


def test_a_circle_is_refused():
    with pytest.raises(ClassifierUnavailable, match="成环"):
        Taxonomy([Category("1", "1", "甲")])


def test_the_deeper_match_takes_over_from_its_parent(taxonomy, segmenter):
    found = assemble(Text("", "物业公司不管,电梯困人"), taxonomy, segmenter, {"城乡建设": 0.95}, 0.9)
    assert found.categories[0].code == "010101"
    assert found.certain
    assert found.evidence[0] == "电梯困人"


def test_without_a_deeper_match_the_class_itself_is_offered_and_is_not_certain(taxonomy, segmenter):
    found = assemble(Text("", "楼道太黑"), taxonomy, segmenter, {"城乡建设": 0.99}, 0.9)
    assert found.categories[0].code == "01"
    assert not found.certain


def test_two_deeper_matches_of_one_parent_give_the_parent_the_lead(taxonomy, segmenter):
    found = assemble(Text("", "电梯困人,还收公摊电费"), taxonomy, segmenter, {"城乡建设": 0.99}, 0.9)
    assert [candidate.code for candidate in found.categories] == ["0101", "010101", "010102"]
    assert found.certain


def test_two_deeper_matches_of_different_parents_are_left_to_a_person(segmenter):
    other = Category("0103", "01", "市政设施", ("路灯不亮", "井盖破损"))
    taxonomy = Taxonomy([*CATEGORIES, other])
    found = assemble(Text("", "电梯困人,路灯不亮"), taxonomy, segmenter, {"城乡建设": 0.99}, 0.9)
    assert {candidate.code for candidate in found.categories} == {"010101", "0103"}
    assert not found.certain


def test_phrases_of_an_unlearned_class_take_the_certainty_away(taxonomy, segmenter):
    text = Text("", "电梯困人,另外想问低保和临时救助")
    sure = assemble(Text("", "电梯困人"), taxonomy, segmenter, {"城乡建设": 0.95}, 0.9)
    doubtful = assemble(text, taxonomy, segmenter, {"城乡建设": 0.95}, 0.9)
    assert sure.certain
    assert not doubtful.certain
    assert "0201" in {candidate.code for candidate in doubtful.categories}


def test_without_a_model_nothing_is_certain(taxonomy, segmenter):
    assert not assemble(Text("电梯困人", "电梯坏了"), taxonomy, segmenter).certain


def test_a_class_that_the_taxonomy_lacks_makes_nothing_certain(taxonomy, segmenter):
    found = assemble(Text("", "电梯困人"), taxonomy, segmenter, {"城乡建设": 0.02, "交通运输": 0.98}, 0.9)
    assert not found.certain


def test_half_a_name_of_two_characters_says_little():
    names = Taxonomy(
        [Category("1", "", "甲类"), Category("11", "1", "查询与建议"), Category("12", "1", "建议")]
    )
    found = names.match("", "一点建议")
    assert found["11"].weight < found["12"].weight
