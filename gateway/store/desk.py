"""Desk: what code inside the write transaction sees and does, for one Transact or message.

It sees what the batch has written so far, one writer at a time, so that what it finds stays true until the
commit. Whatever it does is undone together where its Transact or message fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal, TypeVar, cast

from gateway.canonical import Resource
from gateway.canonical.json import glance, stored
from gateway.canonical.logical_id import is_id, new_id
from gateway.errors import Ground, Rejected
from gateway.store import identity, lookup, supervised_business
from gateway.store.clock import Ticks
from gateway.store.docket import Books, Docket
from gateway.store.interaction import Interactions
from gateway.store.ledger import appending, rows
from gateway.store.ledger.entry import Entered, Entry
from gateway.store.lookup import ResourceKey
from gateway.store.model import Change, Version
from gateway.store.numbers import inherited
from gateway.store.referrers import bearers, lists_of, referrers
from gateway.store.serials import Serial, mint
from gateway.store.serials.serial import is_serial
from gateway.store.types import NUMBER
from gateway.store.unmerge import Unmerged, unmerge

T = TypeVar("T")

MOST_REFERRING = 1000
"""Resources that one look-up of what refers to something returns."""

MOST_BEARING = 32
"""Resources with one number, the newest: a number that so many have names nothing."""

LARGEST_KEPT = 32_768
"""Bytes of a body that is worth keeping as a resource."""

Seen = dict[int, tuple[bytes, Resource]]
"""``seq`` → bytes of a version of this batch, and what they say; a ``seq`` may go back and come again."""


class Desk:
    """One item's place in the write transaction. Of no use after the call that it was given to.

    Attributes:
        tenant: whose store it is.
        tenant_no: the tenant's number.
        source: what versions that are written here say of their origin.
        zone: in which dates without a zone are read.
        rehearsed: nothing of it will be kept.
        told: what :meth:`tell` was given: ("Type/id", remark).
    """

    def __init__(
        self,
        interactions: Interactions,
        ticks: Ticks,
        books: Books,
        zone: str,
        *,
        source: str,
        committed: int,
        rehearsed: bool = False,
        seen: Seen | None = None,
    ) -> None:
        """
        Args:
            committed: the newest ``seq`` of the tenant before this batch.
            seen: what other desks of this batch have read.
        """
        self.tenant, self.tenant_no = ticks.tenant, ticks.no
        self.source, self.zone, self.rehearsed = source, zone, rehearsed
        self._do, self._ticks, self._books, self._committed = interactions, ticks, books, committed
        self._seen: Seen = {} if seen is None else seen
        self.told: list[tuple[str, Ground]] = []

    @property
    def ts_us(self) -> int:
        """The moment of the commit, microseconds since 1970: later than all that was committed before."""
        return self._ticks.ts_us

    # Resources

    def read(self, type: str, id: str) -> Resource | None:
        """Return a resource as it stands now, with ``meta``; None where it does not live.

        It is shared: copy what you want to change (``{**resource, ...}``).
        """
        entry = self._do.entry(self._key(type, id))
        return None if not entry.ver or entry.deleted else self._parsed(entry.seq, entry.body)

    def lives(self, type: str, id: str) -> bool:
        """Tell whether a resource is there and not deleted; it is not read for that."""
        return self._do.lives(self._key(type, id))

    def gist(self, read: Callable[[Resource], T], type: str, id: str) -> T | None:
        """Return what a function makes of a resource as it stands; None where it does not live.

        Of what is committed it is remembered: of a report with many results each is read once, and not again
        with every one that is added.

        Args:
            read: the same function each time; what it returns is small, and depends on the resource alone,
                whose decimals it may be shown as floats.
        """
        entry = self._do.entry(self._key(type, id))
        if not entry.ver or entry.deleted:
            return None
        known = self._books.gists.get(entry.seq)
        if known is not None and known[0] is read:
            return cast("T", known[1])
        body = self._do.reading.version(entry.seq) if entry.body is None else entry.body
        made = read(glance(body))
        if entry.seq <= self._committed:
            self._books.gists.update({entry.seq: (read, made)})
        return made

    def version(self, type: str, id: str) -> Version | None:
        """Return the current version, a tombstone too, None where there never was one."""
        key = self._key(type, id)
        return self._do.unchanged(key).version if self._do.entry(key).ver else None

    def referring(self, type: str, reference: str, *by: str, most: int = MOST_REFERRING) -> list[Resource]:
        """Return the current resources of a type that refer to ``"Type/id"``, in whatever element.

        In the order in which their current versions were made; of more than ``most`` the newest. Elements
        count that a search parameter reads, and those that name a Patient, Encounter or Account; with ``by``
        those of these search parameters alone (of what this batch has written still all).
        """
        lists = tuple(key for name in by for key in lists_of(type, name))
        found = referrers(self._do, self.tenant_no, NUMBER.get(type, 0), reference, most, lists)
        return [self._parsed(seq, body) for seq, body in found]

    def event_at(self, type: str, id: str) -> int | None:
        """Return when the newest event happened that a resource speaks for, in microseconds since 1970."""
        return self._do.entry(self._key(type, id)).event_us

    def bearing(self, type: str, parameter: str, value: str, most: int = MOST_BEARING) -> list[Resource]:
        """Return the current resources of a type with this code or identifier, of whatever system.

        Args:
            parameter: token parameter of the type that selects where it stands (``identifier``).
        """
        found = bearers(self._do, self.tenant_no, type, parameter, value, most)
        return [self._parsed(seq, body) for seq, body in found]

    def named(self, type: str, system: str, value: str) -> Resource | None:
        """Return the living resource that an identifier belongs to."""
        owner = self._do.owner((self.tenant_no, NUMBER.get(type, 0), system, value))
        return None if owner is None else self.read(type, owner)

    def body(self, seq: int) -> Resource:
        """Return a version that was made, the current one or one before it. Not to be changed."""
        return self._parsed(seq, None)

    def since(self, type: str, id: str, ts_us: int) -> list[tuple[int, Resource]]:
        """Return since when a resource was what from a moment on, the newest first. Not to be changed.

        The one that stood then is the last, unless it began later. What was deleted or purged is ``{}``.

        Args:
            ts_us: microseconds since 1970.
        """
        found, key = list[tuple[int, Resource]](), self._key(type, id)
        seq: int | None = self._do.entry(key).seq or None
        while seq is not None:
            made_us, before, size = self._made(seq)
            found.append((made_us, self.body(seq) if size else {}))
            seq = None if made_us <= ts_us else before
        return found

    def write(self, body: Resource, interaction: Literal["create", "update"] = "update") -> Version:
        """Write a resource; content that is there already makes no version. Returns the current one.

        Args:
            body: of a create without an id, which is given here; ``meta.versionId`` and ``lastUpdated`` in it
                count nothing.

        Raises:
            Rejected: the type or id is none, or the resource has a text that cannot be stored.
        """
        type_ = body["resourceType"]
        id_ = new_id() if interaction == "create" else body.get("id", "")
        key = self._key(type_, id_)
        if not key[1] or not is_id(id_):
            raise Rejected("a resource needs a type of R4 and an id", code="value", where=str(type_))
        rest = {name: value for name, value in body.items() if name not in ("resourceType", "id")}
        whole = {"resourceType": type_, "id": id_, **rest}
        change = Change(interaction, type_, id_, whole)
        result = (
            self._do.create(key, whole) if interaction == "create" else self._do.update(change, key, whole)
        )
        assert result.version is not None
        return result.version

    def tell(self, name: str, remarks: Sequence[Ground]) -> None:
        """Let who wrote ``"Type/id"`` know what there is to say of it; nothing of it is kept."""
        self.told += [(name, one) for one in remarks]

    def relate(self, one: str, other: str, *, unlink: bool = False) -> None:
        """Link two Patients that both go on, by their ids, or unlink them (R4 Patient.link seealso).

        In a ``Transact`` that ``joins``.
        """
        for id_, to in ((one, other), (other, one)):
            body = self.read("Patient", id_)
            if body is not None:
                self.write(identity.unlinked(body, to) if unlink else identity.linked(body, to, "seealso"))

    def merge(self, retired: str, survivor: str) -> int:
        """Let one Patient end and another go on, by their ids, as a message does (ADT A40).

        Who goes on gets the numbers of who ends, as old ones where it has one of that register in force.
        In a ``Transact`` that ``joins``. Returns how many resources refer to the survivor now instead.

        Raises:
            Rejected: ``conflict``: one of them does not live, has ended already, or both are one.
        """
        ends, goes_on = self.read("Patient", retired), self.read("Patient", survivor)
        if ends is None or goes_on is None or retired == survivor:
            raise Rejected("both patients must be there, and be two", code="conflict", where="Patient")
        if identity.survivor_of(ends) or identity.survivor_of(goes_on):
            raise Rejected("one of the patients was merged already", code="conflict", where="Patient")
        self.write(identity.linked(identity.unlinked(ends, survivor), survivor, "replaced-by"))
        joined = identity.linked(identity.unlinked(goes_on, retired), retired, "replaces")
        self.write(inherited(joined, ends, whole=True))
        self._do.give(self.tenant_no, NUMBER["Patient"], ends, survivor)
        return self._do.move(self.tenant_no, {f"Patient/{retired}": f"Patient/{survivor}"})

    def unmerge(self, retired: str) -> Unmerged:
        """Take back the merge by which a Patient ended, by its id (``unmerge.py``).

        In a ``Transact`` that ``joins``.

        Raises:
            Rejected: ``conflict``: it has not ended so, or who went on was merged, too.
        """
        return unmerge(self._do, self.tenant_no, retired, self.ts_us)

    def delete(self, type: str, id: str) -> Version | None:
        """End a resource; returns its tombstone, None where it did not live."""
        return self._do.delete(Change("delete", type, id), self._key(type, id)).version

    # Serials

    def mint(self, kind: str, organisation: str, local_number: str) -> Serial:
        """Return the serial of a document: the one that it has, or a new one, in the tenant's format.

        Args:
            kind: ``prescription``, ``exam``, ``lab``, ``admission``, ``transfer`` or ``referral``.
            organisation: code of the institution that made the document.
            local_number: its number there; with the two others it is the document.

        Raises:
            Rejected: something of it does not fit the format, or there is no number left.
        """
        key = self._document(kind, organisation, local_number)
        books = self._books.of(self.tenant)

        def scoped() -> str:
            return books.serials.scope(kind, organisation, self.ts_us, books.node, self.zone)

        return mint.mint(self._do.connection, self._docket(), key, scoped, books.serials, self.ts_us)

    def claim(self, serial: str, kind: str, organisation: str, local_number: str, platform: str) -> Serial:
        """Write down that a document has the serial that a platform gave it.

        Raises:
            Rejected: ``conflict``: another document has it, or this one has another.
        """
        if not is_serial(serial):
            raise Rejected("a serial is 1 to 64 printable ASCII characters", code="value")
        key = self._document(kind, organisation, local_number)
        return mint.claim(self._do.connection, self._do.changes.booked(), key, serial, platform, self.ts_us)

    def serial(self, kind: str, organisation: str, local_number: str) -> Serial | None:
        """Return the serial that a document has, None where it has none."""
        key = self._document(kind, organisation, local_number)
        return mint.of_document(self._do.connection, self._docket(), key)

    def holder(self, serial: str) -> Serial | None:
        """Return which document of the tenant has a serial.

        Raises:
            Rejected: ``conflict``: another tenant's has it.
        """
        return mint.owner(self._do.connection, self._docket(), self.tenant_no, serial)

    # The ledger

    def append(self, entry: Entry) -> Entered:
        """Append an entry to the tenant's ledger, in the transaction that stores what it is about.

        Raises:
            Rejected: an entry without a kind or event, or one that goes back to none before it.
        """
        members = entry.members or (entry.about,)
        bodies = [version.body for version in members]
        entered = appending.append(
            self._do.connection, self._docket(), self._books, self._ticks, entry, bodies
        )
        self._supervise(members, entered.n)
        return entered

    def supervise(self, versions: Sequence[Version]) -> None:
        """Let the regulator see what belongs to a document without being entered: flags and tasks."""
        self._supervise(versions, 0)

    def _supervise(self, versions: Sequence[Version], n: int) -> None:
        keys = supervised_business.keys_of(self.tenant_no, versions, self.version)
        self._docket().supervise([key for key in keys if not self._books.named.get(key)], n)

    def entered_with(self, type: str, id: str) -> int:
        """Return the number of the first entry that is about a resource or names it.

        0 for none, -1 for one of a time that did not write down which.
        """
        here = self._docket().naming(self._key(type, id))
        return supervised_business.entry_of(self._do.connection, self.tenant_no, type, id) or here

    def entry(self, n: int) -> Entered | None:
        """Return an entry by its number, None where there is none."""
        found = [one for one in self._waiting() if one.n == n]
        found += rows.after(self._do.connection, self.tenant, self.tenant_no, n - 1, 1) if n > 0 else ()
        return next((one for one in found if one.n == n), None)

    def is_version(self, seq: int, type: str, id: str) -> bool:
        """Tell whether a member of an entry is a version of a resource, purged ones too."""
        row = self._do.changes.waiting_version(seq)
        if row is not None:
            return (row[1], row[2]) == self._key(type, id)[1:]
        return lookup.is_version(self._do.connection, seq, self._key(type, id))

    def purge(self, entered: Entered, only: Collection[int] | None = None) -> Entered:
        """Take away the bodies of the members of an entry, for good; hash and tombstone stay.

        Returns the entry that says so. Versions that stand in several entries need it for each of them.

        Args:
            only: ``Version.seq`` of the members that go; None: all.

        Raises:
            Rejected: ``conflict``: a member is the current version of its resource (delete that first).
        """
        gone = [seq for seq in entered.members if only is None or seq in only]
        for seq in gone:
            self._unless_current(seq)
        docket = self._do.changes.booked()
        return appending.purge(self._do.connection, docket, self._books, self._ticks, entered, gone)

    def erase(self, versions: Sequence[Version], messages: Sequence[int] = ()) -> None:
        """Take away bodies and postings of versions, entered or not, and the bytes of messages, for good.

        Args:
            versions: none of them the current one of its resource; those without a body stay as they are.
            messages: numbers in the inbox, of messages that say nothing else (``Store.messages_of``).

        Raises:
            Rejected: ``conflict``: a version is the current one.
        """
        for one in versions:
            self._do.erase(self._key(one.type, one.id), [one])
            self._books.erased(one.seq)
        self._do.changes.booked().emptied += messages

    def naming(self, seqs: Collection[int], after: int) -> list[int]:
        """Return the numbers of the entries after number ``after`` that have one of these versions."""
        found = [one.n for one in self._waiting() if not set(seqs).isdisjoint(one.members)]
        while after >= 0:
            named, last = rows.naming(self._do.connection, self.tenant_no, seqs, after)
            found, after = [*named, *found], last or -1
        return sorted(set(found))

    def entries(self, serial: str) -> list[Entered]:
        """Return what the ledger says of a serial, oldest first, with what this batch has appended."""
        waiting = [one for one in self._waiting() if one.serial == serial]
        return rows.of_serial(self._do.connection, self.tenant, self.tenant_no, serial) + waiting

    def entries_about(self, type: str, id: str) -> list[Entered]:
        """Return the entries that are about versions of a resource, oldest first."""
        waiting = [one for one in self._waiting() if (one.type, one.id) == (type, id)]
        found = rows.about(self._do.connection, self.tenant, self.tenant_no, NUMBER.get(type, 0), id)
        return found + waiting

    def is_entered(self, version: Version) -> bool:
        """Tell whether an entry of this batch has a version as a member."""
        return any(version.seq in one.members for one in self._waiting())

    def _waiting(self) -> list[Entered]:
        return [one for one in self._docket().waiting() if one.tenant == self.tenant]

    def _docket(self) -> Docket:
        return self._do.changes.booked()

    def _document(self, kind: str, organisation: str, local_number: str) -> tuple[int, str, str, str]:
        said = (organisation, kind, local_number)
        if not all(said) or any(len(one) > 256 or not one.isprintable() for one in said):
            raise Rejected(
                "a document has a kind, an institution and a number there", code="value", where="identifier"
            )
        return self.tenant_no, organisation, kind, local_number

    def _key(self, type_: str, id_: str) -> ResourceKey:
        return self.tenant_no, NUMBER.get(type_, 0), id_

    def _made(self, seq: int) -> tuple[int, int | None, int]:
        """Return when a version was made, the ``seq`` of the one before it, and the bytes of its body."""
        row = self._do.changes.waiting_version(seq)
        return (row[4], row[6], len(row[9])) if row else lookup.made(self._do.connection, seq)

    def _parsed(self, seq: int, body: bytes | None) -> Resource:
        """Return a version as a resource; remembered once committed: till then a ``seq`` may go back."""
        found = self._books.parsed.get(seq)
        if found is None:
            if body is None:
                row = self._do.changes.waiting_version(seq)
                body = row[9] if row else self._do.reading.version(seq)
            seen = self._seen.get(seq)
            if seen is not None and seen[0] is body:
                return seen[1]
            found = stored(body)
            self._seen[seq] = body, found
            if seq <= self._committed and len(body) <= LARGEST_KEPT:
                self._books.parsed.update({seq: found})
        return found

    def _unless_current(self, seq: int) -> None:
        row = self._do.changes.waiting_version(seq)
        if not (row[9] if row else lookup.body(self._do.connection, seq)):
            return
        body = self.body(seq)
        entry = self._do.entry(self._key(body["resourceType"], body["id"]))
        if entry.seq == seq:
            raise Rejected(
                "the current version cannot be purged", code="conflict", where=body["resourceType"]
            )
