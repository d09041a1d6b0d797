"""The whole of it: a gateway that runs, a client that subscribes, a kill -9 in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.security import clients_file
from gateway.security.client import Client, digest


@pytest.mark.serial
def test_a_killed_gateway_goes_on_with_the_next_number(
    serve: Callable[..., Any], tmp_path: Path, receiver: Any, subscribed: Callable[..., dict[str, Any]]
) -> None:
    arrived: dict[int, threading.Event] = {1: threading.Event(), 2: threading.Event()}

    def answer(got: Any) -> tuple[int, dict[str, str]]:
        for number in got.numbers:
            arrived[number].set()
        return 200, {}

    receiver.answer = answer
    gateway = serve(tmp_path / "qiao.db")
    try:
        with httpx.Client(base_url=gateway.api, headers={"content-type": "application/fhir+json"}) as client:
            made = client.put("/Subscription/s1", json=subscribed(receiver.url))
            assert made.status_code == 201, made.text
            assert client.put("/Observation/o1", json=observation("o1")).status_code == 201
            assert arrived[1].wait(60)
        gateway.kill()
        gateway = serve(tmp_path / "qiao.db")
        with httpx.Client(base_url=gateway.api, headers={"content-type": "application/fhir+json"}) as client:
            assert client.put("/Observation/o2", json=observation("o2")).status_code == 201
            assert arrived[2].wait(60)
            assert client.get("/Subscription/s1").json()["status"] == "active"
            events = client.get("/Subscription/s1/$events?content=id-only").json()
    finally:
        gateway.stop()
    assert [entry["fullUrl"] for entry in events["entry"][1:]] == [
        f"{gateway.api}/Observation/o1",
        f"{gateway.api}/Observation/o2",
    ]
    assert receiver.kinds.count("handshake") == 1
    assert sorted(set(receiver.numbers)) == [1, 2]


def observation(id_: str) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "x"}}


@pytest.mark.serial
def test_a_revoked_client_is_notified_no_more(
    serve: Callable[..., Any], tmp_path: Path, receiver: Any, subscribed: Callable[..., dict[str, Any]]
) -> None:
    shaken = threading.Event()

    def answer(_: Any) -> tuple[int, dict[str, str]]:
        shaken.set()
        return 200, {}

    receiver.answer = answer
    file = tmp_path / "clients.toml"
    clients_file.add(file, Client("reg", digest(b"reg"), "regulator"))
    clients_file.add(file, Client("ops", digest(b"ops"), "operator"))
    gateway = serve(tmp_path / "qiao.db")
    try:
        with httpx.Client(base_url=gateway.api, headers={"content-type": "application/fhir+json"}) as client:
            made = client.put("/Subscription/s1", json=subscribed(receiver.url), headers=bearer("reg"))
            assert made.status_code == 201, made.text
            assert shaken.wait(60)
            clients_file.revoke(file, "reg")
            shown = made.json()
            for _ in range(600):
                shown = client.get("/Subscription/s1", headers=bearer("ops")).json()
                if shown["status"] == "off":
                    break
                threading.Event().wait(0.1)
            assert shown["error"] == "its client may not subscribe any more"
            assert client.get("/Subscription/s1", headers=bearer("reg")).status_code == 401
    finally:
        gateway.stop()
    assert receiver.kinds == ["handshake"]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
