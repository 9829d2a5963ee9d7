"""What of a reply is about the matter at all: not that the letter came, is valued, and was passed on."""

import re

from classifiers.reply_quality import wordings as w
from classifiers.reply_quality.reading import Reading

PASSED_ON = re.compile(
    r"(?:已(?:经|将|于)?|现|将|均|反映的(?:问题|情况))[^。;!?,]{0,30}?(?:转(?:至|交|由|给|到|送|请|发|达|办)?|交(?:由|办|给|付)|反馈(?:给|至)|向有关)[^。;!?,]{0,40}"
    r"|正在(?:办理|交办|处理|调查处理|核实)中?|(?:敬请|请)?(?:关注|等待|耐心)[^。;!?,]{0,12}"
)
_ASKED = re.compile(r"\d{3,4}-\d{7}|电话|拨打|致电")
_PLAIN = 20
"""A plain statement of so many signs tells something too, and counts half."""
_NOT_TOLD = re.compile(r"[\W_]+|20\d\d年\d{1,2}月\d{1,2}日|UU\d+")
ENOUGH = 6
"""Signs of concrete text from which a reply says something."""


ACCOUNT = 100
"""Signs of concrete text that make a full account, also where nothing is promised by a day."""


def concrete(reading: Reading) -> int:
    """How many signs of the reply stand in sentences that find, answer or do something, stock phrases left out."""
    return sum(_concrete(sentence.text) for sentence in reading.sentences)


def _concrete(sentence: str) -> int:
    rest = w.EMPTY.sub("", w.RECEIVED.sub("", sentence))
    rest = own_words(rest)
    says = w.CHECKED.search(rest) or w.DONE.search(rest) or w.ANSWER.search(rest) or w.FIGURE.search(rest)
    told = says or w.PLAN.search(rest) or w.CAUSE.search(rest)
    signs = len(_NOT_TOLD.sub("", rest))
    if told:
        return signs
    return signs // 2 if signs >= _PLAIN and not w.EMPTY.search(sentence) else 0


def own_words(sentence: str) -> str:
    """The sentence with blanks where it only passes the matter on; where it says whom to call, that is an answer."""
    return sentence if _ASKED.search(sentence) else untransferred(sentence)


def untransferred(text: str) -> str:
    """The text with blanks where it only says that the matter was passed on."""
    return PASSED_ON.sub(lambda found: " " * len(found[0]), text)


def substance(reading: Reading) -> bool:
    """Whether the reply says anything about the matter itself."""
    return concrete(reading) >= ENOUGH
