"""One prediction out of its parts: a model's probabilities (if there is one), taxonomy, rules, entities.

How a learned and an unlearned class are weighed: the model knows only the classes it has labels for, so a
message about pensions of veterans would be pressed into one of them. When phrases of an unlearned class
stand in the text, it takes a part of the whole: `outside = E² / (E² + I² + (CAUTION × p)²)`, E the strongest
unlearned match (each phrase weighed by its rarity among what the model learned from), I that of the
model's own first choice, p its probability. Certain is what the model is sure of by its
calibrated probability, what nothing outside speaks against, and what is clear below the first level too.
"""

from collections.abc import Callable, Mapping

from classifiers import extraction
from classifiers.api import Candidate, Prediction, Text, whole
from classifiers.features import MAX_CHARS
from classifiers.phrases import rules
from classifiers.segment import Segmenter
from classifiers.taxonomy import Match, Taxonomy, new

CAUTION = 4.0
"""Weight of the unknown: two keywords have to match before they are half sure against a sure model, or alone."""
OUTSIDE_LIMIT = 0.2
"""With more than this part outside the learned classes nothing is certain: about one good keyword's worth."""
CLEAR_SHARE = 0.6
"""The least share of the keyword match within its class that lets a deeper category be called certain."""
MAX_CANDIDATES, MAX_EVIDENCE = 3, 8


def assemble(
    text: Text,
    taxonomy: Taxonomy,
    segmenter: Segmenter,
    learned: Mapping[str, float] | None = None,
    threshold: float = 2.0,
    words: tuple[str, ...] = (),
    rarity: Callable[[str], float] = new,
) -> Prediction:
    """The whole answer for one message.

    `learned` gives a probability for each first-level name the model knows (None: no model); `threshold`
    is the least probability of a learned class for `certain` (above 1: never); `words` are the model's
    evidence; `rarity` says how new a phrase is to the model.
    """
    both = whole(text)
    matches = taxonomy.match(
        segmenter.normalise(text.title[:MAX_CHARS]), segmenter.normalise(text.detail[:MAX_CHARS]), rarity
    )
    classes, outside = _class_scores(taxonomy, matches, learned)
    best = max((p for name, p in (learned or {}).items() if name in taxonomy.first_level), default=0.0)
    sure = outside < OUTSIDE_LIMIT and best >= threshold
    ranked = _candidates(taxonomy, matches, classes)
    kind = rules.request_type(text.title, text.detail)
    alarms = rules.alarms(both, kind.code)
    return Prediction(
        request_type=kind.code,
        request_type_score=kind.score,
        categories=ranked,
        certain=sure and bool(ranked) and _is_clear(taxonomy, ranked[0], classes),
        urgency=rules.urgency_of(alarms).code,
        sensitive=tuple(signal.code for signal in rules.signals_of(alarms)),
        entities=extraction.find(both, text.received_at, text.gazetteer),
        evidence=_evidence(taxonomy, ranked, matches, words),
        classes=_best_classes(taxonomy, classes),
    )


def _best_classes(taxonomy: Taxonomy, classes: Mapping[str, float]) -> tuple[Candidate, ...]:
    ranked = sorted(classes, key=lambda code: (-classes[code], code))
    return tuple(_candidate(taxonomy, code, classes[code]) for code in ranked[:MAX_CANDIDATES])


def _class_scores(
    taxonomy: Taxonomy, matches: Mapping[str, Match], learned: Mapping[str, float] | None
) -> tuple[dict[str, float], float]:
    """Score of each first-level code (the model's share for what it knows, the match's for the rest); outside."""
    strength = _by_class(taxonomy, matches)
    known = {
        taxonomy.first_level[name]: p for name, p in (learned or {}).items() if name in taxonomy.first_level
    }
    others = {
        code: weight for code, weight in _by_class(taxonomy, matches, True).items() if code not in known
    }
    first = max(known, key=lambda code: known[code], default="")
    inside, caution = strength.get(first, 0.0), CAUTION * known.get(first, 1.0)
    strongest = max(others.values(), default=0.0)
    outside = strongest**2 / (strongest**2 + inside**2 + caution**2)
    scores = {code: p * (1 - outside) for code, p in known.items()}
    total = sum(others.values())
    return scores | {code: outside * weight / total for code, weight in others.items() if total}, outside


def _by_class(taxonomy: Taxonomy, matches: Mapping[str, Match], rare: bool = False) -> dict[str, float]:
    strength: dict[str, float] = {}
    for code, match in matches.items():
        root = taxonomy.root(code)
        strength[root] = strength.get(root, 0.0) + (match.rare if rare else match.weight)
    return strength


def _candidates(
    taxonomy: Taxonomy, matches: Mapping[str, Match], classes: Mapping[str, float]
) -> tuple[Candidate, ...]:
    """The best nodes below each class by share of match; the class itself where nothing below matched.

    The class that leads keeps the lead, even when its match is spread over many categories below it.
    """
    found: list[Candidate] = []
    for root, score in classes.items():
        below = _leaves(taxonomy, matches, root)
        total = sum(below.values())
        parts = [(code, score * weight / total) for code, weight in below.items()] or [(root, score)]
        found += [_candidate(taxonomy, code, part) for code, part in parts if part >= 0.01]
    found.sort(key=lambda candidate: (-candidate.score, candidate.code))
    best = max(classes, key=lambda code: classes[code], default="")
    own = [candidate for candidate in found if taxonomy.root(candidate.code) == best]
    lead = _together(taxonomy, own, CLEAR_SHARE * classes.get(best, 0.0)) or own[:1]
    return tuple([*lead, *(candidate for candidate in found if candidate not in lead)][:MAX_CANDIDATES])


def _candidate(taxonomy: Taxonomy, code: str, score: float) -> Candidate:
    return Candidate(code, taxonomy.path(code), round(min(score, 1.0), 4))


def _together(taxonomy: Taxonomy, own: list[Candidate], clear: float) -> list[Candidate]:
    """The second-level category of a class whose children are clear together although none is alone."""
    if not own or own[0].score >= clear:
        return []
    sums: dict[str, float] = {}
    for candidate in own:
        parent = taxonomy.nodes[candidate.code].parent
        if parent and taxonomy.nodes[parent].parent:
            sums[parent] = sums.get(parent, 0.0) + candidate.score
    return [_candidate(taxonomy, code, score) for code, score in sums.items() if score >= clear]


def _leaves(taxonomy: Taxonomy, matches: Mapping[str, Match], root: str) -> dict[str, float]:
    """Matched nodes below a class. A node gives half its weight to matched children and then stands back."""
    below = {
        code: match.weight for code, match in matches.items() if code != root and taxonomy.root(code) == root
    }
    for code in sorted(below, key=lambda code: len(taxonomy.path(code))):
        heirs = [child for child in taxonomy.children.get(code, ()) if child in below]
        for heir in heirs:
            below[heir] += below[code] / 2
        if heirs:
            below[code] = 0.0
    return {code: weight for code, weight in below.items() if weight > 0}


def _is_clear(taxonomy: Taxonomy, best: Candidate, classes: Mapping[str, float]) -> bool:
    """Is the first candidate of the leading class, and as deep as words can tell?"""
    root = taxonomy.root(best.code)
    if best.code == root:
        return not taxonomy.children.get(root)
    return best.score >= CLEAR_SHARE * classes[root]


def _evidence(
    taxonomy: Taxonomy, ranked: tuple[Candidate, ...], matches: Mapping[str, Match], words: tuple[str, ...]
) -> tuple[str, ...]:
    """Phrases of the chosen category first, then the model's words, each once and none inside another."""
    if not ranked:
        return ()
    chosen = ranked[0].code
    line = [chosen, taxonomy.nodes[chosen].parent, taxonomy.root(chosen)]
    phrases = [phrase for code in line if code in matches for phrase in matches[code].phrases]
    kept: list[str] = []
    for word in dict.fromkeys([*phrases, *words]):
        if not any(word in other for other in kept):
            kept.append(word)
    return tuple(kept[:MAX_EVIDENCE])
