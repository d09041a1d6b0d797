"""Doors of a target: a port, a URL or a folder; what is missing is told by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.harness.target import Undeclared
from conformance.harness.target_file import made


def doors(folder: Path, **said: Any) -> Any:
    return made({"fhir": "http://127.0.0.1:9/fhir", "doors": said}, folder)


def test_a_door_is_a_port_a_url_or_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drop").mkdir()
    monkeypatch.setenv("HIS_DATABASE", "postgresql+psycopg://his:secret@127.0.0.1/his")
    target = doors(
        tmp_path,
        his={"host": "gateway", "port": 2575},
        his_views={"protocol": "sql", "url": "env:HIS_DATABASE", "deletions": 10},
        his_xml={"protocol": "soap", "url": "https://gateway.example/x", "token": "t"},
        his_files={"protocol": "files", "folder": "drop"},
    )
    assert (target.doors["his"].protocol, target.doors["his"].port) == ("mllp", 2575)
    assert target.doors["his_views"].options["url"].startswith("postgresql+psycopg://his:secret")
    assert target.doors["his_views"].options["deletions"] == "10"
    assert target.doors["his_files"].options["folder"] == str(tmp_path / "drop")
    assert target.has("doors.sql")
    assert target.has("doors.soap")
    assert not target.has("doors.cda")


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"protocol": "soap", "url": "ftp://x"}, "url is needed"),
        ({"protocol": "cda"}, "url is needed"),
        ({"protocol": "sql", "host": "x", "port": 5432}, "url is needed"),
        ({"protocol": "files", "folder": "nowhere"}, "folder is needed"),
        ({"protocol": "files"}, "folder is needed"),
        ({"protocol": "mllp", "host": "x"}, "port are needed"),
        ("his", "a mapping is needed"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, said: Any, what: str) -> None:
    with pytest.raises(Undeclared, match=rf"doors\.x: .*{what}"):
        doors(tmp_path, x=said)
