"""Content: what is valid is kept as it was, what is not is refused (R4 json, datatypes, validation)."""

from __future__ import annotations

from typing import Any

from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.simulators.exact import Resource, dumps
from conformance.suites.fhir.alike import alike
from conformance.suites.fhir.cases import filled, read
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import (
    CODES,
    bare,
    created,
    declined,
    name_of,
    observation,
    own_patient,
    patient,
    placed,
    taken,
)

_KEPT = read("fhir_api", "kept")
_INVALID = read("fhir_api", "invalid")
_DEEP = 5000


@checks(
    [
        Case(
            one["name"],
            "R4-KEPT",
            Words(f"写入的内容原样读回：{one['zh']}", f"what is written is read back as it was: {one['en']}"),
            (one["body"],),
        )
        for one in _KEPT
    ]
)
def kept(run: Run, body: Resource) -> None:
    """Write it, read it, compare every element; the narrative may be the server's own where none was sent."""
    kind = str(body["resourceType"])
    Claims.of(run).need(kind, "create", "read")
    subject = name_of(created(run, patient(run))) if "{subject}" in dumps(body) else ""
    sent = filled(body, subject=subject)
    answer = run.done(run.client().post(kind, sent), "写入成功", "it is written")
    run.wrote(placed(answer, kind))
    found = run.done(run.client().get(placed(answer, kind)), "读取成功", "it is read").body
    differing = sorted(
        name for name in {*bare(sent), *bare(found)} if not alike(bare(sent).get(name), bare(found).get(name))
    )
    run.expect(
        not differing, "各元素与写入时相同", "every element is as it was written", same(", ".join(differing))
    )
    if "text" in sent:
        run.expect(
            "120/80" in str((found.get("text") or {}).get("div")), "叙述文本仍在", "the narrative is there"
        )


@checks(
    [
        Case(
            one["name"],
            "R4-INVALID",
            Words(f"被拒绝且不存储：{one['zh']}", f"refused and not stored: {one['en']}"),
            (one["change"],),
        )
        for one in _INVALID
    ]
)
def invalid(run: Run, change: dict[str, Any]) -> None:
    """Write it with one thing wrong, then without."""
    Claims.of(run).need("Observation", "create", "read")
    subject = name_of(created(run, patient(run)))
    right = observation(run, subject)
    wrong = {name: value for name, value in {**right, **change}.items() if value is not None}
    answer = declined(
        run, run.client().post("Observation", wrong), "不合规的被拒绝", "the invalid one is refused"
    )
    run.expect(answer.status in (400, 422), "状态码为 400 或 422", "the status is 400 or 422", answer)
    if "code" in Claims.of(run).parameters("Observation"):
        found = run.client().get(f"Observation?code={CODES}|{run.number}")
        run.expect(found.ok and not found.entries, "没有存储", "nothing is stored", found)
    good = run.done(run.client().post("Observation", right), "合规的成功", "the valid one is taken")
    run.wrote(placed(good, "Observation"))


@checks(
    [
        Case(
            name,
            "R4-INVALID" if name == "control" else "R4-MALFORMED",
            Words(
                f"畸形正文被拒绝而服务继续：{zh}", f"a malformed body is refused and the server goes on: {en}"
            ),
            (raw,),
        )
        for name, zh, en, raw in (
            ("truncated", "截断的 JSON", "JSON that is cut", b'{"resourceType":"Patient","name":[{"fam'),
            ("array", "JSON 数组", "a JSON array", b'[{"resourceType":"Patient"}]'),
            ("empty", "空正文", "no body", b""),
            ("text", "非 JSON 文本", "a text that is no JSON", "你好".encode()),
            (
                "encoding",
                "非 UTF-8 字节",
                "bytes that are no UTF-8",
                b'{"resourceType":"Patient","name":[{"family":"\xff\xfe"}]}',
            ),
            (
                "deep",
                "极深嵌套",
                "nested very deeply",
                b'{"resourceType":"Patient","extension":'
                + b'[{"extension":' * _DEEP
                + b"1"
                + b"}]" * _DEEP
                + b"}",
            ),
            (
                "number",
                "极大数值",
                "a number without end",
                b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}",
            ),
            (
                "surrogate",
                "不成对的代理字符",
                "half a surrogate pair",
                b'{"resourceType":"Patient","name":[{"family":"\\ud83d"}]}',
            ),
            (
                "control",
                "控制字符",
                "a control character",
                b'{"resourceType":"Patient","name":[{"family":"a\\u0000b"}]}',
            ),
            ("no-type", "没有资源类型", "no resource type", b'{"active":true}'),
        )
    ]
)
def malformed(run: Run, raw: bytes) -> None:
    """Post it, then something right."""
    Claims.of(run).need("Patient", "create")
    answer = run.client().post("Patient", raw)
    taken(run, answer)
    if b"\\u0000" in raw and answer.ok:
        # R4 datatypes#string: characters below 32 SHOULD NOT be there; who takes one breaks no rule.
        raise Skipped("目标接受控制字符（R4 只是不建议）", "the target takes it; R4 only advises against it")
    run.expect(400 <= answer.status < 500, "4xx", "4xx", answer)
    good = run.done(
        run.client().post("Patient", patient(run)), "此后正常写入成功", "what is right is taken afterwards"
    )
    run.wrote(placed(good, "Patient"))


@check(
    "R4-VALIDATE",
    zh="$validate 对合规资源不报错，对不合规资源指出错误与位置",
    en="$validate finds nothing wrong with what is valid, and names what is not, and where",
)
def validate(run: Run) -> None:
    """One Observation, right and wrong; neither is stored."""
    claims = Claims.of(run)
    claims.need_operation("validate", "Observation")
    right = observation(run, own_patient(run), "5.40")
    answer = run.done(
        run.client().post("Observation/$validate", right), "$validate 成功", "$validate is answered"
    )
    run.expect(
        answer.kind == "OperationOutcome" and not answer.errors,
        "合规者无错误",
        "nothing is wrong with it",
        answer,
    )
    wrong = run.client().post("Observation/$validate", {**right, "status": "done"})
    run.expect(bool(wrong.errors), "不合规者有错误", "the other has an error", wrong)
    places = [place for one in wrong.errors for place in one.get("expression") or one.get("location") or []]
    run.expect(any("status" in str(one) for one in places), "指出位置", "it names the place")
    if "code" in claims.parameters("Observation"):
        found = run.client().get(f"Observation?code={CODES}|{run.number}")
        run.expect(not found.entries, "没有存储", "nothing is stored", found)


@check("R4-VALIDATE", zh="$validate 接受 Parameters 形式", en="$validate takes its resource in Parameters")
def validate_parameters(run: Run) -> None:
    """Parameter ``resource``, as the operation's definition has it."""
    Claims.of(run).need_operation("validate", "Observation")
    right = observation(run, own_patient(run), "5.40")
    for body, errors in ((right, False), ({**right, "code": None}, True)):
        given = {name: value for name, value in body.items() if value is not None}
        asked = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": given}]}
        answer = run.client().post("Observation/$validate", asked)
        run.expect(
            answer.kind == "OperationOutcome" and bool(answer.errors) is errors,
            "结论与资源相符",
            "it judges the resource in it",
            answer,
        )
