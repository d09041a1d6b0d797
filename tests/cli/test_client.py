"""`qiao client`: a token is shown once and kept as its hash; a bad row stops nothing silently."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from gateway.cli import main
from gateway.cli.client import expiry
from gateway.errors import Misconfigured
from gateway.security import Caller, Clients

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'qiao.db'}"


def test_the_token_that_is_printed_is_one(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["client", "add", "his", "--role", "write", "--tenant", "east", "--store", store]) == 0
    token = capsys.readouterr().out.strip()
    file = tmp_path / "clients.toml"
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert Clients(file).caller(f"Bearer {token}".encode()) == Caller("his", "east", "write")


def test_a_client_is_bound_to_a_person_or_trusted_to_name_one(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add = ["client", "add", "--role", "write", "--store", store]
    number = "urn:qiao:id:practice-certificate|110990101000017"
    assert main([*add, "ward", "--practitioner", number]) == 0
    ward = capsys.readouterr().out.strip()
    assert main([*add, "app", "--asserts"]) == 0
    app = capsys.readouterr().out.strip()
    clients = Clients(tmp_path / "clients.toml")
    assert clients.caller(f"Bearer {ward}".encode()) == Caller("ward", "default", "write", number)
    assert clients.caller(f"Bearer {app}".encode()) == Caller("app", "default", "write", asserts=True)
    assert main([*add, "his", "--arrived"]) == 0
    his = capsys.readouterr().out.strip()
    clients = Clients(tmp_path / "clients.toml")
    assert clients.caller(f"Bearer {his}".encode()) == Caller("his", "default", "write", arrived=True)
    assert main([*add, "other", "--practitioner", "Patient/p1"]) == 2


def test_json_says_everything_and_the_list_no_secret(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["client", "add", "gov", "--role", "regulator", "--expires", "2090-01-31T00:00:00Z"]
    assert main([*arguments, "--note", "ticket 1", "--json", "--store", store]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made.pop("token").startswith("qiao_")
    file = made.pop("file")
    assert main(["client", "list", "--json", "--store", store]) == 0
    (listed,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert listed == {**made, "expired": False}
    assert (listed["expires"], listed["note"]) == ("2090-01-31T00:00:00Z", "ticket 1")
    assert main(["client", "list", "--store", store]) == 0
    assert "sha256" not in capsys.readouterr().out
    assert Path(file).name == "clients.toml"


def test_a_revoked_client_is_gone(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["client", "add", "his", "--role", "read", "--store", store])
    token = capsys.readouterr().out.strip()
    assert main(["client", "revoke", "his", "--store", store]) == 0
    clients = Clients(tmp_path / "clients.toml")
    assert clients.caller(f"Bearer {token}".encode()) is None
    assert clients.guarded  # the last one gone does not open the gateway
    assert main(["client", "revoke", "his", "--store", store]) == 2
    assert "there is no client his" in capsys.readouterr().err


def test_a_list_of_nothing_says_so(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["client", "list", "--store", store]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "there is no" in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "a b", "--role", "read"], "NAME: a client's name"),
        (["add", "x", "--role", "read", "--tenant", "A/b"], "--tenant: a tenant's name"),
        (["add", "x", "--role", "read", "--expires", "soon"], "--expires: write 90d"),
        (["add", "x", "--role", "read", "--expires", "2001-01-01"], "--expires: must be in the future"),
    ],
)
def test_a_mistake_is_named_and_writes_nothing(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["client", *arguments, "--store", store]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "clients.toml").exists()


def test_the_first_client_can_be_made_before_the_gateway_may_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "qiao.toml"
    config.write_text(
        f'[api]\nhost = "0.0.0.0"\ntls_cert = "c"\ntls_key = "k"\n[store]\nurl = "sqlite:///{tmp_path}/qiao.db"\n'
    )
    assert main(["serve", "--config", str(config)]) == 2
    assert "qiao client add" in capsys.readouterr().err
    assert main(["client", "add", "his", "--role", "read", "--config", str(config)]) == 0
    assert (tmp_path / "clients.toml").exists()


def test_when_a_token_ends() -> None:
    assert expiry("", NOW) is None
    assert expiry("90d", NOW) == NOW + timedelta(days=90)
    assert expiry("2026-02-01T00:00:00+08:00", NOW) == datetime(2026, 1, 31, 16, tzinfo=UTC)
    local = datetime(2026, 2, 2).astimezone()
    assert expiry("2026-02-01", NOW) == local
    for text in ("99999999d", "2026-13-01", "0d"):
        with pytest.raises(Misconfigured):
            expiry(text, NOW)


def test_a_running_gateway_notices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], serve: Callable[..., Any]
) -> None:
    store = tmp_path / "qiao.db"
    running = serve(store)

    def status(token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            with urlopen(Request(f"{running.api}/Patient/1", headers=headers), timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            with error:
                return error.code

    try:
        assert status() == 404
        main(["client", "add", "his", "--role", "read", "--store", f"sqlite:///{store}"])
        token = capsys.readouterr().out.strip()
        while status() != 401:  # it looks once a second
            pass
        assert status(token) == 404
    finally:
        running.stop()


def test_doctor_says_who_may_use_the_api(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    def said() -> dict[str, Any]:
        main(["doctor", "--json", "--store", store])
        checks = json.loads(capsys.readouterr().out)["checks"]
        return next(one for one in checks if one["name"] == "clients")

    assert said()["level"] == "info"
    main(["client", "add", "his", "--role", "read", "--store", store])
    capsys.readouterr()
    assert (said()["level"], said()["text"][:2]) == ("ok", "1 ")
    main(["client", "add", "lis", "--role", "read", "--expires", "3d", "--store", store])
    capsys.readouterr()
    assert "lis" in said()["text"]
    Path(store.removeprefix("sqlite:///")).with_name("clients.toml").write_text("[clients")
    assert said()["level"] == "bad"
