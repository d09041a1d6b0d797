"""The matrix: who may see and do what, tried by everybody (CQ49 article 3(4), NATA 4(4))."""

from __future__ import annotations

from dataclasses import replace

from conformance.harness.check import Case, check, checks
from conformance.harness.client import Client
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.target import Identity
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.suites.access.attempt import nothing, something
from conformance.suites.fhir.cases import read as cases
from conformance.suites.fhir.ground import (
    created,
    name_of,
    patient,
    read,
    version,
)
from conformance.suites.fhir.ways import WAYS, through

_DECLARED = ("expired", "revoked", "read", "regulator", "foreign")


def _cases() -> list[Case]:
    made = []
    for row in cases("access_control", "matrix"):
        who = row["identity"]
        declared = "foreign" if who == "intruder" else who
        needs = (f"identities.{declared}",) if declared in _DECLARED else ()
        made += [
            Case(
                f"{who}.{way}",
                "CQ49-3.4a",
                Words(f"{row['zh']}不能 {way}", f"{row['en']}: no {way}"),
                (who, way),
                critical=True,
                needs=needs,
            )
            for way in row["ways"]
        ]
    return made


@checks(_cases())
def denied(run: Run, who: str, way: str) -> None:
    """Try it as somebody who may not; nothing is shown and nothing changes. Then as the operator."""
    going = WAYS[way]
    going.claimed(run)
    body = created(run, patient(run))
    run.step("以无权身份尝试", "somebody tries who may not")
    answer = going.go(_client(run, who), run, body)
    nothing(run, answer, going, body, own=who == "foreign")
    run.step("以有权身份尝试", "somebody tries who may")
    something(run, going, body)


@check(
    "CQ49-3.4a",
    zh="未经认证的答复为 401 并说明认证方式",
    en="who is not known is told 401 and how to authenticate",
    lesser="nothing leaks where it fails: that they are refused has critical checks of its own",
)
def challenge(run: Run) -> None:
    """RFC 7235 §3.1: WWW-Authenticate is mandatory."""
    body = created(run, patient(run))
    for who in ("none", "wrong"):
        answer = _client(run, who).get(name_of(body))
        run.expect(answer.status == 401, "状态码为 401", "the status is 401", answer)
        run.expect(
            bool(answer.headers.get("www-authenticate")), "有 WWW-Authenticate", "WWW-Authenticate is there"
        )


@check(
    "CQ49-3.4a",
    zh="相同标识在两个机构互不相干",
    en="the same id at two institutions is two things",
    critical=True,
    needs=("identities.foreign", "seed"),
)
def same_id(run: Run) -> None:
    """Both write a patient under one id; each reads its own."""
    own = {**patient(run), "id": f"t{run.number}"}
    other = {**own, "birthDate": "1980-01-01"}
    try:
        run.wrote(own)
        for identity, body in (("operator", own), ("foreign", other)):
            run.done(run.client(identity).put(body), "写入成功", "it is written")
        for identity, body in (("operator", own), ("foreign", other)):
            found = read(run, name_of(own), identity)
            run.expect(found["birthDate"] == body["birthDate"], "各读到自己的", "each reads its own")
    finally:  # what is removed after the run is removed as the operator: this copy nobody else would
        run.client("foreign").delete(name_of(own))


@check(
    "CQ49-3.4a",
    zh="改写方法的头部不能绕过权限",
    en="a header that overrides the method opens no way round",
    critical=True,
    needs=("identities.read",),
)
def override(run: Run) -> None:
    """X-HTTP-Method-Override and the like, on a GET of who may only read."""
    body = created(run, patient(run))
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        run.client("read").send("GET", name_of(body), None, "", {name: "DELETE"})
        run.client("read").send("POST", name_of(body), {**body, "birthDate": "1991-01-01"}, "", {name: "PUT"})
    run.expect(version(read(run, name_of(body))) == version(body), "资源未变", "nothing has changed")


@check(
    "CQ49-3.4a",
    zh="两个认证头部不能混用",
    en="two tokens at once are no way in",
    critical=True,
    needs=("identities.read",),
)
def two_tokens(run: Run) -> None:
    """A wrong token in the header, a good one as a parameter: RFC 6750 §2 allows one way only."""
    body = created(run, patient(run))
    good = run.client().held().get("Authorization", "").removeprefix("Bearer ")
    if not good:
        raise Skipped("目标不使用令牌", "the target uses no tokens")
    answer = _client(run, "wrong").get(f"{name_of(body)}?access_token={good}")
    run.expect(not through(answer, body), "未得到数据", "nothing is shown", answer)
    run.done(run.client().get(name_of(body)), "正常方式可读取", "in the right way it is read")


@check(
    "CQ49-3.4a",
    zh="只读身份可以读取和检索",
    en="who may read does read and search",
    needs=("identities.read",),
    lesser="nothing leaks where it fails: it shows that the refusals beside it are of rights",
)
def reader(run: Run) -> None:
    """A matrix that refuses everything is none."""
    body = created(run, patient(run))
    for way in ("read", "search"):
        run.expect(through(WAYS[way].go(run.client("read"), run, body), body), "得到数据", "it is shown")


@check(
    "CQ49-3.4a",
    zh="可写身份可以写入",
    en="who may write does write",
    needs=("identities.write",),
    lesser="nothing leaks where it fails: it shows that the refusals beside it are of rights",
)
def writer(run: Run) -> None:
    """Create and update."""
    body = created(run, patient(run), "write")
    run.done(run.client("write").put({**body, "birthDate": "1990-03-08"}), "更新成功", "it is updated")


@checks(
    [
        Case(
            way,
            "CQ49-3.4a",
            Words(f"监管身份看不到病房资料（{way}）", f"a regulator does not see the wards ({way})"),
            (way,),
            critical=True,
            needs=("identities.regulator",),
        )
        for way in ("read", "vread", "history", "search", "everything")
    ]
)
def wards(run: Run, way: str) -> None:
    """A patient of the wards, who never had an internet visit."""
    going = WAYS[way]
    going.claimed(run)
    body = created(run, patient(run))
    encounter = {
        "resourceType": "Encounter",
        "status": "in-progress",
        "subject": {"reference": name_of(body)},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
    }
    created(run, encounter)
    nothing(run, going.go(run.client("regulator"), run, body), going, body, own=True)
    something(run, going, body)


@check(
    "CQ49-3.4a",
    zh="监管身份看得到已提交的互联网诊疗文书",
    en="a regulator sees what was submitted of internet visits",
    needs=("identities.regulator", "actions.submit", "signing"),
    lesser="nothing leaks where it fails; what the regulator must be told has rows of its own (SC-32)",
)
def supervised(run: Run) -> None:
    """A prescription that was submitted, its patient; a regulator who sees nothing supervises nothing."""
    scene = Scene(run).begun()
    parts = scene.prescription()
    scene.submitted(parts)
    for name in (name_of(parts[1]), scene.patient):
        found = run.done(run.client("regulator").get(name), "读取成功", "it is read")
        run.expect(found.body.get("id") == name.partition("/")[2], "为该资源", "it is that resource", found)


def _client(run: Run, who: str) -> Client:
    """Return a client of somebody: declared, or with no token, a wrong one, or another institution's."""
    if who in ("none", "wrong"):
        headers = {} if who == "none" else {"Authorization": f"Bearer {run.number}{'0' * 32}"}
        return Client(run.session.line, Identity(who, headers), run)
    if who == "intruder":
        identity = replace(run.client("foreign").identity, base=run.target.fhir)
        return Client(run.session.line, identity, run)
    return run.client(who)
