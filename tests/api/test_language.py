"""In which language a client is told what is wrong: Chinese or English, by Accept-Language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.api.language import reads_chinese
from gateway.validation import xml

Ask = Callable[..., Any]
Put = Callable[..., None]
ZH = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}


def said(answer: Any) -> str:
    return str(answer.json()["issue"][0]["diagnostics"])


@pytest.mark.parametrize(
    ("accepted", "chinese"),
    [
        ("zh", True),
        ("ZH-cn", True),
        ("zh-Hans", True),
        ("zh-Hans-CN, en;q=0.9", True),
        ("zh-CN,zh;q=0.9,en;q=0.8", True),
        ("en, zh", False),
        ("zh, en", True),
        ("en;q=0.5, zh;q=0.6", True),
        ("zh;q=0.5, en", False),
        ("fr, zh;q=0.1", True),
        ("zh;q=0", False),
        ("en;q=0, *", True),
        ("*", False),
        ("*, zh;q=0.5", False),
        ("fr", False),
        ("zhx", False),
        ("", False),
        (";;,=q", False),
    ],
)
def test_the_language_that_weighs_more_is_taken(accepted: str, chinese: bool) -> None:
    scope = {"headers": [(b"accept-language", accepted.encode())]}
    assert reads_chinese(scope) is chinese


def test_without_a_wish_it_is_english() -> None:
    assert not reads_chinese({"headers": []})


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nothing", 404, "此地址没有可用的服务"),
        ("GET", "/fhir/Patient/1", 404, "没有这个资源"),
        ("POST", "/fhir/metadata", 405, "此地址不支持该 HTTP 方法"),
        ("GET", "/fhir/Patient?_format=turtle", 406, "只提供 R4 的 JSON 和 XML"),
        ("GET", "/fhir/Patient?_count=-1", 400, "_count: 必须是非负整数"),
        ("GET", "/fhir/Patient?birthdate=soon", 400, "birthdate: 须为日期"),
        ("GET", "/fhir/Patient?identifier=" + "x" * 9000, 414, "URL 过长"),
        ("GET", "/fhir/Patient?" + "&" * 200, 400, "URL 中的参数过多"),
    ],
)
def test_a_refusal_is_chinese_for_who_reads_it(
    ask: Ask, method: str, path: str, status: int, text: str
) -> None:
    answer = ask(method, path, headers=ZH)
    assert (answer.status_code, answer.headers["content-language"]) == (status, "zh-CN")
    assert said(answer).startswith(text)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "accept-language" in answer.headers.get_list("vary", split_commas=True)
    english = ask(method, path)
    assert english.headers["content-language"] == "en"
    assert said(english).isascii()


def test_xml_is_chinese_too(ask: Ask) -> None:
    answer = ask("GET", "/fhir/Patient/1", headers=ZH | {"accept": "application/fhir+xml"})
    assert answer.headers["content-type"] == "application/fhir+xml"
    assert xml.from_xml(answer.content)["issue"][0]["diagnostics"] == "没有这个资源"


def test_what_is_stored_stays_as_it_is(ask: Ask, put: Put) -> None:
    told = {"severity": "error", "code": "processing", "diagnostics": "the resource has been deleted"}
    put({"resourceType": "OperationOutcome", "id": "o", "issue": [told]})
    answer = ask("GET", "/fhir/OperationOutcome/o", headers=ZH)
    assert said(answer) == told["diagnostics"]
    assert "content-language" not in answer.headers


def test_a_lenient_search_tells_in_chinese_what_it_left_out(ask: Ask) -> None:
    answer = ask("GET", "/fhir/Patient?shoe=44", headers=ZH | {"prefer": "handling=lenient"})
    [entry] = answer.json()["entry"]
    assert entry["resource"]["issue"][0]["diagnostics"].startswith("shoe: Patient 没有这个检索参数")


def test_entries_of_a_batch_are_told_in_chinese(call: Ask) -> None:
    asked: list[dict[str, Any]] = [
        {"request": {"method": "GET", "url": "Patient/none"}},
        {"request": {"method": "GET"}},
    ]
    answer = call(
        "POST", "/fhir", {"resourceType": "Bundle", "type": "batch", "entry": asked}, accept_language="zh"
    )
    told = [one["response"]["outcome"]["issue"][0]["diagnostics"] for one in answer.json()["entry"]]
    assert told == ["没有这个资源", "条目缺少 request.method 和 request.url"]


def test_a_transaction_is_refused_in_chinese(call: Ask) -> None:
    asked = [{"request": {"method": "DELETE", "url": "Patient/1/2"}}]
    answer = call(
        "POST",
        "/fhir",
        {"resourceType": "Bundle", "type": "transaction", "entry": asked},
        accept_language="zh",
    )
    assert answer.headers["content-language"] == "zh-CN"
    assert said(answer) == "Bundle.entry[0]: request.url 不是资源的地址"


@pytest.mark.parametrize(("accepted", "language"), [("zh", "zh-CN"), ("en", "en")])
def test_findings_name_their_language(call: Ask, accepted: str, language: str) -> None:
    bad = {"resourceType": "Patient", "gender": "?"}
    refused = call("POST", "/fhir/Patient", bad, accept_language=accepted)
    assert (refused.status_code, refused.headers["content-language"]) == (422, language)
    checked = call("POST", "/fhir/Patient/$validate", bad, accept_language=accepted)
    assert checked.headers["content-language"] == language
    assert said(refused).isascii() is said(checked).isascii() is (language == "en")


def test_lines_of_an_import_are_told_in_chinese(call: Ask) -> None:
    lines = b'{"resourceType":"Patient"}\n{"resourceType":"Patient","id":"1","gender":"?"}\n'
    answer = call(
        "POST", "/fhir/$import", lines, content_type="application/fhir+ndjson", accept_language="zh"
    )
    [told] = [one["resource"] for one in answer.json()["parameter"] if one["name"] == "outcome"]
    first, second = (one["diagnostics"] for one in told["issue"])
    assert first == "第 1 行：资源没有 id；导入按各资源的 id 写入"
    assert second.startswith("第 2 行：")
    assert not second.removeprefix("第 2 行：").isascii()
