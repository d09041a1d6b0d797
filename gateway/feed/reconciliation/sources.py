"""Sources: what they say that they made, against what the ledger has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.canonical.elements import each
from gateway.canonical.json import loads
from gateway.errors import Rejected
from gateway.feed.reconciliation.model import Difference, Line
from gateway.store import Entered, Store
from gateway.store.day import day_of
from gateway.store.reconciliation import Statement

TYPES = {
    "visit": "Encounter", "prescription": "RequestGroup", "exam": "ServiceRequest", "lab": "ServiceRequest",
    "admission": "ServiceRequest", "transfer": "ServiceRequest", "referral": "ServiceRequest",
    "record": "Composition", "dispense": "MedicationDispense", "evaluation": "QuestionnaireResponse",
    "consent": "Consent", "adverse-event": "AdverseEvent",
}  # fmt: skip
"""What a document of a kind is, for the look whether it is on file and was never entered."""

FOLLOWING = frozenset({"review", "dispense"})
"""Documents of their own that are entered with the serial of the prescription that they follow."""
_AGAIN = frozenset({"corrected", "cancelled", "merged", "remapped", "purged"})

MOST_LOOKED_UP = 200
"""Missing documents of one source that are looked for."""


def begins(entry: Entered) -> bool:
    """Tell whether an entry is the first one of its document."""
    return entry.back == 0 or (entry.kind in FOLLOWING and entry.event not in _AGAIN)


def of_sources(
    store: Store,
    tenant: str,
    day: str,
    line: Line,
    documents: Sequence[Entered],
    said: Sequence[Statement],
    *,
    whole: bool = True,
) -> list[Difference]:
    """Return what does not agree; nothing where nobody has stated anything.

    Args:
        documents: the first entries of the documents of the day.
        said: what the sources state of this kind.
        whole: no source that is to speak for this kind is silent: else how many there are is not known.
    """
    if not said:
        return []
    listed = [one for one in said if one.numbers is not None]
    found: list[Difference] = []
    if listed:
        keys = keys_of(store, tenant, documents)
        found += _missing(store, tenant, day, line.kind, listed, {key for own in keys for key in own})
        if len(listed) == len(said) and whole:
            found += _unstated(day, line.kind, documents, keys, listed)
        if len(listed) == len(said):
            return found
    if whole and line.total != line.documents:
        figures = f"{line.total} / {line.documents}"
        found.append(Difference(day, line.kind, "count", ", ".join(sorted(line.stated)), also=figures))
    return found


def keys_of(store: Store, tenant: str, documents: Sequence[Entered]) -> list[list[str]]:
    """Return by what each document may be named: its serial, its local number, its identifiers, its id."""
    serials = [one.serial for one in documents if one.serial]
    locals_ = store.reconciliation.locals(tenant, serials)
    plain = [one for one in documents if not one.serial or one.kind in FOLLOWING]
    identifiers = dict(zip([one.n for one in plain], _identifiers(store, plain), strict=True))
    return [
        [*identifiers[one.n], one.id, one.serial]
        if one.n in identifiers
        else [locals_.get(one.serial, ""), one.serial, one.id]
        for one in documents
    ]


def _identifiers(store: Store, entries: Sequence[Entered]) -> Iterator[list[str]]:
    for entry, versions in zip(entries, store.ledger.members_of(entries), strict=True):
        about = next((one for one in versions if (one.type, one.id) == (entry.type, entry.id)), None)
        body = loads(about.body) if about is not None and about.body else {}
        yield [value for value in each(body, "identifier.value") if isinstance(value, str)]


def _missing(
    store: Store, tenant: str, day: str, kind: str, listed: Sequence[Statement], known: set[str]
) -> Iterator[Difference]:
    for one in listed:
        gone = [number for number in one.numbers or () if number not in known]
        elsewhere = dict(_elsewhere(store, tenant, kind, gone)) if gone else {}
        for at, number in enumerate(gone):
            if number in elsewhere:
                serial, n, other = elsewhere[number]
                yield Difference(day, kind, "other-day", one.name, number, serial, n, other)
            else:
                on_file = at < MOST_LOOKED_UP and _on_file(store, tenant, kind, number)
                yield Difference(
                    day, kind, "missing", one.name, number, also="on file, not submitted" if on_file else ""
                )


def _elsewhere(
    store: Store, tenant: str, kind: str, numbers: Sequence[str]
) -> Iterator[tuple[str, tuple[str, int, str]]]:
    """Yield (number, (serial, entry, day)) of those that are in the ledger under another day."""
    serials = {number: number for number in numbers} | store.reconciliation.serials(tenant, kind, numbers)
    first = store.reconciliation.first_entries(tenant, set(serials.values()))
    for number, serial in serials.items():
        if serial in first:
            n, ts_us = first[serial]
            yield number, (serial, n, day_of(ts_us, store.zone))


def _on_file(store: Store, tenant: str, kind: str, number: str) -> bool:
    type_ = TYPES.get(kind)
    if type_ is None:
        return False
    try:
        return bool(
            store.search(tenant, type_, [("identifier", f"{_escaped(number)}"), ("_count", "1")]).matches
        )
    except Rejected:
        return False


def _escaped(number: str) -> str:
    for character in "\\|,$":
        number = number.replace(character, f"\\{character}")
    return number


def _unstated(
    day: str,
    kind: str,
    documents: Sequence[Entered],
    keys: Sequence[Sequence[str]],
    listed: Sequence[Statement],
) -> Iterator[Difference]:
    stated = {number for one in listed for number in one.numbers or ()}
    for entry, own in zip(documents, keys, strict=True):
        if not stated.intersection(_named(own)):
            yield Difference(day, kind, "unstated", "", own[0], entry.serial, entry.n)


def _named(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if key]
