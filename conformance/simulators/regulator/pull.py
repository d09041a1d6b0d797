"""Owns the other direction: fetches ledgers, acknowledges, countersigns, sends findings."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from conformance.simulators import jws
from conformance.simulators.exact import Resource, dumps, loads
from conformance.simulators.line import line_to
from conformance.simulators.regulator import ledger, message
from conformance.simulators.regulator.platform import Platform, finding

_TYPE = "application/fhir+json"


class Unanswered(Exception):
    """The hospital's gateway did not do what it was asked; says what it said."""


@dataclass(slots=True, frozen=True)
class Hospital:
    """A gateway that is asked.

    Attributes:
        url: ``http://HOST:PORT``, or ``https``.
        tenant: whose ledger.
    """

    url: str
    token: str = ""
    tenant: str = "default"

    def ask(self, method: str, path: str, body: Resource | None = None) -> Resource:
        """Return what it answers. Raises :class:`Unanswered`."""
        headers = {"Accept": _TYPE, "Content-Type": _TYPE}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        line = line_to(self.url)
        try:
            line.request(method, path, None if body is None else dumps(body).encode(), headers)
            answer = line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(type(error).__name__) from None
        finally:
            line.close()
        if answer.status >= 300:
            raise Unanswered(f"{answer.status} {text[:300].decode('utf-8', 'replace')}")
        found: Resource = loads(text) if text else {}
        return found

    def parameters(self, path: str, **said: Any) -> Resource:
        """Send Parameters of numbers and texts."""
        listed = [
            {"name": name, "valueInteger" if isinstance(value, int) else "valueString": value}
            for name, value in said.items()
        ]
        return self.ask("POST", path, {"resourceType": "Parameters", "parameter": listed})


def pull(platform: Platform, hospital: Hospital, count: int = 200) -> int:
    """Fetch what it has not got yet, look at it, and acknowledge it; returns how many entries came.

    Raises:
        Unanswered: the gateway does not answer as it should.
    """
    came = 0
    while True:
        _, run = platform.book.hashes(hospital.tenant)
        path = f"/feed/{hospital.tenant}?after={len(run)}&_count={count}"
        page = hospital.ask("GET", path)
        found = [one["resource"] for one in page.get("entry", [])]
        inner = next((one for one in found if one["resourceType"] == "Bundle"), None)
        if inner is None:
            return came
        read = message.of_bundle(inner)
        results = platform.taken(read, "pull")
        wrong = [one for one in results if one.code not in ("ok", "repeat")]
        if wrong:
            raise Unanswered(f"entry {wrong[0].n}: {wrong[0].reason}")
        came += sum(one.code == "ok" for one in results)
        last = read.entries[-1]
        hospital.parameters(f"/feed/{hospital.tenant}/acknowledgement", n=last.n, hash=last.hash)


def countersign(platform: Platform, hospital: Hospital, key: jws.Key) -> int:
    """Sign the head of what it has, and let the hospital keep that; returns the size, 0 for nothing.

    Raises:
        Unanswered: the gateway does not take it.
    """
    algorithm, run = platform.book.hashes(hospital.tenant)
    if not run:
        return 0
    root = ledger.root(algorithm, run)
    lines = ledger.head_lines(hospital.tenant, algorithm, len(run), root, run[-1])
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    target = f"urn:qiao:ledger:{hospital.tenant}|{len(run)}"
    signature = jws.seal(lines, key, [target], jws.SOURCE, now)
    path = f"/feed/{hospital.tenant}/countersignature"
    hospital.parameters(path, size=len(run), signature=signature)
    platform.book.countersigned(hospital.tenant, len(run), root, run[-1], signature)
    return len(run)


def send_finding(hospital: Hospital, said: Mapping[str, str]) -> Resource:
    """Tell a hospital what is wrong with one of its documents. Raises :class:`Unanswered`."""
    parts = finding(said.get("serial", ""), said.get("document", ""), said.get("text", "请核实处方用量"))
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in parts]}
    return hospital.ask("POST", "/fhir/$finding", bundle)
