"""Writes a result as a FHIR TestReport (R4 TestReport), its texts in one language."""

from __future__ import annotations

from typing import Any

from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.testscript.result import ActionResult, Result, ScriptResult

ENGINE = "urn:qiao:conformance:testscript"


def test_report(
    result: ScriptResult,
    lang: str = "en",  # noqa: PT028 -- no test of ours: FHIR calls it so
    *,
    tester: str = "",  # noqa: PT028
) -> Resource:
    """Return the TestReport of a result: setup, tests and teardown in the order of the script.

    Args:
        lang: ``zh`` or ``en``.
        tester: name of who ran it.
    """
    script = result.script
    report: Resource = {
        "resourceType": "TestReport",
        "name": script.title or script.name or script.file.stem,
        "status": "completed",
        "testScript": _reference(result),
        "result": "pass" if result.passed else "fail",
        "score": result.score,
        "tester": tester,
        "issued": result.started,
        "participant": _participants(result),
    }
    report |= _sections(result, lang)
    return {name: value for name, value in report.items() if value not in ("", [], None)}


def _reference(result: ScriptResult) -> Resource:
    """The script's canonical URL; one that nobody can follow (``urn:``) is an identifier."""
    script = result.script
    found: Resource = {"type": "TestScript"}
    if script.url.startswith(("http://", "https://")):
        found["reference"] = script.url
    elif script.url:
        found["identifier"] = {"system": "urn:ietf:rfc:3986", "value": script.url}
    return {**found, "display": f"{script.name or script.file.name} {script.version}".strip()}


def _participants(result: ScriptResult) -> list[Resource]:
    servers = [
        {"type": "server", "uri": base, **({"display": name} if name else {})}
        for base, name in result.servers
    ]
    return [{"type": "test-engine", "uri": ENGINE, "display": "qiao"}, *servers]


def _sections(result: ScriptResult, lang: str) -> Resource:
    """A script that could not be read has no actions to report: one stands for the whole of it."""
    if not (result.setup or result.tests) and result.problem is not None:
        told = ActionResult("operation", Result.ERROR, result.problem)
        return {"test": [{"name": result.script.file.name, "action": [_action(told, lang)]}]}
    found: Resource = {}
    if result.setup:
        found["setup"] = {"action": [_action(one, lang) for one in result.setup]}
    found["test"] = [
        {name: value for name, value in _test(one, lang).items() if value}
        for one in result.tests
        if one.actions
    ]
    if result.teardown:
        found["teardown"] = {"action": [_action(one, lang) for one in result.teardown]}
    return found


def _test(one: Any, lang: str) -> Resource:
    return {
        "name": one.name,
        "description": one.description,
        "action": [_action(each, lang) for each in one.actions],
    }


def _action(found: ActionResult, lang: str) -> Resource:
    inner: Resource = {"result": str(found.result)}
    if message := _message(found.message, lang):
        inner["message"] = message
    detail = found.description or found.label if found.kind == "assert" else _uri(found.detail)
    if detail:
        inner["detail"] = detail
    return {found.kind: inner}


def _message(words: Words, lang: str) -> str:
    return words.said(lang).strip()


def _uri(text: str) -> str:
    """``operation.detail`` is a uri, which has no white space."""
    return text if text and not any(one.isspace() for one in text) else ""
