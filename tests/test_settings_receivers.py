"""``[receivers.NAME]``: read from file and environment, and refused with the place where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import load, secret

GOOD = """
[receivers]
hosts = ["platform.example:8443"]

[receivers.province]
url = "https://platform.example:8443/fhir"
at = ["02:00", "14:00"]
until = "midnight"

[receivers.province.values]
organID = "990101001"
"""


def test_a_receiver_of_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "qiao.toml"
    file.write_text(GOOD, "utf-8")
    environment = {
        "QIAO_RECEIVERS__PROVINCE__TOKEN": "t0ken",
        "QIAO_RECEIVERS__PROVINCE__BATCH": "7",
        "QIAO_RECEIVERS__OTHER_CITY__URL": "https://city.example",
        "QIAO_RECEIVERS__OTHER_CITY__KINDS": "visit,prescription",
    }
    found = load(file, environment).receivers
    assert found.hosts == ("platform.example:8443",)
    province, city = found.named["province"], found.named["other-city"]
    assert (province.token, province.batch, province.values["organID"]) == ("t0ken", 7, "990101001")
    assert city.kinds == ("visit", "prescription")
    assert "t0ken" not in repr(found)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("kind = 'message'", "needs a url"),
        ("url = 'https://x'\nat = ['25:00']", "HH:MM"),
        ("url = 'https://x'\nsign_in = '8:00'", "HH:MM"),
        ("url = 'https://x'\nsign_in = '08:00'", "needs a map"),
        ("url = 'https://x'\nkind = 'ftp'", "must be one of"),
        ("url = 'https://x'\nkind = 'list'", "needs a map"),
        ("url = 'https://x'\nmap = 'example-list'", "only a list and xml"),
        ("url = 'https://x'\nbatch = 0", "between 1"),
        ("url = 'https://x'\nurls = 'https://y'", "unknown key"),
        ("url = 'https://x'\nvalues = {a = 1}", "table of texts"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "qiao.toml"
    file.write_text(f"[receivers.province]\n{said}\n", "utf-8")
    with pytest.raises(Misconfigured, match=told) as found:
        load(file, {})
    assert "receivers.province" in found.value.where


def test_a_name_is_one_that_the_environment_can_say(tmp_path: Path) -> None:
    file = tmp_path / "qiao.toml"
    file.write_text("[receivers.'A B']\nurl = 'https://x'\n", "utf-8")
    with pytest.raises(Misconfigured, match="lower-case"):
        load(file, {})


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("t0ken\n")
    assert (secret("plain", "x"), secret(f"file:{file}", "x")) == ("plain", "t0ken")
    file.write_text("")
    with pytest.raises(Misconfigured, match="no secret"):
        secret(f"file:{file}", "x")
