"""How replies are worded: the patterns that several parts read (`data/reply_wordings.txt`, one alternative a line).

All run over half-width text and are bounded, so that no text makes them slow.
"""

import re

from classifiers.word_files import expressions

_SAID = expressions("reply_wordings.txt")


def _pattern(section: str) -> re.Pattern[str]:
    """Replies in English are read a little: what they say is told in those four sections, however it is capitalised."""
    english = section in ("checked", "done", "cause", "courtesy")
    return re.compile(_SAID[section], re.IGNORECASE if english else 0)


UNIT_TAIL = f"(?:{_SAID['unit-tail']})"
NAMED_UNIT = re.compile(
    rf"(?!(?:有关|相关|其他|其它|上级|主管|职能|该|我|本|各|贵)[\u4e00-\u9fff]{{0,3}}(?:部门|单位|{UNIT_TAIL}))"
    rf"(?:[省市区县镇乡][\u4e00-\u9fff]{{0,14}}|[\u4e00-\u9fff]{{2,14}}){UNIT_TAIL}"
)
DAY = _SAID["day"]
ANY_DAY = re.compile(DAY)
CHECKED, DONE, ANSWER, PLAN = map(_pattern, ("checked", "done", "answer", "plan"))
CAUSE, CONNECTED = map(_pattern, ("cause", "connected"))
BASIS, VAGUE_BASIS = map(_pattern, ("basis", "vague-basis"))
FIGURE, PROMISE, EMPTY = map(_pattern, ("figure", "promise", "empty"))
COURTESY, RECEIVED = map(_pattern, ("courtesy", "received"))
