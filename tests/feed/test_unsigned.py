"""Whose feeds leave without a signature is said by doctor, by the state of the feed, and at the start."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap.regulator import warn_unsigned
from gateway.cli import main
from gateway.feed.unsigned import unsigned
from gateway.security.client import Client, digest
from gateway.security.clients_file import add
from gateway.settings import Settings, load
from gateway.store import open_store

RECEIVER = '[receivers.{name}]\nurl = "https://platform.example/fhir"\ntenant = "{tenant}"\nkind = "{kind}"\n'


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read settings of a text, with a store beside them."""
    open_store(f"sqlite:///{tmp_path / 'qiao.db'}").close()

    def of(text: str = "") -> Settings:
        file = tmp_path / "qiao.toml"
        file.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "qiao.db"}"\n{text}')
        return load(file, {})

    return of


def regulator(tmp_path: Path, tenant: str) -> None:
    add(tmp_path / "clients.toml", Client(f"r-{tenant}", digest(tenant.encode()), "regulator", tenant))


def test_nobody_is_told_where_nobody_gets_anything(read: Any) -> None:
    assert unsigned(read()) == []


def test_a_key_is_missed_where_a_regulator_pulls(read: Any, tmp_path: Path) -> None:
    regulator(tmp_path, "default")
    regulator(tmp_path, "second")
    add(tmp_path / "clients.toml", Client("app", digest(b"app"), "write", "third"))
    text = '[tenants.second]\nsign_key = "k"\n'
    assert unsigned(read(text)) == ["[tenants.default]"]
    assert unsigned(read(text), "second") == []


@pytest.mark.parametrize(
    ("kind", "more", "missed"),
    [
        ("message", "", True),
        ("message", 'sign_key = "k"\n', False),
        ("message", "enabled = false\n", False),
        ("message", '[tenants.default]\nsign_key = "k"\n', False),
        ("xml", "", True),
        ("transaction", "", False),
    ],
)
def test_a_key_is_missed_where_messages_are_sent(read: Any, kind: str, more: str, missed: bool) -> None:
    settings = read(RECEIVER.format(name="province", tenant="default", kind=kind) + more)
    assert unsigned(settings) == (["[receivers.province]"] if missed else [])
    assert unsigned(settings, "second") == []


def test_it_is_said_by_doctor_by_the_state_of_the_feed_and_at_the_start(
    read: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    regulator(tmp_path, "default")
    settings, config = read(), ["--config", str(tmp_path / "qiao.toml")]
    main(["doctor", "--json", *config])
    checks = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert (checks["signing"]["level"], "[tenants.default]" in checks["signing"]["text"]) == ("info", True)
    assert "sign_key" in checks["signing"]["advice"]
    main(["feed", "status", *config])
    assert "[tenants.default]" in capsys.readouterr().out
    main(["feed", "status", "--json", *config])
    assert json.loads(capsys.readouterr().out)["unsigned"] == ["[tenants.default]"]
    with caplog.at_level(logging.WARNING, "qiao"):
        warn_unsigned(settings)
    assert "[tenants.default] has no sign_key" in caplog.text
