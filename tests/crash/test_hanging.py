"""A server that hangs under ``qiao serve``: who asks is told, nothing is twice, it goes on, and it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.store import open_store
from gateway.wire import er7
from gateway.wire.mllp import MllpClient

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "male"}
ADMISSION = (
    b"MSH|^~\\&|HIS|H1|QIAO|Q|20260301080000||ADT^A01^ADT_A01|A7|P|2.5.1\r"
    b"EVN|A01|20260301080000\rPID|1||A7^^^H1^MR||ZHANG^SAN||19900307|M\r"
    b"PV1|1|I|W1^101^1^H1||||||||||||||||VA7\r"
)


async def sent(address: tuple[str, int]) -> str | None:
    """Send the admission; return MSA-1."""
    client = MllpClient(*address, timeout=60)
    try:
        return er7.parse(await client.send(ADMISSION)).get("MSA-1")
    finally:
        await client.close()


async def work(served: Any, postgresql: Any) -> None:
    root = served.api.removesuffix("/fhir")
    async with httpx.AsyncClient(base_url=served.api + "/", timeout=60) as client:
        assert (await client.put("Patient/p1", json=PATIENT)).status_code == 201
        with postgresql.hanging():
            read, found, put, ready, alive, code = await asyncio.gather(
                client.get("Patient/p1"),
                client.get("Patient?gender=male"),
                client.put("Patient/p1", json={**PATIENT, "gender": "female"}),
                client.get(f"{root}/readyz"),
                client.get(f"{root}/healthz"),
                sent(served.address()),
            )
            assert [one.status_code for one in (read, found, put, ready)] == [503] * 4
            assert all("retry-after" in one.headers for one in (read, found, put, ready))
            assert (alive.status_code, code) == (200, "AR")
        assert (await client.get("Patient/p1")).json()["gender"] == "male"
        assert (await client.get(f"{root}/readyz")).status_code == 200
        assert (await client.put("Patient/p1", json={**PATIENT, "gender": "other"})).status_code == 200
        assert [await sent(served.address()) for _ in range(2)] == ["AA", "AA"]
        history = (await client.get("Patient/p1/_history")).json()
        assert [one["resource"]["gender"] for one in history["entry"]] == ["other", "male"]


def test_it_goes_on_by_itself_and_stops_while_the_server_hangs(
    tmp_path: Path, serve: Callable[..., Any], database: str, postgresql: Any
) -> None:
    served = serve(tmp_path / "qiao.db", database, QIAO_STORE__ANSWER_SECONDS="0.5")
    try:
        asyncio.run(work(served, postgresql))
        with postgresql.hanging():
            served.stop()
    finally:
        served.kill()
    with closing(open_store(database)) as store:
        assert store.counts("default").inbox == {"stored": 1}
