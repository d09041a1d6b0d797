"""Orders and results of foreign systems: what they leave out, add or write otherwise costs nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

Resources = list[dict[str, Any]]


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


def translate(maps: Maps, kind: str, *segments: str, pid: str = "4711") -> Translation:
    head = (f"MSH|^~\\&|LAB|GH|||20260310101500||{kind}|1|P|2.5.1", f"PID|1||{pid}^^^GH^MR||Muster^Anna")
    raw = "\r".join((*head, *segments, "")).encode()
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "x-application/hl7-v2+er7", "", raw)
    return maps.translate(er7.parse(raw), envelope, maps.profiles["default"])


def made(maps: Maps, kind: str, *segments: str, pid: str = "4711") -> dict[str, Resources]:
    """Return what a message becomes, by type."""
    found: dict[str, Resources] = {}
    for draft in translate(maps, kind, *segments, pid=pid).drafts:
        found.setdefault(draft.type, []).append(draft.body)
    return found


def observation(maps: Maps, obx: str) -> dict[str, Any]:
    return made(maps, "ORU^R01", "OBR|1|O1|F1|CMP^panel^L", obx)["Observation"][0]


@pytest.mark.parametrize("order", ["||", "|BC7|"])
def test_a_report_without_a_filler_number_is_not_that_of_another_patient(maps: Maps, order: str) -> None:
    segments = (f"OBR|1{order}|GLU^glucose^L|||20260310", "OBX|1|NM|GLU^g^L||5|mg/dL|||||F")
    one, other = (made(maps, "ORU^R01", *segments, pid=pid)["DiagnosticReport"][0] for pid in ("1", "2"))
    assert (one["id"] == other["id"]) is (order == "|BC7|")  # a number is one order, whoever claims it


def test_reports_of_two_orders_without_filler_numbers_are_two(maps: Maps) -> None:
    result = "OBX|1|NM|GLU^g^L||5|mg/dL|||||F"
    found = made(maps, "ORU^R01", "OBR|1|A||GLU^g^L", result, "OBR|2|B||GLU^g^L", result)
    assert len({one["id"] for one in found["DiagnosticReport"]}) == 2


def test_the_number_of_orc_serves_where_obr_has_none(maps: Maps) -> None:
    result = "OBX|1|NM|GLU^g^L||5|mg/dL|||||F"
    by_orc = made(maps, "ORU^R01", "ORC|RE|A|F9", "OBR|1|||GLU^g^L", result)["DiagnosticReport"][0]
    by_obr = made(maps, "ORU^R01", "OBR|1|A|F9|GLU^g^L", result)["DiagnosticReport"][0]
    assert by_orc["id"] == by_obr["id"]


ORDER = ("ORC|NW|O1", "OBR|1|O1||GLU^g^L")
SPECIMEN = "SPM|1|S1||SER^Serum^HL70487"
CONTAINER = "SAC|||C1"


@pytest.mark.parametrize("kind", ["ORU", "ORU^R30", "ORU^R31", "ORU^R32", "ORU^R40", "ORU^W01", "ORF^R04"])
def test_every_kind_of_result_message_makes_a_report(maps: Maps, kind: str) -> None:
    segments = ("ORC|RE||F1", "OBR|1||F1|GLU^g^L", "NTE|1||of the report")
    found = made(maps, kind, *segments, "OBX|1|NM|GLU^g^L||5|mg/dL|||||F", "NTE|1||of the result")
    [result] = found["Observation"]
    assert found["DiagnosticReport"][0]["result"][0]["reference"] == f"Observation/{result['id']}"
    assert [note["text"] for note in result["note"]] == ["of the result"]
    [note] = found["DiagnosticReport"][0]["extension"]
    assert note["valueAnnotation"]["text"] == "of the report"


@pytest.mark.parametrize(
    ("kind", "segments"),
    [
        ("OML^O33", (SPECIMEN, CONTAINER, *ORDER, "ORC|NW|O2", "OBR|2|O2||K^k^L")),
        ("OML^O35", (SPECIMEN, CONTAINER, *ORDER, "SAC|||C2", "ORC|NW|O2", "OBR|2|O2||K^k^L")),
        ("OML^O39", (*ORDER, "SHP|SH1", "PAC|1", SPECIMEN, CONTAINER)),
        ("OML^O21", (*ORDER, SPECIMEN, CONTAINER)),
        ("ORM^O01", (*ORDER, SPECIMEN)),
    ],
)
def test_orders_and_their_specimen_know_each_other(maps: Maps, kind: str, segments: tuple[str, ...]) -> None:
    found = made(maps, kind, *segments)
    [specimen] = found["Specimen"]
    for order in found["ServiceRequest"]:
        assert order["specimen"][0]["reference"] == f"Specimen/{specimen['id']}"
        assert "note" not in order
    containers = sum(text.startswith("SAC") for text in segments)
    assert len(specimen.get("container", ())) == containers


@pytest.mark.parametrize("kind", ["ORL^O34", "ORL^O36"])
def test_an_answer_about_a_specimen_says_what_became_of_its_orders(maps: Maps, kind: str) -> None:
    found = made(maps, kind, SPECIMEN, CONTAINER, "ORC|OC|O1||||", "OBR|1|O1||GLU^g^L")
    assert [one["status"] for one in found["ServiceRequest"]] == ["revoked"]


def test_a_prescription_in_an_old_order_message_has_its_route_and_rhythm(maps: Maps) -> None:
    rx = ("ORC|NW|M1", "RXO|D^drug^L|1||TAB", "RXR|PO^Oral^HL70162", "RXC|A|K^k^L|5|mg", "TQ1|1||BID")
    found = made(maps, "ORM^O01", *rx)
    [dosage] = found["MedicationRequest"][0]["dosageInstruction"]
    assert dosage["route"]["text"] == "Oral"
    assert dosage["timing"]["repeat"]["frequency"] == 2
    assert found["Medication"][0]["ingredient"][0]["itemCodeableConcept"]["text"] == "k"


@pytest.mark.parametrize(("dose", "text"), [("适量", "适量"), ("<5", "<5 mg"), ("5", None)])
def test_a_dose_that_is_no_number_is_told_in_words(maps: Maps, dose: str, text: str | None) -> None:
    rx = f"RXE||D^d^L|{dose}||mg|||||>20|TAB||||||||<5^mg||||||>400|mg"
    found = made(maps, "RDE^O11", "ORC|NW|R1", rx)
    [request] = found["MedicationRequest"]
    [dosage] = request["dosageInstruction"]
    assert dosage.get("text") == text
    assert ("doseAndRate" in dosage) is (text is None)
    assert "maxDosePerPeriod" not in dosage
    assert "dispenseRequest" not in request


def test_a_test_that_the_laboratory_adds_points_to_the_order_it_grew_from(maps: Maps) -> None:
    child = "OBR|2||L2|SUS^s^L|||||||G|||||||||||||||600-7&Bact&LN^1|||O1&OE^L1&LAB"
    found = made(
        maps, "ORU^R01", "OBR|1|O1^OE|L1^LAB|600-7^Culture^LN", child, "OBX|1|SN|P^p^L||<=^1|ug/mL|||||F"
    )
    order = next(one for one in found["ServiceRequest"] if one["intent"] == "reflex-order")
    assert order["basedOn"][0]["identifier"]["value"] == "O1"
    report = next(one for one in found["DiagnosticReport"] if one["code"]["text"] == "s")
    assert report["basedOn"][0]["reference"] == f"ServiceRequest/{order['id']}"


def test_a_result_before_its_request_leaves_no_empty_report(maps: Maps) -> None:
    segments = (
        "ORC|RE|O1|F1",
        "OBX|1|TX|DOC^d^L||t||||||F",
        "OBR|1|O1|F1|GLU^g^L",
        "OBX|1|NM|G^g^L||1||||||F",
    )
    found = made(maps, "ORU^R01", *segments)
    assert [one["code"]["text"] for one in found["DiagnosticReport"]] == ["g"]


def test_a_performer_with_an_address_has_its_number_once(maps: Maps) -> None:
    laboratory = "GenLab^L^^^^CLIA&2.16.840.1.113883.4.7&ISO^XX^^^14D0|2 Way^^Spring"
    found = made(maps, "ORU^R01", "OBR|1|O1|F1|C^c^L", "OBX|1|NM|G^g^L||1||||||F||||||||||||" + laboratory)
    organization = next(one for one in found["Organization"] if one.get("name") == "GenLab")
    assert len(organization["identifier"]) == 1
    assert organization["address"][0]["city"] == "Spring"


def test_a_specimen_of_which_only_the_site_is_told_is_kept(maps: Maps) -> None:
    found = made(maps, "ORU^R01", "OBR|1|O1|F1|SP^path^L|||||||||||^^^BREAST&Left breast")
    assert found["Specimen"][0]["collection"]["bodySite"]["text"] == "Left breast"


def test_a_code_with_a_suffix_is_the_code(maps: Maps) -> None:
    assert (
        observation(maps, "OBX|1|TX|71020&IMP^Chest^C4||clear||||||F")["code"]["coding"][0]["code"] == "71020"
    )
    assert observation(maps, "OBX|1|NM|WBC&白细胞||5||||||F")["code"] == {
        "coding": [{"code": "WBC"}],
        "text": "白细胞",
    }


def test_a_value_goes_without_a_reason_for_its_absence(maps: Maps) -> None:
    result = observation(maps, "OBX|1|NM|A^a^L||5|mL|||||N")
    assert result["valueQuantity"]["value"] == 5
    assert "dataAbsentReason" not in result
    assert (
        observation(maps, "OBX|1|NM|A^a^L||||||||N")["dataAbsentReason"]["coding"][0]["code"] == "not-asked"
    )


def test_a_total_is_a_count_too(maps: Maps) -> None:
    order = ("ORC|NW|O1", "TQ1|1||BID|||||||||||6", "OBR|1|O1||X^x^L")
    repeat = made(maps, "OML^O21", *order)["ServiceRequest"][0]["occurrenceTiming"]["repeat"]
    assert (repeat["count"], repeat["countMax"]) == (6, 6)  # tim-7


def test_the_end_of_a_service_before_its_beginning_is_left_out(maps: Maps) -> None:
    order = ("ORC|NW|O1", "TQ1|1||BID||||20260312|20260310", "OBR|1|O1||X^x^L")
    repeat = made(maps, "OML^O21", *order)["ServiceRequest"][0]["occurrenceTiming"]["repeat"]
    assert repeat["boundsPeriod"] == {"start": "2026-03-12"}  # per-1


def test_the_unit_of_a_quantity_inside_a_field_is_read(maps: Maps) -> None:
    specimen = "SPM|1|^S1&LAB||SER||||||||25^g&gram&UCUM"
    found = made(maps, "ORU^R01", "OBR|1|O1|F1|C^c^L", specimen)["Specimen"][0]
    quantity = found["collection"]["quantity"]
    assert (quantity["unit"], quantity["code"]) == ("g", "g")


def answer(maps: Maps, *segments: str) -> list[str]:
    head = "MSH|^~\\&|MPI|GH|||20260310101500||RSP^K22^RSP_K21|1|P|2.5"
    raw = "\r".join((head, "MSA|AA|Q1", "QAK|Q1|OK", "QPD|PDQ|Q1", *segments, "")).encode()
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "x-application/hl7-v2+er7", "", raw)
    return [draft.type for draft in maps.translate(er7.parse(raw), envelope, maps.profiles["default"]).drafts]


def test_the_answer_of_a_patient_index_is_its_patients(maps: Maps) -> None:
    found = answer(maps, "PID|1||A^^^GH^MR||A^A", "QRI|90", "PID|2||B^^^GH^MR||B^B", "QRI|80")
    assert found == ["Patient", "Patient", "Provenance"]


def test_an_answer_that_found_nobody_writes_nothing(maps: Maps) -> None:
    assert answer(maps) == []  # a Provenance has a target


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("ORM^O01", "OBR|1|||GLU^g^L"),
        ("ORM^O01", "RXO|D1^Drug^L"),
        ("OMP^O09", "RXO|D1^Drug^L"),
        ("RDE^O11", "RXE||D1^Drug^L|1||mg"),
    ],
)
def test_an_order_without_a_number_is_not_stored(maps: Maps, kind: str, detail: str) -> None:
    with pytest.raises(Rejected) as caught:
        made(maps, kind, "ORC|NW", detail)
    assert caught.value.code == "no-order-number"
