"""The relay: what is owed reaches the receiver in order, each entry on its own, whatever the link does."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.feed.receiver import Reply
from gateway.feed.relay import Lost
from gateway.store import Store

Make = Callable[..., Any]
HEADER = {"resourceType": "MessageHeader"}
RESULTS = [{"name": "result", "part": [1, {"name": []}]}]


def test_every_entry_is_acknowledged_with_a_receipt(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, *(kit.prescription(at) for at in range(1, 8)))
    on = bench(batch=3)
    on.run()
    assert on.counts()["acknowledged"] == 7
    assert on.platform.order == [1, 2, 3, 4, 5, 6, 7]
    assert store.deliveries.delivery("default", on.receiver, 4).receipt == "R4"


def test_a_later_entry_of_a_document_waits_for_the_earlier_one(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(1, "effective", 1), kit.prescription(2))
    on = bench()
    on.run()
    assert on.platform.requests == [[1, 3], [2]], "the follower goes when the first is acknowledged"


def test_one_bad_item_never_blocks_the_others(store: Store, bench: Make, kit: Any) -> None:
    """Where a whole message is refused for one entry, it is parted till that entry stands alone."""
    kit.enter(store, *(kit.prescription(at) for at in range(1, 17)))
    on = bench(kit.Platform(per_item=False, refuses=lambda one: "no" if one["n"] in (5, 6) else ""))
    on.run()
    assert on.counts() == {
        "waiting": 0, "sent": 0, "acknowledged": 14, "refused": 2, "held": 0, "given-up": 0,
    }  # fmt: skip
    assert len(on.platform.requests) <= 12


def test_what_follows_a_refused_entry_is_held(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(1, "effective", 1), kit.prescription(2))
    bad = {"yes": True}
    on = bench(kit.Platform(refuses=lambda one: "无备案" if bad["yes"] and one["n"] == 1 else ""))
    on.run()
    kit.enter(store, kit.prescription(1, "corrected", 2))
    on.run()
    assert on.states() == {1: "refused", 2: "held", 3: "acknowledged", 4: "held"}
    assert store.deliveries.delivery("default", on.receiver, 1).reason == "无备案"
    assert on.alerts() == ["refused"]
    bad["yes"] = False
    assert store.deliveries.retry(on.receiver, [1], on.clock.us) == 1
    on.run()
    assert set(on.states().values()) == {"acknowledged"}
    assert [n for n in on.platform.order if n != 3] == [1, 2, 4]
    assert on.alerts() == [] and on.alerts(now=False) == ["refused"]


def test_an_entry_that_is_given_up_lets_its_followers_go(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(1, "effective", 1))
    on = bench(kit.Platform(refuses=lambda one: "no" if one["n"] == 1 else ""))
    on.run()
    assert store.deliveries.drop(on.receiver, [1], "reported by telephone", on.clock.us) == 1
    on.run()
    assert on.states() == {1: "given-up", 2: "acknowledged"}


def test_a_platform_that_is_away_is_told_of_once_and_everything_comes_later(
    store: Store, bench: Make, kit: Any
) -> None:
    kit.enter(store, *(kit.prescription(at) for at in range(1, 6)))
    away_until = kit.START + 3 * 86400 * kit.SECOND
    clock: list[Any] = []
    on = bench(kit.Platform(rule=lambda _: kit.lost(False) if clock[0].us < away_until else None),
               longest_pause=3600)  # fmt: skip
    clock.append(on.clock)
    on.run(2 * 86400)
    assert on.counts()["waiting"] == 5 and on.alerts() == ["unreachable"]
    tries = len(on.platform.requests)
    assert 48 <= tries < 120, "with pauses of an hour at most"
    kit.enter(store, kit.prescription(6))
    on.run()
    assert on.counts()["acknowledged"] == 6
    assert on.alerts() == [] and on.alerts(now=False) == ["unreachable"]


def test_a_lost_acknowledgement_is_a_repeat_that_counts(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, *(kit.prescription(at) for at in range(1, 4)))
    times = iter([True, False])
    on = bench(kit.Platform(after=lambda: kit.lost() if next(times, False) else None))
    on.turn()
    assert set(on.states().values()) == {"sent"}
    on.run()
    assert set(on.states().values()) == {"acknowledged"}
    assert on.platform.repeats == 3 and on.platform.order == [1, 2, 3]


def test_each_of_several_receivers_is_on_its_own(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, *(kit.prescription(at) for at in range(1, 4)))
    one = bench(kit.Platform(rule=lambda _: Reply(503)), name="city")
    other = bench(name="province")
    one.run(60)
    other.run()
    assert (one.counts()["acknowledged"], other.counts()["acknowledged"]) == (0, 3)


def test_a_receiver_that_is_added_later_begins_where_it_is_told(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, *(kit.prescription(at) for at in range(1, 4)))
    new, old = bench(name="new", begin="now"), bench(name="old")
    new.turn()
    kit.enter(store, kit.prescription(4))
    new.run()
    old.run()
    assert (new.platform.order, old.platform.order) == ([4], [1, 2, 3, 4])


def test_only_the_kinds_and_events_that_are_asked_for(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(1, "effective", 1))
    on = bench(events=("effective",), kinds=("prescription",))
    on.run()
    assert on.platform.order == [2]


def test_a_receiver_that_is_not_enabled_is_owed_all_the_same(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1))
    on = bench(enabled=False)
    on.turn()
    assert on.counts()["waiting"] == 1 and not on.platform.requests


@pytest.mark.parametrize("reply", [
    Reply(401), Reply(404), Reply(429, after=30.0), Reply(500), Reply(302), Reply(200, body=b"<html>"),
    Reply(200, body=b"{}"), Reply(200, body=b'{"resourceType": "Bundle"}'),
    Reply(200, body=b"[" * 100_000), Reply(200, body=b"\xff\xfe"), Reply(200, body=b"{", whole=False),
])  # fmt: skip
def test_an_answer_that_says_nothing_of_the_entries_refuses_none(
    reply: Reply, store: Store, bench: Make, kit: Any
) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(2))
    answers = iter([reply])
    on = bench(kit.Platform(rule=lambda _: next(answers, None)))
    on.turn()
    assert on.counts()["refused"] == 0 and on.receiver.failures == 1
    on.run()
    assert on.counts()["acknowledged"] == 2


def test_an_issue_that_says_duplicate_is_an_acknowledgement(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1))
    on = bench(kit.Platform(rule=lambda _: Reply(409, body=dumps(kit.outcome("duplicate")))))
    on.run()
    assert on.counts()["acknowledged"] == 1


def test_an_entry_without_a_result_is_sent_again(store: Store, bench: Make, kit: Any) -> None:
    """A receiver that took half of a message and says so."""
    kit.enter(store, *(kit.prescription(at) for at in range(1, 5)))
    on = bench(kit.Platform())
    take, first = on.platform._take, iter([True, True])

    def half(entry: dict[str, Any]) -> dict[str, Any]:
        if entry["n"] % 2 == 0 and next(first, False):
            return {"name": "other"}
        found: dict[str, Any] = take(entry)
        return found

    on.platform._take = half
    on.turn()
    assert on.states() == {1: "acknowledged", 2: "sent", 3: "acknowledged", 4: "sent"}
    on.run()
    assert set(on.states().values()) == {"acknowledged"}


def test_what_a_platform_writes_can_be_stored_whatever_it_is(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1))
    on = bench(kit.Platform(refuses=lambda _: "a\x00b\x1b[2Jc" + "长" * 9000))
    on.run()
    reason = store.deliveries.delivery("default", on.receiver, 1).reason
    assert reason.startswith("a b [2Jc长") and len(reason) == 500
    on = bench(kit.Platform(rule=lambda _: Reply(422, body=rb'{"resourceType": "OperationOutcome", '
               rb'"issue": [{"severity": "error", "diagnostics": "\ud800"}]}')), name="other")  # fmt: skip
    on.run()
    assert on.counts()["refused"] == 1


def test_an_entry_that_cannot_be_read_costs_itself_only(
    store: Store, bench: Make, kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks while a message is made, the entries that it does not concern go on."""
    kit.enter(store, *(kit.prescription(at) for at in range(1, 6)))
    on = bench()
    of = on.relay._documents.of

    def broken(entries: Any) -> Any:
        if any(entry.n == 3 for entry in entries):
            raise KeyError("a version that is gone")
        return of(entries)

    monkeypatch.setattr(on.relay._documents, "of", broken)
    on.run()
    assert on.states()[3] == "refused" and on.counts()["acknowledged"] == 4


@pytest.mark.parametrize("body", [
    {"resourceType": "Bundle", "entry": [7, {"resource": 5}, {"resource": HEADER}]},
    {"resourceType": "Bundle", "entry": {"resource": {"resourceType": "MessageHeader", "response": []}}},
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": ["x"]}]},
    {"resourceType": "OperationOutcome", "issue": "error"},
    {"resourceType": "Bundle", "entry": [
        {"resource": {"resourceType": "MessageHeader", "response": {"code": {}}}},
        {"resource": {"resourceType": "Parameters", "parameter": RESULTS}}]},
])  # fmt: skip
def test_no_answer_breaks_the_relay(body: Any, store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1))
    on = bench(kit.Platform(rule=lambda _: Reply(200, body=dumps(body))))
    on.turn()
    assert sum(on.counts().values()) == 1


def test_what_never_succeeds_becomes_a_dead_letter_if_so_wished(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(1, "effective", 1))
    on = bench(kit.Platform(rule=lambda _: Reply(503)), give_up_days=3, longest_pause=3600)
    on.run(4 * 86400)
    assert on.states() == {1: "refused", 2: "held"}
    assert "3 days" in store.deliveries.delivery("default", on.receiver, 1).reason


def test_after_a_crash_what_was_not_written_down_is_sent_again(store: Store, bench: Make, kit: Any) -> None:
    """The gateway dies between the answer and its commit: the platform gets the same again, and knows it."""
    kit.enter(store, *(kit.prescription(at) for at in range(1, 4)))
    on = bench()

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    settle, store.deliveries.settle = store.deliveries.settle, die  # type: ignore[assignment, method-assign]
    with pytest.raises(KeyboardInterrupt):
        on.turn()
    store.deliveries.settle = settle  # type: ignore[method-assign]
    again = bench(on.platform)
    again.run()
    assert again.counts()["acknowledged"] == 3 and on.platform.repeats == 3


def test_a_serial_that_comes_with_the_acknowledgement_is_taken(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, kit.prescription(1), kit.prescription(2), kit.prescription(3))
    found: dict[int, str] = {}

    async def claim(entry: Any, serial: str) -> None:
        if entry.n == 2:
            raise Rejected("another document has it", code="conflict")
        found[entry.n] = serial

    on = bench(kit.Platform(serials=lambda one: f"P{one['n']}"))
    on.relay._claim = claim
    on.run()
    assert found == {1: "P1", 3: "P3"}
    assert on.states() == {1: "acknowledged", 2: "refused", 3: "acknowledged"}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_link_does_nothing_is_lost_doubled_or_out_of_order(
    seed: int, store: Store, bench: Make, kit: Any
) -> None:
    """The link dies and comes back at random under load; then: produced = acknowledged + open exceptions."""
    chance = random.Random(seed)
    state = {"wild": True}

    def rule(entries: list[dict[str, Any]]) -> Reply | None:
        if not state["wild"]:
            return None
        found = chance.random()
        if found < 0.2:
            raise Lost("ConnectError", left=False)
        if found < 0.3:
            return Reply(chance.choice((500, 502, 503, 429, 404)))
        return Reply(200, body=b"garbage") if found < 0.35 else None

    def after() -> None:
        if state["wild"] and chance.random() < 0.2:
            raise Lost("ReadTimeout", left=True)

    platform = kit.Platform(
        rule=rule, after=after, per_item=bool(seed % 2),
        refuses=lambda one: "no" if one["n"] % 17 == 0 else "",
    )  # fmt: skip
    on = bench(platform, batch=8)
    made = 0
    for at in range(1, 61):
        kit.enter(store, kit.prescription(at))
        if at > 10:
            for event in chance.choice((("effective",), ("effective", "corrected"), ("rejected",))):
                kit.enter(store, kit.prescription(at - 10, event))
        made = store.ledger.head("default").size
        on.run(chance.random() * 20)
    state["wild"] = False
    on.run()
    counts = on.counts()
    assert counts["waiting"] == counts["sent"] == 0
    assert counts["acknowledged"] + counts["refused"] + counts["held"] == made
    assert sorted(platform.order) == sorted(n for n, state in on.states().items() if state == "acknowledged")
    _in_order(platform.order, {n: name for n, (name, _) in platform.taken.items()})
    assert on.alerts() == ["refused"]
    store.deliveries.retry(on.receiver, None, on.clock.us)
    platform.refuses = lambda _: ""
    on.run()
    assert on.counts()["acknowledged"] == made
    _in_order(platform.order, {n: name for n, (name, _) in platform.taken.items()})
    assert on.alerts() == []


def _in_order(order: list[int], names: dict[int, str]) -> None:
    """Entries of a document were taken in the ledger's order, each once."""
    assert len(set(order)) == len(order)
    last: dict[str, int] = {}
    for n in order:
        assert last.get(names[n], 0) < n
        last[names[n]] = n
