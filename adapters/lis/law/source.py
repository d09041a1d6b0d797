"""Where the bytes come from: an MLLP port for analysers; what they ask for is brought to their own ports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from adapters.lis.law.piece import measured, work_for
from adapters.lis.law.recall import Recall
from adapters.lis.law.work import Work
from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.spec import Answer, Ask, Deliver
from gateway.wire import er7
from gateway.wire.hl7v2 import Asked, HostQuery, MllpDoor, options

NAME = "lis/law"

OPTIONS = (
    *options(port=2579),
    ("work", "str", "", "MSH-3 of analysers and where they take work: 'COBAS=10.1.1.9:6001, X3=same'"),
    ("work_port", "int", 0, "port at which others take work, at the address from which they asked; 0: none"),
    ("work_timeout", "float", 30.0, "seconds in which an analyser answers what it is brought"),
    ("work_plain", "bool", False, "work may leave without TLS to another machine"),
    ("work_state", "str", "qiao-lis-law.db", "file: what was promised to analysers, what they have"),
    ("work_kept", "float", 12.0, "hours for which promised work is brought to who does not answer"),
    ("work_held", "float", 72.0, "hours in which a cancelled test is taken back"),
    ("work_look", "float", 10.0, "seconds between looks for cancelled tests; 0: none"),
)  # fmt: skip

_RESULTS = re.compile(rb"OUL[^A-Za-z0-9]R22")
_BEGIN = 400
"""Bytes in which MSH-9 stands."""


def source(settings: Mapping[str, str | int | float | bool]) -> LawDoor:
    """Return the door, not yet open. Raises ``Misconfigured``: ``work`` names no addresses."""
    return LawDoor(settings)


class LawDoor(MllpDoor):
    """A ``gateway.spec.Source``; an analyser whose port for work nobody knows hears it in the RSP.

    Args:
        settings: of :data:`OPTIONS`.
    """

    def __init__(self, settings: Mapping[str, str | int | float | bool]) -> None:
        super().__init__(NAME, settings, asked=True, apart=True)
        self._work = Work(NAME, settings)
        self._of = str(settings["tenant"])

    def host_query(self, ask: Ask) -> HostQuery:
        """Return what answers the queries of LAB-27."""
        self._work.asks(Recall(NAME, self._of, ask))
        return _Query(ask, self._work)

    async def start(self, deliver: Deliver) -> None:
        """Bind and begin to receive; what was promised before is brought.

        Raises:
            Misconfigured: the port cannot be bound, or what was promised cannot be read.
        """
        await self._work.start(deliver)
        try:
            await super().start(deliver)
        except BaseException:
            await self._work.stop()
            raise

    async def stop(self) -> None:
        """Accept nothing new, answer what is under way, close; work that was not taken is kept."""
        await super().stop()
        await self._work.stop()

    def status(self) -> Mapping[str, int | str]:
        """Return counters of the port, of the queries and of the work that was brought."""
        return {**super().status(), **self._work.status()}


class _Query(HostQuery):
    """LAB-27: the RSP says that a query was understood; the work comes as LAB-28."""

    def __init__(self, ask: Ask, work: Work) -> None:
        super().__init__(NAME, ask)
        self._work = work

    async def answered(self, envelope: Envelope, acknowledged: bytes) -> bytes:
        """Return what goes back for a message; completed tests are none of the work of analysers any more."""
        if _RESULTS.search(envelope.raw, 0, _BEGIN):
            await self._measured(envelope)
        return await super().answered(envelope, acknowledged)

    async def asked(self, envelope: Envelope, message: er7.Message, found: Answer | Rejected) -> Asked:
        """Return a query as it is answered; what it asks for is promised before that is said."""
        made = await super().asked(envelope, message, found)
        if isinstance(found, Rejected) or message.type != "QBP^Q11":
            return made
        if self._work.addresses.same(message):
            control = f"W{envelope.id[-16:]}"
            after = [work_for(made, one, f"{control}{at:03d}") for at, one in enumerate(made.said or [None])]
            return replace(made, inline=False, after=tuple(after))
        everything = not (message.get("QPD-3.1") or "").strip()
        given = await self._work.give(envelope, made, everything=everything)
        return replace(made, inline=not given)

    async def _measured(self, envelope: Envelope) -> None:
        try:
            message = er7.parse(envelope.raw, charset=envelope.charset)
        except Rejected:
            return
        if numbers := measured(message):
            await self._work.measured(message, numbers)
