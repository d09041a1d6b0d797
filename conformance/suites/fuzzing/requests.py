"""Requests that went wrong: bytes that are no JSON or XML, searches, addresses and headers of any kind."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import Unanswered
from conformance.harness.words import Words
from conformance.suites.fhir.ground import taken
from conformance.suites.fuzzing.drawing import drawn, needed
from conformance.suites.fuzzing.resources import alive, base, faults, gave_up, spoken, written

_MEDIA = {"json": "application/fhir+json", "xml": "application/fhir+xml"}
_XML = (
    '<Patient xmlns="http://hl7.org/fhir"><active value="true"/><name><text value="欧阳㛃"/></name></Patient>'
)


def _answered(
    run: Run, found: Counter[str], method: str, path: str, body: bytes | None = None, media: str = ""
) -> int:
    """Send it, note what must never be; returns the status, 0 without an answer."""
    headers = {"Content-Type": media} if media else {}
    try:
        answer = run.client().send(method, path, body, headers=headers)
    except Unanswered as gone:
        found[gone.reason.en] += 1
        return 0
    for fault in faults(answer):
        found[fault] += 1
    taken(run, answer)
    return answer.status


@checks([
    Case(form, "R4-MALFORMED",
         Words(f"损坏的 {form.upper()} 正文：从不 5xx", f"broken {form.upper()}: never 5xx"), (form,))
    for form in _MEDIA
])  # fmt: skip
def body(run: Run, form: str) -> None:
    """A valid body of which bytes are cut, doubled, turned or put in; and bytes of nothing."""
    needed()
    from hypothesis import strategies as st

    whole = written(base("Patient", number="fuzz")) if form == "json" else _XML.encode()
    cut = st.integers(0, len(whole) - 1)
    piece = st.binary(min_size=1, max_size=4) | st.sampled_from(
        (b"\x00", b"\xff\xfe", b"[" * 500, b"<!DOCTYPE x [<!ENTITY a 'b'>]>")
    )
    broken = (
        st.builds(lambda at, put: whole[:at] + put + whole[at:], cut, piece)
        | st.builds(lambda at, put: whole[:at] + put + whole[at + len(put) :], cut, piece)
        | st.builds(lambda at: whole[:at], cut)
        | st.binary(max_size=64)
    )
    found: Counter[str] = Counter()
    states: set[int] = set()
    for one in drawn(run, f"body.{form}", broken):
        if gave_up(found):
            break
        states.add(_answered(run, found, "POST", "Patient", one, _MEDIA[form]))
    run.expect(
        not found,
        "没有 5xx、无说明的拒绝或超时",
        "there is no 5xx, no refusal without a reason, no time-out",
        spoken(found),
    )
    run.expect(any(400 <= one < 500 for one in states), "损坏的被拒绝", "what is broken is refused")
    alive(run)


_NAMES = (
    "_id", "identifier", "name", "birthdate", "_lastUpdated", "_sort", "_count", "_include", "_revinclude",
    "_elements", "_summary", "_has:Observation:patient:code", "general-practitioner.name", "_filter", "_text",
    "nothing", "name:exact", "name:nothing", "_format", "_total", "_getpages", "gender",
)  # fmt: skip
_VALUES = (
    "", "ge2025", "2025-02-30", "|", "||", "a|b|c", "\\", "$", ",,,,", "-1", "99999999999999999999", "*",
    "../..",
    "Patient:nothing:x", "%", "\u0000", "𠮷", "a" * 5000, "eq1e400", "' OR 1=1 --", "null",
)  # fmt: skip


@check("R4-MALFORMED", zh="任意检索参数：从不 5xx", en="a search by anything: never 5xx")
def search(run: Run) -> None:
    """Names and values of every kind, one to three at a time."""
    needed()
    from hypothesis import strategies as st

    name = st.sampled_from(_NAMES) | st.text(max_size=12)
    pair = st.tuples(name, st.sampled_from(_VALUES) | st.text(max_size=20))
    found: Counter[str] = Counter()
    for pairs in drawn(run, "search", st.lists(pair, min_size=1, max_size=3)):
        if gave_up(found):
            break
        query = "&".join(f"{_quoted(one)}={_quoted(value)}" for one, value in pairs)
        _answered(run, found, "GET", f"Patient?{query}")
    right = run.client().get("Patient?_count=1")
    run.expect(right.ok and right.kind == "Bundle", "正确的检索照常应答", "a right search is answered", right)
    run.expect(
        not found,
        "没有 5xx、无说明的拒绝或超时",
        "there is no 5xx, no refusal without a reason, no time-out",
        spoken(found),
    )
    alive(run)


_PARTS = (
    "Patient", "Nobody", "_history", "1", "$validate", "$nothing", "..", "%2e%2e", "metadata",
    "a" * 300, "$export",
)  # fmt: skip


@check("R4-MALFORMED", zh="任意地址与方法：从不 5xx", en="any address by any method: never 5xx")
def address(run: Run) -> None:
    """Types, ids, versions and operations that there are not."""
    needed()
    from hypothesis import strategies as st

    part = st.sampled_from(_PARTS)
    method = st.sampled_from(("GET", "HEAD", "PUT", "PATCH", "OPTIONS"))
    parts = st.lists(part | st.text(max_size=10), min_size=1, max_size=5)
    found: Counter[str] = Counter()
    states: set[int] = set()
    for how, listed in drawn(run, "address", st.tuples(method, parts)):
        if gave_up(found):
            break
        path = "/".join(_quoted(one, "%$.") for one in listed)
        body_ = written(base("Patient", number="fuzz")) if how in ("PUT", "PATCH") else None
        states.add(_counted(run, found, how, path, body_))
    run.expect(not found, "没有 5xx 或超时", "there is no 5xx and no time-out", spoken(found))
    run.expect(404 in states, "不存在的地址得到 404", "an address that there is not answers 404")
    alive(run)


def _counted(run: Run, found: Counter[str], method: str, path: str, body: bytes | None) -> int:
    """Note a 5xx only: HEAD and OPTIONS have no body, and a redirect may be an answer to an address."""
    try:
        answer = run.client().send(method, path, body)
    except Unanswered as gone:
        found[gone.reason.en] += 1
        return 0
    if answer.status >= 500 and answer.status != 501:
        found[f"HTTP {answer.status}"] += 1
    if method == "PUT" and answer.ok and answer.body.get("id"):
        run.wrote(f"{answer.kind}/{answer.body['id']}")
    return answer.status


def _quoted(text: str, safe: str = "") -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe=safe)
