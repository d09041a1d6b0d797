"""The exception tree of qiao. Every error is one of two words: permanent or temporary.

    Exception
    └── QiaoError                 anything that qiao raises on purpose
        ├── Rejected              permanent: the same bytes will fail again
        │   ├── Misconfigured     permanent until a file of the operator changes (exit code 2)
        │   └── Refusal           understood, and against a rule of the regulator
        └── Retry(after)          temporary: the same bytes may succeed later

Messages never carry patient data: they may name a segment, a field, a rule, a file or a line,
never the value that stood there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


class QiaoError(Exception):
    """Anything that qiao raises on purpose."""


class Rejected(QiaoError):
    """The input can never succeed as it stands.

    Args:
        reason: one English sentence without patient data.
        code: a short machine-readable word, e.g. ``"not-hl7"``; it becomes the reason of a
            quarantine, a counter's label and the ``details.text`` of an OperationOutcome.
        where: the place in the source (``"PID-7"``, ``"PID.yaml:12"``), if there is one.
    """

    def __init__(self, reason: str, *, code: str = "rejected", where: str = "") -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.code = code
        self.where = where


class Misconfigured(Rejected):
    """A file or setting of the operator is wrong; says which one and what to do."""


@dataclass(slots=True, frozen=True)
class Ground:
    """Why something is refused: one broken rule, for the person who has to put it right. No patient data.

    Attributes:
        rule: id of the rule in its policy pack.
        text: English sentence that says what is wrong and what to do.
        text_zh: the same in Chinese.
        requirement: id of the requirement (``"NAT-20.1"``), ``""`` for none.
        article: of the law or notice (``"互联网诊疗管理办法 第二十条"``), ``""`` for none.
        where: FHIR path of the element (``"MedicationRequest.requester"``), ``""`` for none.
        severity: FHIR ``issue-severity``; what only warns stands beside what refuses.
        code: FHIR ``issue-type`` of its own, ``""``: that of the refusal.
    """

    rule: str
    text: str
    text_zh: str = ""
    requirement: str = ""
    article: str = ""
    where: str = ""
    severity: str = "error"
    code: str = ""


class Refusal(Rejected):
    """What was asked for is understood and against a rule; it says which one, with the article.

    Args:
        issues: the grounds, at least one.
        code: ``business-rule`` (422), ``conflict``: the state does not allow it (409), ``login``: nobody
            has said who acts (401), ``forbidden``: who acts may not (403).
    """

    def __init__(self, issues: Sequence[Ground], *, code: str = "business-rule") -> None:
        super().__init__(issues[0].text, code=code, where=issues[0].where)
        self.issues = tuple(issues)


class Retry(QiaoError):
    """The work could not be done now; the same bytes may succeed later.

    Args:
        reason: one English sentence without patient data.
        after: seconds after which another try makes sense.
        first: what the next try needs, to be called beside the writer's thread: it may wait for somebody
            else, and raises ``Retry`` where it cannot be done now; None: nothing but time.
    """

    def __init__(self, reason: str, *, after: float = 1.0, first: Callable[[], object] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.first = first
