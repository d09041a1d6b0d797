"""Unmerge: takes a merge of two Patients back, by what the versions tell of it.

Who ended goes on again; both lose the link of the merge. What the merge had moved refers to its own Patient
again, with all that was said of it since; so do the numbers. What was first said of the survivor after the
merge stays there, as nobody can tell of which of the two it speaks: a human is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.store import identity
from gateway.store.body import content, resource
from gateway.store.direct import execute
from gateway.store.index import reference_key
from gateway.store.interaction import Interactions, identifiers
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.message import Pending
from gateway.store.moving import CHUNK, Moved
from gateway.store.numbers import restored
from gateway.store.referring import pointed, stays
from gateway.store.types import NAME, NUMBER

MOST_LEFT = 1000
"""Resources that are named as those that stay with the survivor."""

_EVER = (
    "SELECT s.type, s.sys, s.seq, v.fhir_id FROM sx s CROSS JOIN version v "
    "WHERE s.k = ? AND (s.type, s.sys, s.seq) > (?, ?, ?) AND s.type <> ? AND v.seq = s.seq "
    "ORDER BY s.type, s.sys, s.seq LIMIT ?"
)
_SINCE = (
    "SELECT DISTINCT s.type, v.fhir_id FROM sx s CROSS JOIN version v "
    "WHERE s.k = ? AND s.seq > ? AND s.type <> ? AND v.seq = s.seq "
    "AND NOT EXISTS (SELECT 1 FROM superseded x WHERE x.seq = s.seq) ORDER BY s.type, v.fhir_id"
)
_CHAIN = (
    "WITH RECURSIVE chain(seq) AS (SELECT CAST(? AS BIGINT) UNION ALL "
    "SELECT v.prev_seq FROM chain JOIN version v ON v.seq = chain.seq WHERE v.prev_seq IS NOT NULL) "
    "SELECT v.seq, v.source, v.body FROM chain JOIN version v ON v.seq = chain.seq ORDER BY v.seq DESC"
)
_LOCAL = (
    "SELECT system FROM ident WHERE tenant = ? AND type = ? AND system >= ? AND system < ? "
    "AND value = ? AND fhir_id = ?"
)
_PATIENT, _PROVENANCE = NUMBER["Patient"], NUMBER["Provenance"]


@dataclass(slots=True)
class Unmerged:
    """What became of a merge that was taken back.

    Attributes:
        moved: how many resources refer to who had ended again.
        left: ``"Type/id"`` of what stays with the survivor though it may be the other one's.
        names: ``"Type/id/_history/n"`` of the new versions.
    """

    moved: int = 0
    left: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class _Step:
    """A version; without a body it is a deletion, or purged."""

    seq: int
    source: str
    body: bytes


def unmerge(do: Interactions, tenant: int, retired: str, at_us: int) -> Unmerged:
    """Take back the merge that has ended a Patient; only an item that can be undone may.

    Args:
        retired: id of the Patient that ended.
        at_us: when it is said; merges that were said before it do not come back by a replay.

    Raises:
        Rejected: ``conflict``: the Patient has not ended by a merge, or who went on has been merged, too.
    """
    do.changes.flush(do.connection)
    ends = _Patient(do, (tenant, _PATIENT, retired))
    survivor = identity.survivor_of(ends.body)
    if not survivor:
        raise Rejected("this patient was not merged into another one", code="conflict", where="Patient")
    goes_on = _Patient(do, (tenant, _PATIENT, survivor))
    if not goes_on.body:
        raise Rejected("who went on is deleted", code="conflict", where="Patient")
    if identity.survivor_of(goes_on.body):
        raise Rejected(
            "who went on was merged, too: undo that merge first", code="conflict", where=f"Patient/{survivor}"
        )
    done, since = Unmerged(), ends.linked_since(survivor)
    do.note(identity.undone_row(tenant, retired, survivor), str(at_us))
    _part(do, ends, goes_on, since, done)
    do.changes.flush(do.connection)
    _move_back(do, tenant, retired, survivor, since, done)
    _leave(do, tenant, retired, survivor, since, done)
    return done


def _part(do: Interactions, ends: _Patient, goes_on: _Patient, since: int, done: Unmerged) -> None:
    """Let both go on, each with its own numbers, and those of who had ended in it before."""
    retired, survivor = ends.key[2], goes_on.key[2]
    before = goes_on.before(since)
    if _described(goes_on.body) != _described(before):
        done.left.append(f"Patient/{survivor}")
    alone = goes_on.without(retired)
    own = set(identifiers(goes_on.key, alone))
    bodies = list(_with_ended(do, ends))
    back = [ident for body in bodies for ident in identifiers(ends.key, body) if ident not in own]
    for patient, body in (
        (ends, _active_as(identity.parted(ends.body, survivor, "replaced-by"), ends.before(since))),
        (goes_on, restored(_without(identity.parted(goes_on.body, retired, "replaces"), back), alone)),
    ):
        done.names.append(do.rewrite(patient.key, body))
    back += [ident for body in bodies for ident in _local(do, ends.key, body, survivor) if ident not in own]
    for ident in back:
        if do.owner(ident) == survivor:
            do.note(ident, retired)


def _with_ended(do: Interactions, ends: _Patient) -> Iterator[Resource]:
    """Yield who goes on again, and those who had ended there before: their numbers led there, too."""
    found, seen = [ends.body], {ends.key[2]}
    while found:
        body = found.pop()
        yield body
        fresh = [id_ for id_ in identity.replaced_by(body) if id_ not in seen]
        seen.update(fresh)
        found += [resource(said) for id_ in fresh if (said := do.body((*ends.key[:2], id_)))]


class _Patient:
    """A Patient with its versions, the newest first."""

    def __init__(self, do: Interactions, key: ResourceKey) -> None:
        entry = do.entry(key)
        self.key = key
        self.steps = list(_steps(do, entry.seq)) if entry.ver else []
        self.body: Resource = resource(self.steps[0].body) if self.steps and self.steps[0].body else {}

    def linked_since(self, survivor: str) -> int:
        """Return the ``seq`` of the version by which it ended."""
        since = self.steps[0].seq
        for step in self.steps:
            if not step.body or identity.survivor_of(resource(step.body)) != survivor:
                break
            since = step.seq
        return since

    def before(self, seq: int) -> Resource:
        """Return it as it was before a version."""
        return next((resource(one.body) for one in self.steps if one.seq < seq and one.body), {})

    def without(self, retired: str) -> Resource:
        """Return it as it was before somebody ended in it; ``{}`` where that is when it was made."""
        joined = False
        for body in (resource(one.body) for one in self.steps if one.body):
            if retired in identity.replaced_by(body):
                joined = True
            elif joined:
                return body
        return {}


def _steps(do: Interactions, seq: int) -> Iterator[_Step]:
    for row in execute(do.connection, _CHAIN, (seq,)).fetchall():
        yield _Step(row[0], row[1], bytes(row[2] or b""))


def _active_as(body: Resource, before: Resource) -> Resource:
    rest = {name: value for name, value in body.items() if name != "active"}
    return {**rest, "active": before["active"]} if "active" in before else rest


def _without(body: Resource, back: list[IdentKey]) -> Resource:
    """Return who went on without the numbers that came by the merge."""
    gone = {(system, value) for _, _, system, value in back}
    said = body.get("identifier")
    if not isinstance(said, list):
        return body
    left = [one for one in said if (one.get("system"), one.get("value")) not in gone]
    rest = {name: value for name, value in body.items() if name != "identifier"}
    return {**body, "identifier": left} if left else rest


def _described(patient: Resource) -> Resource:
    """Return what a Patient says of the person."""
    return {name: value for name, value in patient.items() if name not in ("identifier", "link", "meta")}


def _local(do: Interactions, key: ResourceKey, patient: Resource, survivor: str) -> Iterator[IdentKey]:
    """Yield the keys of numbers of no register, which only the hospital names (``urn:qiao:…:id:Patient``)."""
    for one in patient.get("identifier", ()):
        if isinstance(one, dict) and one.get("value") and not one.get("system"):
            asked = (*key[:2], "urn:qiao:", "urn:qiao;", one["value"], survivor)
            for (system,) in execute(do.connection, _LOCAL, asked).fetchall():
                yield *key[:2], system, one["value"]


def _move_back(
    do: Interactions, tenant: int, retired: str, survivor: str, since: int, done: Unmerged
) -> None:
    ends = {f"Patient/{survivor}": f"Patient/{retired}"}
    seen = set[tuple[int, str]]()
    after, k = (0, 0, 0), reference_key(tenant, f"Patient/{retired}")
    while rows := execute(do.connection, _EVER, (k, *after, _PROVENANCE, CHUNK)).fetchall():
        after = rows[-1][:3]
        fresh = dict.fromkeys((row[0], row[3]) for row in rows if (row[0], row[3]) not in seen)
        seen.update(fresh)
        chunk = [
            moved
            for type_no, id_ in fresh
            if not stays(NAME[type_no], id_, ends)
            and (moved := _own_again(do, (tenant, type_no, id_), ends, since, done)) is not None
        ]
        done.names += do.emit(chunk)
        done.moved += len(chunk)


def _own_again(
    do: Interactions, key: ResourceKey, ends: Mapping[str, str], since: int, done: Unmerged
) -> Moved | None:
    """Return a resource that the merge has moved as it goes on; None where it has not."""
    entry = do.entry(key)
    if not entry.ver or entry.deleted:
        return None
    ((survivor, retired),) = ends.items()
    new, old = _quoted(survivor), _quoted(retired)
    steps = list(_steps(do, entry.seq))
    now = steps[0]
    if old in now.body or new not in now.body:
        return None  # it names who had ended all the time, or somebody else by now
    at = next((at for at, step in enumerate(steps) if old in step.body), 0)
    moved, before = steps[at - 1], steps[at]
    if moved.seq < since or not at:
        return None
    was = resource(before.body)
    made = moved.body and content(pointed(was, {retired: survivor})).sha == content(resource(moved.body)).sha
    if made and new not in before.body:
        body = pointed(resource(now.body), ends)
    elif made and moved is now:
        body = was
    else:
        done.left.append(f"{NAME[key[1]]}/{key[2]}")
        return None
    return Moved(key, Pending(entry, body, content(body), entry.event_us, b""), now.source)


def _leave(do: Interactions, tenant: int, retired: str, survivor: str, since: int, done: Unmerged) -> None:
    """Tell what was first said of the survivor after the merge."""
    ends = {f"Patient/{survivor}": f"Patient/{retired}"}
    k = reference_key(tenant, f"Patient/{survivor}")
    for type_no, id_ in execute(do.connection, _SINCE, (k, since, _PROVENANCE)).fetchall():
        if len(done.left) >= MOST_LEFT:
            break
        name = f"{NAME[type_no]}/{id_}"
        if not stays(NAME[type_no], id_, ends) and name not in done.left:
            *_, first = _steps(do, do.entry((tenant, type_no, id_)).seq)
            if first.seq > since:
                done.left.append(name)


def _quoted(name: str) -> bytes:
    return json.dumps(name).encode()
