"""Versions of a document: what the earlier one said and the new one does not is taken back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

Open = Any
Sample = Callable[[str], bytes]
NS = {"h": "urn:hl7-org:v3"}
ARCHIVE = Path(__file__).parents[3] / "reference/wst-schemas/cda-and-v3-xsd.tar.xz"
PREFIXED = re.compile(rb"<(/?)([A-Za-z])")


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def later(raw: bytes, moment: str = "20260310101500") -> etree._Element:
    """The document again, written at a later moment."""
    root = etree.fromstring(raw)
    root.find("h:effectiveTime", NS).set("value", moment)
    root.find("h:author/h:time", NS).set("value", moment)
    return root


def written(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def without_item(root: etree._Element, code: str) -> bytes:
    """The document without the organizer of one laboratory item."""
    (value,) = root.xpath(f"//h:organizer//h:value[@code='{code}']", namespaces=NS)
    entry = list(value.iterancestors(f"{{{NS['h']}}}entry"))[-1]
    entry.getparent().remove(entry)
    return written(root)


def without_drug(root: etree._Element) -> bytes:
    """The document without the first entry that orders a drug."""
    drug = root.find(".//h:substanceAdministration", NS)
    entry = next(drug.iterancestors(f"{{{NS['h']}}}entry"))
    entry.getparent().remove(entry)
    return written(root)


def by_code(door: Any, code: str) -> dict[str, Any]:
    return next(one for one in door.each("Observation") if one["code"]["coding"][0].get("code") == code)


def test_a_result_that_a_corrected_report_lacks_is_entered_in_error(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            first = sample("04")
            assert (await door.post(first))[0] == 200
            assert len(door.each("DiagnosticReport")[0]["result"]) == 2
            assert (await door.post(without_item(later(first), "PLT")))[0] == 200
            (report,) = door.each("DiagnosticReport")
            kept, gone = by_code(door, "WBC"), by_code(door, "PLT")
            assert (kept["status"], gone["status"]) == ("final", "entered-in-error")
            assert [one["reference"] for one in report["result"]] == [f"Observation/{kept['id']}"]
            assert (await door.post(written(later(first, "20260311101500"))))[0] == 200
            assert by_code(door, "PLT")["status"] == "final"
            assert len(door.each("DiagnosticReport")[0]["result"]) == 2

    run(go())


def test_an_older_version_that_comes_late_takes_nothing_back(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            whole = written(later(sample("04")))
            assert (await door.post(whole))[0] == 200
            assert (await door.post(without_item(etree.fromstring(sample("04")), "PLT")))[0] == 200
            assert by_code(door, "PLT")["status"] == "final"

    run(go())


def test_a_drug_that_a_corrected_prescription_has_no_more_is_no_order(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            first = sample("01")
            assert (await door.post(first))[0] == 200
            before = {one["id"] for one in door.each("MedicationRequest")}
            root = later(first)
            assert (await door.post(without_drug(root)))[0] == 200
            states = [one["status"] for one in door.each("MedicationRequest")]
            assert len(before) == len(states) and states.count("entered-in-error") == 1

    run(go())


def test_what_another_document_says_too_is_left_as_it_is(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            first = sample("01")
            assert (await door.post(first))[0] == 200
            other = etree.fromstring(first)
            number = other.find("h:id", NS)
            number.set("extension", f"{number.get('extension')}-B")
            assert (await door.post(written(other)))[0] == 200
            status, answer = await door.post(without_drug(later(first)))
            assert status == 200
            assert {one["status"] for one in door.each("MedicationRequest")} == {"active"}
            issues = door.store.inbox_show(answer["inbox"]).issues
            assert any(one.rule == "restated" and "left as they are" in one.text for one in issues)

    run(go())


def test_a_document_that_replaces_another_supersedes_it(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            first = sample("06")
            assert (await door.post(first))[0] == 200
            root = later(first)
            number = root.find("h:id", NS)
            old, root_of = number.get("extension"), number.get("root")
            number.set("extension", f"{old}-2")
            related = etree.Element(f"{{{NS['h']}}}relatedDocument", typeCode="RPLC")
            parent = etree.SubElement(related, f"{{{NS['h']}}}parentDocument")
            etree.SubElement(parent, f"{{{NS['h']}}}id", root=root_of, extension=old)
            root.insert(list(root).index(root.findall("h:component", NS)[-1]), related)
            assert (await door.post(written(root)))[0] == 200
            documents = door.each("DocumentReference")
            states = {one["masterIdentifier"]["value"]: one["status"] for one in documents}
            assert states == {old: "superseded", f"{old}-2": "current"}
            states = {one["identifier"]["value"]: one["status"] for one in door.each("Composition")}
            assert states == {old: "amended", f"{old}-2": "final"}

    run(go())


def test_a_report_of_two_items_that_has_one_left_is_the_same_report(opened: Open, sample: Sample) -> None:
    """What it is called follows its items; which report it is does not."""

    async def go() -> None:
        async with opened() as door:
            for moment in ("20260310101500", "20260311101500"):
                root = later(sample("04"), moment)
                (kind,) = root.xpath("//h:value[@code='BR']", namespaces=NS)
                kind.attrib.pop("code")
                raw = written(root) if moment < "20260311" else without_item(root, "PLT")
                assert (await door.post(raw))[0] == 200
            (report,) = door.each("DiagnosticReport")
            assert report["meta"]["versionId"] == "2" and len(report["result"]) == 1

    run(go())


def test_two_documents_without_a_number_are_two(opened: Open, sample: Sample) -> None:
    """They are of one patient, kind and day: only their bytes tell them apart."""

    async def go() -> None:
        async with opened() as door:
            for said in ("胸闷气促三天", "腹痛一天", "腹痛一天"):
                root = later(sample("06").replace("胸闷气促三天".encode(), said.encode()), "20260310")
                root.find("h:id", NS).attrib.pop("extension")
                assert (await door.post(written(root)))[0] == 200
            assert [one["meta"]["versionId"] for one in door.each("Composition")] == ["1", "1"]
            assert len(door.each("DocumentReference")) == 2

    run(go())


def test_a_document_whose_namespace_was_forgotten_is_taken(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened() as door:
            raw = sample("04").replace(b' xmlns="urn:hl7-org:v3"', b"")
            assert (await door.post(raw))[0] == 200
            assert len(door.each("DiagnosticReport")[0]["result"]) == 2

    run(go())


def test_a_document_with_a_prefix_is_checked_and_stored(opened: Open, sample: Sample) -> None:
    async def go() -> None:
        async with opened(schemas=str(ARCHIVE)) as door:
            raw = PREFIXED.sub(rb"<\1v:\2", sample("04").replace(b' xmlns="urn', b' xmlns:v="urn'))
            status, answer = await door.post(raw)
            assert (status, answer["outcome"]) == (200, "stored")
            issues = door.store.inbox_show(answer["inbox"]).issues
            assert any(one.rule == "xsd" and one.where.startswith("ClinicalDocument/") for one in issues)

    run(go())


def test_what_nobody_expected_is_answered_as_busy(
    opened: Open, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        async with opened() as door:

            async def broken(_: Any) -> bytes:
                raise RuntimeError("孟秋禾")

            monkeypatch.setattr(door.doors["his/cda"], "_deliver", broken)
            status, answer = await door.post(sample("04"))
            assert (status, answer) == (503, {"outcome": "busy", "reason": "internal-error"})

    run(go())


def test_a_diagnosis_that_is_taken_back_and_said_again_stands(opened: Open, sample: Sample) -> None:
    def conditions(door: Any) -> list[tuple[str, bool]]:
        return sorted(
            (
                one.get("verificationStatus", {}).get("coding", [{}])[0].get("code", ""),
                "clinicalStatus" in one,
            )
            for one in door.each("Condition")
        )

    async def go() -> None:
        async with opened() as door:
            first = sample("01")
            assert (await door.post(first))[0] == 200
            stood = conditions(door)
            root = later(first)
            for code in root.xpath("//h:observation/h:code[@code='DE05.01.024.00']", namespaces=NS):
                entry = list(code.iterancestors(f"{{{NS['h']}}}entry"))[-1]
                entry.getparent().remove(entry)
            assert (await door.post(written(root)))[0] == 200
            assert conditions(door) == [("entered-in-error", False)] * len(stood) != []
            assert (await door.post(written(later(first, "20260311101500"))))[0] == 200
            assert conditions(door) == stood

    run(go())
