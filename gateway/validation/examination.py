"""Examination: a text is read and checked, and every issue says where it stands in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical import Issue
from gateway.validation import xml
from gateway.validation.source_text import LARGEST, Unreadable, read
from gateway.validation.validator import Validator


@dataclass(slots=True, frozen=True)
class Located:
    """An issue and where it stands in the text: line and column from 1, 0 where there is no place."""

    issue: Issue
    line: int = 0
    column: int = 0


@dataclass(slots=True)
class Examination:
    """What came of one text.

    Attributes:
        type: the resource type that it says, ``""`` for none.
        issues: everything that was found, in the order of the text.
        value: the resource as parsed JSON, numbers with a point as ``Decimal``; None where it cannot be read.
            Of XML with faults it lacks what was not understood.
    """

    type: str = ""
    issues: list[Located] = field(default_factory=list)
    value: Any = None

    @property
    def valid(self) -> bool:
        """Whether nothing is worse than a warning."""
        return not any(one.issue.severity in ("error", "fatal") for one in self.issues)


def examine(
    validator: Validator,
    data: bytes,
    profiles: Sequence[str] = (),
    best_practice: bool = True,
    most: int = LARGEST,
) -> Examination:
    """Read ``data`` and check it; a text that cannot be read is one fatal issue.

    What begins with ``<`` is XML, all else JSON.

    Args:
        profiles: canonical URLs to check against, beside those in ``meta.profile``.
        best_practice: whether to name what the specification only recommends.
        most: bytes that are taken.
    """
    try:
        source = xml.read(data, most) if xml.is_xml(data) else read(data, most)
    except Unreadable as error:
        return Examination(issues=[Located(error.issue, error.line, error.column)])
    kind: Any = source.value.get("resourceType") if isinstance(source.value, dict) else None
    known = isinstance(kind, str) and validator.definitions.is_resource(kind)
    root = kind if known else "Resource"  # what is no type may be any text
    own = [
        Issue(rule.severity, rule.code, f"{root}.{path}" if path else root, rule.id, rule.text, rule.text_zh)
        for path, rule in source.faults
    ]
    issues = validator.check(source.value, profiles, best_practice)
    located = []
    if isinstance(source, xml.XmlText):  # it knows the places of its own
        located = [Located(issue, *place) for issue, place in zip(own, source.faults.values(), strict=True)]
    else:
        issues = own + issues
    places = source.places({_below(issue.where) for issue in issues}) if issues else {}
    located += [Located(issue, *places[_below(issue.where)]) for issue in issues]
    ordered = sorted(located, key=lambda one: (one.line, one.column))
    return Examination(root if known else "", ordered, source.value)


def _below(where: str) -> str:
    """The path below the resource: what stands in front is its type."""
    return where.partition(".")[2]
