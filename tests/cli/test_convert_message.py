"""``qiao convert --as``: a FHIR message with its MessageHeader, a collection, and the bytes beside them."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from gateway.cli.conversion import Converter, Plan
from gateway.cli.gather import Item

SAMPLES = sorted((Path(__file__).parents[2] / "adapters").glob("*/*/samples/*.hl7"))
ADMIT = next(path for path in SAMPLES if path.name == "01-admit.hl7").read_bytes()
Json = dict[str, Any]


@cache
def converter(form: str, source: bool = False) -> Converter:
    return Converter(Plan(form=form, source=source))


def bundles(raws: list[bytes], form: str, *, source: bool = False) -> list[Json]:
    made = converter(form, source).convert(Item("-", at, raw) for at, raw in enumerate(raws, 1))
    assert made.quarantined == []
    return [json.loads(line) for line in made.bundles.splitlines()]


def bundle(raw: bytes | str, form: str = "message", *, source: bool = False) -> Json:
    [made] = bundles([raw.encode() if isinstance(raw, str) else raw], form, source=source)
    return made


def resources(made: Json, type_: str) -> list[Json]:
    return [one["resource"] for one in made["entry"] if one["resource"]["resourceType"] == type_]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def admission(time: str = "20260301083015", sender: str = "HIS") -> str:
    return "\r".join((
        f"MSH|^~\\&|{sender}|H1|QIAO||{time}||ADT^A01^ADT_A01|77|P|2.5.1||||||UNICODE UTF-8",
        "SFT|Maker|7.1|Ward Desk|b9",
        "EVN||20260301083000",
        "PID|1||P1^^^H1^MR||Doe^Jane||19800101|F",
        "PV1|1|I|W1^1^1" + "|" * 16 + "V1",
    ))  # fmt: skip


def test_every_sample_is_a_valid_message() -> None:
    from fhir.resources.R4B import get_fhir_model_class

    for made in bundles([path.read_bytes() for path in SAMPLES], "message", source=True):
        get_fhir_model_class("Bundle").model_validate(made)
        assert made["type"] == "message"
        header = made["entry"][0]["resource"]
        assert header["resourceType"] == "MessageHeader"  # bdl-12
        assert header["eventCoding"]["code"]
        assert {"endpoint", "_endpoint"} & set(header["source"])
        assert header["focus"]
        urls = [one["fullUrl"] for one in made["entry"]]
        assert len(set(urls)) == len(urls)  # bdl-7
        for one in made["entry"]:
            assert set(one) == {"fullUrl", "resource"}  # bdl-3, bdl-4
            assert one["fullUrl"] == f"urn:uuid:{one['resource']['id']}"
        assert {one for one in references(made) if not one.startswith("#")} <= set(urls)


def test_a_message_holds_what_a_transaction_holds_and_its_header() -> None:
    def names(made: Json) -> set[str]:
        return {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in made["entry"]}

    stored, sent = bundle(ADMIT, "transaction"), bundle(ADMIT)
    own = {name.partition("/")[0] for name in names(sent) - names(stored)}
    assert names(stored) <= names(sent)
    assert {"MessageHeader", "Provenance"} <= own <= {"MessageHeader", "Provenance", "Organization", "Device"}
    assert not resources(stored, "MessageHeader")
    assert bundle(ADMIT) == sent


@pytest.mark.parametrize(
    ("time", "timestamp"),
    [
        ("20260301083015", "2026-03-01T08:30:15+08:00"),
        ("20260301083015+0000", "2026-03-01T08:30:15+00:00"),
        ("202603010830", None),
        ("202603010830+0800", None),
        ("20260301", None),
    ],
)
def test_the_time_of_the_message_is_an_instant_or_left_out(time: str, timestamp: str | None) -> None:
    found = bundle(admission(time)).get("timestamp")
    assert found == timestamp or (found or "").replace("Z", "+00:00") == timestamp


def test_a_message_is_identified_by_its_control_id_within_its_sender() -> None:
    one, other = bundle(admission()), bundle(admission(sender="APP^1.2.3.4^ISO"))
    assert one["identifier"]["value"] == other["identifier"]["value"] == "77"
    assert one["identifier"]["system"].startswith("urn:qiao:default:")
    assert other["identifier"]["system"] == "urn:oid:1.2.3.4"
    assert one["id"] != other["id"]


def test_a_question_makes_no_message() -> None:
    asked = "MSH|^~\\&|LIS|H1|QIAO||20260301083015||QBP^Q11^QBP_Q11|8|P|2.5.1\rQPD|WOS^^IHELAW|Q8|B1"
    assert bundles([asked.encode()], "message") == []


def test_the_header_says_event_sender_software_and_focus() -> None:
    made = bundle(admission())
    header = made["entry"][0]["resource"]
    assert header["eventCoding"]["code"] == "A01"
    assert header["source"]["name"] == "HIS"
    assert (header["source"]["software"], header["source"]["version"]) == ("Ward Desk", "7.1")
    assert header["destination"][0]["name"] == "QIAO"
    types = {one["fullUrl"]: one["resource"]["resourceType"] for one in made["entry"]}
    assert [types[one["reference"]] for one in header["focus"]] == ["Patient", "Encounter"]


def test_an_answer_says_what_it_answers() -> None:
    raw = (
        "MSH|^~\\&|LIS|H1|||20260301083015||ORL^O22^ORL_O22|78|P|2.5.1\r"
        "MSA|AA|4711\r"
        "PID|1||P1^^^H1^MR||Doe^Jane\r"
        "ORC|OK|PO1^H|FO1^H\r"
        "OBR|1|PO1^H|FO1^H|GLU^Glucose^L"
    )
    made = bundle(raw)
    header = made["entry"][0]["resource"]
    assert header["response"] == {"code": "ok", "identifier": "4711"}
    broken = bundle(raw.replace("MSA|AA|", "MSA|??|"))["entry"][0]["resource"]
    assert "response" not in broken  # a response needs a code


def test_what_was_transformed_and_what_was_not() -> None:
    made = bundle(ADMIT, source=True)
    types = {one["fullUrl"]: one["resource"]["resourceType"] for one in made["entry"]}
    [document] = resources(made, "DocumentReference")
    url = f"urn:uuid:{document['id']}"
    for one in resources(made, "Provenance"):
        targets = [target["reference"] for target in one["target"]]
        assert url not in targets
        if one["activity"]["coding"][0]["code"] == "v2-fhir-transformation":
            assert "MessageHeader" in {types[target] for target in targets}
            assert [entity["what"]["reference"] for entity in one["entity"]] == [url]
            break
    else:
        pytest.fail("nothing says that the message was transformed")


@pytest.mark.parametrize(
    ("declared", "codec", "charset"),
    [("UNICODE UTF-8", "utf-8", "utf-8"), ("GB 18030-2000", "gb18030", "gb18030"), ("", "ascii", "us-ascii")],
)
@pytest.mark.parametrize("form", ["message", "collection"])
def test_the_bytes_go_with_the_message(declared: str, codec: str, charset: str, form: str) -> None:
    name = "Doe" if codec == "ascii" else "孟"
    raw = admission().replace("UNICODE UTF-8", declared).replace("Doe", name).encode(codec)
    made = bundle(raw, form, source=True)
    [document] = resources(made, "DocumentReference")
    attachment = document["content"][0]["attachment"]
    assert document["status"] == "current"
    assert b64decode(attachment["data"]) == raw
    assert attachment["contentType"] == f"x-application/hl7-v2+er7; charset={charset}"
    named = {e["what"].get("reference") for p in resources(made, "Provenance") for e in p.get("entity", ())}
    assert named & {f"urn:uuid:{document['id']}", f"DocumentReference/{document['id']}"}


def test_a_collection_only_holds_the_resources() -> None:
    stored, held = bundle(ADMIT, "transaction"), bundle(ADMIT, "collection")
    assert held["type"] == "collection"
    assert held["entry"] == [{"fullUrl": e["fullUrl"], "resource": e["resource"]} for e in stored["entry"]]


def test_the_command_writes_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "in.hl7", tmp_path / "out.ndjson"
    file.write_bytes(ADMIT)
    assert main(["convert", str(file), "--as", "message", "--source", "-o", str(out), "--trace"]) == 0
    made = json.loads(out.read_bytes())
    assert made == bundle(ADMIT, source=True)
    traced = [json.loads(line) for line in (tmp_path / "out.trace.ndjson").read_bytes().splitlines()]
    assert any(line["rule"] == "MSH[Bundle]/MSH-10" for line in traced)
    assert main(["convert", str(file), "--source"]) == 2
    assert "--as" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["transaction", "message"])
def test_a_time_that_nobody_knows_is_not_made_up(form: str) -> None:
    from fhir.resources.R4B import get_fhir_model_class

    made = bundle(admission("20260301"), form)
    for one in resources(made, "Provenance"):
        get_fhir_model_class("Provenance").model_validate(one)
        assert "recorded" not in one
        assert one["_recorded"]["extension"][0]["valueCode"] == "unknown"
