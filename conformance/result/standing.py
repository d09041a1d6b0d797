"""Owns whether an attestation holds on the day of a run, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from conformance.catalogue.model import Catalogue
from conformance.harness.words import Words
from conformance.result.jurisdiction import joined
from conformance.result.proof import intact
from conformance.result.requirement import Attestation, Method, Standing, by_day

YEAR = timedelta(days=366)
"""How long an attestation holds that says nothing of it: for a yearly test people look every year."""


def standings(
    attestations: Iterable[Attestation], catalogue: Catalogue, day: date, folder: Path
) -> tuple[Standing, ...]:
    """Return which attestations hold on a day, and of the others why not, sorted by requirement and day.

    Args:
        folder: of the register; the files are read, and one that was changed shows nothing.
    """
    return tuple(
        Standing(one, why is None, why)
        for one in sorted(attestations, key=by_day)
        for why in [in_force(one, catalogue, day) or intact(one, folder)]
    )


def in_force(attestation: Attestation, catalogue: Catalogue, day: date) -> Words | None:
    """Return why an attestation does not hold on a day, whatever its files; None where it does."""
    said = attestation
    if (why := unfit(said, catalogue)) is not None:
        return why
    when = date.fromisoformat(said.when)
    if when > day:
        return Words(
            f"见证日期 {said.when} 晚于检测日期", f"attestation of {said.when} is later than the run"
        )
    last = date.fromisoformat(said.until) if said.until else when + YEAR
    if last < day:
        return Words(
            f"见证已于 {last} 到期（{said.method.words.zh}，{said.who}）",
            f"attestation expired on {last} ({said.method.words.en}, {said.who})",
        )
    return None


def unfit(attestation: Attestation, catalogue: Catalogue) -> Words | None:
    """Return why a catalogue has no place for an attestation: no such row, or not looked at in this way."""
    row = catalogue.requirements.get(attestation.requirement)
    if row is None:
        name = attestation.requirement
        return Words(f"没有此条要求：{name}", f"there is no requirement {name}")
    if attestation.method in tuple(row.methods):
        return None
    ways = joined((Method(one).words for one in row.methods), "、", ", ")
    return Words(
        f"{row.id} 的检测方法是{ways.zh}，不接受{attestation.method.words.zh}",
        f"{row.id} is shown by: {ways.en}; not by {attestation.method.words.en}",
    )
