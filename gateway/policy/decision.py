"""Decision: what the rules make of a Case: findings with rule, article and verdict; the strictest counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.canonical.outcome import Issue, Severity

Verdict = Literal["pass", "flag", "warn", "hold", "refuse"]
"""From mild to strict. ``flag``: noted beside the document. ``warn``: told to who asks. ``hold``: a person
must look before it takes effect: the pharmacist, so that only prescriptions are held. ``refuse``: it must
not happen."""

STRICTNESS: dict[Verdict, int] = {"pass": 0, "flag": 1, "warn": 2, "hold": 3, "refuse": 4}

Code = Literal["business-rule", "required", "conflict", "forbidden", "login"]
"""FHIR issue-type of a refusal, and so its HTTP status."""

STATUS: dict[Code, int] = {
    "business-rule": 422,
    "required": 422,
    "conflict": 409,
    "forbidden": 403,
    "login": 401,
}

_SEVERITY: dict[Verdict, Severity] = {
    "flag": "information",
    "warn": "warning",
    "hold": "warning",
    "refuse": "error",
}


@dataclass(slots=True, frozen=True)
class Finding:
    """One rule that applies.

    Attributes:
        rule: id of the rule.
        requirement: id of the row of the requirements.
        article: document and article.
        verdict: what follows; a rule whose pack has run out only warns.
        code: what kind of refusal it is.
        text: English sentence, never patient data.
        text_zh: the same in Chinese.
        where: places in the documents, ``"MedicationRequest/m1.dosageInstruction"``.
        lapsed: True where the text that it rests on is past its validity.
    """

    rule: str
    requirement: str
    article: str
    verdict: Verdict
    code: Code
    text: str
    text_zh: str
    where: tuple[str, ...] = ()
    lapsed: bool = False

    @property
    def issue(self) -> Issue:
        """The same as an issue of an outcome; the article is in its texts."""
        code = self.code if self.verdict == "refuse" else "business-rule"
        return Issue(
            _SEVERITY[self.verdict],
            code,
            self.where[0] if self.where else "",
            self.rule,
            f"{self.text} [{self.requirement}: {self.article}]",
            f"{self.text_zh}〔{self.requirement}：{self.article}〕",
        )


@dataclass(slots=True, frozen=True)
class Decision:
    """What the rules say.

    Attributes:
        findings: the strictest first, then in the order of the packs.
    """

    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The strictest verdict, ``"pass"`` where no rule applies."""
        return self.findings[0].verdict if self.findings else "pass"

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that refuse."""
        return tuple(one for one in self.findings if one.verdict == "refuse")

    @property
    def status(self) -> int:
        """HTTP status of a refusal (401 before 403 before 409 before 422), 200 where nothing refuses."""
        return min((STATUS[one.code] for one in self.refusals), default=200)
