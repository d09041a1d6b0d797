"""One message on its way into the store: what it leaves behind, before versions are numbered.

Ownership, event order and the check for recycled numbers (design: Identity).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.canonical import Draft, Issue, Merge, Resource
from gateway.errors import Rejected
from gateway.store import ended, identity, namesakes, person, recycled
from gateway.store.body import Content, content, resource
from gateway.store.changes import Changes
from gateway.store.gone import Gone, speaks_of, without
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.merge import belated, filled, merge
from gateway.store.numbers import Numbers, inherited
from gateway.store.reading import Reading
from gateway.store.referring import MERGED, pointed, stays
from gateway.store.successor import end_of, successor
from gateway.store.types import NAME, NUMBER

_KNOWN_DRAFTS = 8
_CONDITION, _PATIENT = NUMBER["Condition"], NUMBER["Patient"]
_MERGED = frozenset(NUMBER[name] for name in MERGED)
_ORDERED = frozenset(
    NUMBER[name]
    for name in (
        "Patient",
        "Encounter",
        "MedicationRequest",
        "ServiceRequest",
        "DiagnosticReport",
        "Observation",
    )
)
"""Types of which a late event must not win even after a restart. What a message merely mentions
(Practitioner, Location, Organization) would cost a page each."""

_LATE = b"-"
"""After what a draft says: as an older event it changes nothing, although it says something else."""


@dataclass(slots=True)
class Pending:
    """A resource as the message leaves it; one version at most comes of it."""

    entry: Entry
    body: Resource
    parts: Content
    event_us: int | None
    known: bytes
    late_us: int | None = None
    """When the older event happened that has added to a newer state."""


class Message:
    """The resources that a message touches, by key.

    Args:
        again: it was heard before (``spare.py`` has left what a late message may still add).

    Attributes:
        goes_on: numbers under which it says itself that somebody goes on.
    """

    def __init__(
        self, tenant: int, event_us: int | None, reading: Reading, changes: Changes, *, again: bool = False
    ) -> None:
        self._tenant = tenant
        self._again = again
        self._event_us = event_us
        self._reading = reading
        self._changes = changes
        self.moved: dict[IdentKey, str] = {}
        self._gone = Gone(reading, changes, self.moved)
        self.ended: dict[str, str] = {}
        self.goes_on: frozenset[IdentKey] = frozenset()
        self.issues: dict[str, Issue] = {}
        self.pending: dict[ResourceKey, Pending] = {}

    @property
    def numbers(self) -> Numbers:
        """What the message says of numbers; not kept: it reads the message, and would keep that alive."""
        reading, changes = self._reading, self._changes
        return Numbers(
            self._event_us,
            lambda row: reading.owner(row, changes),
            self.standing,
            self.moved,
            again=self._again,
        )

    def belongs(self, key: IdentKey) -> str | None:
        """Return the resource that an identifier belongs to at this point of the batch.

        A key of what was merged since moves on to what goes on.
        """
        found = self.moved.get(key) or self._reading.owner(key, self._changes)
        if found is None or key[1] not in _MERGED:
            return found
        end = self.living(NAME[key[1]], found)
        if end != found:
            self.moved[key] = end
        return end

    def living(self, type_: str, id_: str) -> str:
        """Return the id of the resource that goes on for ``id_``: itself unless it was merged."""
        tenant, type_no = self._tenant, NUMBER[type_]
        return end_of(id_, lambda each: self.ended.get(each) or self._successor((tenant, type_no, each)))

    def _successor(self, key: ResourceKey) -> str:
        pending = self.pending.get(key)
        if pending is not None and key[1] == _PATIENT:
            return identity.survivor_of(pending.body)
        return successor(key, self._entry(key), self._reading, self._changes)

    def undone(self, retired: str, survivor: str) -> bool:
        """Tell whether this message is about the time before a merge of two Patients was taken back."""
        at = self._reading.owner(identity.undone_row(self._tenant, retired, survivor), self._changes)
        late = at is not None and (self._again or (self._event_us is not None and self._event_us <= int(at)))
        if late:
            self._remark_late("Patient")
        return late

    def _entry(self, key: ResourceKey) -> Entry:
        return self._changes.entry(key) or self._reading.entry(key)

    def _stored(self, entry: Entry) -> Resource:
        return resource(self._reading.body(entry)) if entry.ver and not entry.deleted else {}

    def standing(self, key: ResourceKey) -> Resource:
        """Return a resource as the message leaves it so far, empty where there is none."""
        pending = self.pending.get(key)
        return pending.body if pending is not None else self._stored(self._entry(key))

    def is_newer(self, key: ResourceKey) -> bool:
        """Tell whether the message is not older than a resource as it stands."""
        at = self.entry(key).event_us
        return at is None or self._event_us is None or self._event_us >= at

    def draft(self, draft: Draft) -> None:
        """Merge one draft into what is there."""
        key = (self._tenant, NUMBER[draft.type], draft.id)
        before = self.pending.get(key)
        entry = before.entry if before else self._entry(key)
        said = None if draft.mark and entry.ver else content(draft.body)
        sha = draft.mark or (said.sha if said else b"")
        if said is not None and not entry.ver and before is None:
            self._gone.clear(key, draft, draft.body)
            at = self._event_us if draft.owns else None
            self.pending[key] = Pending(entry, draft.body, said, at, _said(draft, sha))
            return
        self._check_subject(draft, entry)
        if self._is_of_ended(key, draft):
            return
        if key[1] in recycled.CHECKED:
            recycled.check(draft, lambda: before.body if before else self._stored(entry))
        at = before.event_us if before else entry.event_us
        newer = at is None or self._event_us is None or self._event_us >= at
        if entry.deleted and before is None and not newer:  # it is about the time before the deletion
            self._remark_late(draft.type)
            return
        known = _said(draft, sha)
        late = not newer and not self._again and known + _LATE in entry.known
        event_us = self._event_us if draft.owns and newer and self._event_us is not None else at
        if before is None and (late or known in entry.known):
            if late:
                self._remark_late(draft.type)
            self._unchanged(key, entry, event_us)
            return
        stored = before.body if before else self._stored(entry)
        if key[1] == _PATIENT:
            person.check(key, stored, draft, self.numbers, self.goes_on)
        self._gone.clear(key, draft, stored)
        late = not newer and draft.owns
        body = self._made(key, entry, stored, draft, newer)
        if late:
            left = entry.sha if body is stored and before is None else content(body).sha
            if content(_merged(stored, draft, newer=True)).sha != left:
                self._remark_late(draft.type)
                known += _LATE
        open_ = key[1] in _MERGED and self.numbers.names_ended(body, draft)
        self._leave(key, entry, body, event_us, b"" if before or open_ else known)
        if late and key in self.pending:
            self.pending[key].late_us = self._event_us

    def _is_of_ended(self, key: ResourceKey, draft: Draft) -> bool:
        """Tell whether a draft takes back what has ended, not the resource to which its number leads."""
        if key[1] not in _MERGED or not ended.is_withdrawn(draft.body):
            return False
        stored = self.standing(key)
        found = not ended.is_withdrawn(stored) and self.numbers.has_ended(key, stored, draft.key)
        if found:
            self.issues[f"{draft.type} ended"] = ended.stays(draft.type)
        return found

    def _made(self, key: ResourceKey, entry: Entry, stored: Resource, draft: Draft, newer: bool) -> Resource:
        """Return what a draft makes of a resource."""
        if draft.owns and not newer and not self._again:
            body = self._belated(key, entry, stored, draft)
        else:
            body = _merged(stored, draft, newer=newer)
            if key[1] == _CONDITION and newer and draft.owns:
                body = namesakes.kept(stored, body, draft)
        if key[1] in _MERGED:
            body = self.numbers.settled(key, stored, body, draft, newer)
        return person.corrected(stored, body, draft, newer=newer) if key[1] == _PATIENT else body

    def _belated(self, key: ResourceKey, entry: Entry, stored: Resource, draft: Draft) -> Resource:
        """Return a newer state with what an older event adds: never what a newer one has taken away."""
        said = draft.body
        another = (
            draft.key is not None and key[1] in _MERGED and self.numbers.was_another(key, stored, *draft.key)
        )
        body = stored if another or not speaks_of(draft, stored) else filled(stored, said)
        if body is not stored:
            left = without(said, self._gone.of(key, entry, stored))
            body = body if left is said else filled(stored, left)
        return belated(body, said, draft.fills)

    def _remark_late(self, type_: str) -> None:
        self.issues[type_] = Issue(
            "information",
            "business-rule",
            type_,
            "older-event",
            "an older event adds only what nobody has told since: the state is newer",
            "事件早于现有状态，只补缺，未改写",
        )

    def _leave(
        self, key: ResourceKey, entry: Entry, body: Resource, event_us: int | None, known: bytes
    ) -> None:
        parts = content(body)
        if parts.sha == entry.sha and not entry.deleted and key not in self.pending:
            if known:
                entry.known = (known, *entry.known[: _KNOWN_DRAFTS - 1])
            self._unchanged(key, entry, event_us)
            return
        before = self.pending.get(key)
        late_us = None if before is None else before.late_us
        self.pending[key] = Pending(entry, body, parts, event_us, known, late_us)

    def _unchanged(self, key: ResourceKey, entry: Entry, event_us: int | None) -> None:
        """Remember a newer event that changed nothing, or an older one that comes late would win."""
        if event_us != entry.event_us and event_us is not None:
            entry = replace(entry, event_us=event_us)
            if key[1] in _ORDERED:
                self._changes.currents.append((*key, entry.seq, entry.ver, event_us))
        self._changes.entries[key] = entry

    def changed(self) -> list[tuple[ResourceKey, Pending]]:
        """Return what becomes a version: what the message leaves otherwise than it was."""
        result = []
        for key, pending in self.pending.items():
            if pending.parts.sha != pending.entry.sha or pending.entry.deleted:
                result.append((key, pending))
            else:
                self._unchanged(key, pending.entry, pending.event_us)
        return result

    def join(self, merge: Merge) -> None:
        """Link a resource that ended with the one that goes on, or two that both go on (R4 Patient.link)."""
        ends, goes_on = ((self._tenant, NUMBER[merge.type], id_) for id_ in (merge.retired, merge.survivor))
        if merge.kind in ("link", "unlink"):
            if self._exists(ends) and self._exists(goes_on) and self.in_time(ends, goes_on):
                self._relate(ends, merge.survivor, merge.kind)
                self._relate(goes_on, merge.retired, merge.kind)
            return
        if not self._exists(ends):
            return
        if merge.type != "Patient":
            self._rewrite(ends, identity.retired)
            self._succeed(ends, merge.survivor)
            return
        self._rewrite(ends, lambda body: identity.linked(body, merge.survivor, "replaced-by"))
        if self._exists(goes_on):
            self._rewrite(goes_on, lambda body: identity.linked(body, merge.retired, "replaces"))

    def number(self, spoken: Iterable[identity.Spoken], merges: Iterable[Merge], now_us: int) -> None:
        """Mark the numbers that end on what goes on, and take those as in force under which it goes on.

        Args:
            merges: those that are new: what had ended in who ends now has ended in who goes on.
        """
        for said, id_, own in spoken:
            key = (self._tenant, NUMBER[said.type], id_)
            if not self._exists(key):
                continue
            if self.numbers.is_heard((*key[:2], *said.key)):
                self._remark_late(said.type)
                continue
            before = self.standing(key)
            self.become(key, self.numbers.joined(key, before, said, own, now_us))
        for new in merges:
            key = (self._tenant, _PATIENT, new.survivor)
            if new.type == "Patient" and new.kind in ("merge", "change") and self._exists(key):
                ended = self.standing((*key[:2], new.retired))
                self.become(key, inherited(self.standing(key), ended))

    def become(self, key: ResourceKey, body: Resource) -> None:
        """Leave a resource as it has been made of what it stands as."""
        if body is not self.standing(key):
            self._rewrite(key, lambda _: body)

    def _succeed(self, key: ResourceKey, survivor: str) -> None:
        """Remember what goes on for an Account or Encounter."""
        self.moved[(*key[:2], identity.SUCCESSOR, key[2])] = survivor
        pending = self.pending.get(key)
        if pending is not None:
            pending.entry = replace(pending.entry, survivor=survivor)
        else:  # it had the status of one that ended already
            self._changes.entries[key] = replace(self._entry(key), survivor=survivor)

    def ends(self, merges: Iterable[Merge]) -> dict[str, str]:
        """Return what ended → what goes on for it, as ``"Type/id"``, where the latter is there."""
        result = {}
        for each in merges:
            end = self.living(each.type, each.retired) if each.kind in ("merge", "change") else each.retired
            if end != each.retired and self._exists((self._tenant, NUMBER[each.type], end)):
                result[f"{each.type}/{each.retired}"] = f"{each.type}/{end}"
        return result

    def point(self, ends: Mapping[str, str]) -> None:
        """Let what this message leaves refer to what goes on instead of what ended."""
        for key, pending in list(self.pending.items()):
            body = pending.body if stays(NAME[key[1]], key[2], ends) else pointed(pending.body, ends)
            if body != pending.body:
                self._leave(key, pending.entry, body, pending.event_us, b"")

    def _relate(self, key: ResourceKey, other: str, kind: str) -> None:
        if kind == "unlink":
            self._rewrite(key, lambda body: identity.unlinked(body, other))
        else:
            self._rewrite(key, lambda body: identity.linked(body, other, "seealso"))

    def in_time(self, *keys: ResourceKey) -> bool:
        """Tell whether no newer event has spoken about these: a late link must not undo an unlink."""
        known = [(self.pending.get(key) or self._entry(key)).event_us for key in keys]
        said = self._event_us
        late = said is not None and any(at is not None and at > said for at in known)
        if late:
            self._remark_late("Patient")
        return not late

    def _exists(self, key: ResourceKey) -> bool:
        entry = self._entry(key)
        return key in self.pending or bool(entry.ver and not entry.deleted)

    def _rewrite(self, key: ResourceKey, change: Callable[[Resource], Resource]) -> None:
        before = self.pending.get(key)
        entry = before.entry if before else self._entry(key)
        body = change(before.body if before else self._stored(entry))
        self._leave(key, entry, body, before.event_us if before else entry.event_us, b"")

    def entry(self, key: ResourceKey) -> Entry:
        """Return the version of a resource before this message."""
        pending = self.pending.get(key)
        return self._entry(key) if pending is None else pending.entry

    def stored(self, key: ResourceKey) -> Resource:
        """Return a resource as it was before this message, empty where it was not."""
        return self._stored(self.entry(key))

    def restate(self, key: ResourceKey, change: Callable[[Resource], Resource], event_us: int | None) -> None:
        """Change a resource, also one of which the message says nothing; it is as new as the message."""
        before = self.pending.get(key)
        entry = self.entry(key)
        at = before.event_us if before else entry.event_us
        body = before.body if before else self._stored(entry)
        changed = change(body)
        if changed is not body:
            known = [one for one in (at, event_us) if one is not None]
            self._leave(key, entry, changed, max(known, default=None), b"")

    def _check_subject(self, draft: Draft, entry: Entry) -> None:
        if not draft.subject or draft.moves or not entry.ver or entry.deleted:
            return
        if entry.subject is None:
            entry.subject = identity.subject_of(self._stored(entry))
        if entry.subject and not self._same_patient(entry.subject, draft.subject):
            raise Rejected(
                f"the identifier of this {draft.type} already belongs to a record of another patient; "
                "give the sender's profile a narrower scope (visit, date or year)",
                code="key-of-another-patient",
                where=draft.type,
            )

    def _same_patient(self, stored: str, said: str) -> bool:
        return stored == said or self.living("Patient", stored) == self.living("Patient", said)


def _merged(stored: Resource, draft: Draft, *, newer: bool) -> Resource:
    return merge(stored, draft.body, cleared=draft.cleared, fills=draft.fills, owns=draft.owns, newer=newer)


def _said(draft: Draft, sha: bytes) -> bytes:
    """Return what a draft says and how, as bytes that can be compared."""
    how = b"%d" % draft.owns
    if draft.cleared or draft.fills:
        how += repr((draft.cleared, draft.fills)).encode()
    return sha + how
