"""Subject: clinical subjects (诊疗科目) of visits, hospitals and physicians, and how a scope covers them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.canonical.elements import codes, each, texts
from gateway.policy.condition import Found, condition
from gateway.policy.scene import Scene
from gateway.policy.systems import SUBJECTS

_SPLIT = re.compile(r"[：:；;，,、/（）()\s]+").split


@condition
def subject_unknown(scene: Scene) -> Found:
    """The visit names no clinical subject of the table (CQ49 annex 5)."""
    known = _table()["subjects"]
    given = subjects_of(scene)
    return not (given and given <= known.keys()) and (f"{scene.visit_ref}.serviceType",)


@condition
def subject_not_approved(scene: Scene) -> Found:
    """The visit's clinical subject is none of those that the internet hospital offers (HealthcareService)."""
    return _outside(scene, scene.hospital_ref)


@condition
def subject_beyond_parent(scene: Scene) -> Found:
    """The visit's clinical subject is none of the physical hospital's."""
    return _outside(scene, scene.parent_ref) if scene.parent_ref else False


@condition
def subjects_beyond_parent(scene: Scene) -> Found:
    """The internet hospital offers a clinical subject that the physical hospital does not."""
    parent = offered(scene, scene.parent_ref)
    beyond = any(not any(covers(one, two) for one in parent) for two in offered(scene, scene.hospital_ref))
    return beyond and bool(scene.parent_ref) and (scene.hospital_ref,)


@condition
def out_of_scope(scene: Scene) -> Found:
    """The author's scope of practice (执业范围) does not cover the visit's clinical subject."""
    wanted = subjects_of(scene)
    return tuple(
        place
        for person, place in scene.authors.items()
        if wanted and not any(covers(scope, subject) for scope in scopes(scene, person) for subject in wanted)
    )


def subjects_of(scene: Scene) -> set[str]:
    """Return the clinical subjects of the visit."""
    return codes((scene.visit or {}).get("serviceType"), SUBJECTS)


def offered(scene: Scene, hospital: str) -> set[str]:
    """Return the clinical subjects of an institution's active HealthcareServices."""
    return {
        code
        for one in scene.referring("HealthcareService", hospital, "organization")
        if one.get("active", True)
        for path in ("specialty", "type")
        for code in codes(one.get(path), SUBJECTS)
    }


def scopes(scene: Scene, person: str) -> set[str]:
    """Return the clinical subjects that somebody may practise: by codes, or by words of the certificate."""
    practitioner = scene.read(person) or {}
    found: set[str] = set()
    for one in each(practitioner, "qualification"):
        found |= codes(one.get("code"), SUBJECTS) | _worded(texts(one.get("code")))
    for role in scene.referring("PractitionerRole", person, "practitioner"):
        if role.get("active", True):
            found |= codes(role.get("specialty"), SUBJECTS) | _worded(texts(role.get("specialty")))
    return found


def covers(scope: str, subject: str) -> bool:
    """Tell whether a subject is another one or lies below it: 03 covers 03.04."""
    return subject == scope or subject.startswith(scope + ".")


def _outside(scene: Scene, hospital: str) -> Found:
    there = offered(scene, hospital)
    wanted = subjects_of(scene)
    outside = any(not any(covers(one, subject) for one in there) for subject in wanted)
    return (f"{scene.visit_ref}.serviceType",) if outside else False


def _worded(said: Iterable[str]) -> set[str]:
    scopes: Mapping[str, list[str]] = _table()["scopes"]
    words = {word for text in said for word in _SPLIT(text) if word}
    words |= {f"{word}专业" for word in words}
    return {code for word in words & scopes.keys() for code in scopes[word]}


@cache
def _table() -> dict[str, Any]:
    from gateway.policy.pack import read_yaml

    found: dict[str, Any] = read_yaml(files("gateway.policy") / "tables" / "subjects.yaml")
    return found
