"""Explainability: facts that were found, why it came so, which rule applies, what follows; and whether it is connected."""

from classifiers.reply_quality import wordings as w
from classifiers.reply_quality.findings import Mark, Part
from classifiers.reply_quality.reading import Reading, marks
from classifiers.reply_quality.substance import ENOUGH, concrete
from classifiers.reply_quality.weights import ONE_REASON, PARTS, REASONS, UNREASONED

_WORDS = {"facts": "事实", "cause": "原因", "rule": "依据", "conclusion": "结论"}
_TOO_SHORT = 12


def judge(reading: Reading, pieces: dict[str, tuple[Mark, ...]]) -> Part:
    """The part `explainability`."""
    label = PARTS["explainability"][0]
    told = concrete(reading)
    if told < ENOUGH or len(reading.bare) < _TOO_SHORT:
        return Part("explainability", label, 0.0, "没有说明理由")
    found = _found(reading, pieces)
    score = sum(REASONS[name] for name, places in found.items() if places)
    connected = bool(w.CONNECTED.search(reading.text))
    if bool(found["cause"]) != bool(found["rule"]) and found["facts"]:
        score += ONE_REASON * (1.5 if connected else 1)
    elif not found["cause"] and not found["rule"]:
        low, high, signs = UNREASONED
        score = min(score, low) + (high - low) * min(1.0, told / signs)
    missing = [_WORDS[name] for name, places in found.items() if not places]
    reason = f"没有讲清{'、'.join(missing)}" if missing else "事实、原因、依据、结论都有"
    if not connected:
        reason += "；前因后果没有连起来"
        score *= 0.9
    return Part("explainability", label, min(1.0, score), reason, sum(found.values(), ()))


def _found(reading: Reading, pieces: dict[str, tuple[Mark, ...]]) -> dict[str, tuple[Mark, ...]]:
    facts = pieces.get("checked", ()) or marks(w.FIGURE, reading.text, "facts", _WORDS["facts"], 1)
    rule = pieces.get("basis", ()) or marks(w.VAGUE_BASIS, reading.text, "rule", _WORDS["rule"], 1)
    return {
        "facts": facts,
        "cause": marks(w.CAUSE, reading.text, "cause", _WORDS["cause"], 1),
        "rule": rule,
        "conclusion": pieces.get("result", ()),
    }
