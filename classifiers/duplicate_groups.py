"""Groups of messages about the same matter in a long list, in the time that reading it takes.

Every message is held against the earlier ones that share its telling words, and joins the group of the most alike
where that is alike enough. Only the newest BUCKET messages under a word are looked at, so a list twice as long takes
twice as long, whatever stands in it; a group is found through any of its newer members.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifiers.duplicates import BUCKET, SAME, Likeness, Sketch, compare

NEAREST = 20
"""So many earlier messages, those with the most weight in common, are compared with each."""
LEAST = 0.2
"""A less alike earlier message is not worth naming."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one message. `group` counts from 1 in the order of first members; `earlier` is the place in
    the list (from 0) of the most alike earlier message, None where none comes near."""

    group: int
    earlier: int | None = None
    likeness: Likeness | None = None

    @property
    def score(self) -> float:
        """0..1; 0 without an earlier message."""
        return self.likeness.score if self.likeness else 0.0


class Groups:
    """Takes sketches in order. `least` is the score from which on a message joins a group."""

    def __init__(self, least: float = SAME) -> None:
        self._least = least
        self._sketches: list[Sketch] = []
        self._group: list[int] = []
        self._under: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=BUCKET))
        self._groups = 0

    def add(self, sketch: Sketch) -> Found:
        """What the next message is alike to, and the group it joins or opens."""
        place, found = len(self._sketches), self._most_alike(sketch)
        earlier, likeness = found if found else (None, None)
        if earlier is not None and likeness is not None and likeness.score >= self._least:
            group = self._group[earlier]
        else:
            self._groups += 1
            group = self._groups
        self._sketches.append(sketch)
        self._group.append(group)
        for key, _ in sketch.keys:
            self._under[key].append(place)
        return Found(group, earlier, likeness)

    def _most_alike(self, sketch: Sketch) -> tuple[int, Likeness] | None:
        best: tuple[int, Likeness] | None = None
        for place in self.near(sketch):
            likeness = compare(sketch, self._sketches[place])
            if likeness.score >= (best[1].score if best else LEAST):
                best = place, likeness
        return best

    def near(self, sketch: Sketch) -> list[int]:
        """Places of earlier messages that share telling words, those with the most in common first."""
        common: dict[int, float] = defaultdict(float)
        for key, weight in sketch.keys:
            for place in self._under.get(key, ()):
                common[place] += weight
        return sorted(common, key=lambda place: (-common[place], -place))[:NEAREST]


def grouped(sketches: Iterable[Sketch], least: float = SAME) -> Iterator[Found]:
    """What `Groups` finds for each of the sketches, in order."""
    groups = Groups(least)
    return (groups.add(sketch) for sketch in sketches)
