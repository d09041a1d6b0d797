"""Wire: what every form has in common: a request for some entries, and a verdict on each from the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.feed.document import Document
from gateway.store import Entered

State = Literal["acknowledged", "refused", "again"]

PATIENT = frozenset((401, 403, 404, 405, 407, 408, 411, 415, 421, 423, 425, 426, 429))
"""Statuses of 4xx that say nothing of what was sent: a setting, a right or the moment is wrong."""


@dataclass(slots=True, frozen=True)
class Request:
    """What is sent."""

    method: Literal["POST", "PUT", "GET"]
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(slots=True, frozen=True)
class Reply:
    """What came back.

    Attributes:
        headers: names in lower case.
        body: its first bytes; ``whole`` is False where there were more than are read.
        after: seconds after which the receiver wants to be asked again; None: it does not say.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True
    after: float | None = None


@dataclass(slots=True, frozen=True)
class Verdict:
    """What a receiver says of an entry.

    Attributes:
        receipt: what it calls it, ``""`` where it does not say.
        serial: that it gave the document, ``""`` for none.
        reason: why it was refused, or must be sent again.
        after: seconds until then, None: as usual.
        code: the same in one word without what the receiver wrote, for the log.
    """

    state: State
    receipt: str = ""
    serial: str = ""
    reason: str = ""
    after: float | None = None
    code: str = ""


ACKNOWLEDGED = Verdict("acknowledged")


class Wire(Protocol):
    """One form in which entries are said.

    Attributes:
        narrow: it says records of one person and one visit: see :class:`gateway.feed.document.Documents`.
    """

    narrow: bool

    @property
    def wanted(self) -> Sequence[tuple[str, str]]:
        """Kinds and events that can be said at all; none: all."""

    def lane(self, entry: Entered) -> str:
        """Return what entries must have in common to be said in one request."""

    def request(self, documents: Sequence[Document], at_us: int) -> Request:
        """Return the request for documents of one lane.

        Raises:
            Rejected: one of them cannot be said.
            Retry: not now.
        """

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return one verdict for each document, or one on the request as a whole."""

    def sign_in(self, day: str, at_us: int) -> Request | None:
        """Return what says that we are there, None where there is no such thing."""

    def signed_in(self, reply: Reply) -> Verdict:
        """Return what the answer to that means."""


def by_status(reply: Reply) -> Verdict | None:
    """Return what the HTTP status says; None where the body has to be looked at (2xx)."""
    code = f"HTTP {reply.status}"
    if 200 <= reply.status < 300:
        return None
    if 400 <= reply.status < 500 and reply.status not in PATIENT:
        return Verdict("refused", reason=code, code=code)
    return Verdict("again", reason=code, after=reply.after, code=code)


def not_understood(why: str = "") -> Verdict:
    """Return the verdict on an answer that says nothing."""
    said = f"the answer was not understood: {why}" if why else "the answer was not understood"
    return Verdict("again", reason=said, code="answer")
