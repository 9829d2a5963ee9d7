"""Calls, as they happen: from the telephony source to the agent's screen and into the database.

A pop goes to the desk first (latency) and is then kept; both carry the same call id, so a repeat changes nothing.
Simulated calls take the same way from a stream recorded at a real exchange.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from hotline.domain.hotlines import by_dialled
from hotline.domain.personal import mask_phone
from hotline.runtime import Runtime
from hotline.services import calls
from telephony_bridge.api import CallEvent, EventName
from telephony_bridge.open import open_bridge
from telephony_bridge.simulate import simulate_call

log = logging.getLogger(__name__)

_SHOWN = frozenset(
    {
        EventName.RINGING,
        EventName.RING_MISSED,
        EventName.ANSWERED,
        EventName.HELD,
        EventName.RESUMED,
        EventName.TRANSFERRED,
        EventName.ENDED,
        EventName.AGENT_STATE,
    }
)


class Switchboard:
    """The telephony of one process. `url` is the setting; empty means no telephony."""

    def __init__(self, runtime: Runtime, url: str) -> None:
        self._rt = runtime
        self._bridge = open_bridge(url) if url and not url.startswith("replay:") else None
        self._simulations: set[asyncio.Task[None]] = set()

    async def listen(self) -> bool:
        """Takes events from the exchange until it is closed (the supervisor reconnects by itself)."""
        if self._bridge is not None:
            await self._take(self._bridge.events())
        return False

    def simulate(self, extension: str, caller: str, hotline: str, speed: float = 2.0) -> None:
        """Plays one recorded call to an agent's extension, with this caller and dialled hotline."""
        events = simulate_call("calls", 0, caller=caller, hotline=hotline, agent=extension, speed=speed)
        task = asyncio.create_task(self._take(events), name="hotline-simulated-call")
        self._simulations.add(task)
        task.add_done_callback(self._simulations.discard)

    async def close(self) -> None:
        for task in list(self._simulations):
            task.cancel()
        await asyncio.gather(*self._simulations, return_exceptions=True)
        if self._bridge is not None:
            await self._bridge.close()

    async def _take(self, events: AsyncIterator[CallEvent]) -> None:
        async for event in events:
            try:
                await self._show(event)
                await self._rt.run(calls.record_event, event)
            except Exception:
                log.exception("call.event_failed", extra={"event": event.event_id, "call": event.call_id})

    async def _show(self, event: CallEvent) -> None:
        if event.name not in _SHOWN or not event.agent:
            return
        number = calls.clear_number(event)
        reference = await self._rt.call(self._rt.uows.current_reference)
        await self._rt.bus.broadcast(
            event.name.value,
            {
                "event_id": event.event_id,
                "call_id": event.call_id,
                "extension": event.agent,
                "caller": mask_phone(number) if number else "号码未知",
                "hotline": by_dialled(reference, event.hotline),
                "state": event.state,
                "at": event.at.isoformat(),
            },
        )
