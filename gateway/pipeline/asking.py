"""Asking: questions that come through a door, answered from the store (``gateway.spec.Ask``).

A question becomes searches of FHIR by ``mappings/queries``; they run in threads, never on the event loop.
What is found goes out with what it refers to, and as the rows of ``mappings/outbound`` say it; before it
does, whose data are shown stands in the trail of reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from gateway.canonical import Resource
from gateway.canonical.elements import name_of, reference
from gateway.canonical.json import loads
from gateway.mapping import Maps, Profile
from gateway.mapping.asked import Asked, Queries, Query, Searched, read
from gateway.mapping.outbound import Dialect, Resources, dialect_of, said_body, said_segments
from gateway.mapping.senders import choose
from gateway.spec import Answer, Question, Value
from gateway.store import Store, Version

MOST = 100
"""Resources of one answer that were asked for; how many there are is told."""
THREADS = 4
"""Questions that are worked at once; others wait for them."""
STEPS = 5
"""References that lead from what was found to what goes with it: order, visit, bed, room, ward."""
MOST_AROUND = 2000
"""Resources that go with those of one answer."""
PEOPLE = 20
"""Patients that one number may name."""
HEIRS = 8
"""Merges, one after the other, that lead from a patient to the one who stands for it."""

AROUND = frozenset(
    ("Condition", "Coverage", "Encounter", "Location", "Medication", "Observation", "Organization", "Patient",
     "Practitioner", "PractitionerRole", "RelatedPerson", "Specimen")
)  # fmt: skip
"""Types of what goes with what was found."""

Note = Callable[[Question, Sequence[Version], str], None]
"""Puts on record what a question is shown, and by which search. Raises ``Retry``: then it is not shown."""

Named = dict[str, Resource]
"""``"Type/id"`` → resource."""


@dataclass(slots=True)
class _Found:
    """What the store has: asked for, referring to it, around it, all as versions, and how many there are."""

    matches: Named = field(default_factory=dict)
    included: list[Resource] = field(default_factory=list)
    around: Named = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    total: int = 0


class Asking:
    """A ``gateway.spec.Ask``.

    Args:
        note: keeps the trail of reads.
    """

    def __init__(self, store: Store, maps: Maps, queries: Queries, note: Note) -> None:
        self._store, self._maps, self._queries, self._note = store, maps, queries, note
        self._threads = ThreadPoolExecutor(THREADS, "qiao-ask")
        self._dialects: dict[str, Dialect] = {}

    async def __call__(self, question: Question, /) -> Answer:
        """Return the answer to a question. Raises ``Rejected`` and ``Retry``, see ``gateway.spec.Ask``."""
        query, profile = self._queries.of(question.record), self._profile(question)
        asked = read(query, question.record, profile)
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._found, question.tenant, asked)
        self._note(question, found.versions, _told(query, asked))
        said = await loop.run_in_executor(self._threads, self._said, query, found, profile)
        return Answer(
            query.form,
            list(found.matches.values()),
            list(found.around.values()),
            said,
            found.total,
            asked.ignored,
        )

    def close(self) -> None:
        """Take no question any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _profile(self, question: Question) -> Profile:
        profiles = self._maps.profiles
        named = profiles.get(question.sender) or choose(profiles.values(), {}, question.adapter)
        return named or profiles["default"]

    def _found(self, tenant: str, asked: Asked) -> _Found:
        found = _Found()
        people = self._people(tenant, asked.numbers) if asked.numbers else None
        if people is not None and not people:
            return found
        most = min(asked.first or MOST, MOST)
        for search in asked.searches:
            self._searched(tenant, search, people, most, found)
        found.matches = dict(list(found.matches.items())[:most])
        self._surround(tenant, found)
        return found

    def _searched(
        self, tenant: str, search: Searched, people: Mapping[str, bool] | None, most: int, found: _Found
    ) -> None:
        pairs = [*search.pairs, ("_count", str(most)), ("_total", "accurate")]
        if people is not None:
            named = [
                id_ if search.about == "_id" else f"Patient/{id_}"
                for id_, current in people.items()
                if current or search.about != "_id"
            ]
            pairs.append((search.about, ",".join(named)))
        page = self._store.search(tenant, search.type, pairs)
        versions = page.matches
        if search.type == "Patient":
            versions = [heir for one in versions if (heir := self._heir(tenant, one)) is not None]
        new = {
            name_of(body): body for one in versions if name_of(body := loads(one.body)) not in found.matches
        }
        found.total += (page.total or 0) - (len(page.matches) - len(new))
        found.matches |= new
        found.versions += [*versions, *page.included]
        found.included += [loads(one.body) for one in page.included]
        found.around |= {name_of(one): one for one in found.included}

    def _people(self, tenant: str, numbers: Sequence[tuple[str, str]]) -> dict[str, bool]:
        """Return the patients whom all numbers name, and who was merged into them: id → is it current."""
        current: set[str] | None = None
        for system, value in numbers:
            heirs = self._named(tenant, system, value)
            current = heirs if current is None else current & heirs
        people = dict.fromkeys(sorted(current or ()), True)
        if people:
            named = ",".join(f"Patient/{one}" for one in people)
            before = self._store.search(tenant, "Patient", [("link", named), ("_count", str(PEOPLE))]).matches
            people |= {one.id: False for one in before if one.id not in people and _heir_of(one) in people}
        return people

    def _named(self, tenant: str, system: str, value: str) -> set[str]:
        token = f"{system}|{value}"
        found = self._store.search(
            tenant, "Patient", [("identifier", token), ("_count", str(PEOPLE))]
        ).matches
        return {heir.id for one in found if (heir := self._heir(tenant, one)) is not None}

    def _heir(self, tenant: str, version: Version) -> Version | None:
        """Return the patient who stands for one after all merges, None where that one was deleted."""
        found: Version | None = version
        for _ in range(HEIRS):
            heir = _heir_of(found) if found is not None and not found.deleted else ""
            if not heir:
                break
            found = self._store.read(tenant, "Patient", heir)
        return None if found is None or found.deleted else found

    def _surround(self, tenant: str, found: _Found) -> None:
        front: Iterable[Resource] = [*found.matches.values(), *found.around.values()]
        for _ in range(STEPS):
            wanted = {name for one in front for name in _refers(one)} - set(found.matches) - set(found.around)
            room = MOST_AROUND - len(found.around)
            keys = [(tenant, *name.split("/", 1)) for name in sorted(wanted)[:room]]
            if not keys:
                break
            versions = [
                one
                for one in self._store.read_many(keys)  # type: ignore[arg-type]  # "Type/id" is two
                if one is not None and not one.deleted
            ]
            new = {f"{one.type}/{one.id}": loads(one.body) for one in versions}
            found.versions += versions
            found.around |= new
            front = new.values()

    def _said(self, query: Query, found: _Found, profile: Profile) -> list[list[tuple[str, Value]]]:
        if profile.id not in self._dialects:
            self._dialects[profile.id] = dialect_of(profile, self._maps.tables)
        dialect = self._dialects[profile.id]
        said: list[list[tuple[str, Value]]] = []
        for group in _groups(query, found.matches.values()):
            pool = Resources(_reach(group, found))
            if query.say.form == "hl7v2":
                said.append(list(said_segments(query.say, pool, dialect, {})))
            else:
                said.append([(query.say.root, said_body(query.say, pool, dialect, {}))])
        return said


def _told(query: Query, asked: Asked) -> str:
    """Return the searches as they stand in the trail; a number of the patient is the subject's own."""
    numbers = [(one.about, "…") for one in asked.searches[:1] if asked.numbers]
    searches = (f"{one.type}?{urlencode([*numbers, *one.pairs], safe=':/,|…')}" for one in asked.searches)
    return f"{query.name}: {' '.join(searches)}"


def _heir_of(version: Version) -> str:
    """Return the id of the patient who replaces one, ``""`` for none."""
    for link in loads(version.body).get("link", ()):
        if link.get("type") == "replaced-by":
            return reference(link.get("other")).removeprefix("Patient/")
    return ""


def _refers(resource: Resource) -> Iterator[str]:
    """Yield what a resource refers to, of the types that go with it.

    A Provenance is of everything that came with one message: only who did it goes with what was found.
    """
    told = resource.get("agent", ()) if resource.get("resourceType") == "Provenance" else resource
    return (name for name in _references(told) if name.partition("/")[0] in AROUND)


def _references(value: Any) -> Iterator[str]:
    """Yield everything that a resource refers to."""
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        if name := reference(value):
            yield name
        for one in value.values():
            if isinstance(one, dict | list):
                yield from _references(one)


def _groups(query: Query, matches: Iterable[Resource]) -> list[list[Resource]]:
    """Return what is said together: what has the same value where the query says so, else each by itself."""
    groups: dict[tuple[str, ...], list[Resource]] = {}
    for one in matches:
        values = query.group.values(Resources(()), one, {}) if query.group is not None else []
        groups.setdefault(tuple(map(str, values)) or (name_of(one),), []).append(one)
    return [one[::-1] for one in groups.values()]  # in the order in which it was written


def _reach(group: Sequence[Resource], found: _Found) -> list[Resource]:
    """Return a group with what it refers to, the nearest first, and with what refers to it."""
    own = {name for one in group for name in (name_of(one), *_refers(one))}
    reached: Named = {name_of(one): one for one in group}
    back = [one for one in found.included if own & set(_references(one))]
    reached |= {name_of(one): one for one in back}
    front = [*group, *back]
    for _ in range(STEPS):
        names = dict.fromkeys(name for one in front for name in _refers(one) if name not in reached)
        new = {name: found.around[name] for name in names if name in found.around}
        reached |= new
        front = list(new.values())
    return list(reached.values())
