"""Remarks: what a rule has to say about documents, as a DetectedIssue beside them (docs/visit.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gateway.canonical import Resource
from gateway.canonical.elements import codes, name_of, patient_of
from gateway.feed.own import former_id, named_id
from gateway.store import Desk, Version
from gateway.store.clock import instant

RULES = "urn:qiao:rules"
"""System of the ids of rules, on DetectedIssue.code."""

Severity = Literal["high", "moderate", "low"]


def remark(
    desk: Desk, documents: Sequence[Resource], rule: str, text: str, detail: str, severity: Severity
) -> Version:
    """Write the DetectedIssue of a rule about documents; the same one again makes no other.

    Args:
        documents: what it is about, the first of which gives it its id.
        text: Chinese, for people.
        detail: the finding with its requirement and article.
    """
    about = name_of(documents[0])
    known = remark_of(desk, about, rule) or {"id": named_id(about, rule)}
    patient = next((found for one in documents if (found := patient_of(one))), "")
    made: Resource = {
        "resourceType": "DetectedIssue",
        "id": known["id"],
        "status": "final",
        "code": {"coding": [{"system": RULES, "code": rule}], "text": text},
        "severity": severity,
        **({"patient": {"reference": patient}} if patient else {}),
        "identifiedDateTime": known.get("identifiedDateTime") or instant(desk.ts_us),
        "implicated": [{"reference": name_of(one)} for one in documents],
        "detail": detail,
    }
    return desk.write(made)


def remark_of(desk: Desk, about: str, rule: str) -> Resource | None:
    """Return the DetectedIssue of a rule about ``"Type/id"``, None where there is none."""
    for id_ in (named_id(about, rule), former_id(about, rule)):
        found = desk.read("DetectedIssue", id_)
        if found is not None and rule in codes(found.get("code"), RULES):
            return found
    return None
