"""Gateways whose store is on PostgreSQL: two of them, and a server that goes and comes back."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.wire import er7
from gateway.wire.mllp import MllpClient

pytestmark = [pytest.mark.serial, pytest.mark.timeout(180)]


def adt(control_id: str) -> bytes:
    return (
        f"MSH|^~\\&|HIS|H1|QIAO|Q|20260301080000||ADT^A01^ADT_A01|{control_id}|P|2.5.1\r"
        f"EVN|A01|20260301080000\rPID|1||{control_id}^^^H1^MR||张^三||19900307|M\r"
        f"PV1|1|I|W1^101^1^H1||||||||||||||||V{control_id}\r"
    ).encode()


def send(gateway: Any, *control_ids: str) -> list[str]:
    """Send messages one after another; return how each was acknowledged."""

    async def run() -> list[str]:
        client = MllpClient(*gateway.address(), timeout=30)
        try:
            return [str(er7.parse(await client.send(adt(each))).get("MSA-1")) for each in control_ids]
        finally:
            await client.close()

    return asyncio.run(run())


def status(gateway: Any, path: str) -> int:
    try:
        with urllib.request.urlopen(gateway.api.removesuffix("/fhir") + path, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def total(gateway: Any) -> int:
    asked = f"{gateway.api}/Patient?_total=accurate&_count=1"
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return int(json.load(answer)["total"])


def test_two_gateways_on_one_server_that_restarts(
    serve: Callable[..., Any], tmp_path: Path, database: str, postgresql: Any
) -> None:
    one = serve(tmp_path / "one", database)
    two = serve(tmp_path / "two", database)
    try:
        assert send(one, "A1", "A2") + send(two, "B1") + send(one, "A3") == ["AA"] * 4
        assert total(one) == total(two) == 4
        postgresql.stop()
        try:
            assert send(one, "A4") == ["AR"], "nothing was committed: the sender keeps it"
            assert status(one, "/readyz") == status(two, "/readyz") == 503
            assert status(two, "/fhir/Patient?identifier=A1") == 503
        finally:
            postgresql.start()
        assert status(one, "/readyz") == status(two, "/readyz") == 200
        assert send(two, "A4", "B2") + send(one, "A4") == ["AA"] * 3, "sent again, to another one too"
        assert total(one) == total(two) == 6
    finally:
        logs = one.stop() + two.stop()
    assert "Traceback" not in logs, logs
