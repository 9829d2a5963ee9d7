"""The audit's seals: pure functions that seal batches of audit rows and find what was tampered with.

Each row carries a digest of its own (HMAC over its canonical JSON), written by whoever writes the row. One
sealer takes unsealed rows, ordered by id, gives each a seal number and a position, and makes a seal over
their digests and the seal before it. What may surprise: ids need not be dense nor arrive in order, so
membership of a batch is the row's seal number and position, never an id range. All digests are keyed: someone
who can write to the database but has no key can recompute none. A seal's digest is "key id:root of the
rows:MAC", so that the chain verifies after a batch's rows have gone into an archive. Two things no chain can
see alone: rows deleted before they were sealed (so seal often), and the last seals removed together with
their rows (so print or export an anchor now and then, and verify against it).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from hotline.domain.errors import InvalidInput

NOT_DIGESTED = frozenset({"digest", "seal", "position"})
"""Fields of an audit row that its digest leaves out: they are written later or are the digest itself."""
GENESIS = "0"
"""What the first seal has for its previous digest."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class SealKeys:
    """The keys of the audit: id -> secret (at least 32 bytes); `active` makes new digests, the others verify
    old ones.
    """

    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    def mac(self, purpose: str, message: bytes, key_id: str | None = None) -> str:
        """HMAC-SHA256 in hex under the key `key_id` (the active one by default); "" when that key is
        unknown.
        """
        secret = self.keys.get(key_id or self.active)
        return (
            hmac.new(secret, purpose.encode() + b"\0" + message, hashlib.sha256).hexdigest() if secret else ""
        )


@dataclass(frozen=True)
class Seal:
    """One seal: its number (1, 2, 3…), the batch it covers, its digest and that of the seal before."""

    seq: int
    first_id: int
    last_id: int
    count: int
    digest: str
    previous: str
    at: datetime

    @property
    def anchor(self) -> str:
        """A short text to print or to keep elsewhere: "12-" and 20 hex signs."""
        return f"{self.seq}-{self.digest.rpartition(':')[2][:20]}"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a code, the seal and row it concerns, and a Chinese sentence for the
    auditor.
    """

    code: str
    message: str
    seq: int | None = None
    row_id: int | None = None


@dataclass(frozen=True)
class Report:
    """What a verification looked at and found; `ok` when nothing is wrong."""

    findings: tuple[Finding, ...]
    seals: int
    rows: int
    archived: int

    @property
    def ok(self) -> bool:
        return not self.findings


def canonical(row: Row) -> bytes:
    """The row as canonical JSON, without NOT_DIGESTED and without fields that are None.

    Leaving None out lets a later release add a nullable column and still verify old rows. Times must be aware
    and are written in UTC with microseconds. Raises InvalidInput for values that JSON cannot hold exactly.
    """
    facts = {key: value for key, value in row.items() if key not in NOT_DIGESTED and value is not None}
    try:
        text = json.dumps(
            facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain
        )
        return text.encode("utf-8")
    except (TypeError, ValueError) as error:
        raise InvalidInput("audit.row", f"审计记录含有无法存证的值：{type(error).__name__}") from error


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def row_digest(row: Row, keys: SealKeys) -> str:
    """The digest to store with a row when it is written: "key id:hex"."""
    return f"{keys.active}:{keys.mac('audit-row', canonical(row))}"


def seal_batch(rows: Sequence[Row], previous: Seal | None, keys: SealKeys, at: datetime) -> Seal:
    """The seal over these rows, which get its `seq` as seal and 1, 2, 3… as position, in the order given.

    Raises InvalidInput for an empty batch and for ids that are not strictly growing. A forged row is sealed as it
    is: `verify` goes on naming it, and it cannot stop the sealer.
    """
    if not rows:
        raise InvalidInput("audit.empty", "没有需要封存的审计记录")
    ids = [row["id"] for row in rows]
    if any(later <= earlier for earlier, later in pairwise(ids)):
        raise InvalidInput("audit.order", "审计记录须按编号从小到大封存")
    link = previous.digest if previous else GENESIS
    seal = Seal(previous.seq + 1 if previous else 1, ids[0], ids[-1], len(ids), "", link, at)
    return Seal(**(seal.__dict__ | {"digest": _seal_digest(seal, _root(rows), keys, keys.active)}))


def archive_receipt(seal: Seal, place: str, keys: SealKeys) -> str:
    """What the archiving leaves behind for a batch whose rows it took out of the database to `place`."""
    return f"{keys.active}:{keys.mac('audit-archive', _archive_text(seal, place))}"


def verify(
    seals: Iterable[Seal],
    rows_of: Callable[[Seal], Iterable[Row]],
    keys: SealKeys,
    *,
    unsealed: Iterable[Row] = (),
    archived: Mapping[int, tuple[str, str]] | None = None,
    anchor: str = "",
) -> Report:
    """Checks the whole chain and every row, and names what was changed, taken away or put in.

    seals: ascending. rows_of(seal): the rows that carry its number, from the database or an archive file, in
    any order. unsealed: rows without a seal of the chain. archived: seal number -> (place, receipt) of
    batches whose rows may be away. anchor: a text of `Seal.anchor` kept elsewhere. Memory is one batch and
    the findings.
    """
    walk = _Walk(keys, archived or {})
    for seal in seals:
        walk.step(seal, list(rows_of(seal)))
    for row in unsealed:
        walk.loose(row)
    if anchor:
        walk.anchored(anchor)
    return Report(tuple(walk.findings), walk.seals, walk.rows, walk.away)


class _Walk:
    """One verification on its way along the chain."""

    def __init__(self, keys: SealKeys, archived: Mapping[int, tuple[str, str]]) -> None:
        self.keys, self.archived = keys, archived
        self.findings: list[Finding] = []
        self.anchors: set[str] = set()
        self.previous: Seal | None = None
        self.seals = self.rows = self.away = 0

    def step(self, seal: Seal, rows: list[Row]) -> None:
        self.seals += 1
        self.rows += len(rows)
        self._check_link(seal)
        if not rows and self._is_archived(seal):
            self.away += 1
        else:
            self.findings += check_batch(seal, rows, self.keys)
        self.anchors.add(seal.anchor)
        self.previous = seal

    def loose(self, row: Row) -> None:
        self.rows += 1
        if row.get("seal") is not None:
            self._find(
                "seal.gone",
                f"记录 {row['id']} 属于封条 {row['seal']}，但该封条已不存在",
                row["seal"],
                row["id"],
            )
        if not _fits(row, self.keys):
            self._find(
                "row.forged", f"未封存的记录 {row['id']} 与其摘要不符：被改动或为他人插入", None, row["id"]
            )

    def anchored(self, anchor: str) -> None:
        if anchor.strip() not in self.anchors:
            self._find(
                "anchor.missing", f"链上没有外部留存的封条 {anchor.strip()[:40]}：末尾封条被删除或整链被重做"
            )

    def _check_link(self, seal: Seal) -> None:
        before = self.previous
        expected = before.seq + 1 if before else 1
        if seal.seq > expected:
            gone = f"{expected}" if seal.seq == expected + 1 else f"{expected}–{seal.seq - 1}"
            self._find("seal.missing", f"封条 {gone} 缺失", expected)
        elif seal.previous != (before.digest if before else GENESIS):
            self._find("seal.link", f"封条 {seal.seq} 与前一封条不衔接", seal.seq)
        key_id, root, _ = _parts(seal.digest)
        if not hmac.compare_digest(seal.digest, _seal_digest(seal, root, self.keys, key_id)):
            self._find(
                "seal.changed", f"封条 {seal.seq} 被改动，或其密钥 {key_id[:16]} 不在钥匙圈中", seal.seq
            )

    def _is_archived(self, seal: Seal) -> bool:
        place, receipt = self.archived.get(seal.seq, ("", ""))
        key_id, _, mac = receipt.partition(":")
        expected = self.keys.mac("audit-archive", _archive_text(seal, place), key_id)
        return bool(mac) and hmac.compare_digest(mac, expected)

    def _find(self, code: str, message: str, seq: int | None = None, row_id: int | None = None) -> None:
        self.findings.append(Finding(code, message, seq, row_id))


def check_batch(seal: Seal, rows: Iterable[Row], keys: SealKeys) -> list[Finding]:
    """What is wrong with the rows of one batch; also for an archive file that is checked on its own."""
    ordered = sorted(rows, key=lambda row: (row.get("position") or 0, row["id"]))
    findings = [*_changed(seal, ordered, keys), *_strangers(seal, ordered), *_missing(seal, ordered)]
    findings = findings or list(_moved(seal, ordered))
    if not findings and _root(ordered) != _parts(seal.digest)[1]:
        message = f"封条 {seal.seq} 的记录与封存时不同，但每条记录自身一致：有人用密钥重做过其中的记录"
        findings.append(Finding("batch.changed", message, seal.seq))
    return findings


def _changed(seal: Seal, rows: Sequence[Row], keys: SealKeys) -> Iterator[Finding]:
    for row in rows:
        if not _fits(row, keys):
            message = f"记录 {row['id']}（封条 {seal.seq} 第 {row.get('position')} 条）的内容或摘要被改动"
            yield Finding("row.changed", message, seal.seq, row["id"])


def _strangers(seal: Seal, rows: Sequence[Row]) -> Iterator[Finding]:
    seen: dict[int, int] = {}
    for row in rows:
        position = row.get("position") or 0
        if not 1 <= position <= seal.count or not seal.first_id <= row["id"] <= seal.last_id:
            yield Finding(
                "row.inserted", f"记录 {row['id']} 不属于封条 {seal.seq}，是后来插入的", seal.seq, row["id"]
            )
        elif position in seen:
            message = (
                f"记录 {seen[position]} 与 {row['id']} 同占封条 {seal.seq} 第 {position} 条，其一是插入的"
            )
            yield Finding("row.inserted", message, seal.seq, row["id"])
        seen.setdefault(position, row["id"])


def _missing(seal: Seal, rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding per run of positions that no row holds, with the ids on both sides of it."""
    ids = {row["position"]: row["id"] for row in rows if 1 <= (row.get("position") or 0) <= seal.count}
    for before, after in pairwise([0, *sorted(ids), seal.count + 1]):
        if lost := after - before - 1:
            places = f"第 {before + 1} 条" if lost == 1 else f"第 {before + 1}–{after - 1} 条共 {lost} 条"
            span = f"编号在 {ids.get(before, seal.first_id)} 与 {ids.get(after, seal.last_id)} 之间"
            yield Finding("row.missing", f"封条 {seal.seq} {places}记录缺失（{span}）", seal.seq)


def _moved(seal: Seal, rows: Sequence[Row]) -> Iterator[Finding]:
    for earlier, later in pairwise(rows):
        if later["id"] <= earlier["id"]:
            message = f"记录 {earlier['id']} 与 {later['id']} 在封条 {seal.seq} 中的次序被调换"
            yield Finding("row.moved", message, seal.seq, later["id"])


def _fits(row: Row, keys: SealKeys) -> bool:
    key_id, _, mac = str(row.get("digest") or "").partition(":")
    expected = keys.mac("audit-row", canonical(row), key_id)
    return bool(expected) and hmac.compare_digest(mac.encode(), expected.encode())


def _root(rows: Sequence[Row]) -> str:
    """One hash over position, id and stored digest of every row."""
    root = hashlib.sha256()
    for position, row in enumerate(rows, 1):
        root.update(f"{position} {row['id']} {row.get('digest')}\n".encode())
    return root.hexdigest()


def _seal_digest(seal: Seal, root: str, keys: SealKeys, key_id: str) -> str:
    facts = [seal.seq, seal.first_id, seal.last_id, seal.count, seal.previous, _plain(seal.at), root]
    return f"{key_id}:{root}:{keys.mac('audit-seal', json.dumps(facts).encode(), key_id)}"


def _parts(digest: str) -> tuple[str, str, str]:
    key_id, _, rest = digest.partition(":")
    root, _, mac = rest.partition(":")
    return key_id, root, mac


def _archive_text(seal: Seal, place: str) -> bytes:
    return json.dumps([seal.seq, seal.digest, place]).encode()
