"""Limits: what is too much, too long or too slow is refused, and the server goes on (R4 security.html)."""

from __future__ import annotations

import gzip
import socket
import time

from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.simulators.exact import loads
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import discerning, placed
from conformance.suites.security.afterwards import goes_on
from conformance.suites.security.raw import Heard, place, request, say

_XML = "application/fhir+xml"
_MIB = 1024 * 1024
_SLOW = 24
_ENTRIES = 300


@checks(
    [
        Case(
            name,
            "R4-SECURITY",
            Words(f"XML 外部实体不被展开：{zh}", f"XML entities are not expanded: {en}"),
            (head, inner),
        )
        for name, zh, en, head, inner in (
            (
                "file",
                "本地文件",
                "a file",
                '<!DOCTYPE Patient [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
                "&e;",
            ),
            ("network", "网络地址", "an address", '<!DOCTYPE Patient [<!ENTITY e SYSTEM "{inbox}">]>', "&e;"),
            (
                "parameter",
                "参数实体",
                "a parameter entity",
                '<!DOCTYPE Patient [<!ENTITY % e SYSTEM "{inbox}"> %e;]>',
                "x",
            ),
            (
                "laughs",
                "指数膨胀",
                "entities of entities",
                '<!DOCTYPE Patient [<!ENTITY a "lol">'
                + "".join(
                    f'<!ENTITY {new} "{f"&{old};" * 12}">'
                    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
                )
                + "]>",
                "&i;",
            ),
        )
    ]
)
def entities(run: Run, head: str, inner: str) -> None:
    """Post it; refused, nothing fetched, nothing shown. The twin has no DOCTYPE."""
    if not Claims.of(run).formats("xml"):
        raise Skipped("CapabilityStatement 未声明 XML", "XML is not claimed")
    Claims.of(run).need("Patient", "create")
    box = run.inbox()
    answer = run.client().post(
        "Patient", (head.replace("{inbox}", box.url) + _told(inner)).encode(), Content_Type=_XML
    )
    run.expect(400 <= answer.status < 500, "被拒绝（4xx）", "it is refused (4xx)", answer)
    run.expect(
        b"root:" not in answer.raw and not box.arrived,
        "未读取文件或网络",
        "neither file nor address was asked",
    )
    taken = run.done(
        run.client().post("Patient", _told(f"Q{run.number}").encode(), Content_Type=_XML),
        "没有 DOCTYPE 则成功",
        "without a DOCTYPE it is taken",
    )
    run.wrote(placed(taken, "Patient"))


def _told(text: str) -> str:
    """Return a patient with a text as character data: in an attribute XML takes no external entity anyway."""
    said = f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'
    return f'<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/>{said}</text></Patient>'


@check("R4-SECURITY", zh="压缩炸弹被拒绝", en="a bomb of compression is refused")
def bomb(run: Run) -> None:
    """96 MiB of blanks in 96 KiB; the twin is a small packed body, or nothing packed is taken at all."""
    Claims.of(run).need("Patient", "create")
    raw = gzip.compress(b" " * (96 * _MIB), 9)
    answer = run.client().post("Patient", raw, Content_Encoding="gzip")
    run.expect(answer.status in (400, 413, 415), "400、413 或 415", "400, 413 or 415", answer)
    goes_on(run)


@checks(
    [
        Case(
            name,
            "R4-SECURITY",
            Words(f"超限的请求被拒绝：{zh}", f"what is too long is refused: {en}"),
            (kind,),
        )
        for name, zh, en, kind in (
            ("length", "声称极长的正文", "a body that says it is endless", "length"),
            ("head", "极长的头部", "a header without end", "head"),
            ("headers", "极多的头部", "headers without number", "headers"),
            ("url", "极长的地址", "an address without end", "url"),
        )
    ]
)
def oversized(run: Run, kind: str) -> None:
    """4xx, or the line is closed; the server goes on."""
    discerning(run)
    if kind == "length":
        Claims.of(run).need("Patient", "create")
    base = place(run)[2]
    sent = {
        "length": request(
            run,
            f"{base}/Patient",
            "Content-Type: application/fhir+json",
            "Content-Length: 99999999999",
            method="POST",
        ),
        "head": request(run, f"{base}/metadata", "X-Long: " + "a" * _MIB),
        "headers": request(run, f"{base}/metadata", *(f"X-{place}: {place}" for place in range(20000))),
        "url": request(run, f"{base}/Patient?_id=" + "a" * 200_000),
    }[kind]
    _refused(run, say(run, sent, rest=5.0 if kind == "length" else 2.0))
    goes_on(run)


@check("R4-SECURITY", zh="慢速连接不妨碍其他请求", en="lines that say nothing keep nobody else waiting")
def slow_others(run: Run) -> None:
    """Two dozen heads that never end, and a request beside them."""
    discerning(run)
    host, port, base = place(run)
    lines = [socket.create_connection((host, port), timeout=5) for _ in range(_SLOW)]
    try:
        for line in lines:
            line.sendall(f"GET {base}/metadata HTTP/1.1\r\nHost: {host}\r\n".encode())
        began = time.monotonic()
        run.done(run.client().get("metadata"), "其他请求成功", "another request is answered")
        run.expect(time.monotonic() - began < 5, "在 5 秒内", "within 5 seconds")
    finally:
        for line in lines:
            line.close()


@check("R4-SECURITY", zh="不完整的请求在限时后被断开", en="a request that never ends is cut off", waits=True)
def slow_cut(run: Run) -> None:
    """A head without its end: 408, or closed, within the limit (``settings.slow``, 40 s)."""
    discerning(run)
    host, _, base = place(run)
    limit = float(run.target.setting("slow", 40.0))
    heard = say(run, f"GET {base}/metadata HTTP/1.1\r\nHost: {host}\r\n".encode(), rest=limit)
    run.expect(
        heard.closed,
        "已断开",
        "it is cut off",
        Words("仍保持连接", "it is still open") if not heard.closed else "",
    )
    goes_on(run)


@check(
    "R4-SIZE", zh="大型事务被完整处理或被明确拒绝", en="a large transaction is processed in full, or refused"
)
def large(run: Run) -> None:
    """Hundreds of entries: all are there, or none is and 413 says so."""
    claims = Claims.of(run)
    claims.need_system("transaction")
    claims.need("Basic", "create", "delete")
    entry = {
        "resource": {"resourceType": "Basic", "code": {"text": run.number}},
        "request": {"method": "POST", "url": "Basic"},
    }
    answer = run.client().post(
        "", {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * _ENTRIES}
    )
    if answer.ok:
        said = [one.get("response") or {} for one in loads(answer.raw).get("entry") or []]
        for one in said:
            run.wrote("/".join(str(one.get("location", "")).split("/_history")[0].split("/")[-2:]))
        whole = sum(str(one.get("status", "")).startswith("201") for one in said)
        run.expect(whole == _ENTRIES, "全部写入", "all are written", same(f"{whole}/{_ENTRIES}"))
    else:
        run.expect(
            answer.status == 413,
            "413 与 OperationOutcome",
            "413 with an OperationOutcome",
            answer,
        )


def _refused(run: Run, heard: Heard) -> None:
    refused = bool(heard.statuses) and all(400 <= one < 600 and one != 500 for one in heard.statuses)
    run.expect(
        refused or (not heard.statuses and heard.closed),
        "被拒绝或断开",
        "it is refused, or the line is closed",
        same(", ".join(str(one) for one in heard.statuses) or "-"),
    )
