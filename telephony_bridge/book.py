"""All calls of one source: each fact goes to its call, and one bad call never stops the others.

Ended calls leave a tombstone for two minutes, because exchanges send late facts about them (measured: up to a
third of calls hang up their legs in the other order). A leg may change calls when a consult call is joined to
the first one; it then always moves to the older call.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from .agents import Roster
from .api import CallEvent, Fact, FactKind
from .call import Call
from .calls import expire, lose, step

log = logging.getLogger(__name__)
TOMBSTONE = timedelta(seconds=120)
SILENCE = timedelta(hours=4)


class CallBook:
    """The open calls and agents of one source, fed with facts.

    `area` is the area code for local numbers. `counts` tells what was dropped and why: late, orphan,
    quarantined.
    """

    def __init__(self, area: str = "") -> None:
        self.area = area
        self.calls: dict[str, Call] = {}
        self.roster = Roster()
        self.counts: Counter[str] = Counter()
        self._tombstones: dict[str, datetime] = {}
        self._home: dict[str, str] = {}

    def take(self, fact: Fact, now: datetime) -> list[CallEvent]:
        """What a fact means. Never raises for a bad call: that call is closed as lost and counted."""
        if fact.kind in (FactKind.AGENT_STATUS, FactKind.AGENT_REMOVED):
            return self.roster.take(fact, now)
        if not fact.call_id:
            self.counts["orphan"] += 1
            return []
        if fact.call_id in self._tombstones:
            self.counts["late"] += 1
            return []
        events = self._leave_old_call(fact, now)
        return events + self._with_agents(self._step(fact, now), now)

    def tick(self, now: datetime) -> list[CallEvent]:
        """Ends what is overdue and forgets old tombstones; call it every second or so."""
        for call_id in [key for key, until in self._tombstones.items() if until <= now]:
            del self._tombstones[call_id]
        events: list[CallEvent] = []
        for call in list(self.calls.values()):
            after, said = expire(call, now, SILENCE)
            events += self._keep(after, said, now)
        return self._with_agents(events, now)

    def lose_all(self, now: datetime) -> list[CallEvent]:
        """Every open call is lost, at the time it was last heard of: the exchange has restarted."""
        events: list[CallEvent] = []
        for call in list(self.calls.values()):
            after, said = lose(call, call.last_at, now)
            events += self._keep(after, said, now)
        return self._with_agents(events, now)

    def _step(self, fact: Fact, now: datetime) -> list[CallEvent]:
        before = self.calls.get(fact.call_id)
        try:
            after, events = step(before, fact, now, self.area)
        except Exception as error:  # one broken call is put aside, whatever broke it
            return self._quarantine(before, fact, now, error)
        if after is None:
            self.counts["orphan"] += 1
            return []
        if before and before.hotline and before.hotline != after.hotline:
            self.counts["hotline_corrected"] += 1  # the dial plan knows better than the first leg
        for leg in (fact.leg, fact.agent_leg):
            if leg in after.legs:
                self._home[leg] = after.call_id
        return self._keep(after, events, now)

    def _keep(self, call: Call, events: list[CallEvent], now: datetime) -> list[CallEvent]:
        if not call.ended:
            self.calls[call.call_id] = call
            return events
        self.calls.pop(call.call_id, None)
        self._tombstones[call.call_id] = now + TOMBSTONE
        for leg in (*call.legs, *call.gone):
            self._home.pop(leg, None)
        return events

    def _quarantine(self, call: Call | None, fact: Fact, now: datetime, error: Exception) -> list[CallEvent]:
        self.counts["quarantined"] += 1
        log.error("call %s put aside: %s on %s", fact.call_id, type(error).__name__, fact.kind)
        if call is None:
            self._tombstones[fact.call_id] = now + TOMBSTONE
            return []
        after, events = lose(call, call.last_at, now)
        return self._keep(after, events, now)

    def _leave_old_call(self, fact: Fact, now: datetime) -> list[CallEvent]:
        """A leg that speaks for an older call than before has been joined to it."""
        home = self._home.get(fact.leg)
        old, new = self.calls.get(home or ""), self.calls.get(fact.call_id)
        if home == fact.call_id or old is None or new is None or old.offered_at <= new.offered_at:
            return []
        gone = Fact(FactKind.LEG_GONE, fact.at, fact.source, old.call_id, fact.leg, fact.party)
        self._home[fact.leg] = fact.call_id
        after, events = step(old, gone, now, self.area)
        return self._with_agents(self._keep(after, events, now) if after else [], now)

    def _with_agents(self, events: list[CallEvent], now: datetime) -> list[CallEvent]:
        return [said for event in events for said in (event, *self.roster.follow(event, now))]
