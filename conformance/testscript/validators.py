"""Owns who says whether a resource fits a profile: the server's own ``$validate``, or a separate program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from conformance.testscript.content import MEDIA, Content, read_json
from conformance.testscript.sender import Destination, Sender
from conformance.testscript.unusable import Unusable

ERRORS = frozenset({"error", "fatal"})
_DONE = frozenset({200, 412, 422})
"""R4 answers 200 where validation took place; older servers say by 412 or 422 what it found."""
_UNKNOWN = frozenset({"not-found", "not-supported"})


@dataclass(slots=True, frozen=True)
class Issue:
    """What a validator found; ``place`` is a FHIRPath into the resource."""

    severity: str
    text: str
    place: str = ""


class Validator(Protocol):
    """Validates a resource against a profile.

    Raises:
        Unusable: it could not: no such profile, no answer, nothing that could be validated.
    """

    def __call__(self, content: Content, profile: str) -> list[Issue]:
        """Return what was found."""
        ...


class ServerValidator:
    """The ``$validate`` of a server (R4 resource-operation-validate)."""

    def __init__(self, sender: Sender, destination: Destination) -> None:
        self._sender, self._destination = sender, destination

    def __call__(self, content: Content, profile: str) -> list[Issue]:
        """Return the issues of the OperationOutcome. Raises ``Unusable``: the server did not validate."""
        type_ = str(content.resource["resourceType"])
        url = f"{self._destination.base}/{type_}/$validate?profile={quote(profile, safe='')}"
        headers = {
            **self._destination.headers, "Accept": MEDIA["json"], "Content-Type": MEDIA[content.format],
        }  # fmt: skip
        answer = self._sender("POST", url, headers, content.body)
        said = Content(answer.body, answer.headers, answer.status)
        if answer.status not in _DONE or said.type != "OperationOutcome":
            raise Unusable(
                f"服务器的 $validate 未作校验（{answer.status}）",
                f"the server's $validate did not validate ({answer.status})",
            )
        return _issues(said.resource.get("issue"))


def _issues(raw: Any) -> list[Issue]:
    issues = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    for one in issues:
        if one.get("code") in _UNKNOWN:
            raise Unusable("服务器不认识该规范（profile）", "the server does not know the profile")
    return [Issue(str(one.get("severity", "error")), _text(one), _place(one)) for one in issues]


def _text(issue: dict[str, Any]) -> str:
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    return str(issue.get("diagnostics") or text or issue.get("code", ""))


def _place(issue: dict[str, Any]) -> str:
    found = issue.get("expression") or issue.get("location")
    return str(found[0]) if isinstance(found, list) and found else ""


class ProcessValidator:
    """A validator program, run once for each resource.

    It gets ``--profile URL -`` behind its own arguments and the resource on standard input, prints a line of
    JSON (``{"valid": …, "issues": [{"severity", "location", "message"}]}``), and exits 0 or 1.
    ``qiao validate --json`` is one; ``--definitions FILE`` among its arguments gives it further profiles.
    """

    def __init__(self, command: Sequence[str], *, seconds: float = 60.0) -> None:
        self._command, self._seconds = tuple(command), seconds

    def __call__(self, content: Content, profile: str) -> list[Issue]:
        """Return what the program found. Raises ``Unusable``: it could not be run, or could not validate."""
        try:
            done = subprocess.run(  # noqa: S603 -- the command is the user's own setting
                [*self._command, "--profile", profile, "-"],
                input=content.body, capture_output=True, timeout=self._seconds, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            why = type(error).__name__
            raise Unusable(f"校验程序无法运行：{why}", f"the validator cannot be run: {why}") from error
        if done.returncode not in (0, 1):
            why = done.stderr.decode("utf-8", "replace").strip()[-300:]
            raise Unusable(f"校验程序未作校验：{why}", f"the validator did not validate: {why}")
        return self._read(done.stdout)

    @staticmethod
    def _read(output: bytes) -> list[Issue]:
        found = read_json(output.strip().partition(b"\n")[0])
        if not isinstance(found, dict) or not isinstance(found.get("valid"), bool):
            raise Unusable("校验程序的输出无法理解", "the validator's output is not understood")
        issues = [
            Issue(str(one.get("severity")), str(one.get("message")), str(one.get("location", "")))
            for one in found.get("issues", [])
            if isinstance(one, dict)
        ]
        if not found["valid"] and not any(one.severity in ERRORS for one in issues):
            issues.append(Issue("error", json.dumps(found, ensure_ascii=False)[:300]))
        return issues
