"""Several patients, several messages, values that look like documents: nothing is mixed up or passed over."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from adapters.his.xml_http.inside import documents_in
from adapters.his.xml_http.opened import open_message
from gateway import registry
from gateway.canonical import Envelope, Quarantined, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.wire import xml

ROOT = registry.one_root() / "adapters/his/xml_http/samples"
SPEC = registry.find()["his/xml_http"]
MOMENT = 1_772_323_200_000_000


@cache
def maps() -> Maps:
    return load_maps()


def sample(name: str) -> str:
    return next(Path(ROOT).glob(f"{name}*.xml")).read_text("utf-8")


def doubled(text: str, element: str, **other: str) -> str:
    """Return a message with its subject twice, the second time with other numbers."""
    begin, end = text.index(f"<{element}"), text.rindex(f"</{element}>") + len(element) + 3
    second = text[begin:end]
    for old, new in other.items():
        second = second.replace(old.removeprefix("_"), new)
    return text[:end] + second + text[end:]


def kept(text: str) -> Envelope:
    return Envelope("0" * 32, "default", SPEC.id, "", MOMENT, SPEC.content_type, "", text.encode())


def read(text: str) -> steps.Reading:
    return steps.read(SPEC, maps(), kept(text))


def drafts(text: str, type_name: str) -> list[dict[str, Any]]:
    made = steps.translate(maps(), kept(text), read(text))
    assert isinstance(made, Translation)
    return [one.body | {"id": one.id} for one in made.drafts if one.type == type_name]


ORDERS = {"_1000977": "2000888", "_CF2026030500087": "CF2026030500099", "_MZ2026030500118": "MZ9"}
STAY = {"_1002345": "2009999", "_ZY2026000318": "ZYOTHER"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (doubled(sample("08"), "subject", **ORDERS), "several-patients"),
        (doubled(sample("05"), "subject", **STAY), "several-patients"),
        (doubled(sample("05"), "subject", _ZY2026000318="ZYOTHER"), "several-visits"),
        (doubled(sample("03"), "subject", _1003871="2009999"), "several-patients"),
    ],
    ids=["orders", "stays", "visits", "merges"],
)
def test_two_patients_in_one_document_wait_and_are_not_mixed(text: str, reason: str) -> None:
    """Nothing says which order is whose."""
    flaw = read(text).flaw
    assert isinstance(flaw, Quarantined)
    assert flaw.reason == reason
    assert "document of its own" in flaw.issues[0].text


def test_the_same_patient_twice_is_one() -> None:
    assert read(doubled(sample("08"), "subject")).flaw is None


def test_two_registrations_are_two_patients() -> None:
    found = drafts(doubled(sample("01"), "subject", _1002345="2002345", _990101197805123714="-"), "Patient")
    assert [one["identifier"][0]["value"] for one in found] == ["1002345", "2002345"]


def test_a_second_patient_with_a_name_alone_is_noticed() -> None:
    text = doubled(sample("01"), "subject", _1002345="", _990101197805123714="-", _陈远航="李四海",
                   _990101D00012345678="", _99010100000012345="不详")  # fmt: skip
    flaw = read(text).flaw
    assert isinstance(flaw, Quarantined)
    assert flaw.reason == "several-patients"
    assert "has no number" in flaw.issues[0].text


REPORT = {"_1002345": "2009999", "_T260305004412": "T2", "_JY2026030500412": "JY2", "_ZY2026000318": "ZY2"}


def test_each_report_of_a_vendor_s_message_is_that_of_its_patient() -> None:
    text = doubled(sample("18"), "Report", **REPORT)
    patients = {one["identifier"][0]["value"]: f"Patient/{one['id']}" for one in drafts(text, "Patient")}
    reports = drafts(text, "DiagnosticReport")
    assert [one["subject"]["reference"] for one in reports] == [patients["1002345"], patients["2009999"]]
    results = {one["id"]: one["subject"]["reference"] for one in drafts(text, "Observation")}
    for one in reports:
        found = {results[part["reference"].partition("/")[2]] for part in one["result"]}
        assert found == {one["subject"]["reference"]}


def test_a_second_report_without_a_patient_is_not_the_first_one_s() -> None:
    text = doubled(sample("18"), "Report", **REPORT | {"_1002345": ""})
    flaw = read(text).flaw
    assert isinstance(flaw, Quarantined)
    assert flaw.reason == "several-patients"


@pytest.mark.parametrize("value", ["-", "/", "无"])
def test_a_result_is_told_as_it_stands(value: str) -> None:
    """A dash is how laboratories write negative; HL7 v2 keeps it too."""
    text = sample("18")
    begin = text.index("<Value>") + 7
    made = drafts(text[:begin] + value + text[text.index("</Value>") :], "Observation")
    assert value in [one.get("valueString") for one in made]


def soap(inner: str) -> bytes:
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    return f'<s:Envelope xmlns:s="{space}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


@pytest.mark.parametrize(
    "value", ["<0.50", "<LOD", "<检测下限", "<a b", "PAT2026030700001", "<b>阳性</b>", "<p>见<br>"]
)
def test_a_value_that_looks_like_a_document_is_a_value(value: str) -> None:
    inner = f"<Request><Report><Value>{escape(value)}</Value></Report></Request>"
    found = open_message(soap(inner))
    assert found.document.get("Report/Value") == value
    assert not found.style.as_text


def test_a_broken_document_as_a_parameter_is_told() -> None:
    with pytest.raises(Rejected) as caught:
        open_message(soap(f"<Call><message>{escape('<Request><Name>陈</Request>')}</message></Call>"))
    assert caught.value.code == "not-xml"


TEXT = escape("<Request><No>1</No></Request>")
V3 = '<PRPA_IN201311UV02 xmlns="urn:hl7-org:v3"/>'


@pytest.mark.parametrize(
    "inner",
    [
        f"<Call><d>{TEXT}</d><d>{TEXT}</d></Call>",
        f"<Call><d>{TEXT}</d><d>{base64.b64encode(b'<Request><No>2</No></Request>').decode()}</d></Call>",
        f"<Call><d>{V3}</d><d>{V3}</d></Call>",
        "<Request/><Request/>",
    ],
)
def test_several_messages_in_one_call_are_given_back(inner: str) -> None:
    """One answer cannot be that of both, so neither is acknowledged."""
    with pytest.raises(Rejected) as caught:
        open_message(soap(inner))
    assert caught.value.code == "several-messages"


def test_texts_in_an_answer_are_found_one_by_one() -> None:
    call = xml.parse(f"<r><ret>{TEXT}</ret><ret>{TEXT.replace('1', '2')}</ret><v>&lt;3</v></r>".encode())
    assert [one.get("No") for one in documents_in(call.root, xml.LIMITS)] == ["1", "2"]
