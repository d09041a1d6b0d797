"""Owns ``testreport.json``: the run as a FHIR R4 ``TestReport``, with a ``test`` for each check.

http://hl7.org/fhir/R4/testreport.html. ``setup`` has what went wrong in the harness, ``teardown`` the seeded
data that is left: without either there is none.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.report.plain import shown
from conformance.report.wording import TEXT
from conformance.result.model import CheckResult, Result, Step

Resource = dict[str, Any]
LENGTH = 4000

_RESULTS = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.ERROR: "error"}


def as_test_report(result: Result, lang: str, *, tester: str = "") -> Resource:
    """Return the resource, its texts in one language."""
    report: Resource = {
        "resourceType": "TestReport",
        "language": "zh-CN" if lang == "zh" else "en",
        "text": {"status": "generated", "div": _narrative(result, lang)},
        "identifier": {"system": "urn:qiao:conformance:run", "value": _string(result.run.id)},
        "name": _string(f"{TEXT['title'].said(lang)} · {result.target.name}"),
        "status": "completed" if result.run.complete else "stopped",
        "testScript": _script(result),
        "result": _whole(result),
        "score": result.score.value,
        "tester": _string(tester or f"{result.tool.name} {result.tool.version}"),
        "issued": result.run.finished or result.run.started,
        "participant": _participants(result),
    }
    if result.errors:
        report["setup"] = {"action": [_assert("error", f"{one.where}: {one.what}") for one in result.errors]}
    if result.checks:
        report["test"] = [_test(one, lang) for one in result.checks]
    if result.left:
        report["teardown"] = {"action": [_left(one, lang) for one in result.left]}
    return {name: value for name, value in report.items() if value != ""}


def dumps(report: Resource) -> bytes:
    """Return the resource as its file stands."""
    return (json.dumps(report, ensure_ascii=False, indent=1) + "\n").encode()


def _narrative(result: Result, lang: str) -> str:
    score = f"{TEXT['score' if result.run.whole else 'score-part'].said(lang)} {result.score.value}"
    lines = (f"{TEXT['title'].said(lang)} · {_string(result.target.name)}", TEXT["stamp"].said(lang), score)
    said = Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'


def _whole(result: Result) -> str:
    verdicts = {one.verdict for one in result.checks}
    if Verdict.FAIL in verdicts:
        return "fail"
    quiet = result.run.complete and not result.errors
    return "pass" if quiet and verdicts == {Verdict.PASS} else "pending"


def _script(result: Result) -> Resource:
    """R4 asks for the script; ours is no TestScript, so it is named by the hash of its definitions."""
    definitions = result.tool.definitions
    display = f"{result.tool.name} {result.tool.version}: {', '.join(result.run.suites) or '—'}"
    value = definitions.harness or definitions.catalogue or result.tool.version
    return {
        "identifier": {"system": "urn:qiao:conformance:definitions", "value": _string(value)},
        "display": _string(display),
    }


def _participants(result: Result) -> list[Resource]:
    engine = f"{result.tool.name} {result.tool.version}"
    return [
        {"type": "test-engine", "uri": "urn:qiao:conformance", "display": _string(engine)},
        {"type": "server", "uri": _uri(result.target.fhir), "display": _string(result.target.name)},
    ]


def _test(one: CheckResult, lang: str) -> Resource:
    actions = [_step(step, one.verdict, lang) for step in one.steps]
    if one.verdict is not Verdict.PASS or not actions:
        said = (one.reason or one.title).said(lang)
        actions.append(_assert(_RESULTS.get(one.verdict, "skip"), said, _evidence(one.evidence)))
    return {
        "name": _string(one.id),
        "description": _string(f"{one.requirement}: {one.title.said(lang)}"),
        "action": actions,
    }


def _step(step: Step, verdict: Verdict, lang: str) -> Resource:
    label = (
        Words("；", "; ")
        .said(lang)
        .join(
            f"{TEXT[name].said(lang)}: {words.said(lang)}"
            for name, words in (("step", step.action), ("expected", step.expected), ("actual", step.actual))
        )
    )
    bad = "warning" if verdict is Verdict.PASS else _RESULTS.get(verdict, "skip")
    return _assert("pass" if step.ok else bad, label, _evidence(step.evidence))


def _assert(found: str, message: str, detail: str = "") -> Resource:
    said = {"result": found, "message": shown(message, "en", LENGTH) if message.strip() else "—"}
    return {"assert": {**said, "detail": detail} if detail else said}


def _left(what: str, lang: str) -> Resource:
    return {"operation": {"result": "fail", "message": _string(f"{TEXT['left'].said(lang)}: {what}")}}


def _evidence(names: tuple[str, ...]) -> str:
    return f"evidence/{quote(names[0].partition('-')[0])}.json" if names else ""


def _uri(address: str) -> str:
    return quote(address, safe=":/?#[]@!$&'()*+,;=%~") or "urn:qiao:unknown"


def _string(text: str) -> str:
    """A string of FHIR is never blank."""
    said = shown(text, "en", 1000)
    return said if said.strip() else "—"
