"""Governing: who looks at what was written of governed types, inside the transaction that writes it.

The store knows no rules. It shows a Governor the versions that one plain Transact or one message has made;
that one may refuse them, and may write more through the same transaction (flags, serials, ledger entries).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from gateway.canonical import Issue, Resource
from gateway.errors import Refusal
from gateway.store.model import Version
from gateway.store.types import NAME

if TYPE_CHECKING:
    from gateway.store.changes import Changes
    from gateway.store.desk import Desk
    from gateway.store.lookup import ResourceKey

Method = Literal["create", "update", "delete"]
Why = Literal["written", "merged", "remapped"]


@dataclass(slots=True, frozen=True)
class Made:
    """A version that was made, and the one that it followed.

    Attributes:
        type: resource type.
        id: logical id.
        method: ``create`` where the resource did not live before; a PATCH is an ``update``.
        why: ``written``: somebody said so; ``merged``: it refers to a patient, visit or account that was
            merged into another one; ``remapped``: a message that was stored before was converted anew.
        before: the version that was current, None where none lived.
        after: the version that now is current, a tombstone after a ``delete``. A resource that one message
            changes several times is told once.
        desk: reads the two: see :meth:`Desk.body`.
    """

    type: str
    id: str
    method: Method
    why: Why
    before_seq: int
    after_seq: int
    desk: Desk

    @property
    def before(self) -> Resource | None:
        """The resource before, None where none lived. Not to be changed."""
        return self.desk.body(self.before_seq) if self.before_seq else None

    @property
    def after(self) -> Resource | None:
        """The resource as it is now, None where it was deleted. Not to be changed."""
        return None if self.method == "delete" else self.desk.body(self.after_seq)

    @property
    def version(self) -> Version | None:
        """The version as it is now, a tombstone too."""
        return self.desk.version(self.type, self.id)


@dataclass(slots=True, frozen=True)
class Occasion:
    """How it came that versions were made.

    Attributes:
        door: ``api``: a Transact; ``message``.
        source: inbox id of the message, or what the Transact says of itself.
        sender: name of the message's sender, ``""`` for the API.
        caller: ``Transact.caller``.
        rehearsed: nothing of it will be kept.
        clock: whether the times in it are believed (``gateway.canonical.sample.Samples.clock``).
    """

    door: Literal["api", "message"]
    source: str
    sender: str = ""
    caller: object = None
    rehearsed: bool = False
    clock: bool = True


class Governor(Protocol):
    """Decides on what was written of its types.

    It is called on the writer's thread, inside the write transaction, and may be called several times for
    the same write: what it saw may be undone, so it remembers nothing of it.
    """

    @property
    def types(self) -> frozenset[str]:
        """Resource types that it wants to see; of others it is told nothing. Asked once."""
        ...

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """Look at the versions of one Transact or message; what it writes through ``desk`` is not governed.

        Raises:
            Refusal: the Transact fails with it; the message ends ``Refused``, and nothing of it is kept.
        """
        ...


@runtime_checkable
class Witness(Protocol):
    """A Governor that also hears of messages that were understood and are not stored: they wait."""

    def held(self, desk: Desk, bodies: Sequence[Resource], occasion: Occasion) -> None:
        """Look at what a message would have written; what it writes through ``desk`` is kept.

        It is called each time that the message is tried and held.

        Args:
            bodies: with references by seed ids, which are nobody's yet.
        """
        ...

    def stored(self, desk: Desk, occasion: Occasion) -> None:
        """Hear that a message is stored that may have waited, whether it has changed anything or not."""
        ...


def told(refusal: Refusal) -> list[Issue]:
    """Return the grounds of a refusal as the remarks on a message."""
    code = "business-rule" if refusal.code != "conflict" else "conflict"
    return [
        Issue(
            "error" if ground.severity == "error" else "warning",
            code,
            ground.where,
            ground.rule,
            _with_article(ground.text, ground.article),
            _with_article(ground.text_zh, ground.article),
        )
        for ground in refusal.issues
    ]


def _with_article(text: str, article: str) -> str:
    return f"{text} ({article})" if text and article else text


def shown(desk: Desk, changes: Changes, why: Why) -> list[Made]:
    """Return what a governor is shown of the changes of one item, each resource once; takes the notes away.

    Args:
        why: of what was said itself; what only moved along was merged.
    """
    found: dict[ResourceKey, Made] = {}
    merged: Why = "merged"
    noted = [(change, why) for change in changes.made] + [(change, merged) for change in changes.moved]
    for (key, old, after, lives), said in noted:
        known = found.get(key)
        before, reason = (old, said) if known is None else (known.before_seq, known.why)
        method: Method = "delete" if not lives else "update" if before else "create"
        found[key] = Made(NAME[key[1]], key[2], method, reason, before, after, desk)
    changes.made, changes.moved = [], []
    return [made for made in found.values() if made.before_seq or made.method != "delete"]
