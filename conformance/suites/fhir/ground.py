"""Ground: resources of a check's own to try things on; of a server that only reads, one that it has."""

from __future__ import annotations

import copy
import re
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.run import Run
from conformance.harness.verdict import Failed, Skipped
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims

SYSTEM = "http://example.org/fhir/conformance"
"""Of identifiers and codes that only these checks use."""
_CREATED = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/]+)?$")
CODES = "http://example.org/fhir/conformance-codes"


def patient(run: Run, suffix: str = "", **more: Any) -> Resource:
    """Return a patient with a name and an identifier that nobody else has."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": f"{run.number}{suffix}"}],
        "active": True,
        "name": [{"family": f"Q{run.number}", "given": ["如玉"]}],
        "gender": "female",
        "birthDate": "1990-03-07",
        **more,
    }


def observation(run: Run, subject: str, value: str = "", **more: Any) -> Resource:
    """Return an observation of a patient, ``value`` as it is to be kept: ``"5.40"``."""
    from conformance.simulators.exact import Number

    quantity = {
        "value": Number(value),
        "unit": "mmol/L",
        "system": "http://unitsofmeasure.org",
        "code": "mmol/L",
    }
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": CODES, "code": run.number}]},
        "subject": {"reference": subject},
        "effectiveDateTime": "2025-03-06T09:30:00+08:00",
        **({"valueQuantity": quantity} if value else {}),
        **more,
    }


def own_patient(run: Run) -> str:
    """Return the reference of a patient of the check's own: many servers refuse what refers to nobody.

    Where the target creates no patients, ``Patient/conformance-nobody``: R4 lets a reference lead nowhere.
    """
    if Claims.of(run).can("Patient", "create", "read"):
        return name_of(created(run, patient(run)))
    return "Patient/conformance-nobody"


def validating(run: Run, kind: str) -> None:
    """See that ``$validate`` finds what is no resource by any rule. Raises :class:`Skipped`."""
    answer = run.client().post(f"{kind}/$validate", {"resourceType": kind, "meta": 7, "nobody": True})
    if answer.ok and not answer.errors:
        raise Skipped(
            "前提未满足：$validate 能指出明显的错误",
            "prerequisite not met: $validate finds what is plainly wrong",
        )


def created(run: Run, body: Resource, identity: str = "operator") -> Resource:
    """Create a resource as a prerequisite; returns it as it is now. Raises :class:`Skipped`."""
    kind = str(body["resourceType"])
    Claims.of(run).need(kind, "create", "read")
    answer = run.given(
        run.client(identity).post(kind, body), f"写入测试用 {kind}", f"a {kind} to try things on is created"
    )
    name = placed(answer, kind)
    if not name:
        raise Skipped(
            "前提未满足：create 未告知新资源的地址", "prerequisite not met: create tells no address"
        )
    run.wrote(name, identity)
    return read(run, name, identity)


def read(run: Run, name: str, identity: str = "operator") -> Resource:
    """Return a resource as a prerequisite. Raises :class:`Skipped`."""
    kind = name.partition("/")[0]
    answer = run.given(run.client(identity).get(name), f"读取 {kind}", f"the {kind} is read")
    if answer.kind != kind:
        raise Skipped(
            "前提未满足：读取得到的不是该资源", "prerequisite not met: what is read is something else"
        )
    return answer.body


def placed(answer: Answer, kind: str) -> str:
    """Return ``Type/id`` of what was created, from Location or the body; ``""`` where nothing tells."""
    parts = [one for one in answer.headers.get("location", "").split("/") if one]
    if kind in parts and parts.index(kind) + 1 < len(parts):
        return f"{kind}/{parts[len(parts) - 1 - parts[::-1].index(kind) + 1]}"
    body = answer.body
    return f"{kind}/{body['id']}" if answer.kind == kind and body.get("id") else ""


def name_of(body: Resource) -> str:
    """Return ``Type/id``."""
    return f"{body['resourceType']}/{body['id']}"


def sample(run: Run, kind: str = "") -> Resource:
    """Return a resource to read: one of the check's own, or any there is. Raises :class:`Skipped`.

    Args:
        kind: its type; without, whichever the server can read.
    """
    claims = Claims.of(run)
    if kind in ("", "Patient") and claims.can("Patient", "create", "read"):
        return created(run, patient(run))
    return copy.deepcopy(run.session.once(f"fhir.sample.{kind}", lambda: _found(run, claims, kind)))


def _found(run: Run, claims: Claims, kind: str) -> Resource:
    kinds = [kind] if kind else [one for one in claims.types if claims.can(one, "read", "search-type")]
    for one in kinds[:40]:
        for found in run.client().get(f"{one}?_count=1").entries:
            if found.get("resourceType") == one and found.get("id"):
                return found
    raise Skipped("目标没有可供读取的资源", "the target has no resource that could be read")


def version(body: Resource) -> str:
    """Return ``meta.versionId``, ``""`` without one."""
    return str((body.get("meta") or {}).get("versionId") or "")


def bare(body: Resource) -> Resource:
    """Return what a client said: without id, and what a server may add to ``meta`` and the narrative."""
    kept = {name: value for name, value in body.items() if name not in ("id", "text")}
    meta = {
        name: value
        for name, value in (kept.pop("meta", None) or {}).items()
        if name in ("profile", "tag", "security")
    }
    return {**kept, "meta": meta} if meta else kept


def declined(run: Run, answer: Answer, zh: str, en: str, *statuses: int) -> Answer:
    """Expect a refusal, 4xx; what it says is for the checks of errors. Raises :class:`Failed`.

    Args:
        statuses: the only ones that will do; none: any 4xx.
    """
    taken(run, answer)
    good = answer.status in statuses if statuses else 400 <= answer.status < 500
    wanted = "/".join(str(one) for one in statuses) or "4xx"
    run.expect(good, f"{zh}（{wanted}）", f"{en} ({wanted})", answer)
    return answer


def taken(run: Run, answer: Answer) -> None:
    """Note what was created, though it ought not to be, so that it is removed at the end."""
    found = _CREATED.search(answer.headers.get("location", "")) if answer.status == 201 else None
    if found is not None:
        run.wrote(f"{found[1]}/{found[2]}")


def updated(run: Run, body: Resource, **changes: Any) -> Resource:
    """Write over a resource as a prerequisite; returns it as it is now. Raises :class:`Skipped`."""
    run.given(run.client().put({**body, **changes}), "更新", "it is updated")
    return read(run, name_of(body))


def discerning(run: Run) -> None:
    """Go on only where the target tells what is there from what is not. Raises :class:`Failed`.

    One that says yes to everything would otherwise pass whatever asks for no more than an answer.
    """

    def asked() -> bool:
        client = run.client()
        absent = client.get("Patient/conformance-absent").status
        return client.get("metadata").kind == "CapabilityStatement" and 400 <= absent < 500

    if not run.session.once("fhir.discerning", asked):
        raise Failed("目标对不存在的资源也回答成功", "the target answers as if what is not there were")
