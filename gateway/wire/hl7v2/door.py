"""Door: an MLLP port that hands HL7 v2 messages to the pipeline; the Source of every HL7 v2 adapter."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Misconfigured, Retry
from gateway.wire import er7
from gateway.wire.hl7v2.answer import BETWEEN_FRAMES, answer_busy, answer_oversize
from gateway.wire.mllp import Limits, MllpServer, Peer
from gateway.wire.tls import Option, listening, server_context

_LOG = logging.getLogger("qiao.hl7v2")

CONTENT_TYPE = "x-application/hl7-v2+er7"

MOST = 10_000
"""Messages that may come together; more are not understood, as a whole."""

Value = str | int | float | bool


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
    """

    def __init__(self, adapter: str, settings: Mapping[str, Value]) -> None:
        self._adapter = adapter
        self._tenant = str(settings["tenant"])
        self._deliver: Callable[[Envelope], Awaitable[bytes]]
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

    async def start(self, deliver: Callable[[Envelope], Awaitable[bytes]]) -> None:
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
        return {"address": f"{host}:{port}", **asdict(self._server.counters)}

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
        moment = now_us()
        envelope = Envelope(
            new_envelope_id(moment), self._tenant, self._adapter, "", moment, CONTENT_TYPE, "", raw, meta
        )
        try:
            return await self._deliver(envelope)
        except Retry as error:
            return answer_busy(envelope, error)
