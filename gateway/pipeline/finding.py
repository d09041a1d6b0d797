"""Finding: what the store has for a question: whom it is about, what is searched, and what goes with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.canonical import Resource, now_us
from gateway.canonical.elements import name_of, reference, references
from gateway.canonical.json import stored
from gateway.errors import Rejected
from gateway.mapping.asked import Asked, Searched
from gateway.mapping.outbound.path import Path
from gateway.pipeline.reach import STEPS, Named, concerns, groups, refers
from gateway.store import Store, Version

MOST = 100
"""Resources of one answer that were asked for; how many there are is told."""
PAGE = 500
"""Of them, those that are read, and gone through, at a time."""
ORDERS = "ServiceRequest"
"""What a search that follows a reference finds."""
MOST_AROUND = 2000
"""Resources that go with those of one answer."""
PEOPLE = 20
"""Patients that one number may name."""
_NO_ORDERS = frozenset(("proposal", "plan", "option"))
"""Intents (R4 request-intent) of what nobody has ordered."""
HEIRS = 8
"""Merges, one after the other, that lead from a patient to the one who stands for it."""


@dataclass(slots=True)
class Found:
    """What the store has.

    Attributes:
        matches: what was asked for, the newest first.
        included: what a search has brought beside it.
        around: that, and what it all refers to.
        versions: all of it as it is shown.
        total: how many there are of what was asked for.
    """

    matches: Named = field(default_factory=dict)
    included: list[Resource] = field(default_factory=list)
    around: Named = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    total: int = 0


def find(store: Store, tenant: str, asked: Asked) -> Found:
    """Return what a tenant has for a question.

    Raises:
        Rejected: as ``Store.search``; ``several-patients``: what was found must be of one, and is not.
        Retry: the store cannot be asked now.
    """
    newest, included, total = _gathered(store, tenant, asked)
    return _with_around(store, tenant, newest, included, total)


def find_in_parts(store: Store, tenant: str, asked: Asked, together: Path | None) -> list[Found]:
    """Return what a tenant has, a long list in parts: what goes with thousands of orders is a lot.

    Args:
        together: resources with the same value there are in one part.

    Raises:
        Rejected, Retry: as :func:`find`.
    """
    newest, included, total = _gathered(store, tenant, asked)
    if len(newest) <= PAGE:
        return [_with_around(store, tenant, newest, included, total)]
    parts: list[list[Version]] = [[]]
    named = _named(newest)
    for group in groups(together, _parsed(newest).values()):
        if parts[-1] and len(parts[-1]) + len(group) > PAGE:
            parts.append([])
        parts[-1] += [named[name_of(one)] for one in reversed(group)]
    found = [_with_around(store, tenant, one, included, len(one)) for one in parts]
    found[-1].total += total - len(newest)
    return found


def _gathered(store: Store, tenant: str, asked: Asked) -> tuple[list[Version], dict[str, Version], int]:
    """Return what is asked for, the newest first, what came with it, and how many there are."""
    people = _people(store, tenant, asked.numbers) if asked.numbers else None
    if people is not None and not people:
        return [], {}, 0
    bound = asked.most or MOST
    most = min(asked.first or bound, bound)
    total = 0
    matches: dict[str, Version] = {}
    included: dict[str, Version] = {}
    for search in asked.searches:
        if search.otherwise and matches:
            continue
        pairs = _pairs(search, people, most)
        if search.follow:
            pairs = _followed(store, tenant, search, included)
            search = replace(search, type=ORDERS)
        if pairs:
            total += _searched(store, tenant, pairs, search, most, matches, included)
    unread = max(0, total - len(matches))
    if asked.alone:
        of_one = _of_one(store, tenant, matches, asked.within_us)
        if len(of_one) < len(matches):  # the number is used again: what is older still is not meant, either
            matches, unread = of_one, 0
    if asked.status:
        matches = {name: one for name, one in matches.items() if _in_force(stored(one.body), asked.status)}
    if asked.alone or asked.status:
        total = len(matches) + unread
    return sorted(matches.values(), key=lambda one: one.seq, reverse=True)[:most], included, total


def _with_around(
    store: Store, tenant: str, newest: list[Version], included: Mapping[str, Version], total: int
) -> Found:
    """Return what was found with what goes with it."""
    found = Found(_parsed(newest), total=total)
    kept = {name for one in found.matches.values() for name in refers(one)} | set(found.matches)
    beside = [one for one in included.values() if concerns(stored(one.body), kept)]
    found.around = _parsed(beside)
    found.included = list(found.around.values())
    found.versions = [*newest, *beside]
    _surround(store, tenant, found)
    return found


def _pairs(search: Searched, people: Mapping[str, bool] | None, most: int) -> list[tuple[str, str]]:
    pairs = [*search.pairs, ("_count", str(min(most, PAGE))), ("_total", "accurate")]
    if people is None:
        return pairs
    if search.about == "_id":
        return [*pairs, ("_id", ",".join(id_ for id_, current in people.items() if current))]
    return [*pairs, (search.about, ",".join(f"Patient/{id_}" for id_ in people))]


def _followed(
    store: Store, tenant: str, search: Searched, included: dict[str, Version]
) -> list[tuple[str, str]]:
    """Return the search for what is named by an element of what a search finds; none where nothing is.

    What names it goes with it: the specimen that says of which order it is.
    """
    within, always = (
        [one for one in search.pairs if one[0].startswith("_") is said] for said in (False, True)
    )
    page = store.search(tenant, search.type, [*within, ("_count", str(MOST))])
    named = {
        name.removeprefix(f"{ORDERS}/") for one in page.matches
        for name in references(stored(one.body), search.follow) if name.startswith(f"{ORDERS}/")
    }  # fmt: skip
    included |= _named(page.matches)
    if not named:
        return []
    ids = ("_id", ",".join(sorted(named)))
    return [*always, ids, ("_count", str(MOST)), ("_total", "accurate")]


def _searched(
    store: Store, tenant: str, pairs: Sequence[tuple[str, str]], search: Searched, most: int,
    matches: dict[str, Version], included: dict[str, Version],
) -> int:  # fmt: skip
    """Add what a search finds; return how many there are that no search before has found."""
    page = store.search(tenant, search.type, pairs)
    versions, total, read = page.matches, page.total or 0, len(page.matches)
    included |= _named(page.included)
    while page.cursor and read < most:
        page = store.search(tenant, search.type, [*pairs, ("_cursor", page.cursor)])
        included |= _named(page.included)
        versions, read = versions + page.matches, read + len(page.matches)
    if search.type == "Patient":
        versions = [heir for one in versions if (heir := _heir(store, tenant, one)) is not None]
    new = {name: one for name, one in _named(versions).items() if name not in matches}
    matches |= new
    return total - (read - len(new))


def _in_force(resource: Resource, status: Collection[str]) -> bool:
    """Tell whether something is to be done: its state says so, and it is no mere plan, nor not to be done."""
    if resource.get("doNotPerform") is True or resource.get("intent") in _NO_ORDERS:
        return False
    return resource.get("status") in status


def _of_one(store: Store, tenant: str, matches: Mapping[str, Version], within_us: int) -> dict[str, Version]:
    """Return what is of one patient; those who were merged are one.

    Numbers are used again: where all of another patient is old, it is not meant any more.

    Args:
        within_us: what was ordered longer ago is old.

    Raises:
        Rejected: several have the number, and nobody can tell whose is meant.
    """
    whose: dict[str, dict[str, Version]] = {}
    for name, one in matches.items():
        subject = reference(stored(one.body).get("subject"))
        patient = store.read(tenant, "Patient", subject.removeprefix("Patient/")) if subject else None
        heir = _heir(store, tenant, patient) if patient is not None else None
        whose.setdefault(heir.id if heir is not None else subject, {})[name] = one
    past = now_us() - within_us
    if len(whose) > 1:
        recent = {one: found for one, found in whose.items() if max(map(_moment, found.values())) > past}
        whose = recent or whose
    if len(whose) > 1:
        told = "several patients have this number: nobody can tell whose is meant"
        raise Rejected(told, code="several-patients")
    return next(iter(whose.values()), {})


def _moment(version: Version) -> int:
    """Return when something was ordered, else when it was stored, in microseconds."""
    said = str(stored(version.body).get("authoredOn", ""))
    try:
        return int(datetime.fromisoformat(said).timestamp() * 1_000_000) if "T" in said else version.ts_us
    except ValueError:
        return version.ts_us


def _people(store: Store, tenant: str, numbers: Sequence[tuple[str, str]]) -> dict[str, bool]:
    """Return the patients whom all numbers name, and who was merged into them: id → is it current."""
    current: set[str] | None = None
    for system, value in numbers:
        token = [("identifier", f"{system}|{value}"), ("_count", str(PEOPLE))]
        found = store.search(tenant, "Patient", token).matches
        heirs = {heir.id for one in found if (heir := _heir(store, tenant, one)) is not None}
        current = heirs if current is None else current & heirs
    people = dict.fromkeys(sorted(current or ()), True)
    if people:
        links = [("link", ",".join(f"Patient/{one}" for one in people)), ("_count", str(PEOPLE))]
        before = store.search(tenant, "Patient", links).matches
        people |= {one.id: False for one in before if one.id not in people and _heir_of(one) in people}
    return people


def _heir(store: Store, tenant: str, version: Version) -> Version | None:
    """Return the patient who stands for one after all merges, None where that one was deleted."""
    found: Version | None = version
    for _ in range(HEIRS):
        heir = _heir_of(found) if found is not None and not found.deleted else ""
        if not heir:
            break
        found = store.read(tenant, "Patient", heir)
    return None if found is None or found.deleted else found


def _heir_of(version: Version) -> str:
    """Return the id of the patient who replaces one, ``""`` for none."""
    for link in stored(version.body).get("link", ()):
        if link.get("type") == "replaced-by":
            return reference(link.get("other")).removeprefix("Patient/")
    return ""


def _surround(store: Store, tenant: str, found: Found) -> None:
    """Read what goes with what was found, step by step."""
    front: Iterable[Resource] = [*found.matches.values(), *found.included]
    for _ in range(STEPS):
        wanted = {name for one in front for name in refers(one)} - set(found.matches) - set(found.around)
        names = [name.split("/", 1) for name in sorted(wanted)[: MOST_AROUND - len(found.around)]]
        if not names:
            break
        read = store.read_many([(tenant, type_, id_) for type_, id_ in names])
        versions = [one for one in read if one is not None and not one.deleted]
        new = _parsed(versions)
        found.versions += versions
        found.around |= new
        front = new.values()


def _named(versions: Iterable[Version]) -> dict[str, Version]:
    return {f"{one.type}/{one.id}": one for one in versions}


def _parsed(versions: Iterable[Version]) -> Named:
    return {f"{one.type}/{one.id}": stored(one.body) for one in versions}
