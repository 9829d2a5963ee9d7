"""The place names that a city hands in: areas with their short names, roads, estates, landmarks."""

from collections.abc import Iterable, Iterator

_SHORTEST = 2


class Gazetteer:
    """Names to be found in text by their first two characters; building costs a moment, looking up is linear in the text.

    `areas` are administrative areas with their short names, `sites` everything else; plain words in any order. What is
    shorter than two characters is left out.
    """

    def __init__(self, areas: Iterable[str], sites: Iterable[str] = ()) -> None:
        forms = dict.fromkeys(sites, "site") | dict.fromkeys(areas, "area")
        self._by_head: dict[str, list[tuple[str, str]]] = {}
        for name in sorted(forms, key=len, reverse=True):
            if len(name) >= _SHORTEST:
                self._by_head.setdefault(name[:_SHORTEST], []).append((name, forms[name]))

    def __len__(self) -> int:
        return sum(map(len, self._by_head.values()))

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and form of the longest name at each place of the text, from left to right, without overlaps."""
        at = 0
        while at < len(text) - 1:
            names = self._by_head.get(text[at : at + _SHORTEST], ())
            name, form = next((pair for pair in names if text.startswith(pair[0], at)), ("", ""))
            if name:
                yield at, at + len(name), form
            at += len(name) or 1


NO_GAZETTEER = Gazetteer(())
