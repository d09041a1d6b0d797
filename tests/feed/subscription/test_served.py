"""The whole of it: a gateway that runs, a client that subscribes, a kill -9 in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest


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
