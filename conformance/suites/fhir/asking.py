"""Asking: searches of the population, and what they find."""

from __future__ import annotations

from urllib.parse import quote

from conformance.harness.answer import Answer
from conformance.harness.run import Run
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.population import population


def people(run: Run) -> str:
    """Return the population's number, where patients can be searched by name. Raises :class:`Skipped`."""
    Claims.of(run).need_parameters("Patient", ["family", "gender", "birthdate"])
    return population(run).number


def asked(run: Run, kind: str, query: str, **headers: str) -> Answer:
    """Search a type; values are quoted here."""
    parts = (one.partition("=") for one in query.split("&"))
    return run.client().get(
        f"{kind}?" + "&".join(f"{name}={quote(value, safe='|,:/$')}" for name, _, value in parts), **headers
    )


def matches(answer: Answer, mode: str = "match") -> list[Resource]:
    """Return what matches; entries that say no mode count as matches."""
    entries = [one for one in answer.body.get("entry") or [] if isinstance(one, dict)]
    return [
        one.get("resource") or {} for one in entries if (one.get("search") or {}).get("mode", "match") == mode
    ]
