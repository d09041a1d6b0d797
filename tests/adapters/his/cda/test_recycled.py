"""Numbers that come again: another kind of document, another stay under the number of the patient."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps

Open = Any
Sample = Callable[[str], bytes]

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="2.16.156.10011.1.1" extension="{id}"/><code code="{code}" codeSystem="2.16.156.10011.2.4"/>
<title>文书</title><effectiveTime value="{written}"/>
<recordTarget><patientRole>
<id root="2.16.156.10011.1.13" extension="B100"/><id root="2.16.156.10011.1.12" extension="ZY100"/>
<patient><name>孟秋禾</name></patient></patientRole></recordTarget>
<componentOf><encompassingEncounter>
<effectiveTime><low value="{since}"/>{high}</effectiveTime></encompassingEncounter></componentOf>
<component><structuredBody><component><section>
<code code="11535-2" codeSystem="2.16.840.1.113883.6.1"/><text/>
<entry><observation classCode="OBS" moodCode="EVN">
<code code="DE05.01.024.00" codeSystem="2.16.156.10011.2.2.1"/>
<value xsi:type="CD" code="{diagnosis}" displayName="{name}" codeSystem="2.16.156.10011.2.3.3.11"/>
</observation></entry></section></component></structuredBody></component></ClinicalDocument>"""


def document(
    number: str, since: str, until: str = "", code: str = "C0053", of: str = "I63.900 脑梗死"
) -> bytes:
    diagnosis, name = of.split()
    return DOCUMENT.format(
        id=number, code=code, written=until or since, since=since, diagnosis=diagnosis, name=name,
        high=f'<high value="{until}"/>' if until else "",
    ).encode()  # fmt: skip


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def periods(door: Any) -> list[tuple[str, str]]:
    return [(one["period"]["start"][:10], one["period"]["end"][:10]) for one in door.each("Encounter")]


def test_a_number_of_two_kinds_of_document_takes_nothing_back(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            stay = ("20260301080000", "20260305100000")
            assert (await door.post(document("100234", *stay, of="I25.100 冠心病")))[0] == 200
            status, answer = await door.post(document("100234", *stay, "C0002", "J06.900 上呼吸道感染"))
            assert (status, answer["reason"]) == (202, "number-of-another-document")
            (kept,) = door.each("Composition")
            assert kept["type"]["coding"][0]["code"] == "C0053"
            (condition,) = door.each("Condition")
            assert "verificationStatus" not in condition

    run(go())


def test_a_second_stay_under_one_number_does_not_rewrite_the_first(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            first, second = ("20250102080000", "20250110100000"), ("20260220080000", "20260301100000")
            assert (await door.post(document("a1", *first)))[0] == 200
            status, answer = await door.post(document("a2", *second, of="K35.900 急性阑尾炎"))
            assert (status, answer["reason"]) == (202, "number-of-another-stay")
            admission = document("a3", second[0], code="C0034", of="K35.900 急性阑尾炎")
            assert (await door.post(admission))[0] == 202, "also when only its beginning is known"
            assert periods(door) == [("2025-01-02", "2025-01-10")]
            assert [one["code"]["coding"][0]["code"] for one in door.each("Condition")] == ["I63.900"]

    run(go())


def test_an_earlier_stay_that_comes_late_is_no_part_of_the_later_one(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            assert (await door.post(document("a2", "20260220080000", "20260301100000")))[0] == 200
            status, answer = await door.post(document("a1", "20250102080000", "20250110100000"))
            assert (status, answer["reason"]) == (202, "number-of-another-stay")

    run(go())


def test_the_dates_of_a_stay_can_be_put_right(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            assert (await door.post(document("a1", "20250102080000", "20250110100000")))[0] == 200
            right = document("a1", "20250105093000", "20250112100000").replace(
                b"20250112100000", b"20250112100001"
            )
            assert (await door.post(right))[0] == 200
            assert periods(door) == [("2025-01-05", "2025-01-12")]

    run(go())


def test_a_profile_tells_kinds_and_stays_apart(tmp_path: Path) -> None:
    root = tmp_path / "mappings"
    shutil.copytree(registry.one_root() / "mappings", root, ignore=shutil.ignore_patterns("__pycache__"))
    profile = root / "senders/cda.yaml"
    scope = "scope: {Composition: kind, DocumentReference: kind, Encounter: admission}\n"
    profile.write_text(re.sub(r"(?m)^scope:.*\n", "", profile.read_text("utf-8")) + scope, "utf-8")
    maps = load_maps(root)
    one = ids(maps, document("7", "20250102080000", "20250110100000"))
    same_stay = ids(maps, document("7", "20250102080000", code="C0034"))
    next_stay = ids(maps, document("7", "20260220080000", "20260301100000"))
    assert one["Encounter"] == same_stay["Encounter"] != next_stay["Encounter"]
    for kind in ("Composition", "DocumentReference"):
        assert one[kind] == next_stay[kind] != same_stay[kind]


def ids(maps: Maps, raw: bytes) -> dict[str, str]:
    spec = registry.find()["his/cda"]
    envelope = Envelope("0" * 32, "default", spec.id, "", 1_772_323_200_000_000, spec.content_type, "", raw)
    made = steps.translate(maps, envelope, steps.read(spec, maps, envelope))
    assert isinstance(made, Translation)
    return {draft.type: draft.id for draft in made.drafts}
