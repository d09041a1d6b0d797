"""The whole server over a real socket: written by many at once, read back, pulled by a poller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

CLIENTS = 16


def patient(number: int) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": str(number)}]}


async def work(client: httpx.AsyncClient) -> None:
    made = await asyncio.gather(*(client.post("Patient", json=patient(n)) for n in range(100)))
    assert {answer.status_code for answer in made} == {201}
    same = {"If-None-Exist": "identifier=urn:mrn|one"}
    once = await asyncio.gather(
        *(
            client.post(
                "Patient",
                json={**patient(0), "identifier": [{"system": "urn:mrn", "value": "one"}]},
                headers=same,
            )
            for _ in range(CLIENTS)
        )
    )
    assert sorted(answer.status_code for answer in once) == [200] * (CLIENTS - 1) + [201]
    first = made[0].json()
    read = await client.get(f"Patient/{first['id']}")
    assert (read.status_code, read.json()) == (200, first)
    found = await client.get("Patient", params={"identifier": "urn:mrn|7"})
    assert len(found.json()["entry"]) == 1
    assert (await client.delete(f"Patient/{first['id']}")).status_code == 204
    url, seen = "_history?_sort=_lastUpdated&_count=30", []
    for _ in range(5):
        page = (await client.get(url)).json()
        seen += [(one["fullUrl"], one["response"]["etag"]) for one in page.get("entry", [])]
        url = next(link["url"] for link in page["link"] if link["relation"] in ("next", "monitor"))
    assert len(seen) == len(set(seen)) == 102
    entries = [{"request": {"method": "POST", "url": "Patient"}, "resource": patient(n)} for n in range(200)]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = await client.post("", json=bundle)
    assert (answer.status_code, len(answer.json()["entry"])) == (200, 200)
    bad = await client.post("Patient", json={"resourceType": "Patient", "gender": "M"})
    assert bad.status_code == 422


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_served_gateway(
    tmp_path: Path, serve: Callable[..., Any], engine: str, request: pytest.FixtureRequest
) -> None:
    url = "" if engine == "sqlite" else request.getfixturevalue("database")
    served = serve(tmp_path / "qiao.db", url)

    async def run() -> None:
        limits = httpx.Limits(max_connections=CLIENTS)
        async with httpx.AsyncClient(base_url=served.api + "/", limits=limits, timeout=60) as client:
            await work(client)

    try:
        asyncio.run(run())
    finally:
        served.stop()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_gateway_that_stops_has_written_who_read_what(
    tmp_path: Path, serve: Callable[..., Any], engine: str, request: pytest.FixtureRequest
) -> None:
    url = "" if engine == "sqlite" else request.getfixturevalue("database")
    served = serve(tmp_path / "qiao.db", url, QIAO_TENANTS__DEFAULT__AUDIT_READS="true")
    try:
        with httpx.Client(base_url=served.api + "/", timeout=60) as client:
            client.put("Patient/anna", json={"resourceType": "Patient", "id": "anna"}).raise_for_status()
            client.get("Patient/anna").raise_for_status()
            client.get("Patient/anna/$everything").raise_for_status()
    finally:
        served.stop()
    served = serve(tmp_path / "qiao.db", url)
    try:
        with httpx.Client(base_url=served.api + "/", timeout=60) as client:
            found = client.get("AuditEvent?patient=Patient/anna&agent:identifier=local&date=ge2020").json()
            codes = [one["resource"]["subtype"][0]["code"] for one in found["entry"]]
            assert sorted(codes) == ["read", "search"]
    finally:
        served.stop()
