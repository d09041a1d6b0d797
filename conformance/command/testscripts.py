"""``qiao conformance testscript``: other people's FHIR TestScripts, run against a target (R4 TestScript)."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from conformance.command.printed import Stopped, as_json, line, notice
from conformance.command.running import target_of
from conformance.command.words import language, said, say
from conformance.evidence.masking import Masker
from conformance.harness.client import Client, Line, Scribe
from conformance.harness.target import Target
from conformance.harness.verdict import Ended
from conformance.simulators.exact import dumps
from conformance.testscript import (
    ActionResult,
    Destination,
    HttpxSender,
    ProcessValidator,
    ScriptResult,
    ServerValidator,
    Settings,
    load,
    test_report,
)
from conformance.testscript import (
    run as run_script,
)
from conformance.testscript.harness_sender import learning
from conformance.testscript.result import STOPS


def run(options: argparse.Namespace) -> int:
    """Run every script; 0 where all passed."""
    servers = _servers(options)
    if options.report:
        options.report.mkdir(parents=True, exist_ok=True)
    results = [_one(path, servers, options) for path in options.files]
    return 0 if all(one.passed for one in results) else 1


def _servers(options: argparse.Namespace) -> dict[int, Destination]:
    """Return the target as server 0, and those that have numbers of their own."""
    target = target_of(options)
    servers = {0: Destination(target.fhir, _held(target), target.name)}
    for text in options.destination:
        number, _, url = text.partition("=")
        if not number.isdecimal() or "://" not in url:
            raise Stopped(say("no-destination", text=text))
        servers[int(number)] = Destination(url.rstrip("/"), {}, url)
    return servers


def _held(target: Target) -> dict[str, str]:
    """Return the headers that let the operator in. Raises :class:`Stopped`: a login was refused."""
    identity = target.identities.get("operator")
    if identity is None:
        return {}
    lines = Line(target)
    try:
        return Client(lines, identity, Scribe("login")).held()
    except Ended as refused:
        raise Stopped(said(refused.reason)) from None
    finally:
        lines.close()


def _one(path: Path, servers: dict[int, Destination], options: argparse.Namespace) -> ScriptResult:
    target, masker = target_of(options), Masker()
    identity = target.identities.get("operator")
    with HttpxSender(ca=target.ca or None, cert=identity.cert if identity else None) as plain:
        sender = learning(plain, masker)
        validator = (
            ProcessValidator(shlex.split(options.validator))
            if options.validator
            else ServerValidator(sender, servers[0])
        )
        settings = Settings(
            validator=validator,
            variables=_variables(options.variable),
            folder=options.fixtures,
            anywhere=options.anywhere,
            mask=masker.text,
        )
        result = run_script(load(path), servers, sender=sender, settings=settings)
    _told(path, result, options)
    if options.report:
        text = dumps(test_report(result, language()))
        (options.report / f"{path.stem}.testreport.json").write_text(text + "\n", "utf-8")
    return result


def _variables(listed: list[str]) -> dict[str, str]:
    """Return the variables by name. Raises :class:`Stopped`: one has no value."""
    if wrong := [one for one in listed if not one.partition("=")[1] or one.startswith("=")]:
        raise Stopped(say("no-variable", text=wrong[0]))
    pairs = [one.partition("=") for one in listed]
    return {name: value for name, _, value in pairs}


def _told(path: Path, result: ScriptResult, options: argparse.Namespace) -> None:
    if options.json:
        as_json(_summary(path, result))
        return
    verdict = "pass" if result.passed else "fail"
    line(f"{verdict}  {result.score:5.1f}  {path.name}  {said(result.problem)}".rstrip())
    parts = (("setup", result.setup), *((one.name or "test", one.actions) for one in result.tests))
    for name, actions in parts:
        for action in actions:
            if action.result in STOPS:
                notice(f"  {name}: {_what(action)}")
    for note in result.notes:
        notice(f"  {said(note)}")


def _what(action: ActionResult) -> str:
    return " | ".join(
        one for one in (str(action.result), action.label, action.detail, said(action.message)) if one
    )


def _summary(path: Path, result: ScriptResult) -> dict[str, Any]:
    return {"script": str(path), "passed": result.passed, "score": result.score, "counts": result.counts(),
            "problem": said(result.problem) or None, "seconds": result.seconds}  # fmt: skip
