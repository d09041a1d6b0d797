"""Bundles of interactions: transaction and batch (R4 http#transaction)."""

from __future__ import annotations

from typing import Any

from conformance.harness.check import check
from conformance.harness.client import Answer
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import SYSTEM, created, declined, name_of, observation, patient, read

_NOWHERE = {"resourceType": "Basic", "code": {"text": "无处可写"}}


@check(
    "R4-TRANSACTION",
    zh="事务全部写入，逐条答复",
    en="a transaction writes everything and answers entry by entry",
)
def transaction_whole(run: Run) -> None:
    """Two creates; their answers are in the order of the entries."""
    answer = _transaction(run, _post(patient(run, "a")), _post(patient(run, "b")))
    run.done(answer, "事务成功", "it is taken")
    run.expect(
        answer.body.get("type") == "transaction-response",
        "为 transaction-response",
        "it is a transaction-response",
        answer,
    )
    names = _placed(run, answer, 2)
    run.expect(
        _statuses(answer) == ["201", "201"], "每条 201", "each is 201", same(", ".join(_statuses(answer)))
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
    good = _post(patient(run))
    answer = _transaction(run, good, _entry("POST", "Qiaoxing", _NOWHERE))
    run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.expect(_count(run) == 0, "什么也没有写入", "nothing was written")
    _placed(run, run.done(_transaction(run, good), "没有坏条目则成功", "without the bad entry it is taken"))


@check(
    "R4-TRANSACTION",
    zh="事务中一条基于旧版本则全部不写入",
    en="where one entry is of a past version, nothing of a transaction is written",
)
def transaction_stale(run: Run) -> None:
    """It fails while it is carried out. A target that heeds no ifMatch writes all of it: never a part."""
    Claims.of(run).need("Patient", "update")
    body = created(run, patient(run, "-old"))
    entry = _entry("PUT", name_of(body), {**body, "birthDate": "1990-03-08"})
    entry["request"]["ifMatch"] = 'W/"9876"'
    answer = _transaction(run, _post(patient(run)), entry)
    changed = read(run, name_of(body))["birthDate"] == "1990-03-08"
    run.expect(_count(run) == int(answer.ok), "新建与答复一致", "what was to be created is as told", answer)
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
    entries = ({"fullUrl": urn, **_post(patient(run))}, _post(observation(run, urn, "5.40")))
    names = _placed(run, run.done(_transaction(run, *entries), "事务成功", "it is taken"), 2)
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
        _entry("GET", name_of(kept)),
        _entry("PUT", name_of(kept), {**kept, "birthDate": "1990-03-08"}),
        _entry("DELETE", name_of(gone)),
    )
    answer = run.done(_transaction(run, *entries), "事务成功", "it is taken")
    first = (answer.entries or [{}])[0]
    run.expect(first.get("birthDate") == "1990-03-08", "读取看到更新", "the read sees the update")
    run.expect(_count(run, "b") == 0, "已删除", "the other is gone")


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
    answer = run.done(_transaction(run, _post(observation(run, where, "5.40"))), "事务成功", "it is taken")
    said = str((read(run, _placed(run, answer)[0]).get("subject") or {}).get("reference"))
    run.expect(said.endswith(name_of(body)), "引用指向所找到的患者", "it names the patient who is found")
    lost = _transaction(run, _post(observation(run, f"{where}-none", "5.40")))
    declined(run, lost, "无匹配则拒绝", "one that finds nobody is refused")


@check(
    "R4-TRANSACTION",
    zh="同一资源出现两次的事务被拒绝",
    en="a transaction that names one resource twice is refused",
)
def transaction_twice(run: Run) -> None:
    """R4 http#trules: identities that overlap fail it."""
    Claims.of(run).need("Patient", "update")
    body = created(run, patient(run))
    entries = [_entry("PUT", name_of(body), {**body, "birthDate": f"1990-03-0{place}"}) for place in (8, 9)]
    declined(run, _transaction(run, *entries), "出现两次被拒绝", "twice is refused")
    run.expect(read(run, name_of(body))["birthDate"] == "1990-03-07", "资源未变", "nothing has changed")
    run.done(_transaction(run, entries[0]), "一次则成功", "once is taken")


@check(
    "R4-TRANSACTION",
    zh="缺少 request 的事务条目被拒绝",
    en="an entry of a transaction without its request is refused",
)
def transaction_without_request(run: Run) -> None:
    """R4 bdl-3."""
    answer = _transaction(run, {"resource": patient(run)})
    run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.expect(_count(run) == 0, "什么也没有写入", "nothing was written")
    _placed(
        run, run.done(_transaction(run, _post(patient(run))), "有 request 则成功", "with it, it is taken")
    )


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
    entry = _post(patient(run))
    entry["request"]["ifNoneExist"] = f"identifier={SYSTEM}|{run.number}"
    answer = run.done(_transaction(run, entry), "事务成功", "it is taken")
    run.expect(
        _statuses(answer) == ["200"], "条目为 200", "the entry is 200", same(", ".join(_statuses(answer)))
    )
    run.expect(_count(run) == 1 and bool(body), "仍只有一个", "there still is one")


@check(
    "R4-BATCH",
    zh="批处理各条独立：坏的失败，好的成功",
    en="entries of a batch stand alone: the bad one fails, the good one does not",
)
def batch(run: Run) -> None:
    """A good entry, a bad one, a read of what is not there."""
    _claims(run, "batch")
    answer = run.done(
        _bundle(
            run,
            "batch",
            _post(patient(run)),
            _entry("POST", "Qiaoxing", _NOWHERE),
            _entry("GET", "Patient/conformance-absent"),
        ),
        "批处理成功",
        "it is answered",
    )
    run.expect(
        answer.body.get("type") == "batch-response", "为 batch-response", "it is a batch-response", answer
    )
    _placed(run, answer)
    found = _statuses(answer)
    run.expect(found[:1] == ["201"], "好的为 201", "the good one is 201", same(", ".join(found)))
    bad = found[1:2] in (["400"], ["404"], ["405"], ["422"])
    run.expect(bad, "坏的为 4xx", "the bad one is 4xx", same(", ".join(found)))
    run.expect(found[2:] == ["404"], "不存在的为 404", "what is not there is 404", same(", ".join(found)))
    run.expect(_count(run) == 1, "好的已写入", "the good one is written")


@check("R4-BATCH", zh="批处理内可读取与检索", en="a batch reads and searches")
def batch_reads(run: Run) -> None:
    """A read and a search among its entries."""
    _claims(run, "batch")
    Claims.of(run).need_parameters("Patient", ["identifier"])
    body = created(run, patient(run))
    answer = run.done(
        _bundle(
            run,
            "batch",
            _entry("GET", name_of(body)),
            _entry("GET", f"Patient?identifier={SYSTEM}|{run.number}"),
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
    zh="既非事务也非批处理的 Bundle 不被当作事务执行",
    en="a Bundle that is neither transaction nor batch is not carried out",
)
def transaction_neither(run: Run) -> None:
    """A collection posted to the base."""
    _claims(run, "transaction")
    answer = _bundle(run, "collection", _post(patient(run)))
    run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.expect(_count(run) == 0, "什么也没有写入", "nothing was written")
    _placed(
        run,
        run.done(_transaction(run, _post(patient(run))), "作为事务则成功", "as a transaction it is taken"),
    )


def _claims(run: Run, code: str) -> None:
    claims = Claims.of(run)
    claims.need_system(code)
    claims.need("Patient", "create", "read")


def _transaction(run: Run, *entries: Resource) -> Answer:
    _claims(run, "transaction")
    return _bundle(run, "transaction", *entries)


def _bundle(run: Run, kind: str, *entries: Resource) -> Answer:
    return run.client().post("", {"resourceType": "Bundle", "type": kind, "entry": list(entries)})


def _post(body: Resource) -> Resource:
    return _entry("POST", str(body["resourceType"]), body)


def _entry(method: str, url: str, body: Resource | None = None) -> dict[str, Any]:
    return {**({"resource": body} if body else {}), "request": {"method": method, "url": url}}


def _responses(answer: Answer) -> list[Resource]:
    entries = [one for one in answer.body.get("entry") or [] if isinstance(one, dict)]
    return [one.get("response") or {} for one in entries]


def _statuses(answer: Answer) -> list[str]:
    return [str(one.get("status", ""))[:3] for one in _responses(answer)]


def _placed(run: Run, answer: Answer, count: int = 1) -> list[str]:
    """Return what was created, in the order of the entries, and note it."""
    found = []
    for one in _responses(answer):
        parts = str(one.get("location", "")).split("/_history")[0].split("/")
        found.append("/".join(parts[-2:]))
        if len(parts) >= 2 and str(one.get("status", "")).startswith("201"):
            run.wrote(found[-1])
    run.expect(len(found) >= count, "每条都有答复", "each entry is answered", same(str(len(found))))
    return found


def _count(run: Run, suffix: str = "") -> int:
    """Return how many patients of this check there are."""
    Claims.of(run).need_parameters("Patient", ["identifier"])
    return len(run.client().get(f"Patient?identifier={SYSTEM}|{run.number}{suffix}").entries)
