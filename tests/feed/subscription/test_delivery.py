"""Notifications reach the receiver: handshake, events in order, heartbeat, retries, the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.feed.subscription import urls

TOPIC = "urn:qiao:topic:Observation-changed"


def run(body: Callable[[], Awaitable[None]]) -> None:
    async def go() -> None:
        await body()

    asyncio.run(go())


def test_a_handshake_comes_first_and_makes_the_subscription_active(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, header=("Authorization: Bearer fictional", "X-Site: 990101"))
            await worker.settle()

    run(go)
    [shake] = receiver.got
    assert (shake.method, shake.kind, shake.said("status")) == ("POST", "handshake", "requested")
    assert shake.said("events-since-subscription-start") == "0"
    assert shake.headers["Content-Type"] == "application/fhir+json"
    assert (shake.headers["Authorization"], shake.headers["X-Site"]) == ("Bearer fictional", "990101")
    assert (shake.bundle["type"], len(shake.bundle["entry"])) == ("history", 1)
    assert shake.bundle["entry"][0]["request"]["url"].endswith("/Subscription/s1/$status")
    assert rig.shown()["status"] == "active"


def test_events_come_in_the_order_of_the_commits_with_numbers_from_one(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, most=3)
            await worker.settle()
            for n in range(7):
                rig.observation(n)
            rig.do("delete", "Observation", "o2")
            await worker.settle()

    run(go)
    assert receiver.kinds == ["handshake", *["event-notification"] * 3]
    assert [one.numbers for one in receiver.got[1:]] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    entries = [entry for one in receiver.got[1:] for entry in one.bundle["entry"][1:]]
    assert [entry["fullUrl"].rpartition("/")[2] for entry in entries] == [
        "o0", "o1", "o2", "o3", "o4", "o5", "o6", "o2",
    ]  # fmt: skip
    assert [entry["request"]["method"] for entry in entries] == [*["PUT"] * 7, "DELETE"]
    assert not any("resource" in entry for entry in entries)  # id-only


@pytest.mark.parametrize(
    ("content", "entries", "topic"), [("empty", 0, None), ("id-only", 1, TOPIC), ("full-resource", 1, TOPIC)]
)
def test_a_notification_tells_as_much_as_was_asked_for(
    rig: Any, receiver: Any, content: str, entries: int, topic: str | None
) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, content=content)
            rig.observation(1)
            await worker.settle()

    run(go)
    told = receiver.got[-1]
    assert told.numbers == [1]
    assert len(told.bundle["entry"]) == 1 + entries
    assert told.said("topic") == topic
    assert (b"o1" in told.body) == (content != "empty")
    if content == "full-resource":
        assert told.bundle["entry"][1]["resource"]["code"]["coding"][0]["code"] == "718-7"


def test_what_happens_before_the_handshake_is_answered_is_not_lost(rig: Any, receiver: Any) -> None:
    receiver.refuse()

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            rig.observation(1)
            await worker.settle()
            assert rig.shown()["status"] == "error"
            assert rig.shown()["error"] == "HTTP 503"
            receiver.accept()
            rig.later(2)
            await worker.settle()

    run(go)
    assert receiver.kinds == ["handshake", "handshake", "event-notification"]
    assert receiver.numbers == [1]
    assert rig.shown()["status"] == "active"
    assert "error" not in rig.shown()


def test_a_receiver_that_was_away_gets_everything_in_order(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, content="full-resource")
            await worker.settle()
            receiver.refuse()
            for n in range(5):
                rig.observation(n)
                await worker.settle()
                rig.later(600)
            await worker.settle()
            assert rig.shown()["status"] == "error"
            receiver.got.clear()
            receiver.accept()
            rig.later(3600)
            await worker.settle()

    run(go)
    assert receiver.numbers == [1, 2, 3, 4, 5]
    assert receiver.got[0].numbers == [1]  # alone first, lest many at once were the reason
    assert rig.shown()["status"] == "active"


def test_pauses_grow_and_end_at_the_longest(rig: Any, receiver: Any) -> None:
    gaps = []

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            receiver.refuse()
            rig.observation(1)
            await worker.settle()
            for _ in range(20):
                [standing] = rig.store.subscriptions.standings()
                gaps.append((standing.next_us - rig.clock) / 1_000_000)
                rig.clock = standing.next_us - 1
                count = len(receiver.got)
                await worker.settle()
                assert len(receiver.got) == count  # not a microsecond early
                rig.clock += 1
                await worker.settle()
                assert len(receiver.got) == count + 1

    run(go)
    assert all(2**n / 2 <= gap <= 2**n for n, gap in enumerate(gaps[:11]))
    assert all(1800 <= gap <= 3600 for gap in gaps[12:])


def test_the_receiver_may_ask_for_a_longer_pause(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            receiver.refuse(429, Retry_After="120")
            await worker.settle()

    run(go)
    [standing] = rig.store.subscriptions.standings()
    assert standing.next_us - rig.clock == 120_000_000


def test_after_weeks_without_success_it_is_off_and_says_so(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            receiver.refuse()
            rig.observation(1)
            for _ in range(31 * 24):
                rig.later(3600)
                await worker.settle()
            assert rig.shown()["status"] == "off"
            assert "30 days" in rig.shown()["error"]
            tried = len(receiver.got)
            assert tried > 700  # it went on trying all the time
            rig.later(3600)
            await worker.settle()
            assert len(receiver.got) == tried
            receiver.accept()
            receiver.got.clear()
            rig.put(rig.shown() | {"status": "requested"})
            await worker.settle()

    run(go)
    assert receiver.kinds == ["handshake", "event-notification"]
    assert receiver.numbers == [1]


def test_beyond_the_limit_the_newest_event_alone_tells_where_to_catch_up(rig: Any, receiver: Any) -> None:
    rig.settings = type(rig.settings)(catch_up=10)

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            receiver.refuse()
            for n in range(30):
                rig.observation(n)
            await worker.settle()
            receiver.got.clear()
            receiver.accept()
            rig.later(10)
            await worker.settle()

    run(go)
    assert receiver.numbers == [30]
    missed = rig.events(since=1, until=29)
    assert missed.numbers == list(range(1, 30))
    assert missed.kind == "query-event"


def test_heartbeats_come_when_nothing_else_does(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, heartbeat=60)
            await worker.settle()
            rig.later(59)
            await worker.settle()
            assert receiver.kinds == ["handshake"]
            rig.observation(1)
            await worker.settle()  # an event counts as one
            rig.later(59)
            await worker.settle()
            rig.later(1)
            await worker.settle()

    run(go)
    assert receiver.kinds == ["handshake", "event-notification", "heartbeat"]
    assert receiver.got[-1].numbers == []
    assert receiver.got[-1].said("events-since-subscription-start") == "1"


def test_it_ends_when_its_end_has_come(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, end="2030-03-17T17:46:50Z")  # ten seconds after the clock's start
            await worker.settle()
            rig.later(10)
            await worker.settle()
            rig.observation(1)
            await worker.settle()

    run(go)
    assert rig.shown()["status"] == "off"
    assert receiver.kinds == ["handshake"]


def test_a_client_turns_it_off_changes_it_and_deletes_it(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            rig.put(rig.shown() | {"status": "off"})
            rig.observation(1)
            await worker.settle()
            assert receiver.kinds == ["handshake"]
            rig.put(rig.shown() | {"status": "requested"})
            rig.observation(2)
            await worker.settle()
            assert receiver.kinds == ["handshake", "handshake", "event-notification"]
            rig.subscribe(receiver.url, filters=("Observation?code=other",))
            rig.observation(3)
            await worker.settle()
            assert receiver.kinds[3:] == ["handshake"]  # asked anew, and o3 is none of it
            rig.do("delete", "Subscription", "s1")
            rig.observation(4)
            await worker.settle()
            assert len(receiver.got) == 4
            assert rig.store.subscriptions.standings() == []

    run(go)


def test_another_tag_is_no_new_request(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            rig.put(rig.shown() | {"reason": "another one"})
            rig.observation(1)
            await worker.settle()

    run(go)
    assert receiver.kinds == ["handshake", "event-notification"]
    assert rig.shown()["status"] == "active"


def test_a_redirect_is_a_failure(rig: Any, receiver: Any) -> None:
    receiver.refuse(302, Location=receiver.url + "/elsewhere")

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()

    run(go)
    assert len(receiver.got) == 1
    assert rig.shown()["error"] == "HTTP 302"


def test_nobody_listens(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe("http://127.0.0.1:1/hook")
            rig.subscribe(receiver.url, "s2")
            rig.observation(1)
            await worker.settle()

    run(go)
    assert rig.shown()["status"] == "error"
    assert receiver.numbers == [1]  # one that is away does not hold up another


def test_xml_is_sent_where_it_is_asked_for(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, payload="application/fhir+xml", content="full-resource")
            rig.observation(1)
            await worker.settle()

    run(go)
    assert receiver.got[-1].headers["Content-Type"] == "application/fhir+xml"
    assert b"<Observation" in receiver.got[-1].body


def test_a_classic_subscription_gets_an_empty_post_for_each_match(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(
                receiver.url,
                criteria="Observation?code=http://loinc.org|718-7",
                payload=None,
                header=("X-Key: 1",),
            )
            await worker.settle()
            assert rig.shown()["status"] == "active"
            rig.observation(1)
            rig.observation(2, code={"text": "something else"})
            rig.observation(1, status="amended")
            await worker.settle()

    run(go)
    assert [(one.method, one.path, one.body) for one in receiver.got] == [("POST", "/hook", b"")] * 2
    assert receiver.got[0].headers["X-Key"] == "1"


def test_a_classic_subscription_with_a_payload_gets_the_resource_as_an_update(
    rig: Any, receiver: Any
) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, criteria="Observation?status=final", content="")
            rig.observation(1)
            await worker.settle()

    run(go)
    [got] = receiver.got
    assert (got.method, got.path) == ("PUT", "/hook/Observation/o1")
    assert json.loads(got.body)["id"] == "o1"


def test_notifications_are_valid_r4_and_say_their_profile(rig: Any, receiver: Any) -> None:
    from gateway.validation import Validator

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, content="full-resource", heartbeat=5)
            rig.observation(1)
            await worker.settle()
            rig.later(5)
            await worker.settle()

    run(go)
    validator = Validator()
    for got in [*receiver.got, rig.events()]:
        bundle = got.bundle
        status = bundle["entry"][0]["resource"]
        assert status.pop("meta")["profile"] == [urls.STATUS_PROFILE]
        assert bundle.pop("meta")["profile"] == [urls.NOTIFICATION_PROFILE]
        bad = [issue for issue in validator.check(bundle) if issue.severity in ("error", "fatal")]
        assert not bad, bad
