"""Writing: create, update, delete, and who wins when two write at once (R4 http#create, #concurrency)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import bare, created, declined, name_of, patient, placed, read, version

_WRITERS = 6


@check(
    "R4-CREATE",
    zh="新建返回 201、地址和由服务器给定的标识",
    en="a create is 201 with an address and an id of the server's",
)
def create(run: Run) -> None:
    """R4 http#create: an id that the client says is ignored; Location names the new resource."""
    Claims.of(run).need("Patient", "create", "read")
    body = {**patient(run), "id": f"wish-{run.number}"}
    answer = run.done(run.client().post("Patient", body), "新建成功", "it is created")
    run.wrote(placed(answer, "Patient"))
    run.expect(answer.status == 201, "状态码为 201", "the status is 201", answer)
    run.expect(
        "/Patient/" in f"/{answer.headers.get('location', '')}",
        "Location 指向新资源",
        "Location names the new resource",
    )
    name = placed(answer, "Patient")
    run.expect(name != f"Patient/wish-{run.number}", "标识由服务器给定", "the id is the server's")
    found = run.client().get(name)
    run.expect(
        found.ok and bare(found.body) == bare(body),
        "读回内容一致",
        "what is read back is what was sent",
        found,
    )


@check("R4-CREATE", zh="Location 所指版本可读取", en="the version that Location names can be read")
def location(run: Run) -> None:
    """R4 http#create: ``[base]/[type]/[id]/_history/[vid]`` where versions are kept."""
    claims = Claims.of(run)
    claims.need("Patient", "create", "vread")
    answer = run.done(run.client().post("Patient", patient(run)), "新建成功", "it is created")
    run.wrote(placed(answer, "Patient"))
    where = answer.headers.get("location", "")
    run.expect("/_history/" in where, "Location 含版本", "Location names a version")
    found = run.client().get(where[where.index("Patient/") :])
    run.expect(
        found.kind == "Patient" and found.body.get("id") == placed(answer, "Patient")[8:],
        "读得该资源",
        "it is that resource",
        found,
    )


@check(
    "R4-CREATE",
    zh="资源类型与地址不符的新建被拒绝",
    en="a create with another type than the address is refused",
)
def other_type(run: Run) -> None:
    """The twin is the same resource at its own address."""
    claims = Claims.of(run)
    claims.need("Patient", "create")
    claims.need("Observation", "create")
    body = patient(run)
    declined(run, run.client().post("Observation", body), "类型不符被拒绝", "another type is refused")
    run.wrote(
        placed(run.done(run.client().post("Patient", body), "类型相符则成功", "its own is taken"), "Patient")
    )


@check(
    "R4-UPDATE",
    zh="更新产生新版本，读取得到新内容",
    en="an update makes a new version, which is what is read",
)
def update(run: Run) -> None:
    """Write over a resource, read it back."""
    Claims.of(run).need("Patient", "create", "update")
    first = created(run, patient(run))
    answer = run.done(run.client().put({**first, "birthDate": "1990-03-08"}), "更新成功", "it is updated")
    run.expect(answer.status == 200, "状态码为 200", "the status is 200", answer)
    found = run.client().get(name_of(first))
    run.expect(found.body.get("birthDate") == "1990-03-08", "读到新内容", "what is read is new", found)
    if Claims.of(run).types["Patient"].get("versioning") in ("versioned", "versioned-update"):
        run.expect(version(found.body) not in ("", version(first)), "版本号变化", "it has another version")
        later = str(found.body["meta"].get("lastUpdated", "")) >= str(first["meta"].get("lastUpdated", ""))
        run.expect(later, "lastUpdated 不倒退", "lastUpdated does not go back")


@check(
    "R4-UPDATE",
    zh="更新替换全部内容，未再提交的元素不保留",
    en="an update replaces all: what is left out is gone",
)
def replaces(run: Run) -> None:
    """R4 http#update: no merge."""
    Claims.of(run).need("Patient", "create", "update")
    first = created(run, patient(run, maritalStatus={"text": "未婚"}))
    run.expect("maritalStatus" in first, "起初有该元素", "it is there at first")
    rest = {name: value for name, value in first.items() if name != "maritalStatus"}
    run.done(run.client().put(rest), "更新成功", "it is updated")
    run.expect("maritalStatus" not in read(run, name_of(first)), "该元素不再存在", "it is gone")


@check(
    "R4-UPDATE",
    zh="标识与地址不符或缺失的更新被拒绝，且不改变资源",
    en="an update with another id, or none, is refused and changes nothing",
)
def other_id(run: Run) -> None:
    """R4 http#update: the id in the body SHALL be that of the address."""
    Claims.of(run).need("Patient", "create", "update")
    first = created(run, patient(run))
    for body in (
        {**first, "id": "other", "gender": "male"},
        {name: value for name, value in {**first, "gender": "male"}.items() if name != "id"},
    ):
        declined(
            run, run.client().send("PUT", name_of(first), body), "标识不符被拒绝", "another id is refused"
        )
    run.expect(read(run, name_of(first)).get("gender") == "female", "资源未变", "nothing has changed")
    run.done(run.client().put({**first, "gender": "male"}), "标识相符则成功", "with its own id it is taken")


@check("R4-UPDATE", zh="是否可用更新新建资源与声明一致", en="whether an update may create is as claimed")
def update_creates(run: Run) -> None:
    """CapabilityStatement.rest.resource.updateCreate."""
    claims = Claims.of(run)
    claims.need("Patient", "update", "read")
    body = {**patient(run), "id": f"c{run.number}"}
    answer = run.client().put(body)
    if claims.types["Patient"].get("updateCreate") is True:
        run.wrote(body)
        run.expect(answer.status == 201, "声明可以：201", "it claims so: 201", answer)
        run.expect(
            read(run, name_of(body)).get("id") == body["id"], "标识为客户端所给", "the id is the client's"
        )
    else:
        run.expect(400 <= answer.status < 500, "未声明：4xx", "it does not: 4xx", answer)


@check(
    "R4-CONCURRENCY",
    zh="基于旧版本的更新被拒绝（412），基于当前版本的更新成功",
    en="an update of a version that is past is 412, one of the current version is taken",
)
def stale(run: Run) -> None:
    """R4 http#concurrency: If-Match."""
    claims = Claims.of(run)
    claims.need("Patient", "create", "update")
    claims.says("Patient", "versioning", "versioned", "versioned-update")
    first = created(run, patient(run))
    current = {**first, "birthDate": "1990-03-08"}
    run.done(
        run.client().put(current, If_Match=f'W/"{version(first)}"'),
        "当前版本成功",
        "the current version is taken",
    )
    second = read(run, name_of(first))
    late = run.client().put({**first, "birthDate": "1990-03-09"}, If_Match=f'W/"{version(first)}"')
    declined(run, late, "旧版本被拒绝", "a past version is refused")
    run.expect(late.status == 412, "状态码为 412", "the status is 412", late)
    run.expect(read(run, name_of(first)).get("birthDate") == "1990-03-08", "资源未变", "nothing has changed")
    good = run.client().put({**first, "birthDate": "1990-03-09"}, If_Match=f'W/"{version(second)}"')
    run.done(good, "当前版本成功", "the current version is taken")


@check(
    "R4-CONCURRENCY",
    zh="同时基于同一版本更新，只有一个成功",
    en="of several who update one version at once, one wins",
)
def race(run: Run) -> None:
    """Several writers with the same If-Match; what is read is what the winner wrote."""
    claims = Claims.of(run)
    claims.need("Patient", "create", "update")
    claims.says("Patient", "versioning", "versioned", "versioned-update")
    first = created(run, patient(run))
    tag, client = f'W/"{version(first)}"', run.client()
    bodies = [{**first, "birthDate": f"1991-01-{place:02d}"} for place in range(1, _WRITERS + 1)]
    with ThreadPoolExecutor(_WRITERS) as pool:
        answers = list(pool.map(lambda body: client.put(body, If_Match=tag), bodies))
    won = [body for body, answer in zip(bodies, answers, strict=True) if answer.ok]
    run.expect(len(won) == 1, "恰有一个成功", "exactly one is taken", same(str(len(won))))
    run.expect(
        all(one.ok or one.status in (409, 412) for one in answers),
        "其余为 409 或 412",
        "the others are 409 or 412",
    )
    run.expect(
        read(run, name_of(first))["birthDate"] == won[0]["birthDate"],
        "保存的是成功者的内容",
        "it is the winner's",
    )


@check(
    "R4-DELETE",
    zh="删除后读取为 410 或 404，检索不再得到",
    en="what is deleted is 410 or 404, and no search finds it",
)
def delete(run: Run) -> None:
    """R4 http#delete; 410 where deletions are kept in the history."""
    claims = Claims.of(run)
    claims.need("Patient", "create", "delete")
    body = created(run, patient(run))
    answer = run.client().delete(name_of(body))
    run.expect(answer.status in (200, 202, 204), "200、202 或 204", "200, 202 or 204", answer)
    gone = run.client().get(name_of(body))
    kept = claims.can("Patient", "history-instance")
    run.expect(
        gone.status == 410 or (not kept and gone.status == 404),
        "读取为 410（无历史者 404）",
        "it is 410 (404 without a history)",
        gone,
    )
    if claims.can("Patient", "search-type") and "_id" in claims.parameters("Patient"):
        found = run.client().get(f"Patient?_id={body['id']}")
        run.expect(found.ok and not found.entries, "检索不再得到", "no search finds it", found)


@check(
    "R4-DELETE",
    zh="再次删除不出错，也不影响其他资源",
    en="to delete again is no error, and touches nothing else",
)
def delete_again(run: Run) -> None:
    """R4 http#delete: no matter whether it was there."""
    Claims.of(run).need("Patient", "create", "delete")
    body, other = created(run, patient(run, "a")), created(run, patient(run, "b"))
    run.done(run.client().delete(name_of(body)), "删除成功", "it is deleted")
    again = run.client().delete(name_of(body))
    run.expect(
        again.status in (200, 202, 204, 404, 410), "再次删除不出错", "to do so again is no error", again
    )
    run.done(run.client().get(name_of(other)), "其他资源仍在", "the other is still there")


@check("R4-DELETE", zh="已删除的资源可由更新恢复", en="an update brings back what was deleted")
def restored(run: Run) -> None:
    """R4 http#delete: "brought back to life" by an update, where a client may create by update."""
    claims = Claims.of(run)
    claims.need("Patient", "create", "update", "delete")
    claims.says("Patient", "updateCreate", True)
    body = created(run, patient(run))
    run.given(run.client().delete(name_of(body)), "删除", "it is deleted")
    run.done(run.client().put(body), "更新成功", "it is updated")
    run.expect(read(run, name_of(body)).get("birthDate") == body["birthDate"], "可再读取", "it is read again")


@check("R4-PREFER", zh="Prefer: return 决定答复的内容", en="Prefer: return says what the answer holds")
def prefer(run: Run) -> None:
    """R4 http#ops: a SHOULD, so what ignores it is skipped; what honours it must do so rightly."""
    Claims.of(run).need("Patient", "create")
    short = run.done(
        run.client().post("Patient", patient(run, "a"), Prefer="return=minimal"), "新建成功", "it is created"
    )
    whole = run.done(
        run.client().post("Patient", patient(run, "b"), Prefer="return=representation"),
        "新建成功",
        "it is created",
    )
    for one in (short, whole):
        run.wrote(placed(one, "Patient"))
    if bool(short.raw) == bool(whole.raw):
        raise Skipped(
            "目标不理会 Prefer: return（R4 仅建议支持）", "the target ignores Prefer: return (a SHOULD of R4)"
        )
    run.expect(not short.raw, "minimal：无内容", "minimal: no body", short)
    run.expect(whole.kind == "Patient", "representation：为该资源", "representation: the resource", whole)
