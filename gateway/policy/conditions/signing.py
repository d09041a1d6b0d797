"""Signing: who signed the documents, by whose certificate, and when; all signatures were found good."""

from __future__ import annotations

from gateway.canonical.elements import name_of, references
from gateway.canonical.moments import HOUR, MINUTE
from gateway.canonical.signed import Verified
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene


@condition
def unsigned(scene: Scene, of: str, instead: str = "") -> Found:
    """A document of this type has no good signature of its author.

    ``instead``: type of those that must be signed where there is none of the other.
    """
    return tuple(
        name_of(one)
        for one in scene.of(of) or scene.of(instead)
        if not any(scene.person(by.who) in scene.authors for by in _over(scene, name_of(one)))
    )


@condition
def focus_unsigned(scene: Scene) -> Found:
    """What a review is of has no good signature of the reviewer."""
    groups = [ref for one in scene.of("Task") for ref in references(one, "focus")]
    return not any(scene.person(by.who) in scene.authors for ref in groups for by in _over(scene, ref))


@condition
def certificate_of_another_person(scene: Scene) -> Found:
    """The certificate of a signature names somebody else than the one who signed by it."""
    return any(not by.names_person(scene.read(scene.person(by.who)) or {}) for by in scene.case.signatures)


@condition
def certificate_of_another_hospital(scene: Scene) -> Found:
    """The certificate of a signature names an institution, and not this hospital or the one behind it."""
    ours = [one for one in (scene.hospital, scene.parent) if one is not None]
    return any(
        by.organizations and not any(by.names_organization(one) for one in ours)
        for by in scene.case.signatures
    )


@condition
def signed_without_time(scene: Scene) -> Found:
    """A signature does not say when it was made."""
    return any(by.signed_us <= 0 for by in scene.case.signatures)


@condition
def signed_ahead(scene: Scene, minutes: int) -> Found:
    """An author's signature says that it was made more minutes after it came than clocks may differ."""
    return any(by.signed_us > _came(scene, by) + minutes * MINUTE for by in _own(scene))


@condition
def signed_long_ago(scene: Scene, hours: int) -> Found:
    """An author's signature was older than so many hours when it came."""
    return any(by.signed_us < _came(scene, by) - hours * HOUR for by in _own(scene))


def _came(scene: Scene, by: Verified) -> int:
    return by.arrived_us or scene.now_us


def _own(scene: Scene) -> list[Verified]:
    """The signatures of the documents' authors; of a review, not that of the physician before it."""
    return [by for by in scene.case.signatures if scene.person(by.who) in scene.authors]


def _over(scene: Scene, name: str) -> list[Verified]:
    return [
        by
        for by in scene.case.signatures
        if any(target == name or target.startswith(f"{name}/_history/") for target in by.targets)
    ]
