"""What the writer remembers of keys, bytes and gists between batches says what the tables say."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store import Desk, Transact, Transacted, filings, open_store
from gateway.store.lru import Bodies

Act = Callable[[Desk], object]
TUBE = "26030500"


def run(desk: Any, *acts: Act) -> list[Transacted]:
    """Let several acts share a batch."""
    found: list[Transacted] = desk.store.write(
        [Transact("default", "request-1", [], act=act) for act in acts]
    )
    return found


def order(id_: str, subject: str, number: str = TUBE) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest", "id": id_, "status": "active", "intent": "order",
        "identifier": [{"system": "urn:n", "value": number}],
        "subject": {"reference": f"Patient/{subject}"},
    }  # fmt: skip


def of(desk: Any, subject: str) -> list[str]:
    """Ask in a batch of its own which orders refer to a patient."""
    (done,) = run(desk, lambda inside: [one["id"] for one in _referring(inside, subject)])
    assert done.error is None, done.error
    return sorted(done.answer)


def _referring(inside: Desk, subject: str) -> list[dict[str, Any]]:
    return inside.referring("ServiceRequest", f"Patient/{subject}", "subject")


def bearing(desk: Any, number: str) -> list[str]:
    (done,) = run(desk, lambda i: [one["id"] for one in i.bearing("ServiceRequest", "identifier", number)])
    assert done.error is None, done.error
    return sorted(done.answer)


def test_a_key_that_led_to_nothing_leads_to_what_comes(desk: Any) -> None:
    assert (of(desk, "p1"), bearing(desk, TUBE)) == ([], [])
    run(desk, lambda inside: inside.write(order("o1", "p1")))
    assert (of(desk, "p1"), bearing(desk, TUBE)) == (["o1"], ["o1"])
    run(desk, lambda inside: inside.write(order("o2", "p1")))
    assert (of(desk, "p1"), bearing(desk, TUBE)) == (["o1", "o2"], ["o1", "o2"])
    run(desk, lambda inside: inside.write(order("o1", "p2", "7")))
    assert (of(desk, "p1"), of(desk, "p2"), bearing(desk, TUBE)) == (["o2"], ["o1"], ["o2"])
    run(desk, lambda inside: inside.delete("ServiceRequest", "o2"))
    assert (of(desk, "p1"), bearing(desk, TUBE)) == ([], [])


def test_a_list_that_is_asked_for_alone_stays_alone(desk: Any) -> None:
    assert of(desk, "p1") == []
    named = {**order("o1", "p2"), "performer": [{"reference": "Patient/p1"}]}
    run(desk, lambda inside: inside.write(named))
    assert of(desk, "p1") == [], "its subject is another one"
    (done,) = run(desk, lambda inside: len(inside.referring("ServiceRequest", "Patient/p1")))
    assert done.answer == 1, "in whatever element"


def test_what_was_undone_is_not_remembered(desk: Any) -> None:
    def fails(inside: Desk) -> object:
        inside.write(order("o1", "p1"))
        assert [one["id"] for one in _referring(inside, "p1")] == ["o1"]
        raise Rejected("no", code="value")

    assert of(desk, "p1") == []
    (done,) = run(desk, fails)
    assert done.error is not None
    assert of(desk, "p1") == []


def test_what_was_undone_after_it_was_inserted_is_not_found_in_the_same_batch(desk: Any) -> None:
    for id_ in ("a", "b"):
        run(desk, lambda inside, id_=id_: inside.write({"resourceType": "Patient", "id": id_}))

    def fails(inside: Desk) -> object:
        inside.write(order("o1", "p1"))
        inside.merge("a", "b")  # it writes what waits, to look for what refers to whom
        assert [one["id"] for one in _referring(inside, "p1")] == ["o1"]
        raise Rejected("no", code="value")

    def asks(inside: Desk) -> object:
        return [one["id"] for one in _referring(inside, "p1")]

    undone, done = desk.store.write(
        [Transact("default", "r", [], act=fails, joins=True), Transact("default", "r", [], act=asks)]
    )
    assert (undone.error is not None, done.answer) == (True, [])
    assert of(desk, "p1") == []


def test_what_is_erased_is_forgotten_even_if_its_own_batch_reads_it_afterwards(desk: Any) -> None:
    (first,) = run(desk, lambda inside: inside.write(order("o1", "p1")))
    run(desk, lambda inside: inside.write(order("o1", "p2")))
    run(desk, lambda inside: inside.erase([first.answer]), lambda inside: inside.body(first.answer.seq))
    (after,) = run(desk, lambda inside: inside.body(first.answer.seq))
    assert after.answer is None


def test_what_another_process_writes_is_found(desk: Any) -> None:
    assert of(desk, "p1") == []
    with closing(open_store(desk.url)) as other:
        other.write([Transact("default", "r", [], act=lambda inside: inside.write(order("o1", "p1")))])
    assert of(desk, "p1") == ["o1"]


def test_a_key_that_leads_to_many_is_asked_anew(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filings, "MOST_ROWS", 3)
    assert of(desk, "p1") == []
    for n in range(6):
        run(desk, lambda inside, n=n: inside.write(order(f"o{n}", "p1")))
        assert of(desk, "p1") == [f"o{one}" for one in range(n + 1)]


@pytest.mark.parametrize("seed", range(4))
def test_it_says_what_the_tables_say_whatever_happens(desk: Any, seed: int) -> None:
    """A long course of batches: orders that move between patients, end, come again, or are undone."""
    chance, model = random.Random(seed), dict[str, str]()

    def act() -> Act:
        id_, subject = f"o{chance.randrange(6)}", f"p{chance.randrange(3)}"
        ends, fails = chance.random() < 0.25, chance.random() < 0.2

        def does(inside: Desk) -> object:
            _referring(inside, subject)
            if ends:
                inside.delete("ServiceRequest", id_)
            else:
                inside.write(order(id_, subject))
            if fails:
                raise Rejected("no", code="value")
            model.pop(id_, None) if ends else model.update({id_: subject})
            return sorted(one["id"] for one in _referring(inside, subject))

        return does

    for _ in range(40):
        run(desk, *(act() for _ in range(chance.randrange(1, 4))))
        for subject in ("p0", "p1", "p2"):
            assert of(desk, subject) == sorted(id_ for id_, whose in model.items() if whose == subject)
        assert bearing(desk, TUBE) == sorted(model)


def test_a_gist_is_that_of_the_version_that_stands(desk: Any) -> None:
    read = list[str]()

    def whose(body: dict[str, Any]) -> str:
        read.append(body["id"])
        return str(body["subject"]["reference"])

    def told() -> object:
        (done,) = run(desk, lambda inside: inside.gist(whose, "ServiceRequest", "o1"))
        return done.answer

    assert told() is None
    run(desk, lambda inside: inside.write(order("o1", "p1")))
    assert (told(), told(), told()) == ("Patient/p1",) * 3
    assert len(read) == 1, "it is read once"
    run(desk, lambda inside: inside.write(order("o1", "p2")))
    assert told() == "Patient/p2"
    run(desk, lambda inside: inside.delete("ServiceRequest", "o1"))
    assert told() is None


def test_bytes_are_kept_up_to_a_size() -> None:
    kept = Bodies(10)
    kept.update({1: b"1234", 2: b"1234"})
    kept.update({3: b"12345"})
    assert (kept.get(1), kept.get(2), kept.get(3)) == (None, b"1234", b"12345")
    kept.update({2: b"1"})
    kept.discard(3)
    kept.update({4: b"123456789"})
    assert (kept.get(2), kept.get(4)) == (b"1", b"123456789")
    kept.update({5: b"x" * 11})
    assert len(kept) == 0, "what is larger than all of it is not kept"
    kept.clear()
    kept.update({6: b"1234567890"})
    assert len(kept) == 1
