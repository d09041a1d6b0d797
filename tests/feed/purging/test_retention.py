"""A gateway as it is wired keeps what makes up the record of a visit, and a purge is its operator's."""

from __future__ import annotations

from pathlib import Path

from gateway.bootstrap import regulator
from gateway.canonical.actor import Principal
from gateway.security.rights import right_of
from gateway.security.signature import open_signatures
from gateway.settings import Settings
from gateway.store import Change, Transact, open_store

FILM = {
    "resourceType": "Media",
    "id": "m1",
    "status": "completed",
    "encounter": {"reference": "Encounter/v1"},
    "content": {"title": "x"},
}
NOTE = {
    "resourceType": "DocumentReference",
    "id": "d1",
    "status": "current",
    "context": {"encounter": [{"reference": "Encounter/v1"}]},
    "content": [{"attachment": {"title": "x"}}],
}
VISIT = {"resourceType": "Encounter", "id": "v1", "status": "in-progress", "class": {"code": "VR"}}


def test_a_note_of_a_visit_is_not_deleted(tmp_path: Path) -> None:
    settings = Settings()
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    bodies = (VISIT, FILM, NOTE)
    store.write([Transact("default", "t", [], act=lambda desk: [desk.write(dict(one)) for one in bodies])])
    regulator.visits(
        settings, store, open_signatures(settings.signatures), regulator.obligations(settings, store)
    )

    def deleted(type_: str, id_: str, caller: object = None) -> str:
        change = Change("delete", type_, id_)
        (done,) = store.write([Transact("default", "t", [change], caller=caller or Principal("his"))])
        return done.error.reason if done.error else ""

    assert "records of outpatients are kept for 15 years" in deleted("DocumentReference", "d1")
    assert deleted("Media", "m1") == "", "the country has no rule about films"
    store.close()


def test_whose_right_it_is() -> None:
    assert right_of("POST", "/$purge") == "purge"
