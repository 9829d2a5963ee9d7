"""What each agent is doing, from two hands: the queue says paused, offline or free; calls say ringing,
talking, held.

Device states are believed only where they are sound: "offline" and "free". While a phone rings, versions of
Asterisk disagree about its device state, so ringing comes from calls alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from .api import AgentState, CallEvent, EventName, Fact, FactKind, event_id

WRAPUP_REASONS = frozenset({"wrapup", "wrap-up", "acw", "话后"})
_ACTIVITY = {
    EventName.RINGING: AgentState.RINGING,
    EventName.ANSWERED: AgentState.TALKING,
    EventName.TRANSFERRED: AgentState.TALKING,
    EventName.HELD: AgentState.HELD,
    EventName.RESUMED: AgentState.TALKING,
}


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent of one source. `activity` is what a call makes of them, `said` what was last announced."""

    source: str
    agent: str
    queues: frozenset[str] = frozenset()
    online: bool = True
    paused: bool = False
    pause_reason: str = ""
    activity: AgentState | None = None
    call_id: str = ""
    said: tuple[str, str] = ("", "")

    def state(self) -> tuple[AgentState, str]:
        """The state to show, and the pause reason."""
        if self.activity:
            return self.activity, ""
        if not self.online:
            return AgentState.OFFLINE, ""
        if self.paused:
            wrapup = self.pause_reason.lower() in WRAPUP_REASONS
            return (AgentState.WRAPUP if wrapup else AgentState.PAUSED), self.pause_reason
        return AgentState.READY, ""


class Roster:
    """The agents of one source; announces a state only when it changes."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}

    def take(self, fact: Fact, now: datetime) -> list[CallEvent]:
        """What a queue says about an agent."""
        agent = self._of(fact.source, fact.agent)
        if fact.kind is FactKind.AGENT_REMOVED:
            left = agent.queues - {fact.queue}
            return self._set(replace(agent, queues=left, online=bool(left)), fact.at, now)
        free = fact.status == "free" and agent.activity in (AgentState.TALKING, AgentState.HELD)
        agent = replace(
            agent,
            queues=agent.queues | {fact.queue},
            online=fact.status != "offline",
            paused=fact.paused,
            pause_reason=fact.reason if fact.paused else "",
            activity=None if free else agent.activity,
        )
        return self._set(agent, fact.at, now)

    def follow(self, event: CallEvent, now: datetime) -> list[CallEvent]:
        """What a call event means for the agents in it."""
        if event.name is EventName.ENDED:
            busy = [agent for agent in self.agents.values() if agent.call_id == event.call_id]
        else:
            busy = self._freed(event)
        said = [one for agent in busy for one in self._set(_idle(agent), event.at, now)]
        activity = _ACTIVITY.get(event.name)
        if activity and event.agent:
            agent = self._of(event.source, event.agent)
            agent = replace(agent, activity=activity, call_id=event.call_id)
            said += self._set(agent, event.at, now)
        return said

    def _freed(self, event: CallEvent) -> list[Agent]:
        """Agents whom this event lets go: who missed the ring, who gave the call away, who lost the race for
        it.
        """
        if event.name is EventName.RING_MISSED:
            return [agent for agent in self.agents.values() if agent.agent == event.agent]
        if event.name not in (EventName.ANSWERED, EventName.TRANSFERRED):
            return []
        return [
            agent
            for agent in self.agents.values()
            if agent.call_id == event.call_id and agent.agent != event.agent
        ]

    def _of(self, source: str, name: str) -> Agent:
        return self.agents.get(name) or Agent(source, name)

    def _set(self, agent: Agent, at: datetime, now: datetime) -> list[CallEvent]:
        state, reason = agent.state()
        changed = agent.said != (state, reason)
        self.agents[agent.agent] = replace(agent, said=(state, reason))
        if not changed:
            return []
        return [
            CallEvent(
                name=EventName.AGENT_STATE,
                event_id=event_id(agent.source, agent.agent, state, reason, at.isoformat()),
                source=agent.source,
                at=at,
                seen_at=now,
                call_id=agent.call_id,
                agent=agent.agent,
                state=state.value,
                reason=reason,
            )
        ]


def _idle(agent: Agent) -> Agent:
    return replace(agent, activity=None, call_id="")
