"""Ordered: tests as an instrument knows them: its own codes, one for each test of a panel.

The table of the sender's profile (``orders``) says what it can do: a test that is not in it is another
instrument's, and is not asked of this one. Without a table tests are said as they were ordered. A table that
says what the instrument's own codes mean (``lis-*``, to LOINC) is read backwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import each, name_of, references
from gateway.errors import Rejected
from gateway.mapping.codes import Entry, Table
from gateway.mapping.outbound.words import codings

ORDERS = "ServiceRequest"
LOINC = "http://loinc.org"
_RESULTS = ("Observation", "DiagnosticReport")
_NO_RESULT = frozenset(("registered", "cancelled", "entered-in-error"))

PART = "_part"
"""Beside the elements of an order: which of its tests it is, from the second on; for rows that say it."""


def is_order(resource: Resource) -> bool:
    """Tell whether a resource asks for a test."""
    return resource.get("resourceType") == ORDERS


def of_sample(resources: Iterable[Resource], numbers: Collection[str]) -> list[Resource]:
    """Return resources without the specimens that another tube of the same order holds.

    Args:
        numbers: that were asked about; where no specimen has one of them, all stay.
    """
    every = list(resources)
    wanted = {one.strip() for one in numbers}
    specimens = [one for one in every if one.get("resourceType") == "Specimen"]
    meant = [one for one in specimens if not wanted.isdisjoint(_numbers(one))]
    others = {id(one) for one in specimens} - {id(one) for one in meant} if meant else set()
    return [one for one in every if id(one) not in others]


def _numbers(specimen: Resource) -> set[str]:
    paths = ("identifier.value", "container.identifier.value", "accessionIdentifier.value")
    return {str(one) for path in paths for one in each(specimen, path)}


def to_be_done(resources: Iterable[Resource], *, own: bool) -> list[Resource]:
    """Return resources without the orders whose test has a result, and without these results.

    An analyser that asks again, for a tube that it has seen, would measure it once more. What was cancelled
    or is wrong is no result.

    Args:
        own: whether orders have the instrument's code first: then it is that one which has a result, or not.
    """
    every = list(resources)
    done = _measured(every)
    kept = (one for one in every if one.get("resourceType") not in _RESULTS)
    return [one for one in kept if not (is_order(one) and _is_done(one, done, own))]


def _is_done(order: Resource, done: Mapping[str, set[str]], own: bool) -> bool:
    codes = _codes(order)
    return not done.get(name_of(order), set()).isdisjoint(codes[:1] if own else codes)


def _measured(resources: Iterable[Resource]) -> dict[str, set[str]]:
    """Return order → codes of its tests that were measured."""
    done: dict[str, set[str]] = {}
    for one in resources:
        shown = one.get("result") if one.get("resourceType") == "DiagnosticReport" else True
        if one.get("resourceType") in _RESULTS and shown and one.get("status") not in _NO_RESULT:
            for name in references(one, "basedOn"):
                done.setdefault(name, set()).update(_codes(one))
    return done


def _codes(resource: Resource) -> list[str]:
    return [str(one["code"]) for one in codings(resource.get("code") or {}) if one.get("code")]


def for_instrument(resources: Iterable[Resource], table: Table | None) -> list[Resource]:
    """Return resources whose ServiceRequests have the codes of an instrument.

    What several orders ask for is asked once; the instrument's code stands first, what was ordered behind it.
    """
    if table is None:
        return list(resources)
    made: list[Resource] = []
    said: set[tuple[str, str]] = set()
    for one in resources:
        if not is_order(one):
            made.append(one)
            continue
        concept = one.get("code") or {}
        for number, entry in enumerate(_tests(concept, table), 1):
            if (entry.system, entry.code) not in said:
                said.add((entry.system, entry.code))
                part = {PART: str(number)} if number > 1 else {}
                made.append({**one, "code": _said(concept, entry), **part})
    return made


def in_codes(resources: Iterable[Resource], table: Table, *, end: bool) -> list[Resource]:
    """Return the orders of a document in the codes of who carries them out: one for each test of a panel.

    Args:
        end: it ends orders: what has no code goes out as it was ordered, since its number tells which it is.

    Raises:
        Rejected: ``no-code``: a test is not in the table; names it. It is neither dropped nor guessed.
    """
    every = list(resources)
    for one in every:
        if is_order(one) and not end and next(_tests(one.get("code") or {}, table), None) is None:
            named = one.get("code") or {}
            name = str(named.get("text") or next(iter(_codes(one)), "") or name_of(one))
            told = f"the table {table.name} has no code for {name}; add it (docs/host-query.md), then retry"
            raise Rejected(told, code="no-code", where="ServiceRequest.code")
    made: list[Resource] = []
    for one in every:
        made += (for_instrument([one], table) if is_order(one) else []) or [one]
    return made


def _tests(concept: Mapping[str, Any], table: Table) -> Iterator[Entry]:
    """Yield what an ordered test becomes: by its codes, in their order, else by its words."""
    coded = [one for one in codings(concept) if one.get("code")]
    if table.target == LOINC:
        yield from _backwards(coded, table)
        return
    systems = table.source_systems
    keys = [str(one["code"]) for one in coded if not systems or one.get("system", "") in (*systems, "")]
    words = [str(concept["text"])] if concept.get("text") else []
    found = next((entry for key in (*keys, *words) if (entry := table.get(key)) is not None), None)
    if found is not None:
        yield found
        yield from found.also


def _backwards(coded: Iterable[Mapping[str, Any]], table: Table) -> Iterator[Entry]:
    """Yield what the instrument calls a test: of several codes with one meaning the first of the table."""
    meant = {str(one["code"]) for one in coded if one.get("system") == LOINC}
    for source, entry in table.entries.items():
        if any(one.code in meant for one in (entry, *entry.also)):
            yield Entry(source, "", table.source_system)
            return


def _said(concept: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    return {**concept, "coding": [entry.coding(), *(one for one in codings(concept) if one.get("code"))]}
