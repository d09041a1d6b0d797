"""Invented catalogues, checks and attestations for the tests of results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from conformance.catalogue.model import Catalogue, Citation, Document, Method, Requirement
from conformance.harness.verdict import Verdict
from conformance.harness.words import Words, same
from conformance.result.judge import judge
from conformance.result.model import (
    Attestation,
    CheckResult,
    Course,
    Coverage,
    Definitions,
    Environment,
    RequirementResult,
    Result,
    Score,
    Standing,
    State,
    Tested,
    Tool,
)
from conformance.result.requirement import Method as Way

DAY = date(2026, 3, 6)
STACK = ("cn", "cn-chongqing")


def document(name: str = "NAT", where: str = "cn", **more: Any) -> Document:
    """A document that holds in a jurisdiction."""
    given = {"since": None, "until": None, "legal": True, **more}
    return Document(
        id=name, title=Words("办法", "Measures"), number=f"{name}号", jurisdiction=where, sha256="0" * 64,
        articles=("第一条",), headings={}, beyond=(), note=None, **given,
    )  # fmt: skip


def row(
    name: str = "NAT-1",
    *texts: Document,
    methods: Sequence[Method] = ("automatic",),
    topic: str = "A",
    **more: Any,
) -> Requirement:
    """A row drawn from one or several documents."""
    people = any(one != "automatic" for one in methods)
    given = {"organisational": False, "critical": False, "reason": None, **more}
    if "automatic" not in methods and given["reason"] is None:
        given["reason"] = Words("只能由人查看", "only people can see it")
    return Requirement(
        id=name,
        topic=topic,
        title=Words("要求", "requirement"),
        citations=tuple(
            Citation(one.id, "第一条", one.jurisdiction, "应当。", since=one.since, until=one.until)
            for one in texts or (document(),)
        ),
        methods=tuple(methods),
        attest=Words("应见文件", "the document") if people else None,
        advice=Words("改正", "mend it"),
        **given,
    )


def catalogue(*rows: Requirement, documents: Iterable[Document] = ()) -> Catalogue:
    """A catalogue of some rows."""
    known = [document(), document("R4", "any", legal=False), *documents]
    return Catalogue({one.id: one for one in known}, {one.id: one for one in rows}, (), "0" * 64)


def tried(
    verdict: str = "pass", name: str = "suite.one", requirement: str = "NAT-1", **more: Any
) -> CheckResult:
    """What became of a check."""
    reason = None if verdict == "pass" else Words(f"因为{verdict}", f"because {verdict}")
    given = {"critical": False, "reason": reason, **more}
    return CheckResult(
        name, name.partition(".")[0], requirement, same(name), verdict=Verdict(verdict), **given
    )


def several(verdicts: Iterable[str], requirement: str = "NAT-1") -> list[CheckResult]:
    """What became of several checks of a row; ``FAIL`` is a critical one that failed."""
    return [
        tried(one.lower(), f"suite.c{n}", requirement, critical=one == "FAIL")
        for n, one in enumerate(verdicts)
    ]


def attested(finding: str = "conformant", method: str = "document", **more: Any) -> Attestation:
    """An attestation."""
    given = {
        "requirement": "NAT-1",
        "who": "王评审",
        "role": "评审员",
        "when": "2026-01-05",
        "note": "见文件",
        **more,
    }
    return Attestation(method=Way(method), finding=State(finding), **given)


def standing(finding: str = "conformant", method: str = "document", **more: Any) -> Standing:
    """An attestation that holds."""
    return Standing(attested(finding, method, **more), True)


def judged(
    one: Requirement, checks: Iterable[CheckResult] = (), attestations: Iterable[Standing] = ()
) -> RequirementResult:
    """The verdict of a catalogue's only row."""
    found = judge(catalogue(one), checks, attestations, stack=STACK, day=DAY)
    assert len(found) == 1
    return found[0]


def result(
    checks: Iterable[CheckResult] = (), requirements: Iterable[RequirementResult] = (), **more: Any
) -> Result:
    """A result of a run."""
    made = Result(
        Tool("qiao", "0.1.0", Definitions("a" * 64, {"suite": "b" * 64}, "c" * 64)),
        Course("r3f9a1c", 7, "2026-03-06T08:00:00Z", "2026-03-06T08:01:30Z", 90.2, True, STACK, ("suite",)),
        Tested("示例网关", "http://127.0.0.1:8080/fhir", "qiao", "0.1.0", "4.0.1", ("fhir", "mllp:his")),
        Environment("3.11.7", "Linux", {"httpx": "0.28.1"}),
        Score(87.5, 91.2, 59.0, ("NAT-1",)),
        Coverage(102, 81),
        tuple(checks),
        tuple(requirements),
    )
    return replace(made, **more)
