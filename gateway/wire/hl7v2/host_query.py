"""Host query: a question that was committed as a message is answered from the store."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from gateway.canonical import Envelope
from gateway.canonical.asked import Answer, Ask, Question
from gateway.errors import Rejected, Retry
from gateway.wire import er7
from gateway.wire.hl7v2.answer import BETWEEN_FRAMES
from gateway.wire.hl7v2.answering import Asked, answered, ends_download, is_answered

FORMAT = "hl7v2"
"""Of such questions in ``mappings/queries``."""

_LOG = logging.getLogger("qiao.hl7v2")

_MAY_ASK = re.compile(rb"(?:QBP|QRY|ORM)[^A-Za-z0-9]")
_DISPLAYED = re.compile(rb"ACK[^A-Za-z0-9]Q03")
"""What a Mindray BS says to each DSR^Q03; the next one follows it."""
_COUNTED = ("found", "nothing", "refused", "untold", "cut")
MOST_DOWNLOADS = 1000
"""Connections on which a download is under way; the oldest is forgotten."""
MOST_LEFT = 50_000
"""Messages of all of them that were not sent yet; likewise."""
_BEGIN = 400
"""Bytes in which MSH-9 stands: what holds none of the words there is no question, and is not looked at."""


class _Download:
    """Samples that are sent one by one, each when the one before it was acknowledged.

    Args:
        left: DSRs that were not sent yet; ``sent``: the one that was.

    Attributes:
        before: control ids of those that were acknowledged.
    """

    def __init__(self, left: list[bytes], sent: bytes) -> None:
        self.left, self._sent, self.before = left, er7.parse(sent).control_id, set[str]()

    def next(self) -> bytes:
        """Return the next one, which is sent now."""
        self.before.add(self._sent)
        made = self.left.pop(0)
        self._sent = er7.parse(made).control_id
        return made


class HostQuery:
    """Answers the questions of one door.

    Args:
        adapter: id of the door.
        ask: what has the answers.
    """

    def __init__(self, adapter: str, ask: Ask) -> None:
        self._adapter, self._ask = adapter, ask
        self._counts: Counter[str] = Counter()
        self._downloads: dict[tuple[str, str], _Download] = {}

    def status(self) -> Mapping[str, int | str]:
        """Return how many questions were answered with something, with nothing, and could not be answered.

        ``asked_untold`` are samples that were left out of an answer to several, because nobody can tell whose
        they are; ``asked_cut`` answers with fewer orders than there are.
        """
        return {f"asked_{name}": self._counts[name] for name in _COUNTED}

    async def answered(self, envelope: Envelope, acknowledged: bytes) -> bytes:
        """Return what goes back for a message: for a question its answer, else its acknowledgement.

        Args:
            acknowledged: what its sender would hear of any message: it is kept, or why it is not.

        Raises:
            Retry: the store cannot be asked now.
        """
        line = envelope.meta.get("peer", ""), envelope.meta.get("port", "")
        if _DISPLAYED.search(envelope.raw, 0, _BEGIN):
            return self._next(line, envelope) or acknowledged
        if not _MAY_ASK.search(envelope.raw, 0, _BEGIN):
            return acknowledged
        frames = acknowledged.split(BETWEEN_FRAMES) if acknowledged else []
        try:
            message = er7.parse(envelope.raw, charset=envelope.charset)
            verdict = er7.parse(frames[-1]) if frames else None
        except Rejected:  # it was answered as what it is: no message
            return acknowledged
        code = (verdict.get("MSA-1") or "") if verdict is not None else ""
        if not is_answered(message) or code not in ("AA", "CA"):
            return acknowledged
        if code == "CA" and er7.answer_mode(message).application == "NE":
            return acknowledged
        found = await self._found(envelope, message, verdict)
        asked = await self.asked(envelope, message, found)
        self._counts["found" if asked.said else "refused" if asked.status == "AE" else "nothing"] += 1
        self._note(asked)
        commits = [one for one in frames if len(frames) > 1 or code == "CA"][:1]
        told = answered(asked)
        self._downloads.pop(line, None)
        if message.type == "QRY^Q02" and len(told) > 2:
            self._downloads[line], told = _Download(told[2:], told[1]), told[:2]
            self._forget()
        return BETWEEN_FRAMES.join([*commits, *told])

    def _note(self, asked: Asked) -> None:
        """Count and log what an answer leaves out; an analyser may have no ear for it."""
        self._counts["untold"] += len(asked.untold)
        self._counts["cut"] += bool(asked.left)
        if asked.untold:
            why = ", ".join(sorted({error.code for _, error in asked.untold}))
            _LOG.warning(
                "%s: of a question %d samples are not told: %s", self._adapter, len(asked.untold), why
            )
        if asked.left:
            _LOG.warning("%s: an answer has no room for %d more orders", self._adapter, asked.left)

    def _forget(self) -> None:
        """Forget the oldest downloads: who has hung up says nothing of it."""
        while (
            len(self._downloads) > MOST_DOWNLOADS
            or sum(len(one.left) for one in self._downloads.values()) > MOST_LEFT
        ):
            del self._downloads[next(iter(self._downloads))]

    def _next(self, line: tuple[str, str], envelope: Envelope) -> bytes:
        """Return the next DSR of a download, ``b""`` where there is none or the last one was not taken.

        What was acknowledged before calls for nothing: the next one has been sent to it.
        """
        download = self._downloads.get(line)
        try:
            said = er7.parse(envelope.raw, charset=envelope.charset)
        except Rejected:
            return b""
        if download is None or not er7.is_acknowledgement(said):
            return b""
        if (said.get("MSA-2") or "").strip() in download.before:
            return b""
        if said.get("MSA-1") != "AA" or not download.left:
            del self._downloads[line]
            return b""
        return download.next()

    async def asked(self, envelope: Envelope, message: er7.Message, found: Answer | Rejected) -> Asked:
        """Return a question with what was found for it, as it is answered. Raises ``Retry``: not now."""
        now = datetime.now(datetime.strptime(envelope.zone, "%z").tzinfo)
        return Asked(message, found, f"Q{envelope.id[-17:]}", now)

    async def _found(
        self, envelope: Envelope, message: er7.Message, verdict: er7.Message | None
    ) -> Answer | Rejected:
        waits = verdict is not None and (verdict.get("ERR-8") or verdict.get("MSA-3"))
        if waits:  # it is in quarantine: of a control sample, of somebody unknown
            return Rejected(waits, code="quarantined")
        if ends_download(message):
            return Answer("QCK_Q02")
        asker = envelope.meta.get("subject") or envelope.meta.get("peer", "")
        question = Question(envelope.tenant, self._adapter, message, envelope.sender, asker, FORMAT)
        try:
            return await self._ask(question)
        except Rejected as error:
            return error
        except Retry:
            raise
        except Exception as error:  # noqa: BLE001 -- a fault of ours costs this answer, not the connection
            _LOG.error("%s: %s while a question was answered", self._adapter, type(error).__name__)
            return Rejected("no answer could be made: send it again", code="fault")
