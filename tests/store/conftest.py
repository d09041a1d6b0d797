"""A store in a file, and messages to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Outcome, Stored, Translation, new_envelope_id, now_us
from gateway.store import Receive, Settle, Store, Written, open_store

MRN = "urn:oid:2.16.156.990101.1"


def ack(outcome: Outcome) -> bytes:
    """An answer that shows which outcome it was made from."""
    return f"MSA|{type(outcome).__name__}".encode()


class Desk:
    """Writes messages the way the pipeline does."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store = store
        self.path = path

    ack = staticmethod(ack)

    def envelope(self, *, tenant: str = "default", sender: str = "his", raw: bytes = b"MSH|") -> Envelope:
        at = now_us()
        return Envelope(
            new_envelope_id(at),
            tenant,
            "his/hl7v2",
            sender,
            at,
            "x-application/hl7-v2+er7",
            "",
            raw,
            {"peer": "p"},
        )

    def receive(self, envelope: Envelope | None = None, *, control_id: str = "1", key: int = 1) -> Receive:
        return Receive(envelope or self.envelope(), control_id, b"digest", key)

    def put(self, *drafts: Draft, tenant: str = "default", **more: Any) -> Written:
        """Receive and settle one message with these drafts; return what became of it."""
        envelope = self.envelope(tenant=tenant)
        translation = Translation(list(drafts), **more)
        return self.store.write([self.receive(envelope), Settle(envelope, translation, ack)])[1]

    def stored(self, *drafts: Draft, **more: Any) -> list[str]:
        """The same for a message that must be stored; return the references of its new versions."""
        outcome = self.put(*drafts, **more).outcome
        assert isinstance(outcome, Stored), outcome
        return outcome.refs


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    path = tmp_path / "qiao.db"
    store = open_store(f"sqlite:///{path}")
    yield Desk(store, path)
    store.close()


DraftMaker = Callable[..., Draft]


@pytest.fixture
def patient() -> DraftMaker:
    def make(id_: str = "p1", *, mrn: str = "1", owns: bool = True, **elements: Any) -> Draft:
        body = {
            "resourceType": "Patient",
            "id": id_,
            "identifier": [{"system": MRN, "value": mrn}],
            **elements,
        }
        return Draft("Patient", id_, body, key=(MRN, mrn), owns=owns)

    return make


@pytest.fixture
def observation() -> DraftMaker:
    def make(
        id_: str = "o1", *, subject: str = "p1", code: str = "718-7", key: str = "", **elements: Any
    ) -> Draft:
        body = {
            "resourceType": "Observation",
            "id": id_,
            "identifier": [{"system": "urn:lis", "value": key or id_}],
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": f"Patient/{subject}"},
            **elements,
        }
        return Draft("Observation", id_, body, key=("urn:lis", key or id_), subject=subject)

    return make
