"""Manifest: the list of a report's files with their hashes, and the one way in which it is written.

``manifest.json``: ``{"files": [{"bytes", "path", "sha256"}], "schema", "signatures": […]}``. A signature
covers the list without the signatures, so that another can be added; each names those before it, so that none
can be taken out from between.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.seal.refused import SealRefused

NAME = "manifest.json"
_BESIDE = f".{NAME}.new"
SCHEMA = "urn:qiao:conformance:manifest:1"

Document = dict[str, Any]


def walk(folder: Path, below: str = "") -> Iterator[tuple[str, bool]]:
    """Yield what is in a folder but its manifest: paths with ``/``, and whether it is a file, no link.

    A link, to a file or a folder, is never followed: what it leads to can change without a trace.
    """
    with os.scandir(folder / below) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from walk(folder, path)
            elif path != NAME or entry.is_symlink():
                yield path, entry.is_file(follow_symlinks=False)


def listed(folder: Path) -> list[Document]:
    """Return the files of a folder.

    Raises:
        SealRefused: one is a link, a device, or has a name that is not in UTF-8.
    """
    (folder / _BESIDE).unlink(missing_ok=True)
    files = []
    for path, regular in walk(folder):
        if not regular or not _writable(path):
            raise SealRefused(
                f"{path!a} 不是普通文件，不能封存", f"{path!a} is no plain file: it cannot be sealed"
            )
        files.append(entry(folder, path))
    return sorted(files, key=lambda one: str(one["path"]))


def entry(folder: Path, path: str) -> Document:
    """Return a file as the manifest lists it."""
    with (folder / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": file.tell(), "path": path, "sha256": digest}


def payload(document: Document) -> bytes:
    """Return what signatures cover: everything but the signatures."""
    covered = {name: value for name, value in document.items() if name != "signatures"}
    return json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def written(document: Document) -> bytes:
    """Return a manifest's bytes; any other way to write the same is an edit."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def read(folder: Path) -> Document:
    """Return a folder's manifest.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is a link, or not as it was written.
    """
    path = folder / NAME
    if path.is_symlink():
        raise ValueError("a link")
    data = path.read_bytes()
    try:
        document = json.loads(data)
        if (
            written(document) != data
            or document["schema"] != SCHEMA
            or not isinstance(document["signatures"], list)
        ):
            raise ValueError("not as it was written")
        if not all(isinstance(one["path"], str) for one in document["files"]):
            raise ValueError("not as it was written")
    except (RecursionError, TypeError, KeyError) as error:
        raise ValueError("not as it was written") from error
    return dict(document)


def write(folder: Path, document: Document) -> None:
    """Write a folder's manifest at once: there is the one before, or this one. Raises ``OSError``."""
    beside = folder / _BESIDE
    beside.write_bytes(written(document))
    beside.replace(folder / NAME)


def _writable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
