"""Directions: a dosage in one text, for forms with no other place for it (FHIR R4 §2.24.0.10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.mapping.outbound.timing import course, rhythm, times
from gateway.mapping.outbound.tongue import Tongue


def directions(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Dosage → its words, instructions, site and method, and what of its rhythm a rate does not say.

    Words stay words.
    """
    if isinstance(value, str):
        return value
    said: list[str] = []
    for part in _parts(value, speech):
        if part and not any(part in other for other in said):
            said.append(part)
    return "；".join(said) or None


def _parts(dosage: Mapping[str, Any], speech: Tongue) -> Iterator[str | None]:
    timing = dosage.get("timing", {})
    yield dosage.get("text")
    for one in dosage.get("additionalInstruction", ()):
        yield _words(one)
    yield dosage.get("patientInstruction")
    yield _words(dosage.get("site", {}))
    yield _words(dosage.get("method", {}))
    yield rhythm(timing, speech, None)
    if count := times(timing, speech, None):
        yield f"共{count}次"
    for name in ("boundsDuration", "boundsPeriod"):
        if name in timing.get("repeat", {}):
            yield course(timing["repeat"][name], speech, None)


def _words(concept: Mapping[str, Any]) -> str | None:
    """Return the words of a CodeableConcept, else its code."""
    codings = concept.get("coding", ())
    named = (one.get(key) for key in ("display", "code") for one in codings if one.get(key))
    return concept.get("text") or next(named, None)
