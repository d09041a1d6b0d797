"""The door of the HL7 v2 adapters: every outcome has its acknowledgement, and every byte its Envelope."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.canonical import Envelope, Issue, NotUnderstood, Outcome, Quarantined, Refused, Stored
from gateway.errors import Misconfigured, Retry
from gateway.wire import er7, hl7v2
from gateway.wire.mllp import MllpClient

MESSAGE = (
    "MSH|^~\\&|HIS|H1|QIAO|Q|20260301||ADT^A01|77|P|{version}|||{accept}|{application}||{charset}\rPID|1\r"
)


def message(version: str = "2.5.1", accept: str = "", application: str = "", charset: str = "") -> bytes:
    text = MESSAGE.format(version=version, accept=accept, application=application, charset=charset)
    return text.encode()


def envelope(raw: bytes) -> Envelope:
    return Envelope("0190" * 8, "default", "his/hl7v2", "", 0, hl7v2.CONTENT_TYPE, "", raw)


def answers(raw: bytes, outcome: Outcome) -> list[er7.Message]:
    at = envelope(raw)
    given = hl7v2.answer(at, hl7v2.parse(at), outcome)
    return [er7.parse(one) for one in given.split(b"\x1c\r\x0b") if one]


def issue(code: str = "business-rule", rule: str = "cq-3.2") -> Issue:
    return Issue("error", code, "PID-5", rule, "article 17 forbids it", "第十七条不允许")


@pytest.mark.parametrize(
    ("outcome", "code", "condition", "severity"),
    [
        (Stored(), "AA", None, None),
        (Quarantined("no-patient"), "AA", "0", "W"),
        (Refused([issue()]), "AE", "207", "E"),
        (Refused([issue("required")]), "AE", "101", "E"),
        (NotUnderstood("unknown-type", [issue(rule="HL70357/200")]), "AR", "200", "E"),
        (NotUnderstood("no-control-id", [issue(rule="HL70357/101")]), "AR", "101", "E"),
        (Quarantined("no-control-id", [issue(rule="HL70357/101")]), "AA", "0", "W"),
        (Refused(), "AE", "207", "E"),
    ],
)
def test_the_truth_table(outcome: Outcome, code: str, condition: str | None, severity: str | None) -> None:
    [answer] = answers(message(), outcome)
    found = (answer.get("MSA-1"), answer.get("MSA-2"), answer.get("ERR-3.1"), answer.get("ERR-4"))
    assert found == (code, "77", condition, severity)


def test_a_warning_names_the_inbox_entry_and_a_refusal_the_article() -> None:
    [kept] = answers(message(), Quarantined("no-patient"))
    assert kept.get("ERR-8") == f"kept in quarantine as {'0190' * 8}: no-patient"
    [refused] = answers(message(charset="UNICODE UTF-8"), Refused([issue()]))
    assert refused.get("ERR-8") == "cq-3.2: article 17 forbids it 第十七条不允许"


@pytest.mark.parametrize(("zone", "offset"), [("+08:00", "+0800"), ("-03:30", "-0330"), ("+00:00", "+0000")])
@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.5.1", "2.8.2"])
def test_the_answer_has_the_time_of_the_senders_zone(version: str, zone: str, offset: str) -> None:
    at = envelope(message(version=version))
    at.zone = zone
    said = er7.parse(hl7v2.answer(at, hl7v2.parse(at), Stored())).get("MSH-7") or ""
    assert said[14:] == ("" if version in ("2.1", "2.2") else offset)
    moment = datetime.strptime(said[:14] + offset, "%Y%m%d%H%M%S%z")
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_old_versions_are_told_in_their_own_way() -> None:
    [answer] = answers(message(version="2.3"), Refused([issue()]))
    assert "article 17" in (answer.get("MSA-3") or "")


@pytest.mark.parametrize(
    ("accept", "application", "outcome", "codes"),
    [
        ("AL", "NE", Stored(), ["CA"]),
        ("AL", "AL", Stored(), ["CA", "AA"]),
        ("AL", "AL", Refused([issue()]), ["CA", "AE"]),
        ("AL", "ER", Stored(), ["CA"]),
        ("AL", "ER", Refused([issue()]), ["CA", "AE"]),
        ("SU", "SU", Refused([issue()]), ["CA"]),
        ("ER", "AL", Stored(), ["AA"]),
        ("ER", "NE", Stored(), []),
        ("NE", "NE", Refused([issue()]), []),
        ("AL", "AL", NotUnderstood("unsupported-version", [issue(rule="HL70357/203")]), ["CR"]),
        ("NE", "AL", NotUnderstood("unsupported-version", [issue(rule="HL70357/203")]), ["AR"]),
    ],
)
def test_enhanced_mode(accept: str, application: str, outcome: Outcome, codes: list[str]) -> None:
    found = answers(message(accept=accept, application=application), outcome)
    assert [answer.get("MSA-1") for answer in found] == codes


@pytest.fixture
def opened() -> Callable[..., None]:
    """``opened(deliver, test, **settings)``: run a test against an open door."""

    def run(deliver: Any, test: Any, **settings: Any) -> None:
        async def go() -> None:
            options = {name: default for name, _, default, _ in hl7v2.options(0)} | settings
            door = hl7v2.MllpDoor("his/hl7v2", options)
            await door.start(deliver)
            host, _, port = str(door.status()["address"]).rpartition(":")
            try:
                async with MllpClient(host, int(port), timeout=10) as client:
                    await test(client, door)
            finally:
                await door.stop()

        asyncio.run(go())

    return run


def test_what_comes_in_is_delivered_verbatim(opened: Callable[..., None]) -> None:
    seen: list[Envelope] = []

    async def deliver(at: Envelope) -> bytes:
        seen.append(at)
        return b"ACK"

    async def test(client: MllpClient, door: hl7v2.MllpDoor) -> None:
        assert await client.send(b"any \xff bytes") == b"ACK"

    opened(deliver, test, tenant="h2")
    assert (seen[0].raw, seen[0].tenant, seen[0].adapter) == (b"any \xff bytes", "h2", "his/hl7v2")
    assert seen[0].meta["peer"] == "127.0.0.1"
    assert len(seen[0].id) == 32


@pytest.mark.parametrize(("accept", "code"), [("", "AR"), ("AL", "CE")])
def test_what_cannot_be_committed_is_told_so(opened: Callable[..., None], accept: str, code: str) -> None:
    async def deliver(_: Envelope) -> bytes:
        raise Retry("the disk is full")

    async def test(client: MllpClient, _: hl7v2.MllpDoor) -> None:
        answer = er7.parse(await client.send(message(accept=accept)))
        assert (answer.get("MSA-1"), answer.get("MSA-2"), answer.get("ERR-3.1")) == (code, "77", "207")

    opened(deliver, test)


def test_a_sender_that_wants_no_answer_keeps_its_connection(opened: Callable[..., None]) -> None:
    async def deliver(at: Envelope) -> bytes:
        return hl7v2.answer(at, hl7v2.parse(at), Stored())

    async def test(client: MllpClient, _: hl7v2.MllpDoor) -> None:
        await client._write(b"\x0b%b\x1c\r" % message(accept="NE", application="NE"))
        assert er7.parse(await client.send(message())).get("MSA-1") == "AA"

    opened(deliver, test)


def test_a_message_above_the_limit_is_told_so(opened: Callable[..., None]) -> None:
    async def deliver(_: Envelope) -> bytes:
        raise AssertionError

    async def test(client: MllpClient, _: hl7v2.MllpDoor) -> None:
        assert er7.parse(await client.send(b"x" * 100)).get("MSA-1") == "AR"

    opened(deliver, test, max_message=50)


def test_a_port_or_certificate_that_does_not_work_is_named() -> None:
    options = {name: default for name, _, default, _ in hl7v2.options(0)}
    with pytest.raises(Misconfigured, match="tls_cert"):
        hl7v2.MllpDoor("his/hl7v2", options | {"tls_cert": "no-such.pem"})

    async def twice(port: int) -> None:
        await hl7v2.MllpDoor("his/hl7v2", options | {"port": port}).start(None)  # type: ignore[arg-type]

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(Misconfigured, match=r"his/hl7v2.*cannot bind.*set another port"),
    ):
        asyncio.run(twice(taken.getsockname()[1]))
