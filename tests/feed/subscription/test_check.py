"""What this server cannot serve is refused when it is written, and every reason is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.feed.endpoint import fault
from gateway.feed.subscription import check, load_topics, urls
from gateway.feed.subscription.definition import Reader
from gateway.settings import SubscriptionSettings

GOOD: dict[str, Any] = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "test",
    "criteria": "Observation?code=http://loinc.org|718-7",
    "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/hook"},
}
TOPIC = {**GOOD, "criteria": "urn:qiao:topic:lab-report-final"}


def filtered(*texts: str) -> dict[str, Any]:
    extension = [{"url": urls.FILTER_CRITERIA, "valueString": text} for text in texts]
    return {**TOPIC, "_criteria": {"extension": extension}}


def channel(**more: Any) -> dict[str, Any]:
    return {**GOOD, "channel": {**GOOD["channel"], **more}}


@pytest.mark.parametrize(
    "resource",
    [
        GOOD,
        TOPIC,
        {**GOOD, "criteria": "Observation"},
        {**GOOD, "criteria": "Observation?code=718-7&status=final,amended"},
        {**TOPIC, "criteria": "urn:qiao:topic:lab-report-final|1.0.0"},
        {**GOOD, "criteria": "urn:qiao:topic:Patient-changed"},
        filtered("DiagnosticReport?patient=Patient/1", "code=58410-2"),
        channel(payload="application/fhir+json", header=["Authorization: Bearer fictional"]),
        {**GOOD, "end": "2030-01-01T00:00:00+08:00"},
    ],
)
def test_what_can_be_served_is_taken(resource: dict[str, Any]) -> None:
    assert check(resource) == []


@pytest.mark.parametrize(
    ("resource", "where"),
    [
        ({**GOOD, "criteria": ""}, "Subscription.criteria"),
        ({**GOOD, "criteria": "urn:qiao:topic:nothing"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Nothing?code=1"}, "Subscription.criteria"),
        ({**TOPIC, "criteria": "urn:qiao:topic:lab-report-final|9"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Observation?nonsense=1"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Observation?code"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Observation?date=yesterday"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Observation?patient.name=x"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Patient?_has:Observation:patient:code=1"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Observation?code=1&_sort=date"}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Observation?code=" + "1" * 5000}, "Subscription.criteria"),
        ({**GOOD, "criteria": "Subscription?status=active"}, "Subscription.criteria"),
        (filtered("Observation?code=1"), "Subscription.criteria.extension"),
        (filtered("DiagnosticReport?nonsense=1"), "Subscription.criteria.extension"),
        (filtered(""), "Subscription.criteria.extension"),
        (channel(type="websocket"), "Subscription.channel.type"),
        (channel(endpoint="ftp://127.0.0.1/x"), "Subscription.channel.endpoint"),
        (channel(endpoint="https://elsewhere.example/x"), "Subscription.channel.endpoint"),
        (channel(endpoint="http://user:secret@127.0.0.1/x"), "Subscription.channel.endpoint"),
        (channel(payload="text/plain"), "Subscription.channel.payload"),
        (channel(header=["no header"]), "Subscription.channel.header"),
        (channel(header=["X-A: b\r\nX-C: d"]), "Subscription.channel.header"),
        (channel(header=["Content-Length: 5"]), "Subscription.channel.header"),
        (channel(header=["X: 1"] * 50), "Subscription.channel.header"),
        (channel(extension=[{"url": urls.MAX_COUNT, "valueString": "x"}]), "Subscription.channel.extension"),
        ({**GOOD, "end": "tomorrow"}, "Subscription.end"),
        ({key: value for key, value in GOOD.items() if key != "channel"}, "Subscription.channel"),
    ],
)
def test_what_cannot_be_served_is_told(resource: dict[str, Any], where: str) -> None:
    assert [issue.where for issue in check(resource)] == [where]


def test_a_secret_is_not_repeated() -> None:
    bad = channel(header=["Authorization Bearer s3cret"], endpoint="http://user:s3cret@127.0.0.1/s3cret")
    assert "s3cret" not in str(check(bad))


def test_all_reasons_are_told_at_once() -> None:
    bad = {**channel(type="email", endpoint="mailto:a@b.example"), "criteria": "x"}
    assert len(check(bad)) == 3


@pytest.mark.parametrize(
    ("endpoint", "hosts", "loopback", "allowed"),
    [
        ("http://localhost:1/x", (), True, True),
        ("http://[::1]:1/x", (), True, True),
        ("http://127.0.0.1:1/x", (), False, False),
        ("https://regulator.example/x", ("regulator.example",), False, True),
        ("https://regulator.example:8443/x", ("regulator.example",), False, False),
        ("https://regulator.example:8443/x", ("regulator.example:8443",), False, True),
        ("http://regulator.example/x", ("regulator.example",), False, False),
        ("http://10.0.0.5:8080/x", ("http://10.0.0.5:8080",), False, True),
        ("https://regulator.example.evil.example/x", ("regulator.example",), False, False),
        ("https://evil.example/regulator.example", ("regulator.example",), False, False),
        ("https://regulator.example@evil.example/x", ("regulator.example",), False, False),
        ("https://regulator.example\\@evil.example/x", ("regulator.example",), False, False),
        ("https:///x", ("",), False, False),
        ("https://regulator.example:99999/x", ("regulator.example",), False, False),
        ("HTTPS://REGULATOR.example/x", ("regulator.example",), False, True),
        ("file:///etc/passwd", (), True, False),
        ("http://2130706433/x", (), True, False),
    ],
)
def test_only_listed_hosts_are_notified(
    endpoint: str, hosts: tuple[str, ...], loopback: bool, allowed: bool
) -> None:
    assert (fault(endpoint, hosts, loopback=loopback) == "") is allowed


def test_plain_http_is_named_as_the_reason() -> None:
    assert fault("http://a.example/x", ("a.example",), loopback=False) == "https"


def test_reasons_are_told_in_chinese_too() -> None:
    bad = {**channel(type="email", endpoint="mailto:a@b.example"), "criteria": "Observation?nonsense=1"}
    for issue in check(bad):
        assert issue.text.isascii()
        assert not issue.text_zh.isascii()


def test_a_dropped_in_topic_is_there_and_bad_ones_are_named(tmp_path: Path) -> None:
    good = tmp_path / "mine.yaml"
    good.write_text(
        "url: urn:example:topic:mine\ntitle: Mine\nfilters: [patient]\n"
        "triggers:\n  - {resource: [Patient, Person], interactions: [delete]}\n"
    )
    topics = load_topics(tmp_path)
    assert topics["urn:example:topic:mine"].types == {"Patient", "Person"}
    assert "urn:qiao:topic:Observation-changed" in topics
    reader = Reader(topics, SubscriptionSettings(), loopback=True)
    mine = {**filtered("gender=male"), "criteria": "urn:example:topic:mine"}
    assert [issue.where for issue in reader.read(mine)[1]] == ["Subscription.criteria.extension"]
    for bad in (
        "title: no url",
        "url: x\ntitle: y\ntriggers: [{resource: Nothing}]",
        "url: x\ntitle: y\ntriggers: [{resource: Patient, current: nonsense=1}]",
        "url: x\ntitle: y\nsurprise: z\ntriggers: [{resource: Patient}]",
        "url: x\ntitle: y\ntriggers: [{resource: Patient, interactions: [read]}]",
        "- a list",
        "{",
    ):
        good.write_text(bad)
        with pytest.raises(Misconfigured, match=r"mine\.yaml"):
            load_topics(tmp_path)
    with pytest.raises(Misconfigured, match="no such file or folder"):
        load_topics(tmp_path / "nowhere")
