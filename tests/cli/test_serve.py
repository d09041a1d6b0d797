"""What ``qiao serve`` says once it is open."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.cli import serve
from gateway.cli.words import Language, language, speak

SAID = "cannot bind 127.0.0.1:2575: Address already in use; set another port"
GATEWAY: Any = SimpleNamespace(
    url="http://127.0.0.1:8081/fhir",
    addresses={"lis/hl7v2": "127.0.0.1:2576"},
    closed={"his/hl7v2": SAID},
)


def test_a_closed_door_is_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    serve._announce_json(GATEWAY)
    said = capsys.readouterr()
    assert json.loads(said.out)["closed"] == GATEWAY.closed
    assert "WARNING: his/hl7v2 stays closed: cannot bind 127.0.0.1:2575" in said.err


@pytest.mark.parametrize(
    ("spoken", "said"),
    [
        (
            "en",
            "WARNING: his/hl7v2 stays closed: cannot bind 127.0.0.1:2575: Address already in use;",
        ),
        ("zh", "警告：his/hl7v2 未打开：无法绑定 127.0.0.1:2575：Address already in use；请更改 port（["),
    ],
)
def test_a_closed_door_is_said_aloud(spoken: Language, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = language()
    speak(spoken)
    try:
        serve._announce(GATEWAY)
    finally:
        speak(before)
    assert said in capsys.readouterr().err
