"""Formats: JSON and XML as they are asked for, and errors in the same (R4 http#mime-type, #Status-Codes)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from conformance.harness.answer import Answer
from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import dumps
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import name_of, patient, placed, read, sample

_XML, _JSON = "application/fhir+xml", "application/fhir+json"
_NS = "{http://hl7.org/fhir}"
_CODES = {
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
}
"""R4 issue-type (required)."""
_CUT = ("body", "encoding")
_FRAMEWORK = ("type", "operation", "method", "path", "encoding")
"""Errors that a server's framework may answer before FHIR is reached."""


@check(
    "R4-FORMAT",
    zh="JSON 与 XML 内容等价，Content-Type 如实",
    en="JSON and XML say the same, and Content-Type is true",
)
def both(run: Run) -> None:
    """Read one resource in both."""
    _needs_xml(run)
    body = sample(run)
    answer = run.done(run.client().get(name_of(body), Accept=_XML), "读取成功", "it is read")
    run.expect(
        answer.type == _XML, "Content-Type 为 FHIR XML", "Content-Type is that of FHIR XML", answer.type
    )
    root = _parsed(run, answer)
    run.expect(
        root.tag == f"{_NS}{body['resourceType']}", "根元素为资源类型", "the root is the resource type"
    )
    run.expect(root.find(f"{_NS}id").get("value") == body["id"], "标识一致", "the id is the same")
    names = [etree.QName(one).localname for one in root]
    said = {name.lstrip("_") for name in body if name != "resourceType"}
    run.expect(set(names) == said, "元素一致", "the elements are the same")


@check("R4-FORMAT", zh="_format 优先于 Accept", en="_format goes before Accept")
def override(run: Run) -> None:
    """R4 http#mime-type: for clients that cannot set headers."""
    _needs_xml(run)
    body = sample(run)
    for said, accept, wanted in (
        ("xml", _JSON, _XML),
        ("json", _XML, _JSON),
        ("application/fhir%2Bxml", _JSON, _XML),
    ):
        answer = run.client().get(f"{name_of(body)}?_format={said}", Accept=accept)
        run.expect(
            answer.ok and answer.type == wanted, "按 _format 返回", "it is as _format says", answer.type
        )


@check(
    "R4-FORMAT",
    zh="无法提供的格式为 406，或仍返回如实标明的 FHIR 格式",
    en="a format that it does not have is 406, or it answers in FHIR and says so",
)
def unacceptable(run: Run) -> None:
    """R4 http#mime-type: 406 SHOULD; never something under a false name."""
    body = sample(run)
    run.done(run.client().get(name_of(body), Accept=_JSON), "JSON 可读取", "JSON is read")
    answer = run.client().get(name_of(body), Accept="image/png")
    true = answer.status == 406 or (
        answer.ok and answer.type in (_JSON, _XML, "application/json") and bool(answer.raw)
    )
    run.expect(true, "406，或如实的 FHIR 格式", "406, or FHIR under its name", answer)


@check(
    "R4-FORMAT",
    zh="不支持的 Content-Type 为 415 且不写入",
    en="a Content-Type that is not served is 415, and nothing is written",
)
def unsupported(run: Run) -> None:
    """A text; the twin is the same bytes as FHIR JSON."""
    Claims.of(run).need("Patient", "create", "read")

    raw = dumps(patient(run)).encode()
    answer = run.client().post("Patient", raw, Content_Type="text/plain")
    run.expect(answer.status in (400, 415), "415（或 400）", "415 (or 400)", answer)
    good = run.done(run.client().post("Patient", raw), "作为 FHIR JSON 成功", "as FHIR JSON it is taken")
    run.wrote(placed(good, "Patient"))


@check(
    "R4-FORMAT",
    zh="以 XML 写入的与以 JSON 读取的相同",
    en="what is written as XML is the same when read as JSON",
)
def written_as_xml(run: Run) -> None:
    """Post XML."""
    _needs_xml(run)
    Claims.of(run).need("Patient", "create", "read")
    raw = (
        f'<Patient xmlns="http://hl7.org/fhir"><identifier><value value="{run.number}"/></identifier>'
        '<active value="true"/><name><family value="欧阳"/><given value="㛃"/></name>'
        '<birthDate value="1990-03"/></Patient>'
    ).encode()
    answer = run.done(run.client().post("Patient", raw, Content_Type=_XML), "写入成功", "it is written")
    run.wrote(placed(answer, "Patient"))
    found = read(run, placed(answer, "Patient"))
    run.expect(
        found.get("active") is True
        and found["name"] == [{"family": "欧阳", "given": ["㛃"]}]
        and found["birthDate"] == "1990-03",
        "内容相同",
        "it is the same",
    )


@check(
    "R4-FORMAT",
    zh="fhirVersion=4.0 被接受，其他版本不被当作 4.0 应答",
    en="fhirVersion=4.0 is taken, and nothing is answered as another version",
)
def version_parameter(run: Run) -> None:
    """R4 versioning#mt-version."""
    body = sample(run)
    answer = run.client().get(name_of(body), Accept=f"{_JSON}; fhirVersion=4.0")
    run.done(answer, "4.0 被接受", "4.0 is taken")
    other = run.client().get(name_of(body), Accept=f"{_JSON}; fhirVersion=1.0")
    said = other.headers.get("content-type", "")
    run.expect(
        other.status in (200, 406, 415) and "fhirVersion=1.0" not in said,
        "406，或不称其为 1.0",
        "406, or it is not called 1.0",
        other,
    )


@checks(
    [
        Case(
            name,
            "R4-ERRORS",
            Words(f"出错时返回 OperationOutcome：{zh}", f"an error is an OperationOutcome: {en}"),
            (name, method, path, body),
        )
        for name, zh, en, method, path, body in (
            ("absent", "不存在的资源", "what is not there", "GET", "{kind}/conformance-absent", None),
            ("type", "不存在的类型", "a type that is none", "GET", "Qiaoxing/1", None),
            (
                "operation",
                "不存在的操作",
                "an operation that is none",
                "POST",
                "{kind}/$conformance-nothing",
                {"resourceType": "Parameters"},
            ),
            (
                "method",
                "地址不支持的方法",
                "a method that an address does not take",
                "PUT",
                "metadata",
                {"resourceType": "Patient"},
            ),
            ("path", "不存在的路径", "a path that leads nowhere", "GET", "{kind}/1/2/3/4/5", None),
            ("body", "截断的正文", "a body that is cut", "POST", "{kind}", b'{"resourceType":"Pat'),
            (
                "encoding",
                "非 UTF-8 正文",
                "a body that is no UTF-8",
                "POST",
                "{kind}",
                b'{"resourceType":"\xff"}',
            ),
        )
    ]
)
def error(run: Run, name: str, method: str, path: str, body: Any) -> None:
    """Provoke it; look at status, severity and code."""
    kind = str(sample(run)["resourceType"])
    if method != "GET":
        Claims.of(run).need(kind, "create")
    answer = run.client().send(method, path.replace("{kind}", kind), body)
    if name in _CUT and answer.status >= 500:  # what breaks by it is R4-MALFORMED's matter
        raise Skipped("前提未满足：畸形正文为 4xx", "prerequisite not met: a malformed body is 4xx")
    run.expect(400 <= answer.status < 500, "4xx", "4xx", answer)
    if answer.type != _JSON and not answer.kind and name in _FRAMEWORK:
        # R4 http#Status-Codes: not required, many errors come of the frameworks under a server.
        raise Skipped(
            "由服务框架应答，R4 对此不要求 OperationOutcome", "the framework answers, not FHIR; R4 lets it"
        )
    run.expect(
        bool(answer.errors), "为含错误的 OperationOutcome", "an OperationOutcome with an error", answer
    )
    codes = {str(one.get("code")) for one in answer.errors}
    run.expect(
        codes <= _CODES, "issue.code 取自 R4", "issue.code is one of R4", ", ".join(sorted(codes - _CODES))
    )
    run.expect(
        answer.type in (_JSON, "application/json"),
        "Content-Type 为 FHIR JSON",
        "Content-Type is FHIR JSON",
        answer.type,
    )


@check("R4-ERRORS", zh="要求 XML 时错误也为 XML", en="who asks for XML gets errors as XML")
def error_as_xml(run: Run) -> None:
    """404 in XML."""
    _needs_xml(run)
    kind = str(sample(run)["resourceType"])
    answer = run.client().get(f"{kind}/conformance-absent", Accept=_XML)
    run.expect(answer.status == 404, "404", "404", answer)
    run.expect(
        _parsed(run, answer).tag == f"{_NS}OperationOutcome",
        "为 OperationOutcome",
        "it is an OperationOutcome",
    )


@check(
    "R4-ERRORS",
    zh="要求 HTML 的客户端在出错时也得不到 HTML 页面",
    en="who asks for HTML gets no page of it when something fails",
)
def error_as_html(run: Run) -> None:
    """A browser's Accept."""
    kind = str(sample(run)["resourceType"])
    answer = run.client().get(
        f"{kind}/conformance-absent", Accept="text/html,application/xhtml+xml,*/*;q=0.8"
    )
    run.expect(answer.status in (404, 406), "404 或 406", "404 or 406", answer)
    run.expect(
        bool(answer.errors) and "html" not in answer.type,
        "为 OperationOutcome",
        "it is an OperationOutcome",
        answer,
    )


def _needs_xml(run: Run) -> None:
    if not Claims.of(run).formats("xml"):
        raise Skipped("CapabilityStatement 未声明 XML", "XML is not claimed")


def _parsed(run: Run, answer: Answer) -> Any:
    """Return the root of an XML answer. Raises :class:`Failed`: it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(answer.raw, parser)
    except etree.XMLSyntaxError:
        run.expect(False, "为 XML", "it is XML", answer)
        raise AssertionError from None  # expect has raised
