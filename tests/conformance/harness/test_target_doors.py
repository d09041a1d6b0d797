"""Doors of a target: a port, a URL or a folder; what is missing is told by its name."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.harness.target import Undeclared
from conformance.harness.target_file import made
from conformance.harness.verdict import Skipped
from conformance.suites.exchange.hospital import door


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
        lis_law={"protocol": "law", "port": 2579, "sender": "X3", "tests": "CTNI=10839-9"},
    )
    assert (target.doors["lis_law"].protocol, target.doors["lis_law"].options["sender"]) == ("law", "X3")
    serial = doors(tmp_path, lis={"protocol": "astm", "device": "/dev/ttyUSB0", "speed": 9600}).doors["lis"]
    assert (serial.port, serial.options["device"], serial.options["speed"]) == (0, "/dev/ttyUSB0", "9600")
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
        *(({"port": port}, "a number from 1 to 65535") for port in (0, 70000, "2575", True, 2575.0)),
        *(
            ({"protocol": "soap", "url": url}, "url is needed")
            for url in ("http://", "http:///x", "http://h:99999/", "http://h:0/", "http://h/a b", "//h/")
        ),
        *(({"protocol": "sql", "url": url}, "url is needed") for url in ("nodb://x", "his", "sqlite+no://")),
        *(({"protocol": name, "port": 1}, "is none of these") for name in ("smtp", "SOAP", "", 5, None)),
        ({"protocol": "soap", "url": "http://h/", "tokn": "t"}, "unknown key tokn of soap; is token meant"),
        ({"port": 1, "late": 3}, "unknown key late of mllp"),
        ({"protocol": "sql", "url": "sqlite://", "late": "viel"}, "a whole number of seconds"),
        ({"protocol": "sql", "url": "sqlite://", "deletions": -1}, "a whole number of seconds"),
        ({"port": 1, "charset": "GB-nix"}, "there is no such charset"),
        ({"protocol": "astm", "device": "/dev/ttyUSB0", "speed": "fast"}, "a whole number is needed"),
        ({"protocol": "astm"}, "port are needed"),
        *(({"protocol": "law", "port": 1, "work": at}, "HOST:PORT is needed") for at in (6001, "6001", "h:")),
        ({"protocol": "chemistry", "port": 1, "device": "/dev/x"}, "unknown key device of chemistry"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, said: Any, what: str) -> None:
    with pytest.raises(Undeclared, match=rf"doors\.x(\.\w+)?: .*{what}"):
        doors(tmp_path, x=said)


def test_what_only_another_suite_reads_begins_with_x(tmp_path: Path) -> None:
    target = doors(tmp_path, a={"port": 1, "x_ward": "3"}, b={"protocol": "x_smtp", "server": "h"})
    assert target.doors["a"].options["x_ward"] == "3"
    assert target.doors["b"].options["server"] == "h"


def test_a_door_that_speaks_no_hl7_v2_is_told_by_what_is_missing(tmp_path: Path) -> None:
    """A HIS with views only: its checks of HL7 v2 are skipped by the line that would wake them up."""
    target = doors(tmp_path, his_views={"protocol": "sql", "url": "sqlite://"})
    run: Any = SimpleNamespace(target=target, need=lambda name: None)
    with pytest.raises(Skipped, match=r"doors\.his, protocol: mllp"):
        door(run, "his")
