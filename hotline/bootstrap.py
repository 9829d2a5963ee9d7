"""Settings -> Runtime: the only module that builds adapters, and it closes them in reverse order."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from classifiers.duplicates import Sketcher
from classifiers.reply_quality import ReplyAssessor
from classifiers.segment import Segmenter
from hotline import registry
from hotline.adapters.aside import Asides
from hotline.adapters.crypto.cipher import KeyringCipher
from hotline.adapters.crypto.keyring import Keyring
from hotline.adapters.current_classifier import CurrentClassifier, Registry
from hotline.adapters.db.engine import build_engine, fate_of
from hotline.adapters.db.unit_of_work import UnitOfWorkFactory
from hotline.adapters.files import FolderFileStore
from hotline.adapters.model_store import ModelStore
from hotline.adapters.starter import synonyms
from hotline.adapters.topic_miner import ChildMiner
from hotline.domain.topics import MiningPlan
from hotline.ports import Clock, SystemClock
from hotline.runtime import Runtime
from hotline.services.indexing import TICKET_FIELDS
from hotline.services.learning import models
from hotline.settings import Settings
from kb.documents import ARTICLE_FIELDS
from kb.query import Analyser

MEMORY = "models/.corrections.npz"
"""Where the memory of corrections lies in the installation folder: where the processes of all hosts look, under a name
that no model version can have."""


def load_keyring(settings: Settings) -> Keyring:
    """The keys from the settings, else from the installation folder."""
    return Keyring.parse(settings.keys) if settings.keys else Keyring.load(settings.path("keys"))


def build_runtime(settings: Settings, clock: Clock | None = None) -> Runtime:
    """The house as the settings want it. The database must have been migrated and the keys made (`hotline init`)."""
    clock = clock or SystemClock()
    sqlite = settings.database.startswith("sqlite")
    writers = 1 if sqlite else settings.writers
    engine = build_engine(
        settings.resolved(settings.database),
        threads=writers + settings.readers,
        synchronous=settings.synchronous,
    )
    ring = load_keyring(settings)
    uows = UnitOfWorkFactory(
        engine, KeyringCipher(ring, lambda: load_keyring(settings)), ring.seal_keys(), clock
    )
    segmenter = Segmenter()
    analyser = Analyser(segmenter.cut_for_search, simplify=segmenter.normalise, synonyms=synonyms())
    store = ModelStore(settings.path("models"), uows.current_reference, segmenter)
    registry = Registry(
        chain=lambda: runtime.query(models.chain),
        opened=store.opened,
        refused=lambda name, reason: runtime.transact(models.report_fault, name, reason),
    )
    runtime = Runtime(
        uows=uows,
        bus=_bus(settings.bus),
        clock=clock,
        notifiers={"sms": _plain("notifier", settings.notifiers, settings)},
        outlet=_plain("outlet", settings.legacy_outlet, settings),
        files=FolderFileStore(settings.path("files")),
        exports=Asides(settings.path("exports"), ".export-"),
        ticket_index=_index(settings, "tickets", analyser, TICKET_FIELDS),
        analyser=analyser,
        article_index=_index(settings, "articles", analyser, ARTICLE_FIELDS),
        classifier=CurrentClassifier(
            settings.classifier, uows.current_reference, segmenter, registry, settings.path(MEMORY)
        ),
        models=store,
        sketcher=Sketcher(segmenter),
        assessor=ReplyAssessor(segmenter),
        fate_of=fate_of,
        writers=writers,
        readers=settings.readers,
        miner=ChildMiner(),
        mining=MiningPlan.parse(settings.topics_hour, settings.topics_days, settings.topics_most),
    )
    runtime.closing(engine.dispose)
    for index in (runtime.ticket_index, runtime.article_index):
        runtime.closing(index.close)
    return runtime


def _bus(url: str) -> Any:
    kind = registry.find("bus", registry.scheme_of(url))
    return kind() if registry.scheme_of(url) == "memory" else kind(url)


def _plain(seam: str, url: str, settings: Settings) -> Any:
    scheme, _, rest = url.partition(":")
    kind = registry.find(seam, scheme)
    if scheme == "folder":
        return kind(settings.path(rest))
    return kind(rest) if rest else kind()


def _index(settings: Settings, collection: str, analyser: Analyser, fields: dict[str, Any]) -> Any:
    url = settings.resolved(settings.index)
    scheme = registry.scheme_of(url)
    kind = registry.find("index", scheme)
    return kind(Path(urlsplit(url).path) if scheme == "sqlite" else url, collection, analyser, fields)
