"""Subscriptions: rest-hook of R4, and topics (Subscriptions R5 Backport 1.1.0), heard at a port here."""

from __future__ import annotations

from typing import Any

from conformance.harness.check import check
from conformance.harness.inbound import Arrived, Inbox
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.simulators.exact import Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import (
    CODES,
    created,
    declined,
    name_of,
    observation,
    own_patient,
    placed,
    read,
)

_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"


@check(
    "R4-SUBSCRIPTION",
    zh="匹配的写入触发通知，不匹配的不触发",
    waits=True,
    en="a write that matches is notified, one that does not is not",
)
def subscription_classic(run: Run) -> None:
    """What does not match is written first: when the other arrives, it would have, too."""
    box, _ = _subscribed(run, f"Observation?code={CODES}|{run.number}", "application/fhir+json")
    subject = own_patient(run)
    other = created(run, observation(run, subject, "1.0", code={"text": "其他"}))
    wanted = created(run, observation(run, subject, "5.40"))
    seen = _heard(run, box, lambda one: str(wanted["id"]) in one.path or one.body.get("id") == wanted["id"])
    run.expect(seen.body == {**wanted}, "内容为该资源", "it brings the resource")
    stray = [one for one in box.arrived if str(other["id"]) in one.path or one.body.get("id") == other["id"]]
    run.expect(not stray, "不匹配的没有通知", "the other is not notified", same(str(len(stray))))


@check(
    "R4-SUBSCRIPTION",
    zh="未要求内容的订阅只收到空通知",
    waits=True,
    en="without a payload the notification is empty",
)
def subscription_without_payload(run: Run) -> None:
    """R4 subscription: channel.payload absent: no content."""
    box, _ = _subscribed(run, f"Observation?code={CODES}|{run.number}", "")
    created(run, observation(run, own_patient(run), "5.40"))
    seen = _heard(run, box, lambda one: one.method == "POST")
    run.expect(not seen.raw, "无正文", "it has no body", same(str(len(seen.raw))))


@check(
    "R4-SUBSCRIPTION",
    zh="通知带有订阅所要求的头部",
    waits=True,
    en="notifications have the headers that the subscription asks for",
)
def subscription_header(run: Run) -> None:
    """channel.header."""
    box, _ = _subscribed(
        run, f"Observation?code={CODES}|{run.number}", "application/fhir+json", header=["X-Conformance: 17"]
    )
    created(run, observation(run, own_patient(run), "5.40"))
    seen = _heard(run, box, lambda one: True)
    run.expect(seen.headers.get("x-conformance") == "17", "头部齐全", "the header is there")


@check(
    "R4-SUBSCRIPTION",
    zh="接收方失败时重试，恢复后收到",
    waits=True,
    en="a receiver that fails is tried again and gets it in the end",
)
def subscription_retried(run: Run) -> None:
    """The first two attempts are 503."""
    tries: list[int] = []

    def answer(_: Arrived) -> int:
        tries.append(1)
        return 503 if len(tries) <= 2 else 200

    box, _ = _subscribed(run, f"Observation?code={CODES}|{run.number}", "application/fhir+json")
    box.answer = answer
    wanted = created(run, observation(run, own_patient(run), "5.40"))
    # When to try again is the server's to choose (R4 subscription.html).
    patience = float(run.target.setting("retry", 0.0))
    run.until(lambda: len(tries) >= 3 or None, "失败后重试", "it is tried again", patience)
    bodies = {str(one.body.get("id")) for one in box.arrived[-1:]}
    run.expect(bodies == {str(wanted["id"])}, "重试的是同一通知", "it is the same notification")


@check(
    "R4-SUBSCRIPTION", zh="停用后不再通知", waits=True, en="a subscription that is off is notified of nothing"
)
def subscription_ended(run: Run) -> None:
    """A second one that goes on shows when the first would have been told."""
    criteria = f"Observation?code={CODES}|{run.number}"
    box, name = _subscribed(run, criteria, "application/fhir+json")
    other, _ = _subscribed(run, criteria, "application/fhir+json", "b")
    subject = own_patient(run)
    first = created(run, observation(run, subject, "5.40"))
    _heard(run, box, lambda one: one.body.get("id") == first["id"])
    Claims.of(run).need("Subscription", "delete")
    run.given(run.client().delete(name), "删除订阅", "the subscription is deleted")
    second = created(run, observation(run, subject, "5.41"))
    _heard(run, other, lambda one: one.body.get("id") == second["id"])
    late = [one for one in box.arrived if one.body.get("id") == second["id"]]
    run.expect(not late, "不再通知", "it is told nothing more")


@check(
    "R4-SUBSCRIPTION",
    zh="无法实现的订阅被拒绝或置为 error",
    en="a subscription that cannot be served is refused or becomes an error",
)
def subscription_impossible(run: Run) -> None:
    """Criteria that no search has; R4: the server may refuse, or say so in status and error."""
    Claims.of(run).need("Subscription", "create", "read")
    body = _subscription(run.inbox().url, "Qiaoxing?x=1", "")
    answer = run.client().post("Subscription", body)
    if answer.ok:
        name = placed(answer, "Subscription")
        run.wrote(name)
        run.until(
            lambda: read(run, name).get("status") in ("error", "off") or None,
            "状态为 error",
            "its status becomes error",
        )
    else:
        declined(run, answer, "被拒绝", "it is refused")


@check(
    "R4-SUBSCRIPTION",
    zh="主题订阅先握手，事件逐个编号",
    waits=True,
    en="a topic's subscription begins with a handshake, and its events are numbered",
)
def subscription_topic(run: Run) -> None:
    """Backport: handshake, event-notification; ``event-number`` 1, 2."""
    box, _ = _topical(run)
    _heard(run, box, lambda one: _kind(one) == "handshake")
    subject = own_patient(run)
    for number in (1, 2):
        wanted = created(run, observation(run, subject, "5.40"))
        seen = _heard(run, box, lambda one, want=wanted: name_of(want) in one.raw.decode("utf-8", "replace"))
        run.expect(
            seen.body.get("type") == "history",
            "为 history Bundle",
            "it is a history Bundle",
            seen.body.get("type"),
        )
        run.expect(
            _kind(seen) == "event-notification", "为 event-notification", "it is an event-notification"
        )
        numbers = _numbers(_status(seen.body))
        run.expect(number in numbers, f"事件编号 {number}", f"event number {number}", same(str(numbers)))


@check(
    "R4-SUBSCRIPTION",
    zh="$status 与 $events 与通知一致",
    waits=True,
    en="$status and $events agree with what was notified",
)
def subscription_asked(run: Run) -> None:
    """After two events."""
    claims = Claims.of(run)
    claims.need_operation("status", "Subscription")
    claims.need_operation("events", "Subscription")
    box, name = _topical(run)
    subject = own_patient(run)
    for _ in range(2):
        wanted = created(run, observation(run, subject, "5.40"))
        _heard(run, box, lambda one, want=wanted: name_of(want) in one.raw.decode("utf-8", "replace"))
    answer = run.done(run.client().get(f"{name}/$status"), "$status 成功", "$status is answered")
    said = _named(next(iter(answer.entries), {}))
    run.expect(said.get("status") == "active", "状态为 active", "it is active", same(str(said.get("status"))))
    run.expect(str(said.get("events-since-subscription-start")) == "2", "事件数为 2", "there were two events")
    events = run.done(
        run.client().get(f"{name}/$events?eventsSinceNumber=2&eventsUntilNumber=2"),
        "$events 成功",
        "$events is answered",
    )
    run.expect(
        _numbers(_status(events.body)) == [2],
        "得到第 2 个事件",
        "the second event is told",
        same(str(_numbers(_status(events.body)))),
    )


def _subscription(url: str, criteria: str, payload: str, **channel: Any) -> Resource:
    said = {"type": "rest-hook", "endpoint": url, **({"payload": payload} if payload else {}), **channel}
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "conformance",
        "criteria": criteria,
        "channel": said,
    }


def _subscribed(run: Run, criteria: str, payload: str, box: str = "in", **channel: Any) -> tuple[Inbox, str]:
    """Subscribe as a prerequisite; returns where it is heard, once it is active. Raises :class:`Skipped`."""
    Claims.of(run).need("Subscription", "create", "read")
    heard = run.inbox(box)
    return heard, _active(run, _subscription(heard.url, criteria, payload, **channel))


def _topical(run: Run) -> tuple[Inbox, str]:
    """Subscribe to a topic about observations. Raises :class:`Skipped`: none is claimed."""
    claims = Claims.of(run)
    claims.need("Subscription", "create", "read")
    said = claims.types["Subscription"].get("extension") or []
    topics = [
        str(one.get("valueCanonical"))
        for one in said
        if str(one.get("url", "")).endswith("subscriptiontopic-canonical")
    ]
    mine = run.target.setting("topics.observation") or next(
        (one for one in topics if "Observation" in one), ""
    )
    if not mine:
        raise Skipped("未声明关于 Observation 的订阅主题", "no topic about Observation is claimed")
    heard = run.inbox()
    body = _subscription(heard.url, str(mine), "application/fhir+json")
    body["_criteria"] = {
        "extension": [
            {
                "url": f"{_BACKPORT}/backport-filter-criteria",
                "valueString": f"Observation?code={CODES}|{run.number}",
            }
        ]
    }
    body["channel"]["_payload"] = {
        "extension": [{"url": f"{_BACKPORT}/backport-payload-content", "valueCode": "id-only"}]
    }
    return heard, _active(run, body)


def _active(run: Run, body: Resource) -> str:
    answer = run.client().post("Subscription", body)
    name = placed(
        run.given(
            answer,
            "订阅被接受（目标允许通知本测试地址）",
            "the subscription is taken (the target may notify the harness)",
        ),
        "Subscription",
    )
    run.wrote(name)
    run.until(
        lambda: read(run, name).get("status") == "active" or None,
        "订阅生效",
        "the subscription becomes active",
    )
    return name


def _heard(run: Run, box: Inbox, wanted: Any) -> Arrived:
    seen = box.wait(wanted, float(run.target.setting("wait", run.target.patience)))
    run.expect(seen is not None, "限时内收到", "it arrives in time", same("" if seen else "nothing"))
    assert seen is not None  # expect has raised
    return seen


def _status(bundle: Resource) -> Resource:
    """Return what a notification says of its subscription: a Parameters resource in R4."""
    entries = bundle.get("entry") or [{}]
    found: Resource = entries[0].get("resource") or {}
    return found


def _named(parameters: Resource) -> dict[str, Any]:
    return {
        str(one.get("name")): next((value for key, value in one.items() if key.startswith("value")), None)
        for one in parameters.get("parameter") or []
    }


def _kind(arrived: Arrived) -> str:
    return str(_named(_status(arrived.body)).get("type"))


def _numbers(parameters: Resource) -> list[int]:
    events = [one for one in parameters.get("parameter") or [] if one.get("name") == "notification-event"]
    said = [_named({"parameter": one.get("part")}).get("event-number") for one in events]
    return [int(str(one)) for one in said if one is not None]
