"""Clients: who is known now; what happens to the file while the gateway runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.security import LOCAL, Caller, Clients, clients_file
from gateway.security.client import Client, digest


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 2
        return self.now


def add(file: Path, name: str, **more: object) -> None:
    clients_file.add(file, Client(name, digest(f"token-{name}".encode()), "read", **more))  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clients.toml"


def test_without_a_file_everybody_is_local(file: Path) -> None:
    clients = Clients(file, clock=Clock())
    assert clients.caller(None) is LOCAL
    assert clients.caller(b"Bearer whatever") is LOCAL
    assert not clients.guarded
    assert not clients.some


def test_with_a_file_only_who_shows_a_token_is_known(file: Path) -> None:
    add(file, "his", tenant="east")
    clients = Clients(file)
    assert clients.caller(b"Bearer token-his") == Caller("his", "east", "read")
    assert clients.caller(b"bearer  token-his ") == Caller("his", "east", "read")
    for shown in (None, b"", b"Bearer", b"Bearer ", b"Basic token-his", b"token-his", b"Bearer token-hi"):
        assert clients.caller(shown) is None
    assert clients.tenants == {"default", "east"}


def test_a_token_ends_when_it_says(file: Path) -> None:
    add(file, "old", expires=datetime(2020, 1, 1, tzinfo=UTC))
    clients = Clients(file)
    assert clients.caller(b"Bearer token-old") is None
    assert not clients.some


def test_the_token_of_the_settings_is_an_operator_of_the_default_tenant(file: Path) -> None:
    clients = Clients(file, "secret")
    assert clients.caller(b"Bearer secret") == Caller("token", "default", "operator")
    assert clients.caller(None) is None
    add(file, "his")
    clients.look()
    assert clients.caller(b"Bearer secret")
    assert clients.caller(b"Bearer token-his")


def test_a_changed_file_counts_while_it_runs(file: Path) -> None:
    clients = Clients(file, clock=Clock())
    assert clients.caller(None) is LOCAL
    add(file, "his")
    assert clients.caller(None) is None
    assert clients.caller(b"Bearer token-his")
    add(file, "lis")
    clients_file.revoke(file, "his")
    assert clients.caller(b"Bearer token-his") is None
    assert clients.caller(b"Bearer token-lis")


def test_a_broken_file_changes_nothing_and_is_told_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    add(file, "his")
    clients = Clients(file, clock=Clock())
    file.write_text("[clients")
    for _ in range(3):
        assert clients.caller(b"Bearer token-his")
    assert clients.caller(None) is None
    assert caplog.text.count("stay as they were") == 1
    file.write_text("")
    assert clients.caller(b"Bearer token-his") is None


def test_a_file_that_is_gone_opens_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    add(file, "his")
    clients = Clients(file, clock=Clock())
    file.unlink()
    for _ in range(3):
        assert clients.caller(None) is None
        assert clients.caller(b"Bearer token-his")
    assert caplog.text.count("is gone") == 1
    add(file, "lis")
    assert clients.caller(b"Bearer token-lis")
    assert clients.caller(b"Bearer token-his") is None


def test_an_empty_file_is_one(file: Path) -> None:
    file.write_text("")
    clients = Clients(file)
    assert clients.guarded
    assert clients.caller(None) is None


def test_a_start_with_a_broken_file_is_refused(file: Path) -> None:
    file.write_text("[clients")
    with pytest.raises(Misconfigured, match=r"clients\.toml: is not TOML"):
        Clients(file)


def test_a_client_may_what_its_role_says_as_long_as_it_is_there(file: Path) -> None:
    def may(name: str, tenant: str = "default") -> bool:
        return clients.may(name, tenant, "subscribe")

    clients_file.add(file, Client("reg", digest(b"token-reg"), "regulator", "east"))
    clients_file.add(file, Client("reader", digest(b"token-reader"), "read"))
    clients_file.add(
        file, Client("old", digest(b"token-old"), "regulator", expires=datetime(2020, 1, 1, tzinfo=UTC))
    )
    clients = Clients(file, "secret", Clock())
    assert may("reg", "east")
    assert may("token")
    assert not any((may("reg"), may("reader"), may("old"), may("nobody"), may("token", "east")))
    clients_file.revoke(file, "reg")
    assert not may("reg", "east")


def test_without_clients_everybody_may(file: Path) -> None:
    assert Clients(file, clock=Clock()).may("reg", "default", "subscribe")
