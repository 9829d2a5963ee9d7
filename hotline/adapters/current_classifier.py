"""The classifier that answers now: the model in service by the registry, else that of the setting, over the taxonomy
in force.

`follow` is called every few seconds beside the event loop: it loads a newly chosen model beside the serving one and
swaps only when the new one has loaded and answered. A model that is refused leaves the last one in service. At a start
with a broken model the ones before it are tried in turn, then the setting's, and at last the taxonomy's keywords answer
alone: suggestions get poorer, nothing stops.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from classifiers.api import Classifier, ClassifierUnavailable, Prediction, Text
from classifiers.corrections import Corrections, CorrectionsBroken, raised
from classifiers.open import open_classifier
from classifiers.segment import Segmenter
from hotline.adapters import aside, children
from hotline.adapters.model_store import MEMORY, taxonomy_of
from hotline.domain.learning import Choice, Spoken
from hotline.domain.reference import Reference

log = logging.getLogger(__name__)
_DEFAULT = Choice()
_REMEMBERING = (sys.executable, "-m", "hotline.adapters.memory_child")
_REMEMBERING_S, _LINE = 600, 200


@dataclass(frozen=True)
class Registry:
    """What the registry says, asked outside any transaction of the caller.

    `chain` gives the model in service first, then the ones before it; nothing where the setting's serves. `opened` gives
    the model of a version and its registered digest, loaded and probed, or raises ClassifierUnavailable. `refused`
    raises the alarm that a chosen one could not be opened.
    """

    chain: Callable[[], Sequence[Choice]]
    opened: Callable[[str, str], Classifier]
    refused: Callable[[str, str], None]


class CurrentClassifier:
    """A classifiers.api.Classifier. `reference` gives the snapshot in force."""

    def __init__(
        self,
        url: str,
        reference: Callable[[], Reference],
        segmenter: Segmenter,
        registry: Registry | None = None,
        memory: Path | None = None,
    ) -> None:
        self._url, self._reference, self._segmenter = url, reference, segmenter
        self._registry = registry
        self._memory, self._remembered_at, self._given_up = memory, 0.0, 0
        self._corrections: Corrections | None = None
        self._lock, self._switching = threading.Lock(), threading.Lock()
        self._opened: Classifier | None = None
        self._taxonomy = -1
        self._serving = _DEFAULT
        self._refused: set[Choice] = set()
        self._makeshift = ""

    @property
    def name(self) -> str:
        return self._current().name

    @property
    def version(self) -> str:
        return self._current().version

    @property
    def makeshift(self) -> str:
        """Why the taxonomy's keywords answer instead of the model of the setting; "" where they do not."""
        return self._makeshift if self._current() else ""

    def load(self) -> None:
        self._current()

    def predict(self, texts: Sequence[Text]) -> list[Prediction]:
        return self.read(texts)[0]

    def read(self, texts: Sequence[Text]) -> tuple[list[Prediction], str]:
        """The predictions and the model that made them, even when another takes over meanwhile; what people have
        corrected often enough comes first."""
        current = self._current()
        answers = current.predict(texts)
        if self._corrections is not None:
            answers = [self._corrected(*pair) for pair in zip(texts, answers, strict=True)]
        return answers, f"{current.name}/{current.version}"

    def _corrected(self, text: Text, answer: Prediction) -> Prediction:
        memory = self._corrections
        advice = memory.advice(text, self._segmenter.normalise) if memory is not None else None
        if advice is None:
            return answer
        path = [str(row["name"]) for row in self._reference().path("category", advice.code)]
        return raised(answer, advice, path)

    @property
    def remembers_until(self) -> int:
        """The last label that the memory of corrections knows, or could not be made to know; 0 without one."""
        self._recall()
        return max(self._given_up, self._corrections.until if self._corrections is not None else 0)

    async def remember(self, spoken: Sequence[Spoken], until: int) -> None:
        """Writes the memory of corrections anew, in a process of its own that gives way to this one; every process reads
        it within seconds. Where that fails the last memory stays, and is written with the labels to come."""
        if self._memory is None:
            return
        lines = await asyncio.to_thread(_lines, spoken)
        try:
            with aside.made(self._memory.parent, MEMORY) as place:
                made = place / self._memory.name
                await children.fed([*_REMEMBERING, str(made), str(until)], lines, _REMEMBERING_S)
                made.replace(self._memory)
        except (children.ChildFailed, OSError) as error:
            self._given_up = until
            log.error("corrections.not_written", extra={"reason": str(error)})
        await asyncio.to_thread(self._recall)

    def _recall(self) -> None:
        """Reads the memory of corrections where it has changed. A broken one is left alone and the last one kept."""
        try:
            changed = self._memory.stat().st_mtime if self._memory is not None else 0.0
        except OSError:
            return
        if self._memory is None or changed == self._remembered_at:
            return
        self._remembered_at = changed
        try:
            self._corrections = Corrections.load(self._memory)
        except CorrectionsBroken as error:
            log.error("corrections.refused", extra={"reason": str(error)})

    def follow(self) -> bool:
        """Takes over a model that was put in service since the last look; True when it did. Waits for nobody: while
        one thread switches, others go on with the model they have. Reads the memory of corrections anew too."""
        self._recall()
        if self._registry is None or not self._switching.acquire(blocking=False):
            return False
        try:
            return self._opened is not None and self._follow(self._registry)
        finally:
            self._switching.release()

    def _follow(self, registry: Registry) -> bool:
        chosen = next(iter(registry.chain()), _DEFAULT)
        if chosen == self._serving or chosen in self._refused:
            return False
        try:
            fresh = self._open(chosen)
        except ClassifierUnavailable as error:
            self._refuse(chosen, error)
            return False
        with self._lock:
            self._take(fresh, chosen)
        log.info("classifier.switched", extra={"model": fresh.version})
        return True

    def _current(self) -> Classifier:
        reference = self._reference()
        taxonomy = reference.versions.get("category", 0)
        with self._lock:
            opened = self._opened or self._start()
            if taxonomy != self._taxonomy:
                self._use_taxonomy(opened, reference)
                self._taxonomy = taxonomy
            return opened

    def _use_taxonomy(self, opened: Classifier, reference: Reference) -> None:
        try:
            opened.use_taxonomy(taxonomy_of(reference))
        except ClassifierUnavailable as error:
            log.error("classifier.taxonomy_refused", extra={"reason": str(error)})

    def _start(self) -> Classifier:
        why = ""
        for chosen in [*(self._registry.chain() if self._registry else ()), _DEFAULT]:
            try:
                opened = self._open(chosen)
            except ClassifierUnavailable as error:
                self._refuse(chosen, error)
                why = str(error)
                continue
            return self._take(opened, chosen)
        opened = open_classifier("rules:", taxonomy_of(self._reference()), segmenter=self._segmenter)
        opened.load()
        self._take(opened, _DEFAULT)
        self._makeshift = why
        return opened

    def _open(self, chosen: Choice) -> Classifier:
        if chosen.name and self._registry is not None:
            return self._registry.opened(chosen.name, chosen.digest)
        return self._of_setting()

    def _of_setting(self) -> Classifier:
        opened = open_classifier(self._url, taxonomy_of(self._reference()), segmenter=self._segmenter)
        opened.load()
        return opened

    def _take(self, opened: Classifier, chosen: Choice) -> Classifier:
        self._opened, self._serving, self._makeshift = opened, chosen, ""
        self._taxonomy = -1  # what was opened may be a version behind by now; the next answer looks
        return opened

    def _refuse(self, chosen: Choice, error: ClassifierUnavailable) -> None:
        """Logs and raises the alarm once for a choice; chosen anew, it is tried anew."""
        log.error("classifier.refused", extra={"model": chosen.name, "reason": str(error)})
        self._refused.add(chosen)
        if chosen.name and self._registry is not None:
            self._registry.refused(chosen.name, str(error))


def _lines(spoken: Sequence[Spoken]) -> bytes:
    """What the child reads: pages of examples, then null."""
    pages = [list(map(astuple, spoken[at : at + _LINE])) for at in range(0, len(spoken), _LINE)]
    return "\n".join(json.dumps(page, ensure_ascii=False) for page in [*pages, None]).encode(
        "utf-8", "ignore"
    )
