"""Consistency: what is referred to is there, of the right type, about the same patient; nobody is twice."""

from __future__ import annotations

import re
from urllib.parse import quote

from conformance.harness.check import Case, check, checks
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.quality.sample import PROFILE, Sample, sample
from conformance.suites.quality.shares import least, share


@check("CQ49-3.4b", zh="引用的资源都存在", en="what is referred to is there")
def resolved(run: Run) -> None:
    """A bounded number of references, each read once."""
    found = sample(run)
    share(
        run,
        sorted(found.read),
        lambda one: found.read[one] is not None,
        least("resolved"),
        "引用可读取",
        "the reference can be read",
        "references",
    )


@check(
    "CQ49-3.4b", zh="同一就诊内的资料属于同一患者", en="what belongs to a visit is about the visit's patient"
)
def subjects(run: Run) -> None:
    """Compare the patient of a resource with that of its Encounter."""
    found = sample(run)
    listed = [
        one for one in found.all() if pick(one, "encounter.reference") and pick(one, "subject.reference")
    ]
    pairs = [(one, there) for one in listed if (there := _at(found, str(pick(one, "encounter.reference"))))]
    share(
        run,
        pairs,
        lambda two: pick(two[0], "subject.reference") == pick(two[1], "subject.reference"),
        least("subjects"),
        "与就诊的患者一致",
        "it is about the visit's patient",
        "resources of a visit",
    )


@check(
    "CQ49-3.4b", zh="报告引用的结果属于同一患者", en="the results that a report names are about its patient"
)
def results(run: Run) -> None:
    """Compare the patient of a report with those of its results."""
    found = sample(run)
    pairs = [
        (report, there)
        for report in found.of("DiagnosticReport")
        for name in each(report, "result.reference")
        if (there := _at(found, str(name)))
    ]
    share(
        run,
        pairs,
        lambda two: pick(two[0], "subject.reference") == pick(two[1], "subject.reference"),
        least("subjects"),
        "与报告的患者一致",
        "it is about the report's patient",
        "results of reports",
    )


def _at(found: Sample, name: str) -> Resource | None:
    here = found.read.get(name)
    if here is not None:
        return here
    kind, _, own = name.partition("/")
    return next((one for one in found.by_kind.get(kind, []) if one.get("id") == own), None)


_UNIQUE = (
    ("Patient", "SC-26.1"), ("Encounter", "CQ49-3.4b"), ("DiagnosticReport", "CQ49-3.4b"),
    ("Practitioner", "CQ18-30.2"), ("Organization", "CQ18-30.2"),
)  # fmt: skip


@checks([
    Case(kind, requirement,
         Words(f"同一标识只有一个 {kind}", f"an identifier belongs to one {kind}"), (kind,))
    for kind, requirement in _UNIQUE
])  # fmt: skip
def unique(run: Run, kind: str) -> None:
    """Search for the first identifier of each; records that were merged away do not count."""
    some = _numbers(sample(run).of(kind), kind)[: PROFILE["sample"]["duplicates"]]
    Claims.of(run).need_parameters(kind, ["identifier"])
    found = {one: _bearing(run, kind, one) for one in some}
    share(
        run,
        some,
        lambda one: _live(found[one], kind) == 1,
        least("unique"),
        f"恰有一个 {kind}",
        f"there is one {kind}",
        f"{kind}.identifier",
    )


def _numbers(listed: list[Resource], kind: str) -> list[str]:
    """Return the first identifier of each that is in use, ``system|value``, each once."""
    numbers: dict[str, None] = {}
    for one in listed:
        told = one.get("identifier", []) if _live([one], kind) else []
        first = next((it for it in told if it.get("system") and it.get("value")), None)
        if first is not None:
            numbers[f"{first['system']}|{first['value']}"] = None
    return list(numbers)


def _bearing(run: Run, kind: str, number: str) -> list[Resource]:
    """Return what bears an identifier. Raises :class:`Failed`: the search is not answered."""
    answer = run.client().get(f"{kind}?identifier={_escaped(number)}")
    return run.done(answer, "按标识检索成功", "the search by identifier is answered").entries


def _escaped(token: str) -> str:
    """Return a token for a query: what separates is escaped for FHIR, then for the URL."""
    return quote(re.sub(r"([\\,$])", r"\\\1", token), safe="|:/")


def _live(listed: list[Resource], kind: str) -> int:
    replaced = [one for one in listed if "replaced-by" in {str(it) for it in each(one, "link.type")}]
    void = [one for one in listed if one.get("status") == "entered-in-error"]
    return len(
        [one for one in listed if one.get("resourceType") == kind and one not in replaced and one not in void]
    )


_TYPES = {
    "encounter": ("Encounter/",), "subject": ("Patient/", "Group/", "Device/", "Location/"),
    "specimen": ("Specimen/",), "result": ("Observation/",),
}  # fmt: skip


@check("R4-INVALID", zh="引用的类型与引用处一致", en="a reference leads to a type that may stand there")
def types(run: Run) -> None:
    """``subject`` of clinical data leads to a Patient, ``encounter`` to an Encounter."""
    listed = [
        (place, str(name))
        for one in sample(run).all()
        for place in _TYPES
        for name in each(one, f"{place}.reference")
    ]
    share(
        run,
        listed,
        lambda two: two[1].startswith(("#", "http", "urn:", *_TYPES[two[0]])),
        1,
        "类型一致",
        "its type may stand there",
        "references",
    )
