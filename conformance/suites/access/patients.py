"""Patients: they see their own record, all of it, and nobody else's (NAT article 21).

A gateway that neither declares a patient's identity nor announces one (SMART) gives patients no way in: the
row is critical, and so is that. A portal in front of it is declared as the target's identity ``patient``.
"""

from __future__ import annotations

from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.scene import Scene, ground
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource
from conformance.suites.access.attempt import nothing, something, withheld
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import (
    created,
    name_of,
    observation,
    patient,
)
from conformance.suites.fhir.ways import WAYS

_KINDS = ("Observation", "MedicationRequest", "ServiceRequest", "Composition", "Condition")


@check(
    "NAT-21.2",
    zh="患者的结果、诊断、处方和申请可按患者一并查得，不含他人的",
    en="results, diagnosis, prescriptions and requests of a patient are found by patient, and nobody else's",
    critical=True,
)
def whole_record(run: Run) -> None:
    """By ``$everything``, the compartment or ``?patient=``: what a front end for patients asks, as it can."""
    claims = Claims.of(run)
    mine, other = Scene(run, suffix="a").begun(), Scene(run, suffix="b").begun()
    made = [*mine.prescription()[1:], mine.request("lab"), mine.record()]
    for scene, parts in (
        (mine, [*mine.prescription(), mine.request("lab"), mine.record()]),
        (other, other.prescription()),
    ):
        run.given(scene.write(parts), "写入处方、申请与病历", "prescription, request and record are written")
    result = created(run, observation(run, mine.patient, "5.40"))
    if claims.operation("everything", "Patient"):
        found = _paged(run, f"{mine.patient}/$everything")
    else:
        found = [one for kind in _KINDS for one in _searched(run, mine.patient, kind)]
    names = {f"{one.get('resourceType')}/{one.get('id')}" for one in found}
    wanted = {name_of(one) for one in (*made, result)}
    missing = sorted(one.partition("/")[0] for one in wanted - names)
    run.expect(not missing, "各类资料都在", "each kind is there", same(", ".join(missing)))
    strange = sorted(one for one in names if other.visit.number in one)
    run.expect(not strange, "不含他人的", "nothing of another patient is", same(str(len(strange))))


@check("NAT-21.2", zh="提供患者本人的访问身份", en="there is a way in for patients themselves", critical=True)
def announced(run: Run) -> None:
    """Declared to the harness, or announced by SMART configuration with patient scopes."""
    if run.target.has("identities.patient"):
        run.need("on_file.patient")
        _seeded(run)
        name = run.target.on_file["patient"]
        answer = run.done(
            run.client("patient").get(name), "患者可读取本人资料", "a patient reads the own record"
        )
        run.expect(name_of(answer.body) == name, "为本人资料", "it is the own record", answer)
        return
    found = run.client().get(".well-known/smart-configuration", Accept="application/json").body
    said = [str(one) for name in ("capabilities", "scopes_supported") for one in found.get(name) or []]
    smart = any(
        one.startswith(("patient/", "permission-patient", "context-standalone-patient")) for one in said
    )
    run.expect(
        smart,
        "已声明患者身份（identities.patient），或在 SMART 配置中公布患者范围",
        "a patient's identity is declared (identities.patient), or patient scopes are announced by SMART",
        Words("两者皆无", "neither"),
    )


@check(
    "NAT-21.2",
    zh="患者在线查得本人的结果",
    en="a patient finds the own results",
    critical=True,
    needs=("identities.patient", "on_file.patient"),
)
def own_results(run: Run) -> None:
    """Write a result of the patient and one of another; search as the patient, in either of R4's ways."""
    _seeded(run)
    mine = run.target.on_file["patient"]
    result = created(run, observation(run, mine, "5.40"))
    other = created(run, observation(run, name_of(created(run, patient(run))), "7.80"))
    client = run.client("patient")
    run.done(client.get(name_of(result)), "患者可读取该结果", "the patient reads it")
    found: set[str] = set()
    for query in (f"{mine}/Observation", f"Observation?patient={mine}"):
        found |= {name_of(one) for one in client.get(query).entries if "id" in one}
    run.expect(name_of(result) in found, "查到本人结果", "the own result is found", len(found))
    run.expect(name_of(other) not in found, "不含他人的", "nobody else's is", len(found))
    answer = client.get(name_of(other))
    run.expect(withheld(answer, other), "他人结果不可读", "that of another is not read", answer)


@checks(
    [
        Case(
            way,
            "NAT-21.2",
            Words(f"患者看不到他人资料（{way}）", f"a patient sees nothing of another ({way})"),
            (way,),
            critical=True,
            needs=("identities.patient",),
        )
        for way in (
            "read",
            "vread",
            "history",
            "search",
            "everything",
            "batch-read",
            "update",
            "delete",
            "export",
        )
    ]
)
def other_patient(run: Run, way: str) -> None:
    """Another patient, in every way; the operator is the twin."""
    going = WAYS[way]
    going.claimed(run)
    body = created(run, patient(run))
    nothing(run, going.go(run.client("patient"), run, body), going, body, own=True)
    something(run, going, body)


def _seeded(run: Run) -> None:
    """Put the patient on file with the hospital, where the target lets us; elsewhere there is one already."""
    if run.target.has("seed"):
        ground(run)


def _searched(run: Run, name: str, kind: str) -> list[Resource]:
    """Return what either of R4's ways finds of a patient: it asks servers for neither."""
    within = run.client().get(f"{name}/{kind}")
    found = within.entries if within.ok else []
    # A parameter that is not claimed may be left out by the server, which then finds what is of everybody.
    claimed = Claims.of(run).parameters(kind)
    for parameter in [one for one in ("patient", "subject") if one in claimed][:1]:
        found += _paged(run, f"{kind}?{parameter}={name}")
    return found


def _paged(run: Run, query: str) -> list[Resource]:
    answer = run.done(run.client().get(query), "查询成功", "it is answered")
    found = answer.entries
    for _ in range(20):
        if not answer.link("next"):
            break
        answer = run.done(run.client().get(answer.link("next")), "下一页", "the next page")
        found += answer.entries
    return found
