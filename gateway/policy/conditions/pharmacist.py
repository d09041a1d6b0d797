"""Pharmacist: who reviews, whether on duty, and what the review says."""

from __future__ import annotations

from datetime import datetime, time

from gateway.canonical.elements import each, has, name_of, references
from gateway.canonical.moments import end_us, local, stated_us
from gateway.canonical.resource import Resource
from gateway.policy.condition import Found, condition
from gateway.policy.conditions.practitioner import active_roles, is_a
from gateway.policy.scene import Scene

PHARMACIST = ("pharmacist", "46255001", "药师")
_MET: dict[str, str] = {}
"""Hospital → the role that was on duty last: looked at first, since a hospital has many roles."""
_MOST = 1024
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@condition
def no_pharmacist_on_duty(scene: Scene) -> Found:
    """No pharmacist of the hospital, of the one behind it, or of a pharmacy of theirs is on duty now."""
    hospitals = [one for one in (scene.hospital_ref, scene.parent_ref) if one]
    for hospital in hospitals:
        met = scene.read(_MET.get(hospital, ""))
        if met is not None and _reviews(scene, met):
            return False
    departments = [name for one in hospitals for name in _pharmacies(scene, one)]
    for place in (*departments, *hospitals):
        for role in scene.referring("PractitionerRole", place, "organization"):
            if _reviews(scene, role):
                _meet(hospitals[0], name_of(role))
                return False
    return True


@condition
def reviewer_is_no_pharmacist(scene: Scene) -> Found:
    """Who reviews has no active role as a pharmacist."""
    return tuple(place for person, place in scene.authors.items() if not _roles(scene, person))


@condition
def reviewer_not_on_duty(scene: Scene) -> Found:
    """Who reviews is a pharmacist, but not on duty now (Schedule, Slot, PractitionerRole.availableTime)."""
    return tuple(
        place
        for person, place in scene.authors.items()
        if (roles := _roles(scene, person)) and not any(on_duty(scene, role) for role in roles)
    )


@condition
def reviewer_prescribed(scene: Scene) -> Found:
    """Who reviews is the one who prescribed."""
    by = {scene.person(ref) for one in scene.prescriptions for ref in references(one, "requester")}
    return tuple(place for person, place in scene.authors.items() if person in by)


@condition
def reviews_nothing(scene: Scene) -> Found:
    """The review names no prescription on file (Task.focus, a RequestGroup)."""
    groups = [ref for one in scene.of("Task") for ref in references(one, "focus")]
    return not any(ref.startswith("RequestGroup/") and scene.read(ref) for ref in groups)


@condition
def rejected_without_reason(scene: Scene) -> Found:
    """A prescription is rejected, and nobody says why."""
    return tuple(
        f"{name_of(one)}.statusReason"
        for one in scene.of("Task")
        if one.get("status") == "rejected" and not has(one, "statusReason.text|statusReason.coding.code")
    )


def on_duty(scene: Scene, role: Resource) -> bool:
    """Tell whether a role is on duty now; one that says no times is, since nobody said when it is not."""
    schedules = [
        one
        for ref in (name_of(role), *references(role, "practitioner"))
        for one in scene.referring("Schedule", ref, "actor")
        if one.get("active", True)
    ]
    if schedules:
        return any(_now(one, scene) for one in schedules)
    times = list(each(role, "availableTime"))
    away = any(_in_period(one.get("during"), scene) for one in each(role, "notAvailable"))
    return not away and (not times or any(_open(one, local(scene.now_us)) for one in times))


def _reviews(scene: Scene, role: Resource) -> bool:
    """Tell whether a role is that of a pharmacist of this hospital, active, and on duty now."""
    at = next(iter(references(role, "organization")), "")
    ours = {scene.hospital_ref, scene.parent_ref} - {""}
    department = scene.read(at) or {}
    return (
        role.get("resourceType") == "PractitionerRole"
        and role.get("active", True) is not False
        and not ours.isdisjoint((at, *references(department, "partOf")))
        and is_a(role, PHARMACIST)
        and ("period" not in role or _in_period(role["period"], scene))
        and on_duty(scene, role)
    )


def _pharmacies(scene: Scene, hospital: str) -> list[str]:
    return [
        name_of(one)
        for one in scene.referring("Organization", hospital, "partof")
        if hospital in references(one, "partOf") and any("药" in str(name) for name in each(one, "name"))
    ]


def _meet(hospital: str, role: str) -> None:
    if len(_MET) >= _MOST:
        _MET.clear()
    _MET[hospital] = role


def _now(schedule: Resource, scene: Scene) -> bool:
    """A shift is a Slot; a Schedule without slots is a shift by itself."""
    slots = scene.referring("Slot", name_of(schedule), "schedule")
    if slots:
        return any(one.get("status") != "entered-in-error" and _in_period(one, scene) for one in slots)
    return _in_period(schedule.get("planningHorizon"), scene)


def _in_period(period: object, scene: Scene) -> bool:
    if not isinstance(period, dict):
        return False
    start, end = stated_us(period.get("start")), end_us(period.get("end"))
    return (start is None or start <= scene.now_us) and (end is None or end > scene.now_us)


def _open(hours: Resource, now: datetime) -> bool:
    days = hours.get("daysOfWeek")
    if days and _WEEK[now.weekday()] not in days:
        return False
    if hours.get("allDay"):
        return True
    start = time.fromisoformat(hours.get("availableStartTime", "00:00:00"))
    end = time.fromisoformat(hours.get("availableEndTime", "23:59:59"))
    clock = now.time()
    return start <= clock <= end if start <= end else clock >= start or clock <= end


def _roles(scene: Scene, person: str) -> list[Resource]:
    return [role for role in active_roles(scene, person) if is_a(role, PHARMACIST)]
