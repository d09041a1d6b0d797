"""Entering: what enters the ledger of a visit, and the flags beside its documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.canonical import Resource
from gateway.feed.remark import Severity, remark
from gateway.policy import Finding
from gateway.store import Desk, Entered, Entry, Version
from gateway.store.supervised_business import named_in

DIAGNOSIS = "Condition"
"""Type of a diagnosis."""

MEDICATION = "Medication"
"""Type of what a drug is, where a line tells it by reference."""

_NAMED = (DIAGNOSIS, MEDICATION)
_NAMING = (b'"Condition/', b'"Medication/')
_SEVERITY: Mapping[str, Severity] = {"refuse": "high", "hold": "high", "warn": "moderate", "flag": "low"}


def enter(
    desk: Desk,
    kind: str,
    event: str,
    members: Sequence[Version],
    *,
    serial: str = "",
    back: int = 0,
) -> Entered:
    """Append an entry about the first of its members; diagnoses and drugs that these name are, too."""
    whole = (*members, *_named(desk, members))
    return desk.append(Entry(kind, event, members[0], whole, serial, back))


def _named(desk: Desk, members: Sequence[Version]) -> Iterator[Version]:
    """Yield the current versions of the diagnoses and drugs that some versions name."""
    known = {(one.type, one.id) for one in members}
    naming = [one.body for one in members if any(mark in one.body for mark in _NAMING)]
    for type_, id_ in dict.fromkeys(found for body in naming for found in named_in(body)):
        version = desk.version(type_, id_) if type_ in _NAMED and (type_, id_) not in known else None
        if version is not None and not version.deleted:
            yield version


def last_about(desk: Desk, name: str, kind: str = "") -> Entered | None:
    """Return the newest entry about ``"Type/id"``, None where there is none."""
    type_, _, id_ = name.partition("/")
    found = [one for one in desk.entries_about(type_, id_) if not kind or one.kind == kind]
    return found[-1] if found else None


def last_number(desk: Desk, name: str) -> int:
    """Return the number of the newest entry about ``"Type/id"``, 0 where there is none."""
    last = last_about(desk, name)
    return last.n if last else 0


def flag(desk: Desk, documents: Sequence[Resource], findings: Sequence[Finding]) -> list[Version]:
    """Write a DetectedIssue for each finding beside the document; the same one again makes no other."""
    flags = [_remark(desk, documents, one) for one in findings]
    desk.supervise(flags)
    return flags


def _remark(desk: Desk, documents: Sequence[Resource], finding: Finding) -> Version:
    said = f"{finding.text} [{finding.requirement}: {finding.article}]"
    severity = _SEVERITY.get(finding.verdict, "low")
    return remark(desk, documents, finding.rule, finding.text_zh or finding.text, said, severity)
