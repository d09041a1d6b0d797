"""A culture: each organism keeps its own susceptibilities."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.simulators.laboratory import Report
from conformance.simulators.panels import Item
from conformance.simulators.results import Result
from conformance.suites.exchange.hospital import Hospital
from conformance.suites.exchange.reading import about, codes, references
from conformance.suites.exchange.reported import LIS, collected, finished, said
from conformance.suites.exchange.trial import exchange

_ISOLATES = (("KPN", "肺炎克雷伯菌", "<=1", "S"), ("PAE", "铜绿假单胞菌", ">=64", "R"))


@exchange(*LIS, zh="两株菌的药敏各归各的菌", en="of two organisms each keeps its own susceptibility")
def isolates(run: Run, hospital: Hospital) -> None:
    """The same antibiotic, S of one and R of the other (OBR-26)."""
    organism = Item("ORG", "细菌鉴定", "6463-4", normal="")
    report = collected(hospital, "CULT", [Result(organism, name, "ST", "A") for _, name, _, _ in _ISOLATES])
    finished(hospital, report, lambda text: _with_isolates(text, report.order))
    listed = list(_reached(hospital, report))
    drugs = {said(one): one for one in listed if "CRO" in codes(one, "code")}
    inside = [one for found in listed for one in each(found, "component") if isinstance(one, dict)]
    parts = {said(one): one for one in inside if "CRO" in codes(one, "code")}
    there = set(drugs) | set(parts)
    wanted = {mic for _, _, mic, _ in _ISOLATES}
    run.expect(wanted <= there, "两个 MIC 都在", "both MICs are there", same(", ".join(sorted(there)) or "–"))
    for _, name, mic, flag in _ISOLATES:
        of = [one for one in listed if name in (said(one), str(pick(one, "valueCodeableConcept.text")))]
        linked = {part for one in of for part in _parts_of(hospital, one)}
        run.expect(
            mic in linked,
            f"{name} 的 MIC 为 {mic}",
            f"{name} has {mic}",
            same(", ".join(sorted(linked)) or "–"),
        )
        found = drugs.get(mic) or parts.get(mic) or {}
        flags = codes(found, "interpretation") | {str(text) for text in each(found, "interpretation.text")}
        run.expect(
            flag in flags, f"敏感性为 {flag}", f"its susceptibility is {flag}", same(", ".join(sorted(flags)))
        )


def _with_isolates(text: str, order: str) -> str:
    """Return a report with OBX-4 at its organisms, and an OBR of susceptibilities behind it for each."""
    lines, number, at = [], 0, 0
    for line in text.split("\r"):
        if line.startswith("OBX|") and "|ORG^" in line:
            number += 1
            line = "|".join([*line.split("|")[:4], str(number), *line.split("|")[5:]])
        lines.append(line)
        at = len(lines) if line.startswith(("OBX|", "SPM|")) else at
    more = []
    for place, (_, _, mic, flag) in enumerate(_ISOLATES, start=1):
        head = (
            f"OBR|{place + 1}|{order}-{place}||MIC^药敏试验^99LIS"
            + "|" * 20
            + "MB|F|ORG&细菌鉴定&99LIS^"
            + str(place)
        )
        more += [
            f"{head}|||{order}",
            f"OBX|1|ST|CRO^头孢曲松^99LIS^18895-3^^LN|{place}|{mic}|ug/mL||{flag}|||F",
        ]
    return "\r".join([*lines[:at], *more, *lines[at:]])


def _reached(hospital: Hospital, report: Report) -> Iterator[Resource]:
    """Yield the results about the patient."""
    patient = hospital.patient(report.visit.person)
    yield from hospital.found(about("Observation", patient), lambda them: len(them) >= 2 * len(_ISOLATES))


def _parts_of(hospital: Hospital, organism: Resource) -> set[str]:
    """Return the MICs that are part of an organism's result: its members, or its components."""
    members = [hospital.read(one) for one in references(organism, "hasMember")]
    inside = [one for one in each(organism, "component") if isinstance(one, dict)]
    deeper = [hospital.read(one) for member in members for one in references(member, "hasMember")]
    return {said(one) for one in (*members, *deeper, *inside)}
