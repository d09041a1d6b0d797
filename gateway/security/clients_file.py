"""clients.toml: how it is written: a client more or less, the rest as it stood, at once or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import Misconfigured
from gateway.security.client import HASH, Client, parse_clients, read_clients

HEAD = """\
# Who may use this gateway; written by `qiao client`, read by `qiao serve` while it runs.
# A token is kept as its SHA-256 only: a lost one is replaced, not found again.
"""
_TABLE = re.compile(r"\s*\[")


def add(file: Path, client: Client) -> None:
    """Write one client more.

    Raises:
        Misconfigured: there is one of that name, or the file cannot be understood.
    """
    with _locked(file):
        text, clients = _read(file)
        if client.name in clients:
            raise Misconfigured(
                f"there is a client {client.name} already; revoke it or take another name", where=str(file)
            )
        _replace(file, _joined(text or HEAD, _block(client)), {**clients, client.name: client})


def revoke(file: Path, name: str) -> Client:
    """Write one client less and return it.

    Raises:
        Misconfigured: there is none of that name, or the file cannot be understood.
    """
    with _locked(file):
        text, clients = _read(file)
        if name not in clients:
            raise Misconfigured(f"there is no client {name}", where=str(file))
        gone = clients.pop(name)
        _replace(file, _without(text, name), clients)
    return gone


def _read(file: Path) -> tuple[str, dict[str, Client]]:
    try:
        return file.read_text("utf-8"), read_clients(file)
    except FileNotFoundError:
        return "", {}


def _joined(text: str, block: str) -> str:
    return text.rstrip("\n") + "\n\n" + block


def _block(client: Client) -> str:
    lines = [
        f"[clients.{client.name}]",
        f'token = "{HASH}{client.digest.hex()}"',
        f'role = "{client.role}"',
        f'tenant = "{client.tenant}"',
    ]
    lines += [f"{key} = {_moment(value)}" for key, value in _moments(client) if value]
    lines += [f"practitioner = {_text(client.practitioner)}"] if client.practitioner else []
    lines += [f"patient = {_text(client.patient)}"] if client.patient else []
    lines += ["asserts = true"] if client.asserts else []
    lines += ["arrived = true"] if client.arrived else []
    lines += [f"note = {_text(client.note)}"] if client.note else []
    return "\n".join(lines) + "\n"


def _moments(client: Client) -> tuple[tuple[str, datetime | None], ...]:
    return ("added", client.added), ("expires", client.expires)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: str) -> str:
    """Return a TOML basic string: JSON's, but that TOML wants DEL escaped, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _without(text: str, name: str) -> str:
    """Return ``text`` without the table of one client, up to the next table."""
    header = re.compile(rf"\s*\[\s*clients\s*\.\s*(?:{re.escape(name)}|\"{re.escape(name)}\")\s*\]")
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if _TABLE.match(line):
            inside = bool(header.match(line))
        if not inside:
            kept.append(line)
    return "".join(kept)


def _replace(file: Path, text: str, meant: dict[str, Client]) -> None:
    """Put ``text`` in the place of the file; before that, make sure that it says what is meant."""
    if set(parse_clients(text, str(file))) != set(meant):
        raise Misconfigured("is written in a way that only a person can change; edit it", where=str(file))
    handle, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # 0600 from the beginning
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
            _belongs(file, out.fileno())
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _belongs(file: Path, draft: int) -> None:
    """Where root writes: leave the file to whom it belongs, or its folder does; the gateway is to read it."""
    if os.geteuid() == 0:
        owner = (file if file.exists() else file.parent).stat()
        os.fchown(draft, owner.st_uid, owner.st_gid)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the folder, so that of two who write at once none is lost; make it where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
