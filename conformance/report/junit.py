"""Owns ``junit.xml``: checks as test cases for servers that build and test, as every schema of it allows.

A suite of checks is a ``testsuite``. What was skipped or not tested is ``skipped`` with its reason; an error
of the harness is ``error``. Two suites more say what no check does: ``harness`` (errors outside a check) and
``untested`` (requirements of which no check speaks).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from conformance.harness.verdict import Verdict
from conformance.report.plain import shown, visible
from conformance.report.wording import TEXT
from conformance.result.model import CheckResult, Result
from conformance.result.requirement import RequirementResult, State

LENGTH = 4000

_KINDS = {Verdict.FAIL: "failure", Verdict.ERROR: "error"}


@dataclass(slots=True, frozen=True)
class Case:
    """A test case; ``kind``: ``failure``, ``error``, ``skipped``, or empty when it passed."""

    group: str
    name: str
    kind: str = ""
    type: str = ""
    message: str = ""
    detail: str = ""
    seconds: float = 0.0


def junit(result: Result, lang: str) -> bytes:
    """Return ``junit.xml``, its texts in one language."""
    root = etree.Element("testsuites")
    suites = [(one.id, one.title.said(lang), _cases(result, one.id, lang)) for one in result.suites]
    known = {one.id for one in result.suites}
    strays = [_case(one, lang) for one in result.checks if one.suite not in known]
    troubles = [Case("harness", one.where, "error", "error", one.what) for one in result.errors]
    untested = [_untested(one, lang) for one in result.requirements if _silent(one)]
    rest = (
        ("harness", TEXT["errors"], [*strays, *troubles]),
        ("untested", TEXT["untested-requirements"], untested),
    )
    for name, title, cases in [
        *suites,
        *((name, words.said(lang), cases) for name, words, cases in rest if cases),
    ]:
        root.append(_suite(result, len(root), name, title, cases))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _cases(result: Result, suite: str, lang: str) -> list[Case]:
    return [_case(one, lang) for one in result.checks if one.suite == suite]


def _case(one: CheckResult, lang: str) -> Case:
    if one.verdict is Verdict.PASS:
        return Case(one.suite, _name(one.id), detail=" ".join(one.evidence), seconds=one.seconds)
    message = (one.reason or one.title).said(lang)
    return Case(
        one.suite,
        _name(one.id),
        _KINDS.get(one.verdict, "skipped"),
        str(one.verdict),
        message,
        _detail(one, lang),
        one.seconds,
    )


def _name(id: str) -> str:
    return id.partition(".")[2] or id


def _detail(one: CheckResult, lang: str) -> str:
    labels = [
        TEXT[name].said(lang) for name in ("requirement", "step", "expected", "actual", "evidence", "advice")
    ]
    lines = [f"{labels[0]}: {one.requirement}", one.title.said(lang)]
    for number, step in enumerate((step for step in one.steps if not step.ok), 1):
        said = (step.action, step.expected, step.actual)
        lines += [
            f"{label}: {words.said(lang)}"
            for label, words in zip((f"{labels[1]} {number}", *labels[2:4]), said, strict=True)
        ]
    lines.append(f"{labels[4]}: {' '.join(one.evidence) or '—'}")
    if one.advice is not None:
        lines.append(f"{labels[5]}: {one.advice.said(lang)}")
    return "\n".join(lines)


def _silent(one: RequirementResult) -> bool:
    """A requirement that applies and of which no check speaks."""
    return one.applies and one.verdict is State.NOT_TESTED and not one.checks


def _untested(one: RequirementResult, lang: str) -> Case:
    return Case("untested", one.id, "skipped", "not-tested", one.reason.said(lang), one.title.said(lang))


def _suite(result: Result, number: int, name: str, title: str, cases: Sequence[Case]) -> etree._Element:
    suite = etree.Element(
        "testsuite",
        name=_token(name),
        package="conformance",
        id=str(number),
        hostname=_token(result.target.name) or "localhost",
        timestamp=_instant(result.run.started),
        tests=str(len(cases)),
        failures=str(_count(cases, "failure")),
        errors=str(_count(cases, "error")),
        skipped=str(_count(cases, "skipped")),
        time=f"{sum(one.seconds for one in cases):.3f}",
    )
    properties = etree.SubElement(suite, "properties")
    about = (
        ("title", title),
        ("target", result.target.fhir),
        ("run", result.run.id),
        ("score" if result.run.whole else "score-part", str(result.score.value)),
    )
    for key, value in about:
        etree.SubElement(properties, "property", name=key, value=visible(value))
    suite.extend(_element(one) for one in cases)
    passed = (f"{one.name}: {one.detail}" for one in cases if not one.kind and one.detail)
    etree.SubElement(suite, "system-out").text = visible("\n".join(passed))
    etree.SubElement(suite, "system-err").text = ""
    return suite


def _count(cases: Iterable[Case], kind: str) -> int:
    return sum(one.kind == kind for one in cases)


def _element(one: Case) -> etree._Element:
    case = etree.Element(
        "testcase", name=_token(one.name), classname=_token(one.group), time=f"{one.seconds:.3f}"
    )
    if one.kind:
        said = shown(one.message, "en", LENGTH)
        etree.SubElement(case, one.kind, type=one.type, message=said).text = shown(
            one.detail or one.message, "en", LENGTH
        )
    return case


def _token(text: str) -> str:
    """XML Schema's token: no white space but single blanks inside."""
    return " ".join(shown(text, "en", 200).split())


def _instant(instant: str) -> str:
    """In UTC: the schema allows no zone. What is no instant becomes the first of all, which is valid."""
    try:
        read = datetime.fromisoformat(instant)
    except ValueError:
        return "1970-01-01T00:00:00"
    return f"{(read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
