"""Asked: what somebody asks at a door, and what the store has for it (docs/add-a-query.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.canonical.record import Record
from gateway.canonical.resource import Resource
from gateway.errors import Rejected

Value = str | Mapping[str, Sequence["Value"]]
"""A text, or names and what stands in each: the elements of a document, the fields of a segment."""


@dataclass(slots=True, frozen=True)
class Question:
    """What somebody asks at a door.

    Attributes:
        tenant: whose resources.
        adapter: id of the door; ``sender``: id of the sender's profile, ``""`` for that of the door.
        record: the question; a file of ``mappings/queries`` says what its paths mean.
        format: of the record; only files for it are looked at.
        asker: who asks, as the transport has shown it (a user, the subject of a certificate).
        shown: somebody is shown the answer, and that stands in the trail; else the door looks for itself.
    """

    tenant: str
    adapter: str
    record: Record
    sender: str = ""
    asker: str = ""
    format: str = "xml"
    shown: bool = True


@dataclass(slots=True, frozen=True)
class Answer:
    """What the store has for a question.

    Attributes:
        form: what the answer is called (``"PRPA_IN201306UV02"``), as the file of the query says.
        found: what was asked for, newest first, parsed; at most so many as one answer may have.
        around: what those refer to.
        said: name and content of what is said of them, one list for each that is said by itself.
        total: how many there are; no less than ``found``.
        ignored: parameters that were given and not looked at.
        untold: of several samples those of which nothing can be said, as they were asked for, and why.
    """

    form: str
    found: Sequence[Resource] = ()
    around: Sequence[Resource] = ()
    said: Sequence[Sequence[tuple[str, Value]]] = ()
    total: int = 0
    ignored: Sequence[str] = ()
    untold: Sequence[tuple[str, Rejected]] = ()

    @property
    def left(self) -> int:
        """How many there are that this answer does not tell, because it may not have so many."""
        return max(0, self.total - len(self.found))


class Ask(Protocol):
    """Answers questions from the store; what is shown stands in the trail of reads before it is returned."""

    def __call__(self, question: Question, /) -> Awaitable[Answer]:
        """Return the answer; nobody and nothing known is an answer with nothing in it.

        Raises:
            Rejected: it cannot be answered as it stands: no such query, no parameter that tells whom it is
                about, a value that means nothing.
            Retry: the store cannot be asked now.
        """
