"""Model: what a reconciliation says of a day: lines by kind, standings by receiver, differences by number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.store.batches import Batch
from gateway.store.reconciliation import Messages

What = Literal[
    "missing", "unstated", "count", "refused", "held", "given-up", "open", "platform-missing",
    "platform-unknown", "platform-count", "unanswered", "batch", "other-day",
]  # fmt: skip
"""What is not as it should be; ``other-day`` only explains: it is in the ledger, but not under that day."""

TEXTS: dict[What, tuple[str, str]] = {
    "missing": ("stated by the source, not in the ledger", "来源已申报，台账中没有"),
    "unstated": ("in the ledger, not stated by any source", "台账中有，来源未申报"),
    "count": ("the sources state another number than the ledger has", "来源申报数与台账数不一致"),
    "refused": ("refused by the receiver", "接收方拒收"),
    "held": ("held behind one that was refused", "因前一条被拒而暂缓"),
    "given-up": ("given up by an operator", "已由操作员放弃"),
    "open": ("not acknowledged yet", "尚未得到确认"),
    "platform-missing": ("acknowledged, but not among what the platform lists", "已确认，但平台清单中没有"),
    "platform-unknown": ("listed by the platform, unknown to the ledger", "平台清单中有，台账中没有"),
    "platform-count": (
        "the platform counts another number than it acknowledged",
        "平台统计数与其确认数不一致",
    ),
    "unanswered": ("a source that is asked has not answered", "应当答复的来源尚未答复"),
    "batch": (
        "a batch says another number of messages than was in it, or stored",
        "批次申报的消息数与其内容或入库数不一致",
    ),
    "other-day": ("in the ledger under another day", "记入台账的日期不同"),
}
"""What a difference is called, in English and in Chinese."""


@dataclass(slots=True, frozen=True)
class Difference:
    """One document, or number of documents, that does not agree.

    Attributes:
        name: of the source or receiver, ``""`` where it is nobody's.
        number: the document's local number, ``""`` where it is not known.
        serial: its serial, ``""`` where it has none.
        entry: number of its entry in the ledger, 0 for none.
        also: figures or the receiver's reason; no patient data.
    """

    day: str
    kind: str
    what: What
    name: str = ""
    number: str = ""
    serial: str = ""
    entry: int = 0
    also: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is a difference, and not only an explanation."""
        return self.what != "other-day"

    def row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        text, text_zh = TEXTS[self.what]
        said = {"name": self.name, "number": self.number, "serial": self.serial, "entry": self.entry}
        return {
            "day": self.day,
            "kind": self.kind,
            "what": self.what,
            **{key: value for key, value in said.items() if value},
            "text": text,
            "text_zh": text_zh,
            **({"also": self.also} if self.also else {}),
        }


@dataclass(slots=True)
class Standing:
    """How the entries of a day and kind stand with a receiver.

    Attributes:
        way: ``push`` or ``pull``.
        states: how many entries are ``waiting``, ``sent``, ``acknowledged``, ``refused``, ``held`` or
            ``given-up``.
        taken: documents of the day of which it has acknowledged the first entry.
        platform: documents that it says to have; None: it has not said.
    """

    way: Literal["push", "pull"]
    states: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    platform: int | None = None

    @property
    def owed(self) -> int:
        """Entries that it is to get."""
        return self.states.total()

    def row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        open_ = self.states["waiting"] + self.states["sent"]
        return {
            "way": self.way,
            "owed": self.owed,
            "sent": self.owed - self.states["waiting"] - self.states["held"],
            "acknowledged": self.states["acknowledged"],
            "refused": self.states["refused"],
            "held": self.states["held"],
            "given-up": self.states["given-up"],
            "open": open_,
            "taken": self.taken,
            "platform": self.platform,
        }


@dataclass(slots=True)
class Line:
    """One kind of documents on one day.

    Attributes:
        stated: source → how many it says to have made; empty: nobody has said anything.
        documents: that have their first entry in the ledger on this day.
        entries: of the ledger on this day.
        origins: how many of the documents a sender's messages have made, and the API (``""``).
        receivers: by name.
    """

    kind: str
    stated: dict[str, int] = field(default_factory=dict)
    documents: int = 0
    entries: int = 0
    origins: dict[str, int] = field(default_factory=dict)
    receivers: dict[str, Standing] = field(default_factory=dict)

    @property
    def total(self) -> int | None:
        """How many all sources together state, None where none does."""
        return sum(self.stated.values()) if self.stated else None

    def row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "kind": self.kind,
            "stated": self.total,
            "sources": self.stated,
            "ledger": self.documents,
            "entries": self.entries,
            "origins": self.origins,
            "receivers": {name: one.row() for name, one in self.receivers.items()},
        }


@dataclass(slots=True)
class Day:
    """One day.

    Attributes:
        closed: it is over, so that what is open is late.
        first, last: numbers of its entries in the ledger; 0 and 0 where there are none.
        messages: how those of the day stand, by sender.
        batches: in which messages came, with what their senders say of them.
    """

    day: str
    closed: bool
    first: int = 0
    last: int = 0
    lines: list[Line] = field(default_factory=list)
    messages: list[Messages] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "day": self.day,
            "closed": self.closed,
            "first": self.first,
            "last": self.last,
            "lines": [one.row() for one in self.lines],
            "messages": [{"sender": one.sender, "state": one.state, "n": one.n} for one in self.messages],
            "batches": [
                {
                    "sender": one.sender,
                    "batch": one.id,
                    "said": one.said,
                    "in": one.held,
                    "stored": one.stored,
                }
                for one in self.batches
            ],
            "differences": [one.row() for one in self.differences],
        }


@dataclass(slots=True)
class Reconciliation:
    """Several days of one tenant."""

    tenant: str
    days: list[Day]

    @property
    def ok(self) -> bool:
        """Whether there is no difference; it says nothing of what nobody has stated."""
        return not any(one.counts for day in self.days for one in day.differences)

    def row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"tenant": self.tenant, "ok": self.ok, "days": [day.row() for day in self.days]}
