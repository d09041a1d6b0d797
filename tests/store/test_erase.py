"""What a purge takes away, on both engines: bodies, postings, and bytes of messages that say no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.canonical import Draft
from gateway.store import Desk, Entry, Transact, Walk
from gateway.store.erase import PURGED

Make = Callable[..., Draft]
POSTINGS = ("sx", "sx_range", "sx_str", "sx_number")


def erased(desk: Any, *names: str) -> None:
    """End resources and erase all that there was of them."""
    store = desk.store
    own = [one for name in names for one in store.versions("default", *name.split("/"))]
    messages = store.messages_of("default", [one.seq for one in own])

    def act(inside: Desk) -> None:
        for name in names:
            inside.delete(*name.split("/"))
        inside.erase(own, [n for n, _ in messages])

    (done,) = store.write([Transact("default", "t", [], act=act)])
    assert done.error is None, done.error


def test_nothing_that_it_said_is_left(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1", name=[{"family": "沈清"}], birthDate="1990-01-02"))
    desk.stored(patient("p1", mrn="1", name=[{"family": "沈青"}], birthDate="1990-01-02"))
    desk.stored(patient("p2", mrn="2", name=[{"family": "温良"}]))
    erased(desk, "Patient/p1")
    for own in desk.store.versions("default", "Patient", "p1"):
        assert (own.deleted, own.body) == (True, b"")
    assert [one.ver for one in desk.store.versions("default", "Patient", "p1")] == [1, 2, 3]
    (left,) = {one.seq for one in desk.store.versions("default", "Patient", "p2")}
    for table in POSTINGS:
        assert {row[0] for row in desk.execute(f"SELECT seq FROM {table}")} <= {left}, table
    assert desk.store.search("default", "Patient", [("name", "沈")]).matches == []
    assert len(desk.store.search("default", "Patient", [("name", "温")]).matches) == 1
    raws = [bytes(raw) for (raw,) in desk.execute("SELECT raw FROM inbox_raw ORDER BY n")]
    assert raws == [b"", b"", b"MSH|"]
    assert [row[0] == PURGED for row in desk.execute("SELECT map_version FROM inbox ORDER BY n")] == [
        True,
        True,
        False,
    ]
    assert len(desk.store.inbox_walk(Walk(), 10)) == 1, "what has no bytes is not converted again"
    shown = desk.store.inbox_show(desk.store.inbox_list()[-1].id)
    assert shown is not None
    assert shown.envelope.raw == b""


def test_a_message_that_says_more_keeps_its_bytes(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1"), patient("p2", mrn="2"))
    erased(desk, "Patient/p1")
    assert [bytes(raw) for (raw,) in desk.execute("SELECT raw FROM inbox_raw")] == [b"MSH|"]
    erased(desk, "Patient/p2")
    assert [bytes(raw) for (raw,) in desk.execute("SELECT raw FROM inbox_raw")] == [b""]


def test_which_entries_have_a_version(desk: Any) -> None:
    def act(inside: Desk) -> list[int]:
        one, two = (inside.write({"resourceType": "Basic", "id": id_}) for id_ in "ab")
        for members in ((one,), (two,), (two, one)):
            inside.append(Entry("visit", "effective", members[0], members))
        return [*inside.naming([one.seq], 0), one.seq]

    (done,) = desk.store.write([Transact("default", "t", [], act=act)])
    assert done.error is None, done.error
    assert done.answer[:2] == [1, 3], "what waits in the batch is seen"
    seq = done.answer[2]
    assert desk.store.ledger.naming("default", [seq]) == ({1: {seq}, 3: {seq}}, 3)
    (asked,) = desk.store.write([Transact("default", "t", [], act=lambda inside: inside.naming([seq], 1))])
    assert asked.answer == [3]
