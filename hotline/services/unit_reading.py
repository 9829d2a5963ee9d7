"""What a unit may read of a ticket: its own papers, the request without its caller, the steps without others' words.

One cut for pages, API and exports. What may surprise: of a secret or anonymous request nothing that could lead back
to the caller is left, not even how it reached us or what the files are called; and the model's findings are taken
out for every unit, because they quote names and places from the text.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import Any

from hotline.domain.people import PORTAL_ACTOR
from hotline.domain.personal import mask_text, without_persons

Row = dict[str, Any]

_OTHERS_WORDS = frozenset(
    "send_back release reply contact pass_down recall apply_return object apply_extension apply_suspension appeal "
    "decide rule resume".split()
)
"""Steps inside one unit, or between it and the hotline: other units see that they happened and no more."""
_CALLERS_WORDS = frozenset({"follow_up", "note", "add_info", "rated", "contacted_again", "request_withdrawn"})
_ORIGIN = (
    "name_masked phone_masked id_number_masked address_masked operator gender party_kind dialled source_no channel "
    "channel_label hotline hotline_name home_no follow_up contacted solved satisfied first_satisfied"
).split()
_UNTRACED = ("party_id", "contact_id", "flags", "upstream_due_at")


def cut(whole: Row, own: Collection[str]) -> Row:
    """The ticket as units whose codes are `own` may read it."""
    mine = {item["id"] for item in whole["assignments"] if item["unit"] in own}
    secret = whole["secret"] or any(request["secret"] for request in whole["requests"])
    shown = {name: value for name, value in whole.items() if name not in ("signature", "suggestion")}
    shown["requests"] = [
        _request({**row, "secret": row["secret"] or whole["secret"]}) for row in whole["requests"]
    ]
    said = _callers_words(whole["timeline"]) if secret else frozenset()
    shown["assignments"] = [_assignment(row, own, said) for row in whole["assignments"]]
    shown["replies"] = [row for row in whole["replies"] if row["assignment_id"] in mine]
    shown["applications"] = [row for row in whole["applications"] if row["assignment_id"] in mine]
    shown["clocks"] = [row for row in whole["clocks"] if row["assignment_id"] in (None, *mine)]
    shown["urges"] = [_urge(row, secret) for row in whole["urges"] if row["assignment_id"] in (None, *mine)]
    shown["rounds"] = [{**row, "reason": _without(row["reason"], said)} for row in whole["rounds"]]
    shown["timeline"] = steps_for_unit(whole["timeline"], mine, secret)
    shown["attachments"] = files_for_unit(whole, mine, secret)
    shown["follow_ups"] = (
        []
        if secret
        else [{**row, "by": "", "opinion": mask_text(row["opinion"])} for row in whole["follow_ups"]]
    )
    shown["merged"], shown["links"] = [], []
    if secret:
        shown |= {"source_no": None, "source_system": "", "channel": "", "channel_label": ""}
    return shown


def _request(row: Row) -> Row:
    if not row["sees_caller"]:
        row = {**row, **dict.fromkeys(_ORIGIN, ""), **dict.fromkeys(_UNTRACED)}
    words = {name: request_text(row[name], row["secret"]) for name in ("text", "subject")}
    return {**row, **words}


def request_text(text: str, secret: bool) -> str:
    """The caller's words as units read them."""
    return without_persons(text, secret)


def _urge(row: Row, secret: bool) -> Row:
    """A secret caller's own urging tells that it happened and no more."""
    if secret and row["by"] == PORTAL_ACTOR.name:
        return {**row, "by": "", "reason": ""}
    return {**row, "reason": mask_text(row["reason"])}


def _callers_words(timeline: Collection[Row]) -> frozenset[str]:
    """What the callers themselves said in the steps: no round, instruction or other step may repeat it to units."""
    return frozenset(row["text"] for row in timeline if row["kind"] in _CALLERS_WORDS and row["text"])


def _without(text: str, said: Collection[str]) -> str:
    return "" if text in said else mask_text(text)


def _assignment(row: Row, own: Collection[str], said: Collection[str]) -> Row:
    if row["unit"] in own:
        return {**row, "opinion": _without(row["opinion"], said)}
    return {**row, "internal_note": "", "facts": {}, "opinion": "", "public_reply": "", "moves": []}


def steps_for_unit(timeline: Collection[Row], mine: Collection[int], secret: bool) -> list[Row]:
    """The steps as a unit whose assignments are `mine` may read them."""
    said = _callers_words(timeline) if secret else frozenset()
    return [_step(row, mine, secret, said) for row in timeline]


def _step(row: Row, mine: Collection[int], secret: bool, said: Collection[str]) -> Row:
    """A step: its text only where it is the unit's own affair, and never a secret caller's own words (`said`)."""
    private = row["kind"] in _OTHERS_WORDS and row["assignment_id"] not in mine
    spoken = secret and (row["kind"] in _CALLERS_WORDS or row["actor"] == PORTAL_ACTOR.name)
    text = "" if private or spoken else _without(row["text"], said)
    actor = "" if spoken else row["actor"]
    return {**row, "text": text, "actor": actor, "actor_id": None, "data": {}}


def files_for_unit(whole: Row, mine: Collection[int], secret: bool) -> list[Row]:
    """The unit's own material and what callers sent; of callers who are hidden only pictures, without their names
    (services/attaching.opened holds to the same)."""
    hidden = {row["id"] for row in whole["requests"] if not row["sees_caller"]}
    shown = []
    for number, row in enumerate(whole["attachments"], 1):
        nameless = row["request_id"] in hidden or (secret and row["request_id"] is None)
        if row["assignment_id"] is not None:
            shown += [{**row, "digest": ""}] if row["assignment_id"] in mine else []
        elif not nameless or row["media_type"].startswith("image/"):
            shown.append(_from_caller(row, number, nameless))
    return shown


def _from_caller(row: Row, number: int, nameless: bool) -> Row:
    name = f"材料{number}{PurePosixPath(row['name']).suffix[:8]}" if nameless else mask_text(row["name"])
    return {**row, "name": name, "added_by": "", "digest": ""}
