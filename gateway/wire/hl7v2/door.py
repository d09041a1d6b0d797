"""Door: an MLLP port that hands HL7 v2 messages to the pipeline; the Source of every HL7 v2 adapter."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Protocol

from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.canonical.asked import Ask
from gateway.errors import Misconfigured, Retry
from gateway.wire import er7
from gateway.wire.hl7v2.answer import BETWEEN_FRAMES, answer_busy, answer_oversize
from gateway.wire.hl7v2.host_query import HostQuery
from gateway.wire.mllp import Limits, MllpServer, Peer
from gateway.wire.tls import Option, listening, server_context

_LOG = logging.getLogger("qiao.hl7v2")

CONTENT_TYPE = "x-application/hl7-v2+er7"

MOST = 10_000
"""Messages that may come together; more are not understood, as a whole."""

Value = str | int | float | bool

_SAID = re.compile(rb"(?:\A|[\r\n])MSA[^A-Za-z0-9\s][AC]([AER])")
_WORSE = {b"A": 1, b"E": 2, b"R": 3}


class Delivering(Protocol):
    """What a door hands its messages to (``gateway.spec.Deliver``)."""

    def __call__(self, envelope: Envelope, /) -> Awaitable[bytes]:
        """Deliver one; returns the answer for its sender."""

    async def many(self, envelopes: Sequence[Envelope], /) -> list[bytes | Retry]:
        """Deliver several in their order; returns the answer of each."""


def options(port: int) -> tuple[Option, ...]:
    """Return name, type, default and documentation of the door's settings; ``port`` is the default port."""
    limits = Limits()
    return (
        *listening(port),
        ("max_message", "int", limits.max_message, "bytes of one message; longer ones close the connection"),
        ("max_connections", "int", limits.max_connections, "open connections; more are closed at once"),
        ("frame_timeout", "float", limits.frame_timeout, "seconds from a message's first byte to its last"),
        ("idle_timeout", "float", limits.idle_timeout, "seconds between messages, 0 for no bound"),
    )


def parse(envelope: Envelope) -> er7.Message:
    """Return the message in an envelope. Raises ``Rejected`` as ``er7.parse``."""
    return er7.parse(envelope.raw, charset=envelope.charset)


class MllpDoor:
    """A ``gateway.spec.Source`` over :class:`gateway.wire.mllp.MllpServer`.

    Args:
        adapter: id of the adapter whose door it is.
        settings: of :func:`options`.
        asked: whether questions are answered at it; else they are only kept.
        apart: whether results of several samples or patients are taken as a message for each.
    """

    def __init__(
        self, adapter: str, settings: Mapping[str, Value], *, asked: bool = False, apart: bool = False
    ) -> None:
        self._adapter, self._answers, self._apart = adapter, asked, apart
        self._tenant = str(settings["tenant"])
        self._deliver: Delivering
        self._asked: HostQuery | None = None
        limits = Limits(
            max_message=int(settings["max_message"]),
            max_connections=int(settings["max_connections"]),
            frame_timeout=float(settings["frame_timeout"]),
            idle_timeout=float(settings["idle_timeout"]),
        )
        self._server = MllpServer(
            self._handle,
            host=str(settings["host"]),
            port=int(settings["port"]),
            limits=limits,
            ssl=server_context(adapter, settings),
            oversize=lambda _: answer_oversize(limits.max_message),
        )

    def answered_by(self, ask: Ask) -> None:
        """Take what answers questions."""
        self._asked = self.host_query(ask) if self._answers else None

    def host_query(self, ask: Ask) -> HostQuery:
        """Return what answers the questions at this door."""
        return HostQuery(self._adapter, ask)

    async def start(self, deliver: Delivering) -> None:
        """Bind and begin to receive. Raises ``Misconfigured`` where the port cannot be bound."""
        self._deliver = deliver
        try:
            await self._server.start()
        except Misconfigured as error:
            where = f'[adapters."{self._adapter}"]'
            raise Misconfigured(f"{error.reason}; set another port", code=error.code, where=where) from None

    async def stop(self) -> None:
        """Accept nothing new, answer what is under way, close."""
        await self._server.stop()

    def status(self) -> Mapping[str, int | str]:
        """Return the bound address and the counters of :class:`gateway.wire.mllp.Counters`."""
        host, port = self._server.address
        asked = self._asked.status() if self._asked is not None else {}
        return {"address": f"{host}:{port}", **asdict(self._server.counters), **asked}

    async def _handle(self, raw: bytes, peer: Peer) -> bytes:
        meta = {"peer": peer.host, "port": str(peer.port)}
        if peer.subject:
            meta["subject"] = peer.subject
        file = er7.batches_in(raw)
        if file is None or sum(len(one.messages) for one in file.batches) > MOST:
            return await self._message(raw, meta)
        return b"".join([await self._batch(one, file, meta) for one in file.batches])

    async def _batch(self, batch: er7.Batch, file: er7.File, meta: Mapping[str, str]) -> bytes:
        """Hand on the messages of a batch one by one; what it says of itself goes with each of them."""
        told = {"batch": new_envelope_id(now_us()), "batch-id": batch.id}
        told["batch-in"] = str(len(batch.messages))
        told |= {} if batch.said is None else {"batch-said": str(batch.said)}
        if file.said is not None:
            told |= {"batches-said": str(file.said), "batches-in": str(len(file.batches))}
        if not file.true:
            _LOG.warning("%s: a batch says another number than was in it", self._adapter)
        answers = [await self._message(one, {**meta, **told}) for one in batch.messages]
        wanted = [one.replace(BETWEEN_FRAMES, b"") for one in answers if one]
        return er7.acknowledge_batch(batch, wanted, datetime.now(UTC))

    async def _message(self, raw: bytes, meta: Mapping[str, str]) -> bytes:
        parts = er7.apart(raw) if self._apart else [raw]
        if 1 < len(parts) <= MOST:
            return await self._parts(parts, meta)
        envelope = self._envelope(raw, meta)
        try:
            answer = await self._deliver(envelope)
            return answer if self._asked is None else await self._asked.answered(envelope, answer)
        except Retry as error:
            return answer_busy(envelope, error)

    async def _parts(self, parts: Sequence[bytes], meta: Mapping[str, str]) -> bytes:
        """Hand on the parts of a message; its sender hears the worst of what became of them.

        Those that are committed are known when it sends the message again.
        """
        told = er7.told_apart(len(parts))
        envelopes = [self._envelope(raw, {**meta, **one}) for raw, one in zip(parts, told, strict=True)]
        answers = []
        for envelope, answer in zip(envelopes, await self._deliver.many(envelopes), strict=True):
            if isinstance(answer, Retry):
                return answer_busy(envelope, answer)
            answers.append(answer if self._asked is None else await self._asked.answered(envelope, answer))
        return max(answers, key=_badness)

    def _envelope(self, raw: bytes, meta: Mapping[str, str]) -> Envelope:
        moment = now_us()
        return Envelope(
            new_envelope_id(moment), self._tenant, self._adapter, "", moment, CONTENT_TYPE, "", raw, meta
        )


def _badness(answer: bytes) -> tuple[int, bool]:
    """Return how bad an answer is: its code, then whether it remarks on anything."""
    worst = max((_WORSE[code] for code in _SAID.findall(answer)), default=0)
    return worst, b"\rERR" in answer
