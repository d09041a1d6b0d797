"""Consent: is there one that is active, for this hospital, now; what does it cover, and who signed it."""

from __future__ import annotations

from gateway.canonical.elements import codes, first, has, name_of, references, value_of
from gateway.canonical.moments import end_us, moment, stated_us
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene
from gateway.policy.systems import CONSENT_COVERS


@condition
def no_consent(scene: Scene) -> Found:
    """The patient has no active consent to treatment at this hospital, given before now and not run out."""
    return not _active(scene) and (scene.visit_ref or "Consent",)


@condition
def consent_lacks(scene: Scene, elements: tuple[str, ...]) -> Found:
    """No active consent tells the patient of all of these (extension consent-covers)."""
    active = _active(scene)
    if any(_covers(one, elements) for one in active):
        return False
    return tuple(f"{name_of(one)}.extension" for one in active)


@condition
def consent_unsigned(scene: Scene) -> Found:
    """Of no active consent the signed document and who gave it are on file."""
    active = _active(scene)
    if any(has(one, "sourceReference|sourceAttachment") and has(one, "performer") for one in active):
        return False
    return tuple(f"{name_of(one)}.source" for one in active)


def _active(scene: Scene) -> list[Resource]:
    given = scene.of("Consent") or scene.referring("Consent", scene.patient_ref, "patient")
    return [one for one in given if _holds(one, scene)]


def _holds(consent: Resource, scene: Scene) -> bool:
    hospitals = references(consent, "organization")
    patient = next(iter(references(consent, "patient")), "")
    since = moment(consent.get("dateTime"))
    start = stated_us(first(consent, "provision.period.start"))
    end = end_us(first(consent, "provision.period.end"))
    return (
        consent.get("status") == "active"
        and "treatment" in codes(consent.get("scope"))
        and patient == scene.patient_ref
        and (not hospitals or not scene.hospital_ref or _ours(hospitals, scene))
        and since is not None
        and since <= scene.now_us
        and (start is None or start <= scene.now_us)
        and (end is None or end > scene.now_us)
        and first(consent, "provision.type", "permit") == "permit"
    )


def _ours(hospitals: list[str], scene: Scene) -> bool:
    return scene.hospital_ref in hospitals or bool(scene.parent_ref and scene.parent_ref in hospitals)


def _covers(consent: Resource, elements: tuple[str, ...]) -> bool:
    covers = value_of(consent, CONSENT_COVERS)
    return all(value_of(covers, one) is True for one in elements)
