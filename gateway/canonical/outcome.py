"""Outcome: the four ways in which a message can end, and the issues that explain it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(slots=True, frozen=True)
class Issue:
    """One remark on a message: what, where, and by which rule. Never patient data.

    Attributes:
        severity: FHIR ``issue-severity``.
        code: FHIR ``issue-type`` code (R4 value set issue-type), e.g. ``"value"``.
        where: source or FHIR path, e.g. ``"PID[1]-7"``.
        rule: id of the rule or mapping row, ``""`` for none.
        text: English sentence that says what to do.
        text_zh: the same in Chinese.
    """

    severity: Severity
    code: str
    where: str
    rule: str
    text: str
    text_zh: str = ""


@dataclass(slots=True)
class Stored:
    """The message is in the store.

    Attributes:
        refs: what it wrote, as ``"Patient/<id>/_history/<version>"``, new versions only.
        issues: remarks that did not prevent it.
    """

    refs: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Quarantined:
    """The message is kept, not stored as resources, and can be replayed.

    Attributes:
        reason: short machine-readable word (``"unknown-type"``, ``"no-patient"``).
        issues: what an operator must know to mend it.
    """

    reason: str
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Refused:
    """The message breaks a rule; the sender is told which one, with the article.

    Attributes:
        issues: the broken rules.
    """

    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class NotUnderstood:
    """The message is given back: its sender keeps it, and must mend it. Its bytes are kept to be looked at.

    Attributes:
        reason: short machine-readable word (``"no-control-id"``).
        issues: what the sender must know; ``rule`` names the condition of HL7 table 0357 (``HL70357/101``).
    """

    reason: str
    issues: list[Issue] = field(default_factory=list)


Outcome = Stored | Quarantined | Refused | NotUnderstood
