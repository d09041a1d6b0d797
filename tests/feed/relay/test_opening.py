"""What stops the start: a receiver that would never be owed anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.feed.relay.opening import open_relay
from gateway.security.signature import open_signatures
from gateway.settings import Receivers, ReceiverSettings, Settings, SignatureSettings
from gateway.store import open_store

MAP = """
receiver: own
wire: {path: "/{interface}"}
answer: {code: code, ok: ["200"]}
kinds:
  presciption: {interface: upload, fields: {id: ledger.serial}}
"""


def test_a_kind_or_event_that_no_ledger_has_is_refused(tmp_path: Path) -> None:
    """A letter too few, and a platform would get nothing while all looks well."""
    file = tmp_path / "own.yaml"
    file.write_text(MAP)
    events = tmp_path / "events.yaml"
    events.write_text(MAP.replace("presciption: {", "prescription: {events: [submited], "))
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    for said, place, known in (
        (
            ReceiverSettings(url="http://127.0.0.1:9/fhir", kinds=("prescription", "presciption")),
            "province",
            "visit, consent",
        ),
        (
            ReceiverSettings(url="http://127.0.0.1:9/fhir", events=("submited",)),
            "province] events",
            "submitted, effective",
        ),
        (
            ReceiverSettings(url="http://127.0.0.1:9", kind="list", map=str(file)),
            "own.yaml kinds",
            "visit, consent",
        ),
        (
            ReceiverSettings(url="http://127.0.0.1:9", kind="list", map=str(events)),
            "events.yaml events",
            "submitted, effective",
        ),
    ):
        settings = Settings(receivers=Receivers(named={"province": said}))
        with pytest.raises(Misconfigured, match=f"is one of {known}") as refused:
            open_relay(settings, store, str, lambda *_: None, open_signatures(SignatureSettings()))
        assert place in str(refused.value)
    store.close()
