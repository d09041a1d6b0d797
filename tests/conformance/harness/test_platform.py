"""The regulator's platform: what it is asked and what it says are evidence, as what goes to the target is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest

from conformance.evidence.exchange import Book
from conformance.harness.platform import Platform
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Unanswered


@dataclass
class _Recorder:
    book: Book = field(default_factory=Book)
    doing: str = "the platform is asked"


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session(made({"fhir": "http://127.0.0.1:9/fhir"}), "t1", 7, date(2026, 3, 6))
    yield session
    session.close()


def test_what_is_asked_and_what_is_told_are_kept(session: Session) -> None:
    recorder = _Recorder()
    platform = Platform({"listen": "127.0.0.1:0"}, session, recorder)
    platform.misbehave("away", times=1)
    assert platform.entries() == []
    told, asked = recorder.book.exchanges
    assert told.request.line == f"POST {platform.url}/misbehave"
    assert told.request.body == b'{"mode":"away","times":1}'
    assert asked.request.line.endswith("/entries?tenant=default&after=0")
    assert asked.response is not None
    assert (asked.response.line, asked.response.body) == ("200", b'{"entries":[],"refused":[]}')
    assert asked.step == "the platform is asked"


def test_a_platform_that_is_not_there_leaves_an_exchange_without_an_answer(session: Session) -> None:
    recorder = _Recorder()
    with pytest.raises(Unanswered):
        Platform({"url": "http://127.0.0.1:9"}, session, recorder).state()
    (one,) = recorder.book.exchanges
    assert (one.response, one.error) == (None, "ConnectError")


def test_what_the_platform_refused_has_come(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform({"listen": "127.0.0.1:0"}, session, _Recorder())
    told = {"entries": [{"n": 1, "hash": "a"}], "refused": [{"n": 2, "hash": "b"}]}
    monkeypatch.setattr(platform, "_ask", lambda *_: told)
    assert {one["n"] for one in platform.come()} == {1, 2}
    assert [one["n"] for one in platform.entries()] == [1]
