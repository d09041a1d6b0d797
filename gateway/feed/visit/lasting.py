"""Lasting: what documents of the ledger name stays, and a diagnosis that changes is entered (docs/ledger.md).

The Conditions that a document names are members of its entries (``entering.enter``). Nobody refuses a
hospital its better diagnosis: it is stored, whichever door it comes through, entered as a correction,
and flagged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.canonical import Resource
from gateway.feed.visit.entering import DIAGNOSIS, MEDICATION, enter, flag, last_about
from gateway.feed.visit.grounds import finding_of, refuse
from gateway.store import Desk, Entered, Made

LASTING = frozenset((DIAGNOSIS, MEDICATION, "Organization", "Patient", "Practitioner", "PractitionerRole"))
"""Types of what documents are about, by whom, and where."""

_SAID = ("code", "subject", "verificationStatus")
"""Elements of a Condition without which it is another diagnosis."""


def check_lasting(desk: Desk, made: Made) -> None:
    """Make sure that nobody deletes what an entry names. Raises ``Refusal``: conflict; says the document."""
    if made.method != "delete":
        return
    n = desk.entered_with(made.type, made.id)
    if n:
        entry = desk.entry(n)
        told = f"{entry.kind} {entry.serial or f'{entry.type}/{entry.id}'} ({entry.n})" if entry else ""
        raise refuse("state-named", f"{made.type}/{made.id}", also=told)


def correct(desk: Desk, made: Sequence[Made]) -> None:
    """Enter the later versions of diagnoses that documents of the ledger name."""
    for one in made:
        version = one.version
        if version is None or version.ver == 1 or desk.is_entered(version):
            continue  # new, or in this very batch entered with its document
        n = desk.entered_with(one.type, one.id)
        if n:
            first = desk.entry(n)
            last = last_about(desk, f"{one.type}/{one.id}")
            serial, back = first.serial if first else "", last.n if last else max(n, 0)
            enter(desk, "diagnosis", _event(one), [version], serial=serial, back=back)
            _flag(desk, one, first)


def _event(made: Made) -> str:
    if made.method == "delete":
        return "cancelled"
    return "corrected" if made.why == "written" else made.why


def _flag(desk: Desk, made: Made, first: Entered | None) -> None:
    """Flag that a document rests on another diagnosis than it was entered with."""
    before, after = made.before, made.after
    if made.why != "written" or before is None:
        return
    if after is None or any(before.get(name) != after.get(name) for name in _SAID):
        documents = [after or before, *_about(desk, first)]
        flag(desk, documents, [finding_of("diagnosis-changed")])


def _about(desk: Desk, entry: Entered | None) -> Iterator[Resource]:
    found = desk.read(entry.type, entry.id) if entry else None
    if found is not None:
        yield found
