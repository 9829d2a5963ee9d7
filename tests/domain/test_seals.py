"""The audit's seals: every way of tampering is found and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.errors import InvalidInput
from hotline.domain.seals import (
    Report,
    Seal,
    SealKeys,
    archive_receipt,
    canonical,
    check_batch,
    row_digest,
    seal_batch,
    verify,
)

KEYS = SealKeys("a1", {"a1": b"1" * 32})
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
Rows = dict[int, dict[str, Any]]


def _row(number: int, keys: SealKeys = KEYS) -> dict[str, Any]:
    row = {
        "id": number,
        "at": NOON + timedelta(seconds=number),
        "actor": "审计员",
        "actor_id": None,
        "action": "personal.revealed",
        "detail": {"field": "phone", "reason": "回访"},
    }
    return row | {"digest": row_digest(row, keys), "seal": None, "position": None}


def _house(batches: list[list[int]], keys: SealKeys = KEYS) -> tuple[list[Seal], Rows]:
    """A small audit table, id -> row, and the seals over it."""
    table = {number: _row(number, keys) for batch in batches for number in batch}
    seals: list[Seal] = []
    for batch in batches:
        seal = seal_batch(
            [table[number] for number in sorted(batch)], seals[-1] if seals else None, keys, NOON
        )
        for position, number in enumerate(sorted(batch), 1):
            table[number] |= {"seal": seal.seq, "position": position}
        seals.append(seal)
    return seals, table


def _verify(seals: list[Seal], table: Rows, keys: SealKeys = KEYS, **more: Any) -> Report:
    def rows_of(seal: Seal) -> list[dict[str, Any]]:
        return [row for row in table.values() if row["seal"] == seal.seq]

    known = {seal.seq for seal in seals}
    unsealed = [row for row in table.values() if row["seal"] not in known]
    return verify(seals, rows_of, keys, unsealed=unsealed, **more)


BATCHES = [[10, 20, 30, 40], [15, 50, 60], [70, 80]]


def test_an_honest_table_verifies_although_ids_have_gaps_and_come_late() -> None:
    seals, table = _house(BATCHES)
    table[90] = _row(90)
    report = _verify(seals, table, anchor=seals[1].anchor)
    assert report.ok
    assert (report.seals, report.rows, report.archived) == (3, 10, 0)


def _change(table: Rows, _seals: list[Seal]) -> None:
    table[50]["actor"] = "别人"


def _change_and_redigest(table: Rows, _seals: list[Seal]) -> None:
    table[50]["actor"] = "别人"
    table[50]["digest"] = row_digest(table[50], SealKeys("a1", {"a1": b"guessed" * 6}))


def _blank_digest(table: Rows, _seals: list[Seal]) -> None:
    table[50]["digest"] = ""


def _copy_digest(table: Rows, _seals: list[Seal]) -> None:
    table[50]["digest"] = table[60]["digest"]


@pytest.mark.parametrize("tamper", [_change, _change_and_redigest, _blank_digest, _copy_digest])
def test_a_changed_row_is_named(tamper: Callable[[Rows, list[Seal]], None]) -> None:
    seals, table = _house(BATCHES)
    tamper(table, seals)
    (finding,) = _verify(seals, table).findings
    assert (finding.code, finding.seq, finding.row_id) == ("row.changed", 2, 50)
    assert "50" in finding.message


def test_a_missing_row_is_named_by_its_place_and_neighbours() -> None:
    seals, table = _house(BATCHES)
    del table[20], table[30]
    (finding,) = _verify(seals, table).findings
    assert finding.code == "row.missing"
    assert finding.message == "封条 1 第 2–3 条共 2 条记录缺失（编号在 10 与 40 之间）"


def test_a_missing_first_and_last_row_are_noticed() -> None:
    seals, table = _house(BATCHES)
    del table[10], table[80]
    assert [finding.seq for finding in _verify(seals, table).findings] == [1, 3]


def test_a_row_put_into_an_old_batch_is_named() -> None:
    seals, table = _house(BATCHES)
    table[25] = _row(25) | {"seal": 1, "position": 2}
    codes = {(finding.code, finding.row_id) for finding in _verify(seals, table).findings}
    assert codes == {("row.inserted", 25)}


@pytest.mark.parametrize("position", [None, 0, 5])
def test_a_row_put_beside_an_old_batch_is_named(position: int | None) -> None:
    seals, table = _house(BATCHES)
    table[45] = _row(45) | {"seal": 1, "position": position}
    (finding,) = _verify(seals, table).findings
    assert (finding.code, finding.row_id) == ("row.inserted", 45)


def test_a_row_made_without_the_key_is_named_before_and_after_it_is_sealed() -> None:
    seals, table = _house(BATCHES)
    table[99] = _row(99, SealKeys("a1", {"a1": b"guessed" * 6}))
    (finding,) = _verify(seals, table).findings
    assert (finding.code, finding.row_id) == ("row.forged", 99)
    seals.append(seal_batch([table[99]], seals[-1], KEYS, NOON))
    table[99] |= {"seal": 4, "position": 1}
    (finding,) = _verify(seals, table).findings
    assert (finding.code, finding.row_id) == ("row.changed", 99)


def test_rows_that_swap_places_are_noticed() -> None:
    seals, table = _house(BATCHES)
    table[20]["position"], table[30]["position"] = 3, 2
    assert [finding.code for finding in _verify(seals, table).findings] == ["row.moved"]


def test_a_row_redone_with_the_stolen_key_is_noticed_at_its_batch() -> None:
    seals, table = _house(BATCHES)
    table[50]["actor"] = "别人"
    table[50]["digest"] = row_digest(table[50], KEYS)
    (finding,) = _verify(seals, table).findings
    assert (finding.code, finding.seq) == ("batch.changed", 2)


def test_a_row_taken_out_of_its_batch_is_missing_there() -> None:
    seals, table = _house(BATCHES)
    table[50] |= {"seal": None, "position": None}
    (finding,) = _verify(seals, table).findings
    assert (finding.code, finding.seq) == ("row.missing", 2)


@pytest.mark.parametrize("field", ["first_id", "last_id", "count", "digest", "previous", "at"])
def test_a_changed_seal_is_named(field: str) -> None:
    seals, table = _house(BATCHES)
    value = {"digest": "a1:00:00", "previous": "0", "at": NOON + timedelta(days=1)}.get(field, 50)
    seals[1] = Seal(**(seals[1].__dict__ | {field: value}))
    findings = _verify(seals, table).findings
    assert any(finding.code == "seal.changed" and finding.seq == 2 for finding in findings)


def test_a_seal_taken_away_from_the_middle_is_named() -> None:
    seals, table = _house(BATCHES)
    findings = _verify([seals[0], seals[2]], table).findings
    assert ("seal.missing", 2) in {(finding.code, finding.seq) for finding in findings}
    assert {finding.row_id for finding in findings if finding.code == "seal.gone"} == {15, 50, 60}


def test_trailing_seals_removed_leave_their_rows_behind() -> None:
    seals, table = _house(BATCHES)
    assert {finding.code for finding in _verify(seals[:2], table).findings} == {"seal.gone"}


def test_trailing_seals_removed_with_their_rows_are_found_by_an_anchor_kept_elsewhere() -> None:
    seals, table = _house(BATCHES)
    for number in BATCHES[2]:
        del table[number]
    assert _verify(seals[:2], table).ok
    (finding,) = _verify(seals[:2], table, anchor=seals[2].anchor).findings
    assert finding.code == "anchor.missing"


def test_a_chain_made_anew_does_not_hold_the_old_anchor() -> None:
    seals, _ = _house(BATCHES)
    others, table = _house([[10, 20, 30], [15, 50, 60], [70, 80]])
    assert _verify(others, table, anchor=seals[1].anchor).findings[0].code == "anchor.missing"


def test_a_batch_in_the_archive_keeps_its_seal_and_verifies_from_its_file() -> None:
    seals, table = _house(BATCHES)
    archive = [table.pop(number) for number in BATCHES[0]]
    receipt = archive_receipt(seals[0], "audit-0001.jsonl.gz", KEYS)
    report = _verify(seals, table, archived={1: ("audit-0001.jsonl.gz", receipt)})
    assert report.ok
    assert report.archived == 1
    assert check_batch(seals[0], archive, KEYS) == []
    archive[1]["action"] = "login"
    assert [finding.row_id for finding in check_batch(seals[0], archive, KEYS)] == [20]


@pytest.mark.parametrize("receipt", ["", "a1:", "a1:00", "a9:00", "没有"])
def test_deleted_rows_cannot_be_passed_off_as_archived(receipt: str) -> None:
    seals, table = _house(BATCHES)
    for number in BATCHES[1]:
        del table[number]
    (finding,) = _verify(seals, table, archived={2: ("elsewhere", receipt)}).findings
    assert finding.message.startswith("封条 2 第 1–3 条共 3 条记录缺失")


def test_a_new_key_goes_on_where_the_old_one_stopped() -> None:
    seals, table = _house(BATCHES)
    both = SealKeys("a2", {"a1": KEYS.keys["a1"], "a2": b"2" * 32})
    table[90] = _row(90, both)
    seals.append(seal_batch([table[90]], seals[-1], both, NOON))
    table[90] |= {"seal": 4, "position": 1}
    assert _verify(seals, table, both).ok
    assert not _verify(seals, table, SealKeys("a2", {"a2": b"2" * 32})).ok


def test_a_column_added_later_leaves_old_rows_valid_but_a_removed_value_does_not() -> None:
    seals, table = _house(BATCHES)
    for row in table.values():
        row["centre"] = None
    assert _verify(seals, table).ok
    table[50]["detail"] = None
    assert not _verify(seals, table).ok


def test_the_same_instant_in_another_zone_is_the_same_row() -> None:
    row = _row(1)
    assert canonical(row | {"at": row["at"].astimezone(timezone(timedelta(hours=8)))}) == canonical(row)


@pytest.mark.parametrize("value", [float("nan"), b"bytes", {1, 2}, datetime(2026, 1, 1), "\ud800"])
def test_a_value_that_cannot_be_kept_exactly_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="存证"):
        canonical({"id": 1, "detail": {"value": value}})


def test_an_empty_or_unordered_batch_is_not_sealed() -> None:
    with pytest.raises(InvalidInput):
        seal_batch([], None, KEYS, NOON)
    with pytest.raises(InvalidInput, match="从小到大"):
        seal_batch([_row(2), _row(1)], None, KEYS, NOON)


@given(data=st.data(), batches=st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_any_one_change_is_found(data: st.DataObject, batches: list[int]) -> None:
    numbers = iter(range(1, 100))
    seals, table = _house([[next(numbers) for _ in range(size)] for size in batches])
    assert _verify(seals, table).ok
    victim = data.draw(st.sampled_from(sorted(table)))
    if data.draw(st.booleans()):
        del table[victim]
    else:
        key = data.draw(st.sampled_from(["id", "at", "actor", "action", "detail", "digest", "position"]))
        table[victim][key] = {"id": 500, "at": NOON, "detail": {}, "position": 77}.get(key, "x")
    assert not _verify(seals, table).ok
