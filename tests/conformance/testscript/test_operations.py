"""Operations: the request that each code of R4 makes, and whose address and body it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.testscript import Destination, Settings, load, run
from conformance.testscript.operation_codes import CODES
from conformance.testscript.request import encoded
from conformance.testscript.xml_reading import parse, resource
from tests.conformance.testscript.stub import PATIENT, Bench, Stub, expect, operation

FIXTURES = [
    {"id": "patient", "autocreate": False, "autodelete": False, "resource": {"reference": "patient.json"}},
    {"id": "other", "autocreate": False, "autodelete": False, "resource": {"reference": "#o"}},
]
CONTAINED = [{"resourceType": "Parameters", "id": "o", "parameter": [{"name": "a", "valueDecimal": 1}]}]


@pytest.fixture(autouse=True)
def file(bench: Bench) -> Path:
    return bench.write("patient.json", PATIENT | {"meta": {"versionId": "7"}})


ADDRESSES: list[tuple[str, dict[str, Any], str]] = [
    ("read", {"target_id": "patient"}, "GET /Patient/p1"),
    ("read", {"resource": "Patient", "params": "/a b?x=é|%20"}, "GET /Patient/a%20b?x=%C3%A9%7C%20"),
    ("vread", {"target_id": "patient"}, "GET /Patient/p1/_history/7"),
    ("history", {"target_id": "patient"}, "GET /Patient/p1/_history"),
    ("history", {"resource": "Patient"}, "GET /Patient/_history"),
    ("history", {}, "GET /_history"),
    ("search", {"resource": "Patient", "params": "?family=Zhang"}, "GET /Patient?family=Zhang"),
    ("search", {"resource": "Patient"}, "GET /Patient"),
    ("search", {"resource": "Patient", "params": "?a=b&c=d", "method": "post"}, "POST /Patient/_search"),
    ("create", {"source_id": "patient"}, "POST /Patient"),
    ("update", {"source_id": "patient"}, "PUT /Patient/p1"),
    ("update", {"source_id": "patient", "resource": "Patient", "params": "?birthdate=1990"},
     "PUT /Patient?birthdate=1990"),
    ("updateCreate", {"source_id": "patient", "resource": "Patient", "params": "/new"}, "PUT /Patient/new"),
    ("patch", {"source_id": "other", "target_id": "patient"}, "PATCH /Patient/p1"),
    ("delete", {"target_id": "patient"}, "DELETE /Patient/p1"),
    ("deleteCondSingle", {"resource": "Patient", "params": "?family=x"}, "DELETE /Patient?family=x"),
    ("deleteCondMultiple", {"resource": "Patient", "params": "?family=x"}, "DELETE /Patient?family=x"),
    ("batch", {"source_id": "other"}, "POST "),
    ("transaction", {"source_id": "other"}, "POST "),
    ("capabilities", {}, "GET /metadata"),
    ("capabilities", {"params": "?mode=full"}, "GET /metadata?mode=full"),
    ("everything", {"target_id": "patient"}, "GET /Patient/p1/$everything"),
    ("expand", {"resource": "ValueSet", "params": "?url=x"}, "GET /ValueSet/$expand?url=x"),
    ("lookup", {"source_id": "other", "resource": "CodeSystem"}, "POST /CodeSystem/$lookup"),
    ("validate", {"source_id": "patient"}, "POST /Patient/$validate"),
    ("process-message", {"source_id": "other"}, "POST /$process-message"),
    ("document", {"resource": "Composition", "params": "/c/$document"}, "GET /Composition/c/$document"),
    ("read", {"resource": "Patient", "params": "p9"}, "GET /Patient/p9"),
    ("read", {"url": "Patient/p9"}, "GET /Patient/p9"),
    ("read", {"url": "Patient/p9", "method": "options"}, "OPTIONS /Patient/p9"),
    ("", {"method": "delete", "params": "/x", "resource": "Patient"}, "DELETE /Patient/x"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "said", "asked"), ADDRESSES)
def test_where_a_request_goes(
    bench: Bench, server: Stub, code: str, said: dict[str, Any], asked: str
) -> None:
    result, message = bench.last(operation(code, **said), fixture=FIXTURES, contained=CONTAINED)
    assert (server.asked(), result) == ([asked], "pass"), message


@pytest.mark.parametrize("code", [code for code, what in CODES.items() if what.form == "operation"])
def test_every_operation_of_the_code_system_is_called_by_its_name(
    bench: Bench, server: Stub, code: str
) -> None:
    bench.run(operation(code, source_id="other"), operation(code, resource="Basic"), fixture=FIXTURES,
              contained=CONTAINED)  # fmt: skip
    first, second = server.asked()
    assert first.startswith("POST /") and first.endswith(f"/${code}")
    assert second == f"GET /Basic/${code}"


def test_codes_of_rest_interactions_are_taken_for_what_they_are(bench: Bench, server: Stub) -> None:
    said = {"resource": "Patient", "params": "?a=b", "encodeRequestUrl": True}
    system = "http://hl7.org/fhir/restful-interaction"
    codes = [("search-type", "get"), ("search-type", "post"), ("history-type", "get"), ("update", "put")]
    actions = [
        {"operation": {"type": {"system": system, "code": one}, "method": by, **said}} for one, by in codes
    ]
    bench.run(*actions)
    assert server.asked() == [
        "GET /Patient?a=b",
        "POST /Patient/_search",
        "GET /Patient?a=b",
        "PUT /Patient?a=b",
    ]


def test_an_operation_of_ones_own_has_a_code_of_another_system(bench: Bench, server: Stub) -> None:
    own = {"operation": {"type": {"system": "urn:example", "code": "submit"}, "resource": "Basic",
                         "encodeRequestUrl": True}}  # fmt: skip
    bench.run(own, operation("$close", resource="Basic"))
    assert server.asked() == ["GET /Basic/$submit", "GET /Basic/$close"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (operation("reed", params="/1", resource="Patient"), "R4 has no operation code reed"),
        (operation("", resource="Patient"), "neither a type nor a method"),
        (operation("read", target_id="nobody"), "there is no fixture and no message nobody"),
        (operation("update", source_id="gone"), "there is no fixture and no message gone"),
        (operation("read", resource="Patient"), "there is no params, targetId or url"),
        (operation("vread", target_id="other"), "no version"),
        (operation("read", params="/1", method="TRACE"), "R4 has no HTTP method TRACE"),
        (
            operation("read", params="/1", stop_test_on_fail=True),
            "R4 has no element stopTestOnFail in operation",
        ),
        (operation("read", params="/1", encode_request_url="yes"), "encodeRequestUrl is to be true or false"),
        ({"operation": operation("read")["operation"], "assert": {}}, "tst-1"),
        (operation("read", url="http://elsewhere.example/Patient/1"), "at none of the servers"),
        (operation("read", params="/${x}"), "there is no variable ${x}"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_says_why(
    bench: Bench, server: Stub, said: dict[str, Any], reason: str
) -> None:
    result, message = bench.last(said, fixture=FIXTURES, contained=CONTAINED)
    assert result == "error" and reason in message
    assert server.seen == []


def test_a_fixture_goes_out_byte_for_byte_and_in_the_form_asked_for(bench: Bench, server: Stub) -> None:
    text = '{ "resourceType": "Observation", "status": "final", "valueQuantity": {"value": 5.60} }'
    bench.write("o.json", text)
    fixture = [{"id": "o", "autocreate": False, "autodelete": False, "resource": {"reference": "o.json"}}]
    bench.run(
        operation("create", source_id="o"), operation("create", source_id="o", content_type="xml"),
        operation("create", source_id="o", content_type="none", accept="none"), fixture=fixture,
    )  # fmt: skip
    first, second, third = server.seen
    assert first.body.decode() == text and first.headers["Content-Type"] == "application/fhir+json"
    assert resource(parse(second.body))[0]["valueQuantity"] == {"value": "5.60"}
    assert second.headers["Content-Type"] == "application/fhir+xml"
    assert "Content-Type" not in third.headers


def test_what_may_not_stand_in_an_address_is_encoded_once_and_the_server_stays() -> None:
    assert (
        encoded("http://[::1]:80/a b/c%20d/50%/#x?y=[1]")
        == "http://[::1]:80/a%20b/c%20d/50%25/%23x?y=%5B1%5D"
    )
    assert encoded("a=张") == "a=%E5%BC%A0"


def test_a_search_by_post_sends_a_form(bench: Bench, server: Stub) -> None:
    bench.run(operation("search", resource="Patient", params="?family=Li Si&x=1", method="post"))
    assert server.seen[0].body == b"family=Li%20Si&x=1"
    assert server.seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_json_patch_comes_from_a_file_or_a_binary(bench: Bench, server: Stub) -> None:
    bench.write("patch.json", '[{"op": "remove", "path": "/active"}]')
    inside = {
        "resourceType": "Binary",
        "id": "b",
        "contentType": "application/json-patch+json",
        "data": "W10=",
    }
    fixture = [
        {"id": one, "autocreate": False, "autodelete": False, "resource": {"reference": where}}
        for one, where in (("file", "patch.json"), ("binary", "#b"))
    ]
    patch = {"resource": "Patient", "params": "/p1"}
    bench.run(operation("patch", source_id="file", **patch), operation("patch", source_id="binary", **patch),
              fixture=fixture, contained=[inside])  # fmt: skip
    assert [one.body for one in server.seen] == [b'[{"op": "remove", "path": "/active"}]', b"[]"]
    assert {one.headers["Content-Type"] for one in server.seen} == {"application/json-patch+json"}


def test_headers_of_the_script_go_before_all_others(bench: Bench, server: Stub) -> None:
    headers = [{"field": "accept", "value": "text/${kind}"}, {"field": "If-None-Exist", "value": "family=x"}]
    create = operation("create", source_id="patient", request_header=headers)
    kind = [{"name": "kind", "defaultValue": "plain"}]
    script = bench.script(create, fixture=FIXTURES[:1], variable=kind)
    run(load(script), Destination(server.base, {"Authorization": "Bearer t", "Accept": "x/y"}))
    seen = {name.lower(): value for name, value in server.seen[0].headers.items()}
    assert (seen["accept"], seen["if-none-exist"], seen["authorization"]) == (
        "text/plain",
        "family=x",
        "Bearer t",
    )


def test_an_address_that_is_not_to_be_encoded_is_sent_as_it_is(bench: Bench, server: Stub) -> None:
    bench.run(operation("search", resource="Patient", params="?a=b|c", encode_request_url=False))
    assert server.asked() == ["GET /Patient?a=b|c"]
    spaced = operation("search", resource="Patient", params="?a=b c", encode_request_url=False)
    assert bench.last(spaced)[0] == "error"


def test_messages_get_ids_and_who_was_created_is_known_by_the_server_s_id(bench: Bench, server: Stub) -> None:
    found = bench.results(
        operation("create", source_id="patient", response_id="made", request_id="sent"),
        expect(source_id="sent", expression="Patient.id", value="p1"),
        expect(source_id="made", response="created"),
        operation("read", target_id="made"), operation("vread", target_id="made"),
        operation("read", target_id="patient"),
        fixture=FIXTURES[:1],
    )  # fmt: skip
    assert found == ["pass"] * 6
    assert server.asked()[1:] == ["GET /Patient/s1", "GET /Patient/s1/_history/1", "GET /Patient/s1"]


def test_several_servers_each_with_its_own_credentials(bench: Bench, server: Stub) -> None:
    other = f"http://localhost:{server.server_address[1]}/fhir"
    index = [{"index": one, "profile": {"code": "FHIR-Server"}} for one in (1, 2)]
    script = load(
        bench.script(
            operation("read", url="Patient/1", destination=1, origin=1),
            operation("read", url="Patient/2", destination=2),
            operation("read", url=f"{server.base}/Patient/3", destination=2),
            operation("read", url="Patient/4"),
            destination=index, origin=[{"index": 1, "profile": {"code": "FHIR-Client"}}],
        )
    )  # fmt: skip
    servers = {1: Destination(server.base, {"X-Key": "one"}), 2: Destination(other, {"X-Key": "two"})}
    found = run(script, servers, settings=Settings(origins={1: {"X-Client": "c"}}))
    assert [one.headers.get("X-Key") for one in server.seen] == ["one", "two", "one"]
    assert [one.headers.get("X-Client") for one in server.seen] == ["c", None, None]
    last = found.tests[0].actions[-1]
    assert str(last.result) == "error" and "several destinations" in last.message.en
    assert run(script, {1: servers[1]}).tests[0].actions[1].message.zh == "没有给出 destination 2 的服务器"


def test_elsewhere_no_credentials_go_even_where_addresses_are_permitted(bench: Bench, server: Stub) -> None:
    away = f"http://localhost:{server.server_address[1]}/fhir/Patient/1"
    script = load(bench.script(operation("read", url=away)))
    servers = Destination(server.base, {"Authorization": "Bearer t"})
    assert run(script, servers, settings=Settings(anywhere=True)).tests[0].actions[0].result == "pass"
    assert "Authorization" not in server.seen[0].headers


def test_a_redirect_is_an_answer_not_a_journey(bench: Bench, server: Stub) -> None:
    server.answers["/Patient/1"] = (302, {"Location": f"{server.base}/Patient/2"}, b"")
    assert bench.results(operation("read", url="Patient/1"), expect(response_code="302")) == ["pass", "pass"]
    assert len(server.seen) == 1


def test_nobody_there_is_an_error_and_the_rest_goes_on(bench: Bench, server: Stub) -> None:
    script = load(bench.script(operation("read", url="Patient/1"), expect(response="okay"),
                               teardown={"action": [operation("delete", url="Patient/1")]}))  # fmt: skip
    found = run(script, Destination("http://127.0.0.1:1/fhir"))
    assert [one.result for one in found.tests[0].actions] == ["error", "skip"]
    assert found.tests[0].actions[0].message.en == "the server did not answer: connection refused"
    assert found.teardown[0].result == "error" and not found.passed


def test_what_is_masked_is_in_no_message(bench: Bench, server: Stub) -> None:
    hide = Settings(mask=lambda text: text.replace("Zhang", "***"))
    found = bench.run(operation("search", resource="Patient", params="?family=Zhang"),
                      expect(requestURL="nothing Zhang"), settings=hide)  # fmt: skip
    assert "Zhang" not in json.dumps([[one.message.as_json(), one.detail] for one in found.tests[0].actions])
