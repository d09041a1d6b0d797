"""Whether the CapabilityStatement is true: what it claims is tried (R4 http#capabilities)."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.harness.check import check
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import declined, discerning
from conformance.suites.fhir.values import VALUES, value

_ABSENT = "conformance-absent"
_HARMLESS = (
    "validate",
    "everything",
    "lastn",
    "lookup",
    "validate-code",
    "subsumes",
    "expand",
    "translate",
    "meta",
)
"""Operations of HL7 that only read: others may be called only where a check knows what they do."""
_PARAMETERS = 150
_UNKNOWN = (405, 501)


@check(
    "R4-CAPABILITY",
    zh="metadata 返回 R4 的 CapabilityStatement，必填项齐全",
    en="metadata is a CapabilityStatement of R4 with all that is mandatory",
    basic=True,
)
def statement(run: Run) -> None:
    """Read it (CapabilityStatement: status, date, kind, fhirVersion, format are 1..; cpb-1, cpb-2)."""
    answer = run.client().get("metadata")
    run.expect(
        answer.status == 200 and answer.kind == "CapabilityStatement",
        "为 CapabilityStatement",
        "it is a CapabilityStatement",
        answer,
    )
    body = answer.body
    missing = [one for one in ("status", "date", "kind", "fhirVersion", "format") if not body.get(one)]
    run.expect(not missing, "必填项齐全", "nothing mandatory is missing", same(", ".join(missing)))
    run.expect(
        str(body["fhirVersion"]).startswith("4.0"),
        "fhirVersion 为 4.0",
        "fhirVersion is 4.0",
        body["fhirVersion"],
    )
    claims = Claims.read(body)
    run.expect(bool(claims.types), "rest 以 server 模式列出资源类型", "rest lists resource types as a server")
    twice = [one for one, found in claims.types.items() if not found.get("interaction")]
    run.expect(
        not twice, "各资源类型均声明交互", "each type claims interactions", same(", ".join(sorted(twice)[:5]))
    )


@check("R4-CAPABILITY", zh="声明可检索的资源类型均可检索", en="every type that claims search can be searched")
def searches(run: Run) -> None:
    """Search every type that claims ``search-type``."""
    discerning(run)
    wrong = []
    for kind in _claiming(run, "search-type"):
        answer = run.client().get(f"{kind}?_count=1")
        if answer.status != 200 or answer.kind != "Bundle" or answer.body.get("type") != "searchset":
            wrong.append(f"{kind} {answer.status}")
    _none(run, wrong, "各类型检索均返回 searchset", "each search is a searchset")


@check(
    "R4-CAPABILITY",
    zh="声明可读取的资源类型，读不存在的资源均为 404",
    en="every type that claims read answers 404 for what is not there",
)
def reads(run: Run) -> None:
    """Read what is not there, of every type that claims ``read``."""
    wrong = []
    for kind in _claiming(run, "read"):
        answer = run.client().get(f"{kind}/{_ABSENT}")
        if answer.status != 404:
            wrong.append(f"{kind} {answer.status}")
    _none(run, wrong, "均为 404", "each is 404")


@check(
    "R4-CAPABILITY",
    zh="声明类型级历史的资源类型均可查询历史",
    en="every type that claims its history tells it",
)
def histories(run: Run) -> None:
    """Ask for the history of every type that claims ``history-type``."""
    wrong = []
    for kind in _claiming(run, "history-type"):
        answer = run.client().get(f"{kind}/_history?_count=1")
        if answer.status != 200 or answer.body.get("type") != "history":
            wrong.append(f"{kind} {answer.status}")
    _none(run, wrong, "各类型历史均返回 history", "each history is a history Bundle")


@check(
    "R4-CAPABILITY",
    zh="声明可写入的资源类型均不以“不支持”拒绝 create",
    en="no type that claims create refuses it as unsupported",
)
def creates(run: Run) -> None:
    """Post another type to every type that claims ``create``: refused for the body, not the address."""
    wrong = []
    for kind in _claiming(run, "create"):
        other = {"resourceType": "Patient" if kind != "Patient" else "Observation"}
        answer = run.client().post(kind, other)
        if answer.status not in (400, 422):
            wrong.append(f"{kind} {answer.status}")
    _none(run, wrong, "均因内容而被拒绝（400 或 422）", "each is refused for what was sent (400 or 422)")


@check("R4-CAPABILITY", zh="声明的检索参数均被接受", en="the search parameters that are claimed are taken")
def parameters(run: Run) -> None:
    """Search by a sample of the claimed parameters, each with a value of its kind."""
    discerning(run)
    claims = Claims.of(run)
    listed = sorted(
        {
            (kind, name, sort)
            for kind in claims.types
            if claims.can(kind, "search-type")
            for name, sort in claims.parameters(kind).items()
            if sort in VALUES
        }
    )
    if not listed:
        raise Skipped("未声明检索参数", "no search parameters are claimed")
    wrong = []
    for kind, name, sort in run.random.sample(listed, min(_PARAMETERS, len(listed))):
        query = f"{kind}?{name}={value(name, sort)}&_count=1"
        answer = run.client().get(query, Prefer="handling=strict")
        if answer.status != 200 or answer.body.get("type") != "searchset":
            wrong.append(f"{kind}.{name} {answer.status}")
    _none(run, wrong, "均返回 searchset", "each gives a searchset")


@check(
    "R4-CAPABILITY", zh="声明的操作均有定义且确实存在", en="operations that are claimed are defined and exist"
)
def operations(run: Run) -> None:
    """Call the claimed operations of HL7 that only read; a refusal is an answer, but that it is unknown."""
    claims = Claims.of(run)
    undefined = sorted(
        {
            str(one.get("name"))
            for found in (claims.rest, *claims.types.values())
            for one in found.get("operation") or []
            if not one.get("definition")
        }
    )
    run.expect(
        not undefined, "每个操作均有定义", "each operation has a definition", same(", ".join(undefined))
    )
    if not any(one.get("operation") for one in (claims.rest, *claims.types.values())):
        raise Skipped("CapabilityStatement 未声明操作", "the CapabilityStatement claims no operations")
    wrong = []
    for kind in sorted(claims.types):
        for name in _HARMLESS:
            if claims.operation(name, kind) and not claims.operation(name):
                where = f"{kind}/{_ABSENT}/${name}" if name in ("everything", "meta") else f"{kind}/${name}"
                answer = run.client().post(where, {"resourceType": "Parameters"})
                again = run.client().get(where) if answer.status in _UNKNOWN else answer
                known = again.status < 500 and again.status not in _UNKNOWN
                if not known or any(one.get("code") == "not-supported" for one in again.errors):
                    wrong.append(f"{kind}/${name} {again.status}")
    _none(run, wrong, "均非“不支持”", "none is unsupported")


@check(
    "R4-CAPABILITY",
    zh="未声明的资源类型与操作被拒绝",
    en="types and operations that are not claimed are refused",
)
def unclaimed(run: Run) -> None:
    """Ask for a type that R4 does not have, and for an operation that nobody has."""
    claims = Claims.of(run)
    declined(
        run, run.client().get("Qiaoxing?_count=1"), "不存在的资源类型被拒绝", "a type that is none is refused"
    )
    known = next((one for one in ("Patient", *claims.types) if claims.can(one, "read")), "")
    if known:
        declined(
            run,
            run.client().get(f"{known}/$conformance-nothing"),
            "不存在的操作被拒绝",
            "an operation that is none is refused",
        )


def _claiming(run: Run, code: str) -> list[str]:
    """Return the types that claim an interaction. Raises :class:`Skipped`: none does."""
    claims = Claims.of(run)
    found = sorted(one for one in claims.types if claims.can(one, code))
    if not found:
        raise Skipped(f"CapabilityStatement 未声明 {code}", f"the CapabilityStatement does not claim {code}")
    return found


def _none(run: Run, wrong: Iterable[str], zh: str, en: str) -> None:
    listed = list(wrong)
    run.expect(not listed, zh, en, Words("、".join(listed[:5]), ", ".join(listed[:5])))
