"""The client: credentials go to the target and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.evidence.exchange import Book
from conformance.harness.client import Client, Line
from conformance.harness.inbound import Listener
from conformance.harness.target_file import made


@dataclass
class _Recorder:
    book: Book = field(default_factory=Book)
    doing: str = ""


def test_a_link_to_elsewhere_gets_no_credentials() -> None:
    ours, other = Listener("127.0.0.1", 0), Listener("127.0.0.1", 0)
    here, there = ours.inbox("fhir", Book()), other.inbox("fhir", Book())
    for one in (ours, other):
        one.start()
    target = made({"fhir": here.url, "identities": {"operator": {"token": "qiao_secret"}}})
    line = Line(target)
    try:
        client = Client(line, target.identities["operator"], _Recorder())
        for url in ("Patient", here.url + "?page=2", there.url + "?page=2"):
            client.get(url)
    finally:
        line.close()
        ours.stop()
        other.stop()
    assert [one.headers.get("authorization") for one in here.arrived] == ["Bearer qiao_secret"] * 2
    assert "authorization" not in there.arrived[0].headers


def test_an_address_that_the_target_declares_is_the_targets() -> None:
    ours, other = Listener("127.0.0.1", 0), Listener("127.0.0.1", 0)
    here, there = ours.inbox("fhir", Book()), other.inbox("api", Book())
    for one in (ours, other):
        one.start()
    said = {"fhir": here.url, "identities": {"operator": {"token": "qiao_secret"}}}
    target = made({**said, "actions": {"submit": {"path": f"{there.url}/rx/{{number}}"}}})
    line = Line(target)
    try:
        Client(line, target.identities["operator"], _Recorder()).get(f"{there.url}/rx/1", accept="text/plain")
    finally:
        line.close()
        ours.stop()
        other.stop()
    assert there.arrived[0].headers.get("authorization") == "Bearer qiao_secret"
    assert there.arrived[0].headers.get("accept") == "text/plain"
