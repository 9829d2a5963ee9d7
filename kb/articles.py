"""A knowledge article: its fields, what makes it complete, and the life it leads.

Pure: no database, no clock. The life cycle is one table. An article that is revised stays readable: readers see the
version published last (`published_version`) until the new one has passed both checks. Kinds, the title's 128 and the
keyword's 20 characters are those of a published import specification of a city's hotline knowledge base
(https://xinyang.gov.cn/2021/11-22/2948071.html).
"""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, Literal

from kb.query import clean

MATERIAL_KINDS = ("办事指南", "法律法规", "热点问答", "日常咨询", "通知公告", "业务指引", "审批", "其他")
MAX_TITLE = 128
MAX_KEYWORD = 20
MAX_KEYWORDS = 30
MAX_SECTION = 20_000
NOTICE_DAYS = 30

State = Literal["draft", "in_review", "second_check", "published", "due_for_update", "expired", "withdrawn"]
STATES: dict[State, str] = {
    "draft": "草稿",
    "in_review": "待审核",
    "second_check": "待复核",
    "published": "已发布",
    "due_for_update": "待更新",
    "expired": "已失效",
    "withdrawn": "已下线",
}

# Sections of plain text, in reading order, with the heading people see; lists have one entry a line.
SECTIONS: dict[str, str] = {
    "answer": "答复口径",
    "body": "内容",
    "conditions": "申请条件",
    "materials": "申请材料",
    "process": "基本流程",
    "form_sample": "示范文本",
    "common_mistakes": "常见错误",
    "fee": "收费依据及标准",
    "time_limit": "办理时限",
    "place": "办理地点",
    "hours": "办理时间",
    "channels": "办理渠道",
    "contact": "咨询方式",
    "basis": "办理依据",
}


class ArticleError(Exception):
    """What is wrong with an article or a move: `code` for machines, Chinese `message` for people, `field` if one."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is being worked on.

    `category` is a code or a path parted by "/"; `areas` are area codes, none meaning everywhere. `version` counts
    contents, `revision` every change of the row (for the check of concurrent edits). `source` and `external_id`
    together name an article that came from elsewhere; `source_version` is the version it had there.
    """

    title: str
    category: str
    unit_code: str
    material_kind: str
    keywords: tuple[str, ...] = ()
    answer: str = ""
    body: str = ""
    conditions: str = ""
    materials: str = ""
    process: str = ""
    form_sample: str = ""
    common_mistakes: str = ""
    fee: str = ""
    time_limit: str = ""
    place: str = ""
    hours: str = ""
    channels: str = ""
    contact: str = ""
    basis: str = ""
    faq: tuple[tuple[str, str], ...] = ()
    areas: tuple[str, ...] = ()
    public: bool = True
    valid_from: date | None = None
    valid_to: date | None = None
    next_review_on: date | None = None
    source: str = ""
    external_id: str | None = None
    source_version: str = ""
    id: int = 0
    state: State = "draft"
    version: int = 1
    published_version: int | None = None
    revision: int = 1
    edited_by: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether readers see some version of it."""
        return self.published_version is not None


CONTENT = tuple(
    f.name
    for f in fields(Article)
    if f.name not in ("id", "state", "version", "published_version", "revision", "edited_by")
)


def checked(article: Article) -> Article:
    """The article, tidied (blanks and control characters); raises the first of its `problems`."""
    tidy = tidied(article)
    for problem in problems(tidy):
        raise problem
    return tidy


def tidied(article: Article) -> Article:
    """Without control characters and outer blanks; each keyword once, empty ones gone."""
    changes: dict[str, Any] = {
        name: clean(value).strip() for name in CONTENT if isinstance(value := getattr(article, name), str)
    }
    for name in ("keywords", "areas"):
        values = (clean(value).strip() for value in getattr(article, name))
        changes[name] = tuple(dict.fromkeys(value for value in values if value))
    changes["faq"] = tuple((clean(q).strip(), clean(a).strip()) for q, a in article.faq)
    return replace(article, **changes)


def problems(article: Article) -> list[ArticleError]:
    """Everything that keeps the article from being stored."""
    return [
        *_title_problems(article),
        *_label_problems(article),
        *_text_problems(article),
        *_date_problems(article),
    ]


def _title_problems(article: Article) -> list[ArticleError]:
    if not article.title:
        return [ArticleError("kb_title_missing", "标题不能为空", "title")]
    if len(article.title) > MAX_TITLE:
        return [ArticleError("kb_title_too_long", f"标题不能超过 {MAX_TITLE} 字", "title")]
    return []


def _label_problems(article: Article) -> list[ArticleError]:
    found = []
    if not article.category or len(article.category) > 200:
        found.append(ArticleError("kb_category_invalid", "类目不能为空，且不能超过 200 字", "category"))
    if not article.unit_code or len(article.unit_code) > 64:
        found.append(ArticleError("kb_unit_missing", "发文单位不能为空", "unit_code"))
    if article.material_kind not in MATERIAL_KINDS:
        kinds = "、".join(MATERIAL_KINDS)
        found.append(ArticleError("kb_kind_unknown", f"材料性质须为下列之一：{kinds}", "material_kind"))
    if len(article.keywords) > MAX_KEYWORDS:
        found.append(ArticleError("kb_keywords_too_many", f"关键字不能超过 {MAX_KEYWORDS} 个", "keywords"))
    for keyword in article.keywords:
        if len(keyword) > MAX_KEYWORD:
            message = f"关键字“{keyword[:MAX_KEYWORD]}…”超过 {MAX_KEYWORD} 字"
            found.append(ArticleError("kb_keyword_too_long", message, "keywords"))
        if keyword == article.title:
            found.append(ArticleError("kb_keyword_is_title", "关键字不能与标题相同", "keywords"))
    return found


def _text_problems(article: Article) -> list[ArticleError]:
    found = [
        ArticleError("kb_text_too_long", f"“{heading}”不能超过 {MAX_SECTION} 字", name)
        for name, heading in SECTIONS.items()
        if len(getattr(article, name)) > MAX_SECTION
    ]
    if not (article.answer or article.body or article.faq):
        found.append(ArticleError("kb_content_missing", "内容、答复口径和问答至少填写一项", "body"))
    if len(article.faq) > 50 or any(not q or not a or len(q) + len(a) > 4_000 for q, a in article.faq):
        found.append(
            ArticleError("kb_faq_invalid", "问答须成对填写，不超过 50 组，每组不超过 4000 字", "faq")
        )
    if len(article.external_id or "") > 128 or len(article.source) > 128 or len(article.source_version) > 64:
        found.append(ArticleError("kb_source_too_long", "来源、外部编号或来源版本过长", "source"))
    return found


def _date_problems(article: Article) -> list[ArticleError]:
    if article.valid_from and article.valid_to and article.valid_to < article.valid_from:
        return [ArticleError("kb_dates_reversed", "有效期止不能早于有效期起", "valid_to")]
    return []


@dataclass(frozen=True, slots=True)
class Move:
    """A step of the life cycle: from which states, to which, who may, and what it asks for.

    `second_person`: whoever edited the article last may not do it.
    """

    label: str
    sources: frozenset[State]
    target: State
    roles: frozenset[str]
    needs_reason: bool = False
    second_person: bool = False


_WRITERS = frozenset({"kb_editor", "unit_handler"})
_REVIEWERS = frozenset({"kb_editor", "kb_reviewer", "unit_approver"})
_CHECKERS = frozenset({"kb_editor", "kb_reviewer", "supervisor"})
_KEEPERS = frozenset({"kb_editor", "kb_reviewer", "supervisor"})
_ANY_READABLE: frozenset[State] = frozenset(STATES) - {"expired", "withdrawn"}

MOVES: dict[str, Move] = {
    "submit": Move("提交审核", frozenset({"draft"}), "in_review", _WRITERS),
    "approve": Move("审核通过", frozenset({"in_review"}), "second_check", _REVIEWERS, second_person=True),
    "publish": Move("复核发布", frozenset({"second_check"}), "published", _CHECKERS, second_person=True),
    "send_back": Move(
        "退回修改",
        frozenset({"in_review", "second_check"}),
        "draft",
        _REVIEWERS | _CHECKERS,
        needs_reason=True,
    ),
    "mark_due": Move("转待更新", frozenset({"published"}), "due_for_update", _KEEPERS | {"system"}),
    "confirm": Move("确认无变化", frozenset({"due_for_update"}), "published", _KEEPERS | {"unit_handler"}),
    "revise": Move(
        "修订", frozenset({"published", "due_for_update", "expired", "withdrawn"}), "draft", _WRITERS
    ),
    "expire": Move("到期失效", _ANY_READABLE, "expired", frozenset({"kb_editor", "system"})),
    "withdraw": Move("下线", frozenset(STATES) - {"withdrawn"}, "withdrawn", _KEEPERS, needs_reason=True),
}


def moved(article: Article, move: str, roles: Collection[str], actor: str, reason: str = "") -> Article:
    """The article after the move; `ArticleError` if it may not be made.

    Publishing makes this version the one readers see; expiring and withdrawing leave them none; revising begins the
    next version.
    """
    step = MOVES.get(move)
    if step is None:
        raise ArticleError("kb_move_unknown", "没有这个操作", "move")
    if article.state not in step.sources:
        message = f"“{STATES[article.state]}”状态的文章不能{step.label}"
        raise ArticleError("kb_move_not_possible", message, "move")
    if not step.roles & set(roles):
        raise ArticleError("kb_move_not_allowed", f"您没有“{step.label}”的权限", "move")
    if step.second_person and actor == article.edited_by:
        raise ArticleError("kb_second_person_needed", f"“{step.label}”须由编辑者以外的人完成", "move")
    if step.needs_reason and not reason.strip():
        raise ArticleError("kb_reason_missing", f"“{step.label}”须填写原因", "reason")
    changes: dict[str, Any] = {"state": step.target}
    if move == "publish":
        changes["published_version"] = article.version
    elif move == "revise":
        changes["version"] = article.version + 1
    elif step.target in ("expired", "withdrawn"):
        changes["published_version"] = None
    return replace(article, **changes)


def possible_moves(article: Article, roles: Collection[str], actor: str) -> list[str]:
    """The moves this person can make now, in the table's order."""
    return [
        name
        for name, step in MOVES.items()
        if article.state in step.sources
        and step.roles & set(roles)
        and not (step.second_person and actor == article.edited_by)
    ]


def is_editable(article: Article) -> bool:
    """Whether the content may be changed: only drafts; what is under check is sent back first."""
    return article.state == "draft"


def due_move(
    article: Article, today: date, notice_days: int = NOTICE_DAYS
) -> Literal["expire", "mark_due"] | None:
    """What time asks for: expiry after the last valid day, and a reminder some days before that or the review."""
    if article.state in ("expired", "withdrawn"):
        return None
    if article.valid_to and article.valid_to < today:
        return "expire"
    ends = [day for day in (article.valid_to, article.next_review_on) if day]
    if article.state == "published" and ends and min(ends) - timedelta(days=notice_days) <= today:
        return "mark_due"
    return None
