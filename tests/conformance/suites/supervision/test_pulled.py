"""What is missing at the platform is excused by open exceptions of this run alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.words import same
from conformance.suites.supervision.pulled import excused

Running = Callable[..., Run]
FEED = {"entries": "items", "number": "no", "about": "doc", "receivers": "to", "receiver_name": "who"}
STATUS = {"method": "GET", "path": "status", "answer": {"size": "size"}}
NAMED = {
    "method": "GET",
    "path": "open",
    "answer": {"refused": "no[why=refused].n", "held": "no[why=held].n"},
}


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Running:
    """Return a run at a target that counts so many exceptions, at each look, and may name them."""

    def of(counted: Sequence[int], named: Any = None) -> Run:
        looks = iter(counted)

        def answered(request: httpx.Request) -> httpx.Response:
            if str(request.url).endswith("/open"):
                return httpx.Response(200 if named is not None else 500, json={"no": named})
            said = {"size": 9, "to": [{"who": "city", "refused": next(looks), "held": 0}]}
            return httpx.Response(200, content=json.dumps(said))

        client = httpx.Client(transport=httpx.MockTransport(answered))
        monkeypatch.setattr(Line, "pool", lambda self, cert: client)
        page = {"method": "GET", "path": "page"}
        actions = {
            "feed_page": page,
            "feed_status": STATUS,
            **({} if named is None else {"exceptions": NAMED}),
        }
        target = made({"fhir": "http://127.0.0.1:9/fhir", "identities": {"operator": {}},
                       "actions": actions, "feed": FEED})  # fmt: skip
        check = Check("s.one", "s", "SC-32", same("one"), lambda run: None)
        return Run(check, Session(target, "t1", 7, date(2026, 3, 6)))

    return of


def test_what_was_refused_before_the_run_excuses_nothing(running: Running) -> None:
    run = running([50, 50, 51])
    feed = Feed(run)
    assert feed.size() == 9
    assert not excused(run, feed, {7})
    assert excused(run, feed, {7})


def test_nothing_missing_needs_no_excuse(running: Running) -> None:
    run = running([])
    assert excused(run, Feed(run), set())


def test_where_exceptions_are_named_only_those_are_excused(running: Running) -> None:
    run = running([0] * 9, [{"n": 7, "why": "refused"}, {"n": 8, "why": "held"}, {"n": 9, "why": "sent"}])
    feed = Feed(run)
    assert excused(run, feed, {7, 8})
    assert not excused(run, feed, {7, 9})
    assert not excused(run, feed, {6})
