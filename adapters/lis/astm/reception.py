"""Reception: what is done with a message that came over a line: committed, and answered where it asks."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapters.lis.astm.answering import answered, is_question, withdraws
from adapters.lis.astm.lines import Line
from adapters.lis.astm.parse import CUT
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Rejected, Retry
from gateway.spec import Answer, Ask, Deliver, Question
from gateway.wire.astm import Handle, Received
from gateway.wire.astm.records import Message, parse, samples
from gateway.wire.mllp import Peer

NAME = "lis/astm"
CONTENT_TYPE = "application/astm"
FORMAT = "astm"
"""Of its questions in ``mappings/queries``."""

_COUNTED = ("stored", "kept", "refused", "asked", "asked_untold", "asked_cut")

_LOG = logging.getLogger("qiao.astm")


class Reception:
    """Takes the messages of all lines of one hospital.

    Args:
        tenant: the hospital.
        known: instruments that are told by their address (``from``).

    Attributes:
        deliver: set before the first line opens.
        ask: answers questions; None: they are kept, and nobody answers.
        counts: how messages ended; questions, samples that an answer left out, answers that were cut.
        heard: ``heard LINE`` → moment of its last message, in UTC.
    """

    deliver: Deliver

    def __init__(self, tenant: str, known: Sequence[Line] = ()) -> None:
        self._tenant = tenant
        self._known = {one.peer: one for one in known}
        self.ask: Ask | None = None
        self.heard: dict[str, str] = {}
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))

    def of(self, line: Line) -> Handle:
        """Return what takes the messages of one line."""

        async def take(received: Received, peer: Peer) -> Sequence[bytes] | None:
            here = line if line.name else self._known.get(peer.host, line)
            self.heard[f"heard {here.name}".strip()] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            meta = {"peer": peer.host, "port": str(peer.port), **here.facts}
            if peer.subject:
                meta["subject"] = peer.subject
            return await self._take(received, meta, here.charset)

        return take

    async def _take(
        self, received: Received, meta: Mapping[str, str], charset: str
    ) -> Sequence[bytes] | None:
        """Commit a message; return the answer to a question. Raises ``Retry``: the instrument keeps it."""
        if not received.whole:
            await self._deliver([self._envelope(received.text, {**meta, CUT: "1"}, charset)])
            return None
        message = _read(received.text, charset)
        parts = [received.text] if message is None else samples(message)
        envelopes = [self._envelope(one, meta, charset) for one in parts]
        await self._deliver(envelopes)
        if message is None or self.ask is None or not is_question(message) or withdraws(message):
            return None
        return [await self._answered(message, envelopes[0], self.ask)]

    async def _answered(self, message: Message, envelope: Envelope, ask: Ask) -> bytes:
        """Return the answer to a question that is committed. Raises ``Retry``: it cannot be found now."""
        asker = envelope.meta.get("subject") or envelope.meta.get("line") or envelope.meta["peer"]
        question = Question(envelope.tenant, NAME, message, envelope.sender, asker, FORMAT)
        found: Answer | Rejected
        try:
            found = await ask(question)
        except Rejected as error:
            _LOG.warning("%s: a question of %s is not answered: %s", NAME, asker, error.code)
            found = error
        self.counts["asked"] += 1
        if isinstance(found, Answer):
            self._note(found)
        return answered(message, envelope, found)

    def _note(self, answer: Answer) -> None:
        """Count and log what an answer leaves out; an instrument may pass over what it says of it."""
        self.counts["asked_untold"] += len(answer.untold)
        self.counts["asked_cut"] += bool(answer.left)
        if answer.untold:
            why = ", ".join(sorted({error.code for _, error in answer.untold}))
            _LOG.warning("%s: of a question %d samples are not told: %s", NAME, len(answer.untold), why)
        if answer.left:
            _LOG.warning("%s: an answer has no room for %d more orders", NAME, answer.left)

    async def _deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Hand over what belongs together. Raises ``Retry``: not all of it could be committed."""
        if len(envelopes) == 1:
            self._count(await self.deliver(envelopes[0]))
            return
        failed = None
        for answer in await self.deliver.many(envelopes):
            if isinstance(answer, Retry):
                failed = answer
            else:
                self._count(answer)
        if failed is not None:  # those that are committed are known when they come again
            raise failed

    def _count(self, answer: bytes) -> None:
        self.counts[answer.decode("ascii", "replace")] += 1

    def _envelope(self, raw: bytes, meta: Mapping[str, str], charset: str) -> Envelope:
        moment = now_us()
        return Envelope(
            new_envelope_id(moment), self._tenant, NAME, "", moment, CONTENT_TYPE, charset, raw, meta
        )


def _read(text: bytes, charset: str) -> Message | None:
    """Return the message; None where it cannot be read: it stays as it is, and waits with its reason."""
    try:
        return parse(text, charset=charset)
    except Rejected:
        return None
