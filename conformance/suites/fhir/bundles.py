"""Bundles of interactions: transaction and batch (R4 http#transaction)."""

from __future__ import annotations

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.entries import (
    bundle,
    counted,
    entry,
    found_of,
    need,
    placed,
    posted,
    rejected,
    statuses,
    transaction,
)
from conformance.suites.fhir.ground import SYSTEM, created, name_of, observation, patient, read

_NOWHERE = {"resourceType": "Basic", "code": {"text": "无处可写"}}


@check(
    "R4-TRANSACTION",
    zh="事务全部写入，逐条答复",
    en="a transaction writes everything and answers entry by entry",
)
def transaction_whole(run: Run) -> None:
    """Two creates; their answers are in the order of the entries."""
    answer = transaction(run, posted(patient(run, "a")), posted(patient(run, "b")))
    run.done(answer, "事务成功", "it is taken")
    run.expect(
        answer.body.get("type") == "transaction-response",
        "为 transaction-response",
        "it is a transaction-response",
        answer,
    )
    names = placed(run, answer, 2)
    run.expect(
        statuses(answer) == ["201", "201"], "每条 201", "each is 201", same(", ".join(statuses(answer)))
    )
    values = [read(run, one)["identifier"][0]["value"] for one in names]
    run.expect(
        values == [f"{run.number}a", f"{run.number}b"], "答复次序与条目一致", "the answers are in order"
    )


@check(
    "R4-TRANSACTION",
    zh="事务中一条不合规则全部不写入",
    en="where one entry is bad, nothing of a transaction is written",
)
def transaction_nothing(run: Run) -> None:
    """The twin is the same transaction without the bad entry."""
    good = posted(patient(run))
    answer = transaction(run, good, entry("POST", "Qiaoxing", _NOWHERE))
    rejected(run, answer, "被拒绝", "it is refused")
    run.expect(counted(run) == 0, "什么也没有写入", "nothing was written")
    placed(run, run.done(transaction(run, good), "没有坏条目则成功", "without the bad entry it is taken"))


@check(
    "R4-TRANSACTION",
    zh="事务中一条基于旧版本则全部不写入",
    en="where one entry is of a past version, nothing of a transaction is written",
)
def transaction_stale(run: Run) -> None:
    """It fails while it is carried out. A target that heeds no ifMatch writes all of it: never a part."""
    Claims.of(run).need("Patient", "update")
    body = created(run, patient(run, "-old"))
    one = entry("PUT", name_of(body), {**body, "birthDate": "1990-03-08"})
    one["request"]["ifMatch"] = 'W/"9876"'
    answer = transaction(run, posted(patient(run)), one)
    changed = read(run, name_of(body))["birthDate"] == "1990-03-08"
    run.expect(counted(run) == int(answer.ok), "新建与答复一致", "what was to be created is as told", answer)
    run.expect(changed is answer.ok, "更新与答复一致", "what was to be updated is as told", answer)


@check(
    "R4-TRANSACTION",
    zh="事务内以 urn:uuid 互相引用被换成真实标识",
    en="references by urn:uuid inside of a transaction become real ones",
)
def transaction_references(run: Run) -> None:
    """R4 http#trules: the server SHALL change all references."""
    Claims.of(run).need("Observation", "create", "read")
    urn = "urn:uuid:7f2a1c9e-5d64-4b8e-9a3f-0c1d2e3f4a5b"
    entries = ({"fullUrl": urn, **posted(patient(run))}, posted(observation(run, urn, "5.40")))
    names = placed(run, run.done(transaction(run, *entries), "事务成功", "it is taken"), 2)
    said = str((read(run, names[1]).get("subject") or {}).get("reference"))
    run.expect(
        said.endswith(names[0]),
        "引用指向新患者",
        "it names the new patient",
        same("urn:uuid" if "urn:" in said else "other"),
    )


@check(
    "R4-TRANSACTION",
    zh="事务按删除、新建、更新、读取的次序执行",
    en="a transaction goes by delete, create, update, read, whatever the order of its entries",
)
def transaction_order(run: Run) -> None:
    """The read comes first and sees the update that comes last."""
    Claims.of(run).need("Patient", "update", "delete")
    kept, gone = created(run, patient(run, "a")), created(run, patient(run, "b"))
    entries = (
        entry("GET", name_of(kept)),
        entry("PUT", name_of(kept), {**kept, "birthDate": "1990-03-08"}),
        entry("DELETE", name_of(gone)),
    )
    answer = run.done(transaction(run, *entries), "事务成功", "it is taken")
    first = (answer.entries or [{}])[0]
    run.expect(first.get("birthDate") == "1990-03-08", "读取看到更新", "the read sees the update")
    run.expect(counted(run, "b") == 0, "已删除", "the other is gone")


@check(
    "R4-TRANSACTION",
    zh="事务中的有条件引用换成所找到的资源",
    en="a conditional reference becomes what it finds",
)
def transaction_conditional_reference(run: Run) -> None:
    """R4 http#trules: search URIs SHALL be resolved; none or several fail the transaction."""
    claims = Claims.of(run)
    claims.need("Observation", "create", "read")
    claims.need_parameters("Patient", ["identifier"])
    body = created(run, patient(run))
    where = f"Patient?identifier={SYSTEM}|{run.number}"
    answer = run.done(transaction(run, posted(observation(run, where, "5.40"))), "事务成功", "it is taken")
    said = str((read(run, placed(run, answer)[0]).get("subject") or {}).get("reference"))
    run.expect(said.endswith(name_of(body)), "引用指向所找到的患者", "it names the patient who is found")
    lost = transaction(run, posted(observation(run, f"{where}-none", "5.40")))
    rejected(run, lost, "无匹配则拒绝", "one that finds nobody is refused")


@check(
    "R4-TRANSACTION",
    zh="同一资源出现两次的事务被拒绝",
    en="a transaction that names one resource twice is refused",
)
def transaction_twice(run: Run) -> None:
    """R4 http#trules: identities that overlap fail it."""
    Claims.of(run).need("Patient", "update")
    body = created(run, patient(run))
    entries = [entry("PUT", name_of(body), {**body, "birthDate": f"1990-03-0{place}"}) for place in (8, 9)]
    rejected(run, transaction(run, *entries), "出现两次被拒绝", "twice is refused")
    run.expect(read(run, name_of(body))["birthDate"] == "1990-03-07", "资源未变", "nothing has changed")
    run.done(transaction(run, entries[0]), "一次则成功", "once is taken")


@check(
    "R4-TRANSACTION",
    zh="缺少 request 的事务条目被拒绝",
    en="an entry of a transaction without its request is refused",
)
def transaction_without_request(run: Run) -> None:
    """R4 bdl-3."""
    answer = transaction(run, {"resource": patient(run)})
    run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.expect(counted(run) == 0, "什么也没有写入", "nothing was written")
    placed(run, run.done(transaction(run, posted(patient(run))), "有 request 则成功", "with it, it is taken"))


@check(
    "R4-CONDITIONAL",
    zh="事务内的有条件新建不重复建立",
    en="a conditional create inside of a transaction makes no double",
)
def transaction_conditional_create(run: Run) -> None:
    """``ifNoneExist`` of an entry."""
    claims = Claims.of(run)
    claims.says("Patient", "conditionalCreate", True)
    body = created(run, patient(run))
    one = posted(patient(run))
    one["request"]["ifNoneExist"] = f"identifier={SYSTEM}|{run.number}"
    answer = run.done(transaction(run, one), "事务成功", "it is taken")
    run.expect(
        statuses(answer) == ["200"], "条目为 200", "the entry is 200", same(", ".join(statuses(answer)))
    )
    run.expect(counted(run) == 1 and bool(body), "仍只有一个", "there still is one")


@check(
    "R4-BATCH",
    zh="批处理各条独立：坏的失败，好的成功",
    en="entries of a batch stand alone: the bad one fails, the good one does not",
)
def batch(run: Run) -> None:
    """A good entry, a bad one, a read of what is not there."""
    need(run, "batch")
    answer = run.done(
        bundle(
            run,
            "batch",
            posted(patient(run)),
            entry("POST", "Qiaoxing", _NOWHERE),
            entry("GET", "Patient/conformance-absent"),
        ),
        "批处理成功",
        "it is answered",
    )
    run.expect(
        answer.body.get("type") == "batch-response", "为 batch-response", "it is a batch-response", answer
    )
    placed(run, answer)
    found = statuses(answer)
    run.expect(found[:1] == ["201"], "好的为 201", "the good one is 201", same(", ".join(found)))
    bad = found[1:2] in (["400"], ["404"], ["405"], ["422"])
    run.expect(bad, "坏的为 4xx", "the bad one is 4xx", same(", ".join(found)))
    run.expect(found[2:] == ["404"], "不存在的为 404", "what is not there is 404", same(", ".join(found)))
    run.expect(counted(run) == 1, "好的已写入", "the good one is written")


@check("R4-BATCH", zh="批处理内可读取与检索", en="a batch reads and searches")
def batch_reads(run: Run) -> None:
    """A read and a search among its entries."""
    need(run, "batch")
    Claims.of(run).need_parameters("Patient", ["identifier"])
    body = created(run, patient(run))
    answer = run.done(
        bundle(
            run,
            "batch",
            entry("GET", name_of(body)),
            entry("GET", f"Patient?identifier={SYSTEM}|{run.number}"),
        ),
        "批处理成功",
        "it is answered",
    )
    found = answer.entries
    run.expect(
        len(found) == 2 and found[0].get("id") == body["id"], "读得该资源", "the resource is read", answer
    )
    ids = [(one.get("resource") or {}).get("id") for one in found[1].get("entry") or []]
    run.expect(ids == [body["id"]], "检索得到该资源", "the search finds it")


@check(
    "R4-TRANSACTION",
    zh="既非事务也非批处理的 Bundle 要么拒绝，要么写入，与答复一致",
    en="a Bundle that is neither transaction nor batch is refused, or stored as the answer tells",
)
def transaction_neither(run: Run) -> None:
    """A collection posted to the base: R4 http#other-bundles lets a server choose to take it."""
    need(run, "transaction")
    answer = bundle(run, "collection", {"resource": patient(run)})
    run.expect(
        answer.ok or 400 <= answer.status < 500, "接受，或拒绝（4xx）", "taken, or refused (4xx)", answer
    )
    found = found_of(run)
    for one in found:
        run.wrote(one)
    run.expect(len(found) == int(answer.ok), "写入与答复一致", "what is stored is as told", answer)
