"""Reads ``doors:`` of ``target.yaml``: a port, a URL or a folder, by what is spoken there."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.harness.target import Door, Undeclared
from conformance.harness.target_identities import secret

_AT_PORT = {"host", "port"}
_ANALYSER = {*_AT_PORT, "charset", "sender", "tests", "ca", "cert", "key"}
_KEYS = {
    "mllp": {*_AT_PORT, "charset", "sender", "ca", "cert", "key"},
    "astm": {*_ANALYSER, "device", "speed"},
    "counter": _ANALYSER,
    "chemistry": _ANALYSER,
    "law": {*_ANALYSER, "work"},
    "dicom": {*_AT_PORT, "called", "calling"},
    "sql": {"url", "late", "deletions"},
    "interface": {"url", "prescription"},
    "soap": {"url", "token"},
    "cda": {"url", "token"},
    "files": {"folder"},
}
"""Protocol → what may be said of such a door; beside it names that begin with ``x_``."""
_OWN = "x_"
"""So begins what only a suite of ``--suites-from`` reads."""
_SECRET = ("token", "url")
_MOST_PORT = 65535
_WORK = re.compile(r"[^\s:]+:\d{1,5}")


def door(name: str, said: Any, folder: Path) -> Door:
    """Return a door.

    Args:
        folder: that of the file: what a relative path begins at.

    Raises:
        Undeclared: it says too little, or what nobody reads; names the door, and what is needed.
    """
    if not isinstance(said, Mapping):
        raise Undeclared(f"doors.{name}：须为键值对", f"doors.{name}: a mapping is needed")
    protocol = _protocol(name, said.get("protocol", "mllp"))
    options = {str(key): str(value) for key, value in said.items() if key not in ("protocol", *_AT_PORT)}
    for key in _SECRET:
        if key in options:
            options[key] = secret(options[key], f"doors.{name}.{key}", folder, [])
    keys = _KEYS.get(protocol, set())
    if "url" in keys:
        (_database if protocol in ("sql", "interface") else _address)(name, options.get("url", ""))
    elif "folder" in keys:
        options["folder"] = _folder(name, options.get("folder", ""), folder)
    port = 0 if "device" in options else _port(name, said.get("port")) if _has_port(keys, said) else 0
    _unknown(name, protocol, said)
    _values(name, said)
    return Door(name, protocol, str(said.get("host") or "127.0.0.1"), port, options)


def _protocol(name: str, said: object) -> str:
    if isinstance(said, str) and (said in _KEYS or said.startswith(_OWN)):
        return said
    known = ", ".join(_KEYS)
    raise Undeclared(
        f"doors.{name}.protocol：{said} 不是其中之一（小写）：{known}",
        f"doors.{name}.protocol: {said} is none of these, in small letters: {known}",
    )


def _has_port(keys: set[str], said: Mapping[Any, Any]) -> bool:
    return "port" in keys or "port" in said


def _port(name: str, said: object) -> int:
    if type(said) is int and 1 <= said <= _MOST_PORT:
        return said
    if said is None:
        raise Undeclared(
            f"doors.{name}：须有 protocol、host 和 port", f"doors.{name}: protocol, host and port are needed"
        )
    raise Undeclared(
        f"doors.{name}.port：须为 1 至 {_MOST_PORT} 的数字，不加引号",
        f"doors.{name}.port: a number from 1 to {_MOST_PORT} is needed, without quotes",
    )


def _address(name: str, url: str) -> None:
    """Raises ``Undeclared``: it is no address of HTTP."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or any(one.isspace() for one in url):
        example = "http://gateway.example:8090/"
        raise Undeclared(
            f"doors.{name}：须有 url，如 {example}", f"doors.{name}: url is needed, as {example}"
        )


def _database(name: str, url: str) -> None:
    """Raises ``Undeclared``: it is no database that can be opened from here. The URL is a secret."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        make_url(url).get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ValueError):
        example = "postgresql+psycopg://his@127.0.0.1/his"
        raise Undeclared(
            f"doors.{name}：须有 url，如 {example}", f"doors.{name}: url is needed, as {example}"
        ) from None
    except ImportError as error:
        raise Undeclared(
            f"doors.{name}.url：未安装该数据库的驱动 {error.name}",
            f"doors.{name}.url: the driver of this database, {error.name}, is not installed",
        ) from None


def _folder(name: str, said: str, folder: Path) -> str:
    found = folder / said
    if not said or not found.is_dir():
        raise Undeclared(
            f"doors.{name}：须有 folder，且为可写入的文件夹",
            f"doors.{name}: folder is needed, one that files can be put into",
        )
    return str(found)


def _unknown(name: str, protocol: str, said: Mapping[Any, Any]) -> None:
    """Raises ``Undeclared``: there is a key that nobody reads."""
    known = {"protocol", *_KEYS.get(protocol, map(str, said))}
    for key in map(str, said):
        if key not in known and not key.startswith(_OWN):
            meant = get_close_matches(key, known, 1)
            raise Undeclared(
                f"doors.{name}：{protocol} 没有 {key}" + (f"；是否为 {meant[0]}？" if meant else ""),
                f"doors.{name}: unknown key {key} of {protocol}"
                + (f"; is {meant[0]} meant?" if meant else ""),
            )


def _values(name: str, said: Mapping[Any, Any]) -> None:
    """Raises ``Undeclared``: a value is not of its kind."""
    for key in {"late", "deletions", "speed"} & set(said):
        if type(said[key]) is not int or said[key] < 0:
            what, en = (
                ("整数", "a whole number") if key == "speed" else ("整数秒", "a whole number of seconds")
            )
            raise Undeclared(
                f"doors.{name}.{key}：须为{what}，不加引号",
                f"doors.{name}.{key}: {en} is needed, without quotes",
            )
    work = said.get("work")
    if work is not None and not (isinstance(work, str) and _WORK.fullmatch(work)):
        raise Undeclared(
            f"doors.{name}.work：须为 HOST:PORT，即仪器接收任务的地址",
            f"doors.{name}.work: HOST:PORT is needed, at which the analyser takes its work",
        )
    try:
        codecs.lookup(str(said.get("charset", "utf-8")))
    except LookupError:
        raise Undeclared(
            f"doors.{name}.charset：没有这种字符集，如 GB18030",
            f"doors.{name}.charset: there is no such charset; GB18030 is one",
        ) from None
