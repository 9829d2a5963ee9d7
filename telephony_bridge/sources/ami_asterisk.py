"""A live Asterisk as a source: passive, over AMI. If this program dies, no citizen's call is touched.

Connecting logs in with events off, so that the exchange's epoch is known before the first event; then
events are switched on and kept while the snapshot is taken. The manager user needs read
`call,agent,user,cdr,reporting`, and never `system` or `command`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from ..api import Capabilities, Fact, Snapshot
from ..clock import Clock, SystemClock
from ..wire.ami import ActionFailed, AmiLink, Limits, lost
from .asterisk_facts import AsteriskFacts, Site, wanted
from .asterisk_snapshot import Dump, read_dump

CAPABILITIES = Capabilities(
    queue=True, hold=True, dialled_number=True, agent_state=True, recordings=True, snapshot=True
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where an Asterisk listens and who we are there; the secret stays out of `repr`."""

    host: str
    user: str
    secret: str = field(repr=False)
    port: int = 5038


class AmiSource:
    """The facts of one Asterisk."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        address: Address,
        site: Site | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.site = site or Site()
        self.name = self.site.source
        self._address = address
        self._clock = clock or SystemClock()
        self._limits = limits or Limits()
        self._facts = AsteriskFacts(self.site, self._clock)
        self._link: AmiLink | None = None

    async def connect(self) -> None:
        """Connect and log in. Raises SourceLost, SourceRefused."""
        await self.close()
        where = self._address
        link = await AmiLink.open(
            where.host, where.port, wanted=wanted, limits=self._limits, clock=self._clock
        )
        self._link = link
        try:
            await link.login(where.user, where.secret, events=False)
        except BaseException:
            await self.close()
            raise

    async def snapshot(self) -> Snapshot:
        """What exists now; switches events on first, so that nothing falls between. Raises SourceLost."""
        link = self._live()
        try:
            status = await link.action("CoreStatus")
            await link.action("Events", EventMask="on")
            channels = await link.action("CoreShowChannels")
            details = await link.action("Status", AllVariables="true")
            queues = await link.action("QueueStatus")
        except ActionFailed as error:
            raise lost("not_ready") from error  # while it boots, queues are unknown for a second or two
        dump = Dump(status.response, channels.items, details.items, queues.items)
        return read_dump(self._facts, dump, self._clock.now())

    async def facts(self) -> AsyncIterator[Fact]:
        """Facts as they happen; raises SourceLost when the link goes."""
        async for message in self._live().events():
            fact = self._facts.read(message)
            if fact:
                yield fact

    async def close(self) -> None:
        """Log off and let go; harmless when not connected."""
        link, self._link = self._link, None
        if link:
            await link.close()

    def _live(self) -> AmiLink:
        if self._link is None:
            raise lost("closed")
        return self._link
