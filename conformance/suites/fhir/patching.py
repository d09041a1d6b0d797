"""Patching: JSON Patch (RFC 6902) and FHIRPath Patch (R4 http#patch, fhirpatch.html)."""

from __future__ import annotations

from conformance.harness.action import FHIR_JSON
from conformance.harness.answer import Answer
from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.simulators.exact import Resource, dumps
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import created, declined, name_of, patient, read, version

_JSON_PATCH = "application/json-patch+json"


@check("R4-PATCH", zh="JSON Patch 只改变所指元素", en="a JSON Patch changes what it names and nothing else")
def json_patch(run: Run) -> None:
    """Replace one element."""
    body = _ground(run, _JSON_PATCH)
    answer = _patched(run, body, [{"op": "replace", "path": "/birthDate", "value": "1990-03-08"}])
    run.expect(answer.status == 200, "状态码为 200", "the status is 200", answer)
    found = read(run, name_of(body))
    run.expect(found["birthDate"] == "1990-03-08", "所指元素已变", "what it names has changed")
    run.expect(
        found["gender"] == body["gender"] and found["name"] == body["name"], "其余未变", "the rest has not"
    )


@check(
    "R4-PATCH", zh="JSON Patch 的 test 不成立则整个不生效", en="a JSON Patch whose test fails changes nothing"
)
def json_patch_test(run: Run) -> None:
    """RFC 6902 §5: all or nothing; the twin is a test that holds."""
    body = _ground(run, _JSON_PATCH)
    change = {"op": "replace", "path": "/birthDate", "value": "1990-03-08"}
    bad = _patched(run, body, [change, {"op": "test", "path": "/gender", "value": "male"}])
    declined(run, bad, "test 不成立被拒绝", "a test that fails is refused")
    run.expect(read(run, name_of(body))["birthDate"] == "1990-03-07", "资源未变", "nothing has changed")
    good = _patched(run, body, [{"op": "test", "path": "/gender", "value": "female"}, change])
    run.done(good, "test 成立则成功", "with a test that holds it is taken")


@check(
    "R4-PATCH",
    zh="不合适的补丁被拒绝，资源不变",
    en="a patch that does not fit changes nothing",
)
def unfit_patch(run: Run) -> None:
    """Paths that lead nowhere."""
    body = _ground(run, _JSON_PATCH)
    for path, value in (("/nowhere/deep", "x"), ("/identifier/7/value", "x")):
        answer = _patched(run, body, [{"op": "replace", "path": path, "value": value}])
        run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.expect(read(run, name_of(body))["gender"] == "female", "资源未变", "nothing has changed")
    run.done(
        _patched(run, body, [{"op": "replace", "path": "/gender", "value": "male"}]),
        "合适的补丁成功",
        "one that fits is taken",
    )


@check(
    "R4-PATCH",
    zh="FHIRPath Patch 只改变所指元素",
    en="a FHIRPath Patch changes what it names and nothing else",
)
def fhirpath_patch(run: Run) -> None:
    """Replace one element by Parameters."""
    body = _ground(run, FHIR_JSON)
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.birthDate"},
        {"name": "value", "valueDate": "1990-03-08"},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    answer = run.client().send("PATCH", name_of(body), patch)
    run.expect(answer.status == 200, "状态码为 200", "the status is 200", answer)
    found = read(run, name_of(body))
    run.expect(found["birthDate"] == "1990-03-08", "所指元素已变", "what it names has changed")
    run.expect(found["name"] == body["name"], "其余未变", "the rest has not")


@check("R4-CONCURRENCY", zh="基于旧版本的补丁被拒绝", en="a patch of a version that is past is refused")
def stale_patch(run: Run) -> None:
    """If-Match with the version before."""
    body = _ground(run, _JSON_PATCH)
    Claims.of(run).says("Patient", "versioning", "versioned", "versioned-update")
    first, change = f'W/"{version(body)}"', [{"op": "replace", "path": "/birthDate", "value": "1990-03-08"}]
    run.done(_patched(run, body, change, first), "当前版本成功", "the current version is taken")
    change[0]["value"] = "1990-03-09"
    answer = declined(run, _patched(run, body, change, first), "旧版本被拒绝", "a past version is refused")
    run.expect(answer.status == 412, "状态码为 412", "the status is 412", answer)
    run.expect(read(run, name_of(body))["birthDate"] == "1990-03-08", "资源未变", "nothing has changed")


def _ground(run: Run, media: str) -> Resource:
    claims = Claims.of(run)
    claims.need("Patient", "create", "patch")
    if not claims.patches(media):
        raise Skipped(
            f"CapabilityStatement 未声明补丁格式 {media}", f"{media} is not claimed as a format of patches"
        )
    return created(run, patient(run))


def _patched(run: Run, body: Resource, patch: list[dict[str, str]], tag: str = "") -> Answer:
    headers = {"Content-Type": _JSON_PATCH, "If-Match": tag}
    return run.client().send("PATCH", name_of(body), dumps(patch).encode(), "", headers)
