"""Mutants of the FHIR API: one thing of R4 that is not so."""

from __future__ import annotations

import json
import re
from typing import Any

from mutants.mutant import Answered, bundles, front, instead, mutant

Scope = dict[str, Any]


def _asks(scope: Scope, name: str) -> bool:
    return f"{name}=".encode() in scope["query_string"]


@mutant("R4-SINCE", "历史忽略 _since", "a history ignores _since")
def since_ignored() -> None:
    from gateway.api import history

    instead(history, "_since", lambda _: lambda told, zone: None)


@mutant("R4-PAGING", "翻页时漏掉一条", "each further page of a search leaves one out")
def page_skips() -> None:
    def change(scope: Scope, found: dict[str, Any]) -> None:
        if found["type"] == "searchset" and _asks(scope, "_cursor"):
            del found["entry"][:1]

    bundles(change)


@mutant("R4-CONCURRENCY", "忽略 If-Match", "If-Match is ignored")
def if_match_ignored() -> None:
    from gateway.store import interaction

    instead(interaction, "_check_match", lambda _: lambda change, entry: None)


@mutant("R4-DELETE", "删除的资源仍能读到", "what was deleted is still read")
def deleted_is_read() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if answer.status != 410:
            return
        _, type_, id_ = scope["path"].rsplit("/", 2)
        answer.status = 200
        answer.body = json.dumps({"resourceType": type_, "id": id_}).encode()

    front(answered=answered)


@mutant("R4-SUMMARY", "_summary=count 的总数多一", "a total is told one too high")
def wrong_total() -> None:
    def change(scope: Scope, found: dict[str, Any]) -> None:
        if "total" in found and b"_summary=count" in scope["query_string"]:
            found["total"] += 1

    bundles(change)


@mutant("R4-ELEMENTS", "_elements 漏掉所要的元素", "_elements leaves out what was asked for")
def elements_missing() -> None:
    from gateway.api import shape

    def make(made: Any) -> Any:
        def other(pairs: Any, *rest: Any) -> Any:
            return made([(name, "id" if name == "_elements" else value) for name, value in pairs], *rest)

        return other

    instead(shape, "shape", make)


@mutant("R4-HISTORY", "历史中没有删除", "a history leaves out deletions")
def history_without_deletions() -> None:
    def change(_: Scope, found: dict[str, Any]) -> None:
        if found["type"] == "history":
            found["entry"] = [one for one in found.get("entry", []) if one["request"]["method"] != "DELETE"]

    bundles(change)


@mutant("R4-TRANSACTION", "失败的事务留下之前的条目", "a transaction that fails leaves what came before")
def transaction_not_atomic() -> None:
    from gateway.api import change

    def make(transact: Any) -> Any:
        async def one_by_one(request: Any, changes: Any, size: int = 0) -> Any:
            done = await transact(request, changes, size)
            if done.error is not None and len(changes) > 1 and all(one.type == "Patient" for one in changes):
                for one in changes:
                    await transact(request, [one], size)
            return done

        return one_by_one

    instead(change, "transact", make)


@mutant("R4-CONDITIONAL", "忽略 If-None-Exist，重复建立", "If-None-Exist is ignored: a double is made")
def conditional_create_makes_two() -> None:
    from gateway.api import conditional

    instead(conditional, "if_none_exist", lambda _: lambda given: None)


@mutant("R4-FORMAT", "XML 答复的 Content-Type 不对", "XML is answered with another Content-Type")
def content_type_wrong() -> None:
    def answered(_: Scope, answer: Answered) -> None:
        if answer.headers.get("content-type", "").startswith("application/fhir+xml"):
            answer.headers["content-type"] = "text/plain"

    front(answered=answered)


@mutant("R4-ERRORS", "404 没有 OperationOutcome", "404 comes without an OperationOutcome")
def no_outcome() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if answer.status == 404 and re.fullmatch(r"/fhir/[A-Z][A-Za-z]+/[^/]+", scope["path"]):
            answer.body = b"{}"

    front(answered=answered)


@mutant("R4-BULK", "导出文件少一行", "a file of an export lacks a line")
def export_loses_a_line() -> None:
    from gateway.api import export_file

    def make(parts: Any) -> Any:
        def shorter(*given: Any) -> Any:
            first = True
            for part in parts(*given):
                yield part.split(b"\n", 1)[1] if first else part
                first = False

        return shorter

    instead(export_file, "_parts", make)


@mutant("R4-SUBSCRIPTION", "丢失一部分订阅通知", "every other notification is lost")
def event_lost() -> None:
    from gateway.feed.subscription.sending import Answer, Sender

    def make(call: Any) -> Any:
        sent = [0]

        async def lossy(self: Any, parcel: Any) -> Any:
            sent[0] += 1
            return Answer(True) if sent[0] % 2 == 0 else await call(self, parcel)

        return lossy

    instead(Sender, "__call__", make)


@mutant("R4-PATCH", "忽略补丁中的 test", "the operation test of a patch is ignored")
def patch_test_ignored() -> None:
    from gateway.patch import json_patch

    instead(json_patch, "_test", lambda _: lambda document, *rest: document)


@mutant("R4-ETAG", "ETag 不是版本号", "the ETag is not the version")
def etag_wrong() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if scope["method"] == "GET" and "etag" in answer.headers:
            answer.headers["etag"] = 'W/"x' + answer.headers["etag"][3:]

    front(answered=answered)


@mutant("R4-UPDATE", "正文标识与 URL 不符也被接受", "an id that disagrees with the URL is taken")
def other_id() -> None:
    from gateway.api import resource

    def make(address: Any) -> Any:
        def lenient(value: Any, type_: str, id_: str) -> None:
            if id_ and type(value) is dict and value.get("id", id_) != id_:
                value["id"] = id_
            address(value, type_, id_)

        return lenient

    instead(resource, "address", make)


@mutant("R4-INVALID", "接受不合法的资源", "an invalid resource is taken")
def invalid_taken() -> None:
    from gateway.api import resource

    instead(resource, "fit", lambda _: lambda here, issues: None)


@mutant("R4-KEPT", "小数精度丢失：5.60 变成 5.6", "precision is lost: 5.60 becomes 5.6")
def decimals_shortened() -> None:
    from gateway.api import resource

    def make(read: Any) -> Any:
        def shortened(here: Any, data: bytes) -> Any:
            return read(here, re.sub(rb"([\[:,]\s*-?\d+\.\d*?[1-9])0+(?=\s*[,}\]])", rb"\1", data))

        return shortened

    instead(resource, "read", make)


@mutant("R4-PREFER", "Prefer: return 被颠倒", "Prefer: return is turned round")
def prefer_turned_round() -> None:
    from gateway.api import prefer

    prefer._RETURNS.update(minimal="representation", representation="minimal")


@mutant("R4-CONDITIONAL-READ", "从不返回 304", "304 is never answered")
def never_unchanged() -> None:
    from gateway.api import read

    instead(read, "unchanged", lambda _: lambda *given: False)


@mutant("R4-VREAD", "按版本读取返回当前内容", "a read of a version gives the current one")
def vread_current() -> None:
    from gateway.api import vread

    async def current(here: Any, tenant: str, type_: str, id_: str, ver: int) -> Any:
        found = here.store.vread(tenant, type_, id_, ver)
        return found and here.store.read(tenant, type_, id_)

    instead(vread, "_found", lambda _: current)


@mutant("R4-COMPARTMENT", "区隔检索返回他人的资源", "a compartment search gives what belongs to others")
def compartment_leaks() -> None:
    from gateway.api import compartment

    def make(run: Any) -> Any:
        async def leaking(request: Any, type_: str, id_: str, member: str, pairs: Any) -> Any:
            from gateway.api.search import _of_type

            return await (
                _of_type(request, member, pairs) if member != "*" else run(request, type_, id_, member, pairs)
            )

        return leaking

    instead(compartment, "_run", make)


@mutant("R4-CREATE", "创建后没有 Location", "create answers without Location")
def no_location() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if scope["method"] == "POST" and answer.status == 201:
            answer.headers.pop("location", None)

    front(answered=answered)


@mutant("R4-READ", "不合规的标识使服务出错", "an id that is none breaks the read")
def malformed_id_breaks() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if scope["method"] == "GET" and re.fullmatch(r"/fhir/[A-Z][A-Za-z]+/x{65}", scope["path"]):
            answer.status = 500

    front(answered=answered)


@mutant("R4-BATCH", "批处理当作事务", "a batch fails as a whole")
def batch_is_a_transaction() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if b'"batch-response"' in answer.body[:80] and re.search(rb'"status":"4\d\d', answer.body):
            told = {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "error", "code": "processing"}],
            }
            answer.status = 400
            answer.body = json.dumps(told).encode()

    front(answered=answered)


@mutant(
    "R4-VALIDATE", "$validate 认为 Observation 一切正确", "$validate finds nothing wrong with an Observation"
)
def validate_finds_nothing() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if scope["path"].endswith("/Observation/$validate"):  # of messages and codes other rows ask it
            well = {"severity": "information", "code": "informational", "diagnostics": "No issues found"}
            answer.status = 200
            answer.body = json.dumps({"resourceType": "OperationOutcome", "issue": [well]}).encode()

    front(answered=answered)


@mutant(
    "R4-MALFORMED",
    "空的或嵌套过深的 JSON 答复 500",
    "JSON that is empty or nested very deeply is answered 500",
)
def malformed_breaks() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        told = (b"nest the text less deeply", b"the text is empty")  # what is cut, other rows look at, too
        if answer.status == 400 and any(one in answer.body for one in told):
            answer.status = 500

    front(answered=answered)


@mutant("R4-AT", "历史忽略 _at", "a history ignores _at")
def at_ignored() -> None:
    from gateway.api import history

    instead(history, "_at", lambda _: lambda told, zone: None)


@mutant("R4-CAPABILITY", "能力声明没有日期", "the statement does not say of which date it is")
def statement_undated() -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if scope["path"].endswith("/metadata") and b'"CapabilityStatement"' in answer.body:
            found = json.loads(answer.body)
            found.pop("date", None)
            answer.body = json.dumps(found).encode()

    front(answered=answered)
