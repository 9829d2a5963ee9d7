"""What an old hotline's system gives us of one ticket, in our words. Standard library only.

A source never raises for one bad row: what makes a row unusable stands in `problems`, what was left out
or corrected in `notes`. Both reach the reconciliation report, so neither quotes personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Problem(NamedTuple):
    """field: name on LegacyRecord ("row" for the whole). code: English. message: Chinese."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class LegacyRecord:
    """One row of an export. Texts are "" and times None where the old system says nothing; times are
    aware UTC.

    request_type, channel, urgency: our codes, "" where the old word is unknown (then it stands in `extra`).
    category, unit: what the mapping's value table gives, "" without; *_text: the words of the old system.
    final: the matter was finished there; such records start no clock and tell nobody.
    extra: what has no field of its own, by column name.
    """

    row: int
    external_no: str = ""
    title: str = ""
    detail: str = ""
    received_at: datetime | None = None
    caller_name: str = ""
    caller_gender: str = ""
    caller_phone: str = ""
    caller_id_number: str = ""
    caller_account: str = ""
    caller_address: str = ""
    event_address: str = ""
    area: str = ""
    subject: str = ""
    request_type: str = ""
    category: str = ""
    category_text: str = ""
    channel: str = ""
    urgency: str = ""
    secret: bool | None = None
    state: str = ""
    final: bool = False
    unit: str = ""
    unit_text: str = ""
    reply: str = ""
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    satisfaction: str = ""
    operator: str = ""
    likes: int | None = None
    dislikes: int | None = None
    extra: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the row cannot become a ticket."""
        return bool(self.problems)
