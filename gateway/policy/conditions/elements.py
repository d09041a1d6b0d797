"""Elements: what a document, its visit, its patient, author or hospital must say."""

from __future__ import annotations

from gateway.canonical.elements import has, name_of
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene


@condition
def lacks(scene: Scene, of: str, elements: tuple[str, ...]) -> Found:
    """One of the elements is not there.

    ``of``: ``Visit``, ``Patient``, ``Author``, ``Hospital``, or the type of the documents. ``elements``:
    dotted paths; ``a|b`` asks for one of both. What is not on file at all lacks everything.
    """
    return tuple(
        f"{place}.{path.partition('|')[0]}"
        for place, one in _asked(scene, of)
        for path in elements
        if one is None or not any(has(one, either) for either in path.split("|"))
    )


@condition
def status_is(scene: Scene, of: str, statuses: tuple[str, ...]) -> Found:
    """The status of one of them (``of`` as in ``lacks``) is one of these."""
    return tuple(
        f"{place}.status"
        for place, one in _asked(scene, of)
        if one is not None and one.get("status") in statuses
    )


@condition
def switched_on(scene: Scene, switch: bool) -> Found:
    """The parameter of the pack that is named here is true."""
    return switch


def _asked(scene: Scene, of: str) -> list[tuple[str, Resource | None]]:
    if of == "Visit":
        return [(scene.visit_ref or "Encounter", scene.visit)]
    if of == "Patient":
        return [(scene.patient_ref or "Patient", scene.patient)]
    if of == "Hospital":
        return [(scene.hospital_ref or "Organization", scene.hospital)]
    if of == "Author":
        return [(ref, scene.read(ref)) for ref in scene.authors]
    return [(name_of(one), one) for one in scene.of(of)]
