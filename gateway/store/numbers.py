"""Numbers: which numbers of a Patient, Encounter or Account are in force (R4 Identifier.use).

A number that ended in another one (MRG-1) stays on what goes on, marked ``old``: it is found by that, and
nobody is told it as a number of today. It is in force again when its owner's register names it again, later.
Rows of ``ident`` tell when a message has last said whether a number is in force: of several the latest
counts, in whatever order they come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.canonical import Draft, Merge, Resource
from gateway.store.identity import replaced_by
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.merge import identity_of

OLD = "old"

SPOKEN = "urn:qiao:number"
"""System of the ``ident`` rows that say when a number has ended, or was named again: ``"<us> <word>"``, the
word ``merge``, ``change`` (as ``Merge.kind``) or ``use``; the value is system and number, a bar between."""

_ENDS = ("merge", "change")
_LOCAL = re.compile(r"urn:qiao:[^:]+:id:")

MOST = 64
"""Patients who ended in one that are looked at for their numbers."""

Read = Callable[[ResourceKey], Resource]
"""Resource as it stands at this point of the message, ``{}`` where it is not there."""


class Numbers:
    """What one message says of numbers.

    Args:
        event_us: when it happened; None: the sender does not say.
        again: it was heard before.
        owner: reads a row of ``ident``.
        noted: rows of ``ident`` that the message leaves.
    """

    def __init__(
        self,
        event_us: int | None,
        owner: Callable[[IdentKey], str | None],
        read: Read,
        noted: dict[IdentKey, str],
        *,
        again: bool,
    ) -> None:
        self._event_us, self._again = event_us, again
        self._owner, self._read, self._noted = owner, read, noted

    def is_late(self, ident: IdentKey) -> bool:
        """Tell whether something newer was said of a number: of the same moment what comes later is newer."""
        at, _ = self._last(ident)
        return at is not None and self._is_before(at, or_same=self._again)

    def is_heard(self, ident: IdentKey) -> bool:
        """Tell whether there is nothing new in that a number ends: without a time once is enough."""
        word = self._last(ident)[1]
        return self.is_late(ident) or (self._event_us is None and word in _ENDS)

    def is_ended(self, ident: IdentKey) -> bool:
        """Tell whether the last that was said of a number is that it ended."""
        return self._last(ident)[1] in _ENDS

    def has_ended(self, key: ResourceKey, stored: Resource, number: tuple[str, str] | None) -> bool:
        """Tell whether a number has ended that leads to a resource, whether that has it (``old``) or not."""
        if number is None:
            return False
        entry = entry_of(stored, *number)
        return self.is_ended((*key[:2], *number)) if entry is None else entry.get("use") == OLD

    def was_another(self, key: ResourceKey, stored: Resource, system: str, value: str) -> bool:
        """Tell whether a number is of somebody who ended in this one: what is late under it is about them."""
        entry = entry_of(stored, system, value)
        if entry is None or entry.get("use") != OLD:
            return False
        return self._last((*key[:2], system, value))[1] != "change"

    def joined(
        self, key: ResourceKey, body: Resource, merge: Merge, own: IdentKey | None, now: int
    ) -> Resource:
        """Return what goes on with the number that ended in it, and with the one that it goes on under.

        Args:
            own: number under which it goes on.
            now: microseconds since 1970, for a sender that does not say when.
        """
        ended = (*key[:2], *merge.key)
        if ended == own:
            return body
        at = now if self._event_us is None else self._event_us
        self._noted[_row(ended)] = f"{at} {merge.kind}"
        number = merge.number or _identifier(merge.key)
        result = marked(body, number, old=True, only=merge.type != "Patient")
        for other in merge.further:
            if _in_force(result, other.get("system", ""), but=other):
                result = marked(result, other, old=True, only=True)
        entry = entry_of(result, *own[2:]) if own else None
        if own and entry is not None and not self.is_late(own):
            self._noted[_row(own)] = f"{at} use"
            result = marked(result, entry, old=False)
        return result

    def settled(
        self, key: ResourceKey, stored: Resource, body: Resource, draft: Draft, newer: bool
    ) -> Resource:
        """Return what a draft has left with the numbers that ended still marked as such.

        Args:
            stored: as it was before.
            body: as the draft has left it.
        """
        said = draft.body.get("identifier")
        if not isinstance(said, list) or not isinstance(body.get("identifier"), list):
            return body
        uses = {identity_of(one): one.get("use") for one in stored.get("identifier", ())}
        for one in said:
            name = identity_of(one)
            if one.get("use") == OLD or not name[1]:
                continue
            if uses[name] == OLD if name in uses else self._has_ended_there(key, stored, name):
                body = marked(body, one, old=not self._names(key, one, draft, newer), only=True)
        return body

    def names_ended(self, body: Resource, draft: Draft) -> bool:
        """Tell whether a draft names a number that has ended: said again later, it may be in force."""
        said = draft.body.get("identifier")
        if not isinstance(said, list) or not any(one.get("use") == OLD for one in body.get("identifier", ())):
            return False
        ended = {identity_of(one) for one in body["identifier"] if one.get("use") == OLD}
        return any(identity_of(one) in ended for one in said)

    def _has_ended_there(self, key: ResourceKey, stored: Resource, name: tuple[str, str]) -> bool:
        """Tell whether a number that is new to a resource is one that has ended in it."""
        if self.is_ended((*key[:2], *name)):
            return True
        return _in_force(stored, name[0]) and any(
            identity_of(one) == name
            for body in self.ended_in(key, stored)
            for one in body.get("identifier", ())
        )

    def _names(self, key: ResourceKey, number: Resource, draft: Draft, newer: bool) -> bool:
        """Tell whether a draft says that a number which ended is in force again; it is remembered."""
        if not (draft.owns and draft.registers) or draft.body.get("active") is False:
            return False
        ident = (*key[:2], number.get("system") or (draft.key[0] if draft.key else ""), number["value"])
        at, _ = self._last(ident)
        if self._event_us is None or at is None:
            return newer and not self._again
        if self._is_before(at, or_same=True):
            return False
        self._noted[_row(ident)] = f"{self._event_us} use"
        return True

    def ended_in(self, key: ResourceKey, stored: Resource) -> Iterator[Resource]:
        """Yield the Patients who ended in this one, and in those."""
        front, seen = replaced_by(stored), {key[2]}
        while front and len(seen) <= MOST:
            id_ = front.pop(0)
            if id_ not in seen:
                seen.add(id_)
                body = self._read((*key[:2], id_))
                yield body
                front += replaced_by(body)

    def _last(self, ident: IdentKey) -> tuple[int | None, str]:
        """Return when a number was last spoken of, and what was said."""
        row = _row(ident)
        at, _, word = (self._noted.get(row) or self._owner(row) or "").partition(" ")
        return (int(at), word) if at else (None, "")

    def _is_before(self, at: int, *, or_same: bool) -> bool:
        if self._event_us is None:
            return self._again
        return self._event_us <= at if or_same else self._event_us < at


def marked(body: Resource, number: Resource, *, old: bool, only: bool = False) -> Resource:
    """Return a resource with one of its Identifiers marked as ``old`` or not; itself where it is so already.

    Args:
        number: appended where the resource does not have it, unless ``only`` what it has is marked.
    """
    have: list[Any] = body.get("identifier", [])
    name = identity_of(number)
    at = next((at for at, one in enumerate(have) if identity_of(one) == name), None)
    if at is None:
        return body if only else {**body, "identifier": [*have, _used(number, old)]}
    if (have[at].get("use") == OLD) is old:
        return body
    return {**body, "identifier": [*have[:at], _used(have[at], old), *have[at + 1 :]]}


def inherited(body: Resource, ended: Resource, *, whole: bool = False) -> Resource:
    """Return who goes on with the numbers of who ended that were old there.

    Args:
        whole: with all others too (a human has merged the two): old where who goes on has another number of
            that register in force, else as they are.
    """
    result = body
    for one in ended.get("identifier", ()):
        if (
            not isinstance(one, dict)
            or entry_of(body, one.get("system", ""), one.get("value", "")) is not None
        ):
            continue
        if one.get("use") == OLD or whole:
            old = one.get("use") == OLD or _in_force(body, one.get("system", ""))
            result = marked(result, one, old=True) if old else _with(result, one)
    return result


def restored(body: Resource, before: Resource) -> Resource:
    """Return a resource with those numbers in force again that were so before."""
    for one in before.get("identifier", ()):
        if one.get("use") != OLD:
            body = marked(body, one, old=False, only=True)
    return body


def entry_of(body: Resource, system: str, value: str) -> Resource | None:
    """Return the Identifier of a resource that has a number; one without a system is of whatever register."""
    said = body.get("identifier", ())
    for one in said if isinstance(said, list) else ():
        if isinstance(one, dict) and one.get("value") == value and one.get("system", system) == system:
            return one
    return None


def in_force(body: Resource, system: str, value: str) -> bool:
    """Tell whether a resource has a number that has not ended."""
    entry = entry_of(body, system, value)
    return entry is not None and entry.get("use") != OLD


def _in_force(body: Resource, system: str, but: Mapping[str, Any] | None = None) -> bool:
    """Tell whether a resource has a number of a register in force; one beside ``but``, if not that one."""
    here = [
        one for one in body.get("identifier", ()) if one.get("system", "") == system and one.get("use") != OLD
    ]
    return bool(system and here) and (
        but is None or all(identity_of(one) != identity_of(but) for one in here)
    )


def _used(number: Resource, old: bool) -> Resource:
    rest = {name: value for name, value in number.items() if name != "use"}
    return {"use": OLD, **rest} if old else rest


def _with(body: Resource, number: Resource) -> Resource:
    return {**body, "identifier": [*body.get("identifier", []), number]}


def _identifier(key: tuple[str, str]) -> Resource:
    """Return a number as an Identifier; a register that only the hospital names has no system."""
    system, value = key
    return {"value": value} if _LOCAL.match(system) else {"system": system, "value": value}


def _row(ident: IdentKey) -> IdentKey:
    return (*ident[:2], SPOKEN, f"{ident[2]}|{ident[3]}")
