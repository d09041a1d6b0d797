"""Scripts through the harness's client: its identity, its evidence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.evidence.exchange import Book
from conformance.evidence.masking import Masker
from conformance.harness.client import Client, Line
from conformance.harness.target import Identity, Target
from conformance.simulators.exact import dumps
from conformance.testscript import Destination, HttpxSender, Settings, load, run
from conformance.testscript import test_report as reported
from conformance.testscript.harness_sender import learning, through
from tests.conformance.testscript.stub import Bench, Stub, expect, operation


class Recorder:
    """Where exchanges are kept."""

    def __init__(self) -> None:
        self.book = Book()
        self.doing = "a script"


@pytest.fixture
def line(server: Stub) -> Iterator[Line]:
    found = Line(Target("target", server.base))
    yield found
    found.close()


@pytest.mark.usefixtures("patient")
def test_exchanges_are_kept_and_the_identity_is_the_client_s(bench: Bench, server: Stub, line: Line) -> None:
    recorder = Recorder()
    client = Client(line, Identity("operator", {"Authorization": "Bearer t"}), recorder)
    headers = [{"field": "accept", "value": "application/xml"}]
    script = load(
        bench.script(
            operation("read", url="Patient/p1", request_header=headers),
            expect(content_type="xml"),
            operation("read", url="http://localhost:1/Patient/p1"),
        )
    )
    found = run(script, Destination(server.base), sender=through(client))
    assert [str(one.result) for one in found.tests[0].actions] == ["pass", "pass", "error"]
    [seen] = server.seen
    assert seen.headers["Authorization"] == "Bearer t" and seen.headers["Accept"] == "application/xml"
    assert "Content-Type" not in seen.headers
    assert len(recorder.book.exchanges) == 1


def test_a_target_that_does_not_answer_is_an_error(bench: Bench) -> None:
    line = Line(Target("target", "http://127.0.0.1:1/fhir"))
    client = Client(line, Identity("operator"), Recorder())
    script = load(bench.script(operation("read", url="Patient/p1")))
    found = run(script, Destination("http://127.0.0.1:1/fhir"), sender=through(client))
    line.close()
    assert found.tests[0].actions[0].message.zh == "目标未应答：connection refused"


def test_what_the_masker_has_met_is_in_no_message(bench: Bench, server: Stub) -> None:
    resident, phone = "990101199003071234", "13900001111"
    server.versions["Patient/p1"] = [
        {
            "resourceType": "Patient",
            "id": "p1",
            "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": resident}],
            "name": [{"text": "欧阳示例"}],
            "telecom": [{"system": "phone", "value": phone}],
        }
    ]
    masker = Masker()
    script = load(
        bench.script(
            operation("read", url="Patient/p1"),
            *(
                expect(expression=one, value="x", warning_only=True)
                for one in ("Patient.identifier.value", "Patient.name.text", "Patient.telecom.value")
            ),
            operation("search", resource="Patient", params=f"?identifier={resident}&name=欧阳示例"),
        )
    )
    with HttpxSender() as sender:
        settings = Settings(mask=masker.text)
        found = run(script, Destination(server.base), sender=learning(sender, masker), settings=settings)
    report = dumps(reported(found, "zh"))
    assert [str(one.result) for one in found.tests[0].actions] == ["pass", *["warning"] * 3, "pass"]
    assert not [one for one in (resident, phone, "欧阳示例", "%E9%98%B3") if one in report], report
