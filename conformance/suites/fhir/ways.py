"""Ways to a patient's data: each reads or changes one resource, and tells whether it got through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.harness.answer import Answer
from conformance.harness.client import Client
from conformance.harness.run import Run
from conformance.simulators.exact import Resource, dumps
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import SYSTEM, name_of, patient, version

_CHANGED = "1991-01-01"


@dataclass(slots=True, frozen=True)
class Way:
    """One way.

    Attributes:
        go: takes client, run and the patient; returns the answer.
        writes: it changes the patient, or adds another.
        needs: interactions of Patient that must be claimed; ``system:…`` and ``operation:…`` likewise.
    """

    go: Callable[[Client, Run, Resource], Answer]
    writes: bool = False
    needs: tuple[str, ...] = ()

    def claimed(self, run: Run) -> None:
        """Go on only where the target claims this way. Raises :class:`Skipped`."""
        claims = Claims.of(run)
        for one in self.needs:
            kind, _, name = one.rpartition(":")
            if kind == "system":
                claims.need_system(name)
            elif kind == "operation":
                claims.need_operation(name, "" if name == "export" else "Patient")
            else:
                claims.need("Patient", name)


def through(answer: Answer, body: Resource) -> bool:
    """Tell whether an answer shows the patient: by name, number or id in what it brings."""
    if not answer.ok:
        return False
    said = answer.raw.decode("utf-8", "replace")
    shown = [
        one
        for one in (body, *(body.get("identifier") or []))
        if f'"{one.get("value") or one.get("id")}"' in said
    ]
    return bool(shown)


def _changed(body: Resource) -> Resource:
    return {**body, "birthDate": _CHANGED}


def _bundle(kind: str, method: str, url: str, body: Resource | None = None) -> Resource:
    entry = {"request": {"method": method, "url": url}, **({"resource": body} if body else {})}
    return {"resourceType": "Bundle", "type": kind, "entry": [entry]}


def _patch(client: Client, _: Run, body: Resource) -> Answer:
    change = [{"op": "replace", "path": "/birthDate", "value": _CHANGED}]
    headers = {"Content-Type": "application/json-patch+json"}
    return client.send("PATCH", name_of(body), dumps(change).encode(), "", headers)


WAYS: Mapping[str, Way] = {
    "read": Way(lambda client, _, body: client.get(name_of(body))),
    "vread": Way(
        lambda client, _, body: client.get(f"{name_of(body)}/_history/{version(body)}"), needs=("vread",)
    ),
    "history": Way(
        lambda client, _, body: client.get(f"{name_of(body)}/_history"), needs=("history-instance",)
    ),
    "search": Way(
        lambda client, run, _: client.get(f"Patient?identifier={SYSTEM}|{run.number}"), needs=("search-type",)
    ),
    "everything": Way(
        lambda client, _, body: client.get(f"{name_of(body)}/$everything"), needs=("operation:everything",)
    ),
    "batch-read": Way(
        lambda client, _, body: client.post("", _bundle("batch", "GET", name_of(body))),
        needs=("system:batch",),
    ),
    "create": Way(lambda client, run, _: client.post("Patient", patient(run, "-new")), True, ("create",)),
    "update": Way(lambda client, _, body: client.put(_changed(body)), True, ("update",)),
    "patch": Way(_patch, True, ("patch",)),
    "delete": Way(lambda client, _, body: client.delete(name_of(body)), True, ("delete",)),
    "conditional-delete": Way(
        lambda client, run, _: client.delete(f"Patient?identifier={SYSTEM}|{run.number}"), True, ("delete",)
    ),
    "batch": Way(
        lambda client, _, body: client.post("", _bundle("batch", "PUT", name_of(body), _changed(body))),
        True,
        ("system:batch", "update"),
    ),
    "transaction": Way(
        lambda client, _, body: client.post("", _bundle("transaction", "PUT", name_of(body), _changed(body))),
        True,
        ("system:transaction", "update"),
    ),
    "export": Way(
        lambda client, _, body: client.get(
            f"$export?_type=Patient&_since={_moment(body)}", Prefer="respond-async"
        ),
        needs=("operation:export",),
    ),
}


def _moment(body: Resource) -> str:
    return str((body.get("meta") or {}).get("lastUpdated", "")).replace("+", "%2B")
