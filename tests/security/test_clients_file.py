"""clients.toml: what is refused in it, and how it is written."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.security import clients_file
from gateway.security.client import Client, digest, new_token, parse_clients, read_clients

AT = datetime(2030, 1, 31, tzinfo=UTC)
DIGEST = "sha256:" + "0" * 64


def client(name: str, **more: object) -> Client:
    return Client(name, digest(name.encode()), "read", **more)  # type: ignore[arg-type]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "clients.toml"
    made = client("his", tenant="east", expires=AT, added=AT, note='say "ticket" \\ 院\x7f\n2')
    clients_file.add(file, made)
    assert read_clients(file) == {"his": made}
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_what_a_person_wrote_beside_it_stays(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    for name in ("a", "b", "c"):
        clients_file.add(file, client(name))
    file.write_text(file.read_text().replace("[clients.c]", "# the laboratory\n[ clients . c ]"))
    before = file.read_text()
    assert clients_file.revoke(file, "b").name == "b"
    assert set(read_clients(file)) == {"a", "c"}
    assert before.startswith(file.read_text()[: before.index("[clients.b]")])
    clients_file.revoke(file, "c")
    assert set(read_clients(file)) == {"a"}


def test_what_only_a_person_can_change_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(f'[clients]\nhis = {{ token = "{DIGEST}", role = "read" }}\n')
    before = file.read_text()
    with pytest.raises(Misconfigured, match="edit it"):
        clients_file.revoke(file, "his")
    assert file.read_text() == before


def test_a_name_is_taken_once_and_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    clients_file.add(file, client("his"))
    with pytest.raises(Misconfigured, match="there is a client his already"):
        clients_file.add(file, client("his"))
    with pytest.raises(Misconfigured, match="there is no client lis"):
        clients_file.revoke(file, "lis")


def test_of_two_who_write_at_once_none_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    threads = [threading.Thread(target=clients_file.add, args=(file, client(f"c{n}"))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_clients(file)) == 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[clients", "is not TOML"),
        ("[users.x]\n", r"unknown section \[users\]; valid: clients"),
        ("clients = 3\n", "must be tables like"),
        ("[clients]\nx = 3\n", r"\[clients.x\]: must be a table"),
        ('[clients."a b"]\n', "a client's name is"),
        ('[clients."../x"]\n', "a client's name is"),
        ('[clients.x]\nrole = "read"\n', "token is missing"),
        (f'[clients.x]\ntoken = "{DIGEST}"\n', "role is missing"),
        ('[clients.x]\ntoken = "qiao_abc"\nrole = "read"\n', "64 hexadecimal digits"),
        (f'[clients.x]\ntoken = "{DIGEST}"\nrole = "admin"\n', "must be one of read, write, regulator"),
        (f'[clients.x]\ntoken = "{DIGEST}"\nrole = ["read"]\n', "must be one of"),
        (f'[clients.x]\ntoken = "{DIGEST}"\nrole = "read"\ntenant = "A/b"\n', "a tenant's name"),
        (f'[clients.x]\ntoken = "{DIGEST}"\nrole = "read"\nexpires = 2030-01-01\n', "a time with a zone"),
        (f'[clients.x]\ntoken = "{DIGEST}"\nrole = "read"\nnote = 3\n', "note: must be str"),
        (f'[clients.x]\ntoken = "{DIGEST}"\nrole = "read"\nscope = "*"\n', "unknown key 'scope'"),
        (
            "".join(f'[clients.{name}]\ntoken = "{DIGEST}"\nrole = "read"\n' for name in "ab"),
            r"\[clients.b\]: has the token of a",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        parse_clients(text, "clients.toml")


def test_a_file_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    clients_file.add(file, client("his"))
    file.chmod(0o602)
    with pytest.raises(Misconfigured, match="everybody may write"):
        read_clients(file)


def test_tokens_are_long_and_never_the_same() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(len(token) >= 48 for token in made)
