"""A document as a whole: negation, units, a body that is not XML, a report that leads its section."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.canonical.json import dumps
from gateway.mapping import Maps, load_maps
from gateway.settings import Settings
from gateway.validation import draft_validator
from gateway.wire import xml

SAMPLES = Path(registry.__file__).parent.parent / "adapters/his/cda/samples"
PDF = b"%PDF-1.7 synthetic"


@cache
def maps() -> Maps:
    return load_maps()


def sample(name: str) -> str:
    return next(SAMPLES.glob(f"{name}*.xml")).read_text("utf-8")


def translated(text: str) -> Translation:
    raw = text.encode()
    envelope = Envelope("0" * 32, "default", "his/cda", "", 1_790_000_000_000_000, "text/xml", "", raw)
    message = maps().lay(xml.parse(raw), envelope)
    made = maps().translate(message, envelope, maps().profile("his/cda", "", message))
    found = draft_validator(Settings(), "report")(made.drafts)
    assert not [one for one in found if one.severity in ("error", "fatal")]
    return made


def of(translation: Translation, type_: str) -> list[dict[str, Any]]:
    return [one.body for one in translation.drafts if one.type == type_]


def entries(part: dict[str, Any]) -> Iterator[str]:
    for section in part.get("section", ()):
        yield from (one["reference"] for one in section.get("entry", ()))
        yield from entries(section)


@pytest.mark.parametrize("name", ["01", "02"])
def test_a_drug_that_is_not_to_be_given_is_no_order_to_give_it(name: str) -> None:
    said = sample(name).replace(
        "<substanceAdministration ", '<substanceAdministration negationInd="true" ', 1
    )
    found = of(translated(said), "MedicationRequest")
    assert [one.get("doNotPerform") for one in found].count(True) == 1
    assert len(found) > 1


@pytest.mark.parametrize("own", ["", "10*9/L"])
def test_the_unit_of_a_quantity_goes_before_nothing(own: str) -> None:
    text = sample("04")
    begin = text.index('<value xsi:type="REAL" value="38"/>')
    end = text.index("</entryRelationship>", begin) + len("</entryRelationship>")
    beside = text[begin:end].replace('<value xsi:type="REAL" value="38"/>', "") if own else ""
    value = f'<value xsi:type="PQ" value="5.60" unit="mmol/L"/>{beside}'
    made = translated(text[:begin] + value + text[end:])
    (quantity,) = [
        one["valueQuantity"] for one in of(made, "Observation")
        if one["code"]["coding"][0].get("code") == "PLT"
    ]  # fmt: skip
    assert quantity["unit"] == (own or "mmol/L")
    assert b'"value":5.60' in dumps(quantity)
    assert any("value_unit" in one for one in made.unmapped) == bool(own)


def test_a_report_leads_the_section_of_its_results() -> None:
    """Where a conclusion stands, its section speaks of the report; here is none."""
    said = sample("04").replace("DE04.50.130.00", "DE99.99.001.00")
    (composition,) = of(made := translated(said), "Composition")
    (report,) = of(made, "DiagnosticReport")
    (section,) = [
        one for one in composition["section"] if one.get("entry") and report["result"][0] in one["entry"]
    ]
    assert section["entry"][0]["reference"] == f"DiagnosticReport/{report['id']}"
    assert list(entries(composition)).count(f"DiagnosticReport/{report['id']}") == 1


def test_a_body_that_is_not_xml_is_a_content_of_its_own() -> None:
    text = sample("06")
    begin, end = text.index("<component>"), text.rindex("</ClinicalDocument>")
    coded = base64.encodebytes(PDF).decode()
    body = f'<text mediaType="application/pdf" representation="B64">\n{coded}</text>'
    made = translated(f"{text[:begin]}<component><nonXMLBody>{body}</nonXMLBody></component>{text[end:]}")
    (document,), (composition,) = of(made, "DocumentReference"), of(made, "Composition")
    whole, inside = document["content"]
    assert whole["attachment"]["contentType"].startswith("text/xml")
    assert inside["attachment"]["contentType"] == "application/pdf"
    assert base64.b64decode(inside["attachment"]["data"]) == PDF
    (section,) = composition["section"]
    assert section["text"]["status"] == "additional" and "application/pdf" in section["text"]["div"]
    assert section["entry"] == [{"reference": f"DocumentReference/{document['id']}"}]
    assert not any("nonXMLBody" in one for one in made.unmapped)
