"""Versions: what a document said before, wherever a target shows it."""

from __future__ import annotations

from conformance.harness.run import Run
from conformance.simulators.exact import Resource


def version(run: Run, name: str, id_: str) -> Resource:
    """Return a version of a document, by its own address or from the history; ``{}``: neither has it.

    That both ways work is R4's matter (http#vread, http#history); a trail is whole where one of them does.

    Args:
        name: ``"Type/id"``.
        id_: its ``meta.versionId``.
    """
    answer = run.client().get(f"{name}/_history/{id_}")
    if answer.ok and _id_of(answer.body) == id_:
        return answer.body
    past = run.client().get(f"{name}/_history").body.get("entry") or []
    found = (one.get("resource") or {} for one in past)
    return next((one for one in found if _id_of(one) == id_), {})


def _id_of(body: Resource) -> str:
    return str((body.get("meta") or {}).get("versionId", ""))
