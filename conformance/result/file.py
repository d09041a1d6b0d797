"""Owns the JSON files of this package: written whole or not at all; one that is not ours is told plainly."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import orjson

from conformance.result.refused import Refused


def write(path: Path, data: bytes) -> None:
    """Put bytes in a file, durably: whoever reads it sees the old ones or the new ones, never a part.

    Raises:
        OSError: the disk says no; what was there stays.
    """
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _commit(path.parent)


def write_json(path: Path, said: dict[str, Any]) -> None:
    """Write JSON as UTF-8, indented, members in the order given. Raises ``OSError`` as :func:`write` does."""
    write(path, dumps(said))


def dumps(said: Any) -> bytes:
    """Return JSON as UTF-8, indented, with a line end; an integer may have any number of digits."""
    try:
        return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # an integer over 64 bits
        return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()


def read_json(path: Path, schema: str) -> dict[str, Any]:
    """Return what a file of ours says.

    Args:
        schema: ``urn:…:VERSION`` that it must carry.

    Raises:
        Refused: there is none, it is not JSON, another kind of file or of a newer version.
    """
    try:
        said = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        why = error.strerror
        raise Refused(f"无法读取 {path}：{why}", f"{path} cannot be read: {why}") from error
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path} 不是 JSON：{error}", f"{path} is not JSON: {error}") from error
    found = said.get("schema") if isinstance(said, dict) else None
    if found != schema:
        raise _foreign(path, found, schema)
    assert isinstance(said, dict)
    return said


def _foreign(path: Path, found: object, schema: str) -> Refused:
    kind, _, known = schema.rpartition(":")
    if isinstance(found, str) and found.startswith(f"{kind}:"):
        version = found.removeprefix(f"{kind}:")
        return Refused(
            f"{path} 的版本是 {version}，本程序只读版本 {known}：请用写出它的程序读取",
            f"{path} is of version {version}, this program reads {known}: use the program that wrote it",
        )
    return Refused(
        f"{path} 不是此类文件：其 schema 不是 {schema}",
        f"{path} is another kind of file: its schema is not {schema}",
    )


def _commit(folder: Path) -> None:
    """A rename survives a power cut only once its folder is on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
