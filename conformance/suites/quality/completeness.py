"""Completeness: the elements that a type must have, and identifiers that say whose numbers they are."""

from __future__ import annotations

from functools import partial
from typing import Any

from conformance.harness.check import Case, check, checks
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.suites.quality.sample import PROFILE, sample
from conformance.suites.quality.shares import least, share


@checks([
    Case(one["kind"], one["requirement"], Words(one["zh"], one["en"]), (one,)) for one in PROFILE["complete"]
])  # fmt: skip
def complete(run: Run, profile: dict[str, Any]) -> None:
    """Look at each element of the profile."""
    kind = profile["kind"]
    listed = sample(run).of(kind)
    for path, wanted in profile["elements"].items():
        says = partial(_says, path=path)
        share(run, listed, says, wanted, f"{kind} 有 {path}", f"a {kind} has {path}", kind)


def _says(one: Resource, path: str) -> bool:
    return any(found not in (None, "", [], {}) for found in each(one, path))


_NUMBERED = (
    ("Patient", "CQ49-3.4b"), ("Practitioner", "CQ18-30.2"), ("Organization", "CQ18-30.2"),
    ("Encounter", "CQ49-3.4b"),
)  # fmt: skip
"""Types and their rows: CQ18-30.2 speaks of staff and institutions only; patients and visits are what systems
of a hospital exchange, and find by their numbers."""


@checks([
    Case(kind, requirement,
         Words(f"{kind} 的标识都带编码体系", f"identifiers of a {kind} have a system"), (kind,))
    for kind, requirement in _NUMBERED
])  # fmt: skip
def systems(run: Run, kind: str) -> None:
    """A number without its system is nobody's."""
    numbers = [one for one in each(sample(run).of(kind), "identifier") if isinstance(one, dict)]
    share(
        run,
        numbers,
        lambda one: one.get("system") and one.get("value"),
        least("systems"),
        "标识带编码体系",
        "an identifier has its system",
        f"{kind}.identifier",
    )


@check("CQ49-3.4b", zh="数值结果都带单位", en="results that are numbers have a unit")
def units(run: Run) -> None:
    """A ratio has the unit 1, or none: pH, INR and specific gravity are not counted."""
    listed = [one for one in sample(run).of("Observation") if isinstance(one.get("valueQuantity"), dict)]
    listed = [one for one in listed if not _bare(one)]
    share(
        run,
        listed,
        lambda one: one["valueQuantity"].get("unit") or one["valueQuantity"].get("code"),
        least("units"),
        "数值带单位",
        "a number has a unit",
        "Observation.valueQuantity",
    )


_WITHOUT = {"5803-2", "5811-5", "6301-6", "2744-1", "11558-4"}
"""LOINC codes of pH, specific gravity and INR."""


def _bare(one: Resource) -> bool:
    return bool(_WITHOUT & {str(code) for code in each(one, "code.coding.code")})


@check("CQ49-3.4b", zh="已结束的就诊有结束时间", en="a visit that is finished has an end")
def ended(run: Run) -> None:
    """Finished visits only."""
    listed = [one for one in sample(run).of("Encounter") if one.get("status") == "finished"]
    share(
        run,
        listed,
        lambda one: _says(one, "period.end"),
        least("ended"),
        "有结束时间",
        "it has an end",
        "finished Encounter",
    )


@check(
    "CQ49-3.4b",
    zh="最终报告有内容（结果、结论或附件）",
    en="a final report says something: results, a conclusion, or what is attached",
)
def reported(run: Run) -> None:
    """Final and corrected reports only."""
    listed = [
        one
        for one in sample(run).of("DiagnosticReport")
        if one.get("status") in ("final", "amended", "corrected")
    ]
    share(
        run,
        listed,
        lambda one: _says(one, "result | conclusion | presentedForm"),
        least("reported"),
        "有内容",
        "it says something",
        "final DiagnosticReport",
    )
