"""Reads ``doors:`` of ``target.yaml``: a port, a URL or a folder, by what is spoken there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.harness.target import Door, Undeclared
from conformance.harness.target_identities import secret

_AT_URL = {
    "soap": ("http", "https"), "cda": ("http", "https"), "sql": (), "interface": (),
}  # fmt: skip
"""Protocol → schemes of its URL; none: any database of SQLAlchemy."""
_IN_FOLDER = ("files",)
_SECRET = ("token", "url")


def door(name: str, said: Any, folder: Path) -> Door:
    """Return a door.

    Args:
        folder: that of the file: what a relative path begins at.

    Raises:
        Undeclared: it says too little; names the door, and what is needed.
    """
    if not isinstance(said, Mapping):
        raise Undeclared(f"doors.{name}：须为键值对", f"doors.{name}: a mapping is needed")
    protocol = str(said.get("protocol") or "mllp")
    options = {str(key): str(value) for key, value in said.items() if key not in ("protocol", "host", "port")}
    for key in _SECRET:
        if key in options:
            options[key] = secret(options[key], f"doors.{name}.{key}", folder, [])
    if protocol in _AT_URL:
        _url(name, options.get("url", ""), _AT_URL[protocol])
    elif protocol in _IN_FOLDER:
        options["folder"] = _folder(name, options.get("folder", ""), folder)
    elif not isinstance(said.get("port"), int):
        raise Undeclared(
            f"doors.{name}：须有 protocol、host 和 port", f"doors.{name}: protocol, host and port are needed"
        )
    port = said.get("port")
    return Door(
        name, protocol, str(said.get("host") or "127.0.0.1"), port if isinstance(port, int) else 0, options
    )


def _url(name: str, url: str, schemes: tuple[str, ...]) -> None:
    if not urlsplit(url).scheme or (schemes and urlsplit(url).scheme not in schemes):
        example = "http://gateway.example:8090/" if schemes else "postgresql+psycopg://his@127.0.0.1/his"
        raise Undeclared(
            f"doors.{name}：须有 url，如 {example}", f"doors.{name}: url is needed, as {example}"
        )


def _folder(name: str, said: str, folder: Path) -> str:
    found = folder / said
    if not said or not found.is_dir():
        raise Undeclared(
            f"doors.{name}：须有 folder，且为可写入的文件夹",
            f"doors.{name}: folder is needed, one that files can be put into",
        )
    return str(found)
