"""What was said of a submitted reply's quality, kept beside the reply; it advises and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PARTS = {
    "relevance": "针对性",
    "completeness": "完整性",
    "explainability": "说理",
    "tone": "语气",
    "commitment": "承诺时限",
    "timeliness": "及时性",
}
"""The parts that have a column of their own, so that they can be averaged; null where a part could not be judged."""


@dataclass(kw_only=True, eq=False)
class ReplyAssessment:
    """One assessment of one submission by one version of the rules; all scores in percent. Never changed: other rules
    make another row. `found` holds the parts with reasons and marks, the gaps and the warnings."""

    id: int
    reply_id: int
    ticket_id: int
    assignment_id: int
    unit: str
    submitted_at: datetime
    at: datetime
    rules: str
    score: int
    relevance: int | None = None
    completeness: int | None = None
    explainability: int | None = None
    tone: int | None = None
    commitment: int | None = None
    timeliness: int | None = None
    leaks: bool = False
    found: dict[str, Any] = field(default_factory=dict)
