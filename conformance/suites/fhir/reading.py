"""Reading: read, vread, conditional read, HEAD (R4 http#read, http#vread, http#cread)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import created, declined, name_of, patient, sample, updated, version


@check("R4-READ", zh="读取资源得到该资源本身", en="reading a resource gives that resource")
def read(run: Run) -> None:
    """Read one; its type and id are those of the address."""
    body = sample(run)
    answer = run.done(run.client().get(name_of(body)), "读取成功", "it is read")
    run.expect(answer.status == 200, "状态码为 200", "the status is 200", answer)
    run.expect(
        name_of({"id": "", "resourceType": "", **answer.body}) == name_of(body),
        "类型与标识一致",
        "type and id are those asked for",
        answer,
    )
    run.expect(
        answer.type in ("application/fhir+json", "application/json"),
        "Content-Type 为 FHIR JSON",
        "Content-Type is that of FHIR JSON",
        answer.type,
    )


@check(
    "R4-ETAG",
    zh="读取答复带与 meta 一致的 ETag 和 Last-Modified",
    en="a read answer has ETag and Last-Modified that agree with meta",
)
def headers(run: Run) -> None:
    """R4 http#read: where versions are kept, ETag is the versionId and Last-Modified is lastUpdated."""
    body = sample(run)
    kind = str(body["resourceType"])
    Claims.of(run).says(kind, "versioning", "versioned", "versioned-update")
    answer = run.done(run.client().get(name_of(body)), "读取成功", "it is read")
    run.expect(
        answer.headers.get("etag") == f'W/"{version(answer.body)}"',
        "ETag 与 versionId 一致",
        "ETag is the versionId",
        same("" if "etag" in answer.headers else "no ETag"),
    )
    run.expect(bool(answer.headers.get("last-modified")), "有 Last-Modified", "there is Last-Modified")
    run.expect(
        bool(answer.body["meta"].get("lastUpdated")), "有 meta.lastUpdated", "there is meta.lastUpdated"
    )


@check("R4-READ", zh="读取不存在的资源为 404", en="what is not there is 404", basic=True)
def absent(run: Run) -> None:
    """The twin is one that is there."""
    body = sample(run)
    run.done(run.client().get(name_of(body)), "存在的可读取", "what is there is read")
    answer = run.client().get(f"{body['resourceType']}/conformance-absent")
    declined(run, answer, "不存在的被拒绝", "what is not there is refused")
    run.expect(answer.status == 404, "状态码为 404", "the status is 404", answer)


@check("R4-READ", zh="不合规的标识被拒绝而非出错", en="an id that is none is refused, and breaks nothing")
def malformed_id(run: Run) -> None:
    """R4 datatypes#id: 1 to 64 letters, digits, - and . only."""
    kind = str(sample(run)["resourceType"])
    for wrong in ("x" * 65, "a%20b", "a_b%27--", "%00", "a%0d%0ab"):
        answer = run.client().get(f"{kind}/{wrong}")
        run.expect(400 <= answer.status < 500, "4xx", "4xx", answer)


@check(
    "R4-CONDITIONAL-READ",
    zh="未变化的资源有条件读取为 304",
    en="a conditional read of what has not changed is 304",
)
def conditional(run: Run) -> None:
    """If-None-Match with the version that is there; the twin names another one."""
    body = sample(run)
    kind = str(body["resourceType"])
    Claims.of(run).says(kind, "conditionalRead", "not-match", "full-support")
    answer = run.client().get(name_of(body), If_None_Match=f'W/"{version(body)}"')
    run.expect(
        answer.status == 304 and not answer.raw,
        "版本未变为 304 且无内容",
        "the same version is 304 without a body",
        answer,
    )
    other = run.client().get(name_of(body), If_None_Match='W/"0-other"')
    run.expect(
        other.status == 200 and other.kind == kind, "版本不同则返回资源", "another version gives it", other
    )


@check("R4-CONDITIONAL-READ", zh="按时间的有条件读取为 304", en="a conditional read by time is 304")
def modified_since(run: Run) -> None:
    """If-Modified-Since with the Last-Modified that was told; the twin is long ago."""
    body = sample(run)
    kind = str(body["resourceType"])
    Claims.of(run).says(kind, "conditionalRead", "modified-since", "full-support")
    when = run.client().get(name_of(body)).headers.get("last-modified", "")
    run.expect(bool(when), "有 Last-Modified", "there is Last-Modified")
    answer = run.client().get(name_of(body), If_Modified_Since=when)
    run.expect(answer.status == 304, "此后未变为 304", "unchanged since then is 304", answer)
    older = run.client().get(name_of(body), If_Modified_Since="Sat, 01 Jan 2000 00:00:00 GMT")
    run.expect(older.status == 200, "此后有变则返回资源", "changed since then gives it", older)


@check(
    "R4-READ",
    zh="HEAD 与 GET 头部一致且无内容，或被明确拒绝",
    en="HEAD is GET without a body, or refused as such",
)
def head(run: Run) -> None:
    """R4 http#head: as HTTP has it, or 405 or 501."""
    body = sample(run)
    got = run.client().get(name_of(body))
    answer = run.client().send("HEAD", name_of(body))
    run.expect(
        answer.status in (200, 405, 501) and not answer.raw,
        "200 无内容，或 405/501",
        "200 without a body, or 405 or 501",
        answer,
    )
    if answer.status == 200:
        run.expect(answer.type == got.type, "Content-Type 一致", "the same Content-Type", answer.type)


@check("R4-VREAD", zh="每个版本都可按当时内容读取", en="each version is read as it was")
def versions(run: Run) -> None:
    """Write two versions, read both."""
    Claims.of(run).need("Patient", "create", "update", "vread")
    first = created(run, patient(run))
    second = updated(run, first, birthDate="1990-03-08")
    for body, birth in ((first, "1990-03-07"), (second, "1990-03-08")):
        answer = run.done(
            run.client().get(f"{name_of(body)}/_history/{version(body)}"), "读取成功", "it is read"
        )
        run.expect(answer.body.get("birthDate") == birth, "内容为该版本的", "it says what that version says")
        run.expect(version(answer.body) == version(body), "版本号一致", "it has that version's number")


@check("R4-VREAD", zh="不存在的版本被拒绝", en="a version that is not there is refused")
def absent_version(run: Run) -> None:
    """The twin is the version that is there."""
    body = sample(run)
    Claims.of(run).need(str(body["resourceType"]), "vread")
    there = run.client().get(f"{name_of(body)}/_history/{version(body)}")
    run.done(there, "存在的版本可读取", "the version that is there is read")
    answer = declined(
        run,
        run.client().get(f"{name_of(body)}/_history/987654"),
        "不存在的版本被拒绝",
        "one that is not there is refused",
    )
    run.expect(answer.status == 404, "状态码为 404", "the status is 404", answer)
