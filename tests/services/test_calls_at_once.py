"""Outside work goes on side by side: one slow gateway holds up nobody else."""

from __future__ import annotations

import asyncio
import threading

from hotline.runtime import CALLERS, Runtime


def test_as_many_calls_as_there_are_threads_wait_for_each_other(runtime: Runtime) -> None:
    meeting = threading.Barrier(CALLERS)

    async def meet() -> list[int]:
        return await asyncio.gather(*(runtime.call(meeting.wait, 30) for _ in range(CALLERS)))

    assert sorted(asyncio.run(meet())) == list(range(4))
