"""The tables: which dataclasses are kept, and what a dataclass cannot say: keys, uniqueness, indexes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from hotline.adapters.db.deriving import metadata, table, where
from hotline.adapters.db.types import Document, Id, UtcTime
from hotline.domain import (
    assignment,
    learning,
    parties,
    people,
    records,
    reference,
    reply_quality,
    ticket,
    topics,
)
from kb.tables import define_tables

users = table("users", people.User, unique=("login",))
sessions = table("sessions", records.LoginSession, Index(None, "user_id"), unique=("secret_hash",))

parties_table = table(
    "parties",
    parties.Party,
    Index(None, "phone_index"),
    Index(None, "id_number_index"),
    Index(None, "credit_code"),
)
contacts = table(
    "contacts",
    parties.Contact,
    Index(None, "party_id"),
    Index(None, "received_at"),
    Index(None, "call_id", **where("call_id IS NOT NULL")),
)
requests = table(
    "requests",
    parties.Request,
    Index(None, "ticket_id"),
    Index(None, "home_ticket_id"),
    Index(None, "party_id"),
    Index(None, "contact_id"),
    Index("ix_requests_follow_up", "follow_up", "id", **where("follow_up = 'pending'")),
)
request_parties = table("request_parties", parties.RequestParty, Index(None, "request_id"))
request_contacts = table(
    "request_contacts", parties.RequestContact, Index(None, "contact_id"), key=("request_id", "contact_id")
)

tickets = table(
    "tickets",
    ticket.Ticket,
    Index(None, "state", "id"),
    Index(None, "lead_unit", "id"),
    Index(None, "hotline", "id"),
    Index(None, "area", "category", "id"),
    Index(None, "request_type", "id"),
    Index(None, "received_at"),
    Index("ix_tickets_due_at", "due_at", **where("due_at IS NOT NULL")),
    Index(
        "ix_tickets_to_archive", "state", "closed_at", **where("state IN ('closed', 'refused', 'withdrawn')")
    ),
    Index(
        "ix_tickets_finished",
        "category",
        "closed_at",
        "area",
        "lead_unit",
        "state",
        **where("closed_at IS NOT NULL"),
    ),
    Index("ix_tickets_merged_into", "merged_into", **where("merged_into IS NOT NULL")),
    Index("ix_tickets_source_no", "source_no", **where("source_no IS NOT NULL")),
    Index("uq_tickets_source", "source_system", "source_no", unique=True, **where("source_no IS NOT NULL")),
    unique=("no",),
)
rounds = table("rounds", ticket.Round, Index(None, "ticket_id", "number", unique=True))
links = table(
    "links", ticket.Link, Index(None, "other_id"), Index(None, "ticket_id", "other_id", "kind", unique=True)
)
timeline = table("timeline", ticket.TimelineEntry, Index(None, "ticket_id", "id"))
claims = table("claims", ticket.Claim, Index(None, "holder_id"), key=("queue", "subject_id"))
attachments = table("attachments", ticket.Attachment, Index(None, "ticket_id"), Index(None, "digest"))

assignments = table(
    "assignments",
    assignment.Assignment,
    Index(None, "ticket_id", "round_no"),
    Index(None, "unit", "state", "id"),
    Index("ix_assignments_suspended_until", "suspended_until", **where("suspended_until IS NOT NULL")),
    Index("ix_assignments_parent_id", "parent_id", **where("parent_id IS NOT NULL")),
)
replies = table("replies", assignment.Reply, Index(None, "assignment_id"), Index(None, "ticket_id"))
reply_assessments = table(
    "reply_assessments",
    reply_quality.ReplyAssessment,
    Index(None, "ticket_id", "id"),
    Index(None, "submitted_at"),
    Index(None, "reply_id", "rules", unique=True),
)
applications = table(
    "applications",
    assignment.Application,
    Index(None, "ticket_id"),
    Index(None, "assignment_id"),
    Index("ix_applications_state", "state", "id"),
    Index("uq_applications_pending", "assignment_id", "kind", unique=True, **where("state = 'pending'")),
)
clocks = table(
    "clocks",
    assignment.Clock,
    Index(None, "ticket_id"),
    Index("ix_clocks_running", "light", "yellow_at", **where("state = 'running'")),
)
urges = table("urges", assignment.Urge, Index(None, "ticket_id"))
supervisions = table(
    "supervisions", assignment.Supervision, Index(None, "ticket_id"), Index(None, "state", "id")
)
follow_ups = table("follow_ups", assignment.FollowUp, Index(None, "request_id"), Index(None, "ticket_id"))

reference_rows = table(
    "reference_rows",
    reference.ReferenceRow,
    Index(None, "kind", "key", "since", unique=True),
    Index("ix_reference_rows_current", "kind", **where("until IS NULL")),
)
reference_versions = table(
    "reference_versions", reference.ReferenceVersion, Index(None, "kind", "version", unique=True)
)

audit_rows = table("audit_rows", records.AuditRow, Index(None, "seal"), Index(None, "subject"))
audit_seals = table("audit_seals", records.AuditSeal)
import_batches = table("import_batches", records.ImportBatch, Index(None, "file_digest", "hotline"))
import_refusals = table("import_refusals", records.ImportRefusal, Index(None, "batch_id", "row"))
push_backs = table("push_backs", records.PushBack, Index(None, "state", "due_at"), Index(None, "ticket_id"))
notices = table(
    "notices",
    records.Notice,
    Index("ix_notices_due_at", "due_at", **where("due_at IS NOT NULL")),
    Index(None, "to_unit", "id"),
    Index(None, "to_user_id", "id"),
    Index(None, "ticket_id"),
)
calls = table(
    "calls", records.Call, Index(None, "state", "id"), Index(None, "caller_index"), unique=("call_id",)
)
credentials = table("credentials", records.Credential, unique=("key_id",))
drafts = table("drafts", records.Draft, Index(None, "owner_id", "key", unique=True))
dead_letters = table("dead_letters", records.DeadLetter, Index(None, "state", "id"))

labels = table("labels", learning.Label, Index(None, "ticket_id", "id"), Index(None, "field", "id"))
label_counts = table("label_counts", learning.LabelCount, Index(None, "field", "how", unique=True))
readings = table(
    "readings",
    learning.Reading,
    Index(None, "ticket_id"),
    Index(None, "at"),
)
model_versions = table(
    "model_versions",
    learning.ModelVersion,
    Index("uq_model_versions_serving", "state", unique=True, **where("state = 'serving'")),
    Index("uq_model_versions_shadow", "state", unique=True, **where("state = 'shadow'")),
    unique=("name",),
)
shadow_runs = table("shadow_runs", learning.ShadowRun)
model_lessons = table("model_lessons", learning.ModelLesson)
score_weeks = table("score_weeks", learning.ScoreWeek, Index(None, "week", "model", "shadow", unique=True))

topic_runs = table(
    "topic_runs",
    topics.TopicRun,
    Index(None, "state", "id"),
    Index(None, "days", "id"),
    unique=("daily_key",),
)
hot_topics = table("hot_topics", topics.HotTopic, Index(None, "run_id", "rank", unique=True))
topic_members = table(
    "topic_members", topics.TopicMember, Index(None, "ticket_id"), key=("topic_id", "position")
)
burst_warnings = table(
    "burst_warnings",
    topics.BurstWarning,
    Index(None, "state", "id"),
    Index("uq_burst_warnings_open", "centre", "area", "category", unique=True, **where("state = 'open'")),
)

# Plumbing that no use case holds as an object.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("topic", String(80), nullable=False),
    Column("payload", Document, nullable=False),
    Column("at", UtcTime(), nullable=False),
    Column("published_at", UtcTime()),
    Index("ix_outbox_waiting", "id", **where("published_at IS NULL")),
)
inbox = Table(
    "inbox",
    metadata,
    Column("message_id", Id, primary_key=True, autoincrement=False),
    Column("consumer", String(80), primary_key=True),
    Column("at", UtcTime(), nullable=False),
)
retries = Table(
    "retries",
    metadata,
    Column("message_id", Id, primary_key=True, autoincrement=False),
    Column("consumer", String(80), primary_key=True),
    Column("topic", String(80), nullable=False),
    Column("payload", Document, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime(), nullable=False, index=True),
    Column("error", Text, nullable=False),
)
ticket_numbers = Table(
    "ticket_numbers",
    metadata,
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
)
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Document, nullable=False),
    Column("at", UtcTime(), nullable=False, index=True),
)

matter_keys = Table(
    "matter_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("ticket_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

counted_days = Table(
    "counted_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("at", UtcTime(), nullable=False),
)
day_counts = Table(
    "day_counts",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("centre", Text, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

kb_tables = define_tables(metadata)

MAPPED: dict[type, Table] = {
    people.User: users,
    records.LoginSession: sessions,
    parties.Party: parties_table,
    parties.Contact: contacts,
    parties.Request: requests,
    parties.RequestParty: request_parties,
    parties.RequestContact: request_contacts,
    ticket.Ticket: tickets,
    ticket.Round: rounds,
    ticket.Link: links,
    ticket.TimelineEntry: timeline,
    ticket.Claim: claims,
    ticket.Attachment: attachments,
    assignment.Assignment: assignments,
    assignment.Reply: replies,
    reply_quality.ReplyAssessment: reply_assessments,
    assignment.Application: applications,
    assignment.Clock: clocks,
    assignment.Urge: urges,
    assignment.Supervision: supervisions,
    assignment.FollowUp: follow_ups,
    reference.ReferenceRow: reference_rows,
    reference.ReferenceVersion: reference_versions,
    records.AuditRow: audit_rows,
    records.AuditSeal: audit_seals,
    records.ImportBatch: import_batches,
    records.ImportRefusal: import_refusals,
    records.PushBack: push_backs,
    records.Notice: notices,
    records.Call: calls,
    records.Credential: credentials,
    records.Draft: drafts,
    records.DeadLetter: dead_letters,
    topics.TopicRun: topic_runs,
    topics.HotTopic: hot_topics,
    topics.TopicMember: topic_members,
    topics.BurstWarning: burst_warnings,
    learning.Label: labels,
    learning.LabelCount: label_counts,
    learning.Reading: readings,
    learning.ModelVersion: model_versions,
    learning.ShadowRun: shadow_runs,
    learning.ModelLesson: model_lessons,
    learning.ScoreWeek: score_weeks,
}
