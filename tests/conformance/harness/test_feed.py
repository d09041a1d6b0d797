"""The feed, read by the paths that a profile declares: any gateway's, not ours alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.harness import waiting
from conformance.harness.answer import Answer
from conformance.harness.feed import Feed
from conformance.harness.verdict import Failed, Skipped

PATHS = {
    "entries": "items", "number": "no", "kind": "what", "event": "did", "serial": "sn", "about": "doc",
    "time": "at", "hash": "digest", "back": "after", "resources": "items.body", "receivers": "to",
    "receiver_name": "who",
    "receiver_waiting": "left", "receiver_acknowledged": "has", "receiver_refused": "no",
}  # fmt: skip


def entry(n: int) -> dict[str, Any]:
    body = {"resourceType": "Consent", "id": f"c{n}", "meta": {"versionId": "2"}}
    return {
        "no": n,
        "what": "consent",
        "did": "made",
        "doc": f"Consent/c{n}/_history/2",
        "digest": f"h{n}",
        "body": body,
    }


class Known:
    """What a session finds out once."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def once(self, name: str, find: Callable[[], Any]) -> Any:
        if name not in self.found:
            self.found[name] = find()
        return self.found[name]


def fake(
    size: int, feed: dict[str, str] | None = None, status: int = 200, refused: Sequence[int] = ()
) -> Any:
    """Return what a suite is given, with a feed of some entries behind it; ``refused``: at each look."""

    looks = iter(refused)

    def act(name: str, **given: Any) -> Answer:
        if name == "feed_status":
            no = next(looks, 0)
            said = {
                "to": [
                    {"who": "province", "left": 3, "has": 4, "no": no},
                    {"who": "city", "left": 0, "has": 7},
                ]
            }
            return Answer(status, {}, json.dumps(said).encode(), 1, told={"size": size})
        found = [entry(n) for n in range(given["after"] + 1, min(size, given["after"] + given["count"]) + 1)]
        told = {"last": found[-1]["no"] if found else given["after"], "size": size}
        return Answer(status, {}, json.dumps({"items": found}).encode(), 1, told=told)

    target = SimpleNamespace(
        feed=PATHS if feed is None else feed, patience=20.0, setting=lambda name, default=None: default
    )
    return SimpleNamespace(
        act=act, target=target, need=lambda *_: None, given=lambda answer, *_: answer, session=Known()
    )


def test_pages_are_walked_to_the_end_and_no_further() -> None:
    feed = Feed(fake(7))
    assert [one.n for one in feed.since(0, 3)] == [1, 2, 3, 4, 5, 6, 7]
    assert [len(one.entries) for one in feed.pages(0, 3)] == [3, 3, 1]
    assert [one.n for page in feed.pages(0, 2, 4) for one in page.entries] == [1, 2, 3, 4]
    assert feed.since(7) == []


def test_an_entry_is_read_by_its_paths_and_brings_its_document() -> None:
    page = Feed(fake(1)).page(0)
    one = page.entries[0]
    assert (one.n, one.kind, one.event, one.serial, one.hash, one.back) == (1, "consent", "made", "", "h1", 0)
    assert one.document == "Consent/c1"
    assert page.resources["Consent/c1/_history/2"]["id"] == "c1"
    assert page.resources["Consent/c1"]["id"] == "c1"


def test_entries_about_documents_are_picked() -> None:
    assert [one.n for one in Feed(fake(5)).of(["Consent/c2", "Consent/c4"], 0)] == [2, 4]


class Clock:
    """Time that passes only while somebody waits; an entry more is told at each look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(waiting, "time", self)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def _slow(step: int) -> Any:
    """Return a run whose feed is so many entries longer at each look."""
    looks = count(step, step)
    made = fake(0)
    made.act = lambda name, **given: fake(next(looks)).act(name, **given)
    return made


def test_what_a_target_tells_a_little_later_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert [one.n for one in Feed(_slow(1)).of(["Consent/c3"], 0)] == [3]
    assert 0 < clock.now < 1


def test_what_is_there_at_once_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert len(Feed(fake(5)).since(0, about=["Consent/c2", "Consent/c5"])) == 5
    assert clock.now == 0


def test_what_never_comes_is_missed_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    twice = ["Consent/c2", "Consent/c2"]
    assert [one.n for one in Feed(fake(5)).of(twice, 0)] == [2]
    assert 20 <= clock.now < 21


def test_receivers_stand_each_on_their_own() -> None:
    found = Feed(fake(1)).receivers()
    assert found["province"]["waiting"] == 3
    assert {one["acknowledged"] for one in found.values()} == {4, 7}


def test_exceptions_of_before_the_run_are_not_counted_among_its_own() -> None:
    feed = Feed(fake(5, refused=[50, 50, 53, 49]))
    assert feed.size() == 5
    assert [feed.exceptions_since() for _ in range(3)] == [0, 3, 0]


def test_a_feed_that_does_not_say_where_its_entries_stand_is_skipped_by_name() -> None:
    with pytest.raises(Skipped, match=r"feed\.about"):
        Feed(fake(1, {"entries": "items", "number": "no"}))


def test_hashes_are_recomputed_only_where_their_form_is_declared() -> None:
    feed = Feed(fake(1))
    with pytest.raises(Skipped, match=r"feed\.ledger"):
        feed.messages(feed.pages(0))


def test_a_feed_of_another_form_than_declared_fails() -> None:
    feed = Feed(fake(1, {**PATHS, "ledger": "qiao-ledger/1", "message": "items"}))
    with pytest.raises(Failed):
        feed.messages(feed.pages(0))


def test_a_feed_that_is_not_answered_fails() -> None:
    with pytest.raises(Failed):
        Feed(fake(1, status=500)).since(0)
