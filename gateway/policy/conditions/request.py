"""Request: exams and tests that were done lately already, and who receives a patient."""

from __future__ import annotations

from datetime import date, timedelta

from gateway.canonical.elements import codes, first, name_of, references, texts
from gateway.canonical.moments import day
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene

_DONE = ("final", "amended", "corrected", "appended")
_RECEIVERS = ("Organization/", "PractitionerRole/", "Practitioner/", "HealthcareService/")


@condition
def done_within(scene: Scene, days: int) -> Found:
    """A report of the same exam or test of the patient is not older than so many days."""
    since = scene.today - timedelta(days=days)
    return tuple(
        f"{name_of(one)}.code"
        for one in scene.of("ServiceRequest")
        if any(
            report.get("status") in _DONE
            and _same(one.get("code"), report.get("code"))
            and (done := _day(report)) is not None
            and done >= since
            for report in scene.referring("DiagnosticReport", scene.patient_ref, "subject")
        )
    )


@condition
def no_receiver(scene: Scene) -> Found:
    """A request for admission, transfer or referral names no receiver on file."""
    return tuple(
        f"{name_of(one)}.performer"
        for one in scene.of("ServiceRequest")
        if not any(
            ref.startswith(_RECEIVERS) and (found := scene.read(ref)) and found.get("active", True)
            for ref in references(one, "performer")
        )
    )


def _same(one: object, two: object) -> bool:
    if codes(one) and codes(two):
        return not codes(one).isdisjoint(codes(two))
    return not {text.strip() for text in texts(one)}.isdisjoint(text.strip() for text in texts(two))


def _day(report: Resource) -> date | None:
    when = report.get("effectiveDateTime") or first(report, "effectivePeriod.end")
    return day(when) or day(report.get("issued"))
