"""Owns the way to a FHIR API: one connection, kept open, JSON in and out."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from conformance.simulators.exact import Resource, dumps, loads
from conformance.simulators.line import line_to

BUSY, PAUSE = 503, 0.05
"""Status that means: come again; seconds until then."""
_TYPE = "application/fhir+json"


@dataclass(slots=True, frozen=True)
class Answer:
    """What came back: status and resource; ``{}`` where there is no body."""

    status: int
    body: Resource

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status < 300

    @property
    def rules(self) -> list[str]:
        """The rules that an OperationOutcome names as broken."""
        issues = self.body.get("issue", []) if self.body.get("resourceType") == "OperationOutcome" else []
        codings = [
            coding
            for one in issues
            if one.get("severity") in ("error", "fatal")
            for coding in one.get("details", {}).get("coding", [{}])[:1]
        ]
        return [str(one.get("code", "")) for one in codings]

    @property
    def told(self) -> dict[str, Any]:
        """Out-parameters by name; references and identifiers as their text."""
        found: dict[str, Any] = {}
        for one in self.body.get("parameter", []):
            value = next(value for name, value in one.items() if name != "name")
            if isinstance(value, dict):
                value = value.get("reference") or value.get("value") or value
            found[one["name"]] = value
        return found


class Api:
    """One client of a FHIR API.

    Args:
        base: URL, as ``http://127.0.0.1:8080/fhir``.
        token: sent as ``Authorization: Bearer`` where there is one.
        patience: seconds for which a request is sent again while nobody answers it, or 503.
    """

    def __init__(self, base: str, token: str = "", patience: float = 0.0) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an http URL: {base}")
        self._root = f"{parts.scheme}://{parts.netloc}"
        self._path, self._patience = parts.path.rstrip("/"), patience
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._line: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Answer:
        """Read."""
        return self._ask("GET", path)

    def put(self, body: Resource, by: str = "") -> Answer:
        """Write a resource under its own id.

        Args:
            by: reference to the practitioner who acts.
        """
        return self._ask("PUT", f"/{body['resourceType']}/{body['id']}", body, by)

    def transaction(self, bodies: list[Resource], by: str = "") -> Answer:
        """Write several resources under their ids, all or none."""
        entries = [
            {
                "resource": one,
                "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
            }
            for one in bodies
        ]
        return self._ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries}, by)

    def call(self, name: str, operation: str, by: str = "", **given: Any) -> Answer:
        """Call an operation of one resource: texts, booleans, resources, lists of them, references."""
        parameters = [
            parameter(key, value)
            for key, said in given.items()
            for value in (said if isinstance(said, list) else [said])
        ]
        return self._ask(
            "POST", f"/{name}/${operation}", {"resourceType": "Parameters", "parameter": parameters}, by
        )

    def delete(self, name: str, by: str = "") -> Answer:
        """Delete a resource."""
        return self._ask("DELETE", f"/{name}", None, by)

    def _ask(self, method: str, path: str, body: Resource | None = None, by: str = "") -> Answer:
        headers = {**self._headers, "Accept": _TYPE, "Prefer": "return=minimal"}
        if by:
            headers["X-Qiao-Practitioner"] = by
        data = None
        if body is not None:
            data, headers["Content-Type"] = dumps(body).encode(), _TYPE
        return self._insisted(method, self._path + path, data, headers)

    def _insisted(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send, and again while there is patience: every request here may be repeated."""
        until = time.monotonic() + self._patience
        while True:
            try:
                answer = self._sent(method, path, data, headers)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
            else:
                if answer.status != BUSY or time.monotonic() > until:
                    return answer
            time.sleep(PAUSE)

    def _sent(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send; once more on a new line where the old one was closed meanwhile."""
        kept = self._line
        if kept is not None:
            with suppress(OSError, http.client.HTTPException):
                return _over(kept, method, path, data, headers)
        self._line = line_to(self._root)
        try:
            return _over(self._line, method, path, data, headers)
        except (OSError, http.client.HTTPException):
            self._line.close()
            self._line = None
            raise


def _over(
    line: http.client.HTTPConnection, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
) -> Answer:
    line.request(method, path, data, dict(headers))
    answer = line.getresponse()
    text = answer.read()
    return Answer(answer.status, loads(text) if text else {})


def parameter(name: str, value: Any) -> Resource:
    """Return a parameter of an operation: a boolean, a string, a resource or a Reference by what it is."""
    if isinstance(value, bool):
        return {"name": name, "valueBoolean": value}
    if isinstance(value, str):
        return {"name": name, "valueString": value}
    return (
        {"name": name, "resource": value}
        if "resourceType" in value
        else {"name": name, "valueReference": value}
    )
