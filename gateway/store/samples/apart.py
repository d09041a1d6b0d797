"""Apart: other ids for results of which an earlier sample of the same number already has the ids.

What comes in pieces is one report as long as the pieces are of one sample: the one that is known, else what
the analyser has measured of its number within the time that the profile gives a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.canonical import Draft, Resource
from gateway.canonical.elements import each, references
from gateway.canonical.moments import moment
from gateway.mapping.identity import beside, seed_once
from gateway.mapping.sampled import told
from gateway.store.desk import Desk
from gateway.store.samples.belonging import Belonging
from gateway.store.samples.known import TIMES, subject

_RESULTS = frozenset(("DiagnosticReport", "DocumentReference", "Media", "Observation"))


@dataclass(slots=True, frozen=True)
class Window:
    """The time of a message, and how long a sample has results; microseconds."""

    at: int
    within: int

    def is_past(self, said: Sequence[int]) -> bool:
        """Tell whether what happened at these moments is of a sample that is over."""
        return bool(said) and self.at > max(said) + self.within


def apart(
    desk: Desk, about: Sequence[Draft], found: Belonging, names: dict[str, str], window: Window
) -> dict[str, str]:
    """Return other ids (``"Type/id"`` → ``"Type/id"``) for what an earlier sample of the same number has.

    Args:
        names: what stands for the samples that are known.
    """
    period = f"{found.subject}|{window.at // max(window.within, 1)}"
    other: dict[str, str] = {}
    for one in about:
        if one.type == "Specimen" and one.id not in found.specimens:
            stored = desk.named("Specimen", *one.key) if one.key else desk.read("Specimen", one.id)
            if stored is not None and _is_anothers(stored, found, window):
                fresh = seed_once(desk.tenant, "Specimen", "sample", f"{one.id}|{period}")
                other[f"Specimen/{one.id}"] = f"Specimen/{fresh}"
    mine = {*names.values(), *other.values()}
    keyless = [one for one in about if one.type in _RESULTS and one.key is None]
    if not any(_is_taken(desk.read(one.type, one.id), found, mine, window) for one in keyless):
        return other
    tubes = sorted(name.partition("/")[2] for name in mine if name.startswith("Specimen/"))
    anchor = min(tubes or list(found.orders) or [found.subject])
    told_apart = anchor if tubes or found.orders else period
    for one in keyless:
        fresh = seed_once(desk.tenant, one.type, "sample", f"{one.id}|{told_apart}")
        other[f"{one.type}/{one.id}"] = f"{one.type}/{beside(fresh, anchor)}"
    return other


def _is_anothers(specimen: Resource, found: Belonging, window: Window) -> bool:
    """Tell whether a stored Specimen is of another patient, or long over."""
    said = [at for path in TIMES for one in each(specimen, path) if (at := moment(one)) is not None]
    return subject(specimen) != found.subject or window.is_past(said)


def _is_taken(stored: Resource | None, found: Belonging, mine: set[str], window: Window) -> bool:
    """Tell whether a stored result is of another patient or of another sample."""
    if stored is None:
        return False
    if subject(stored) != found.subject:
        return True
    specimens = set(references(stored, "specimen"))
    if specimens & mine:
        return False
    return bool(specimens and found.specimens) or window.is_past(told(stored))
