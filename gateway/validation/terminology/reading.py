"""Reading: a user's CSV, FHIR JSON, Bundle, NDJSON or package as CodeSystems, ValueSets and ConceptMaps."""

from __future__ import annotations

import json
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.errors import Rejected
from gateway.validation.terminology.checks import check, check_url
from gateway.validation.terminology.concepts import Json
from gateway.validation.terminology.csv_file import code_system

KINDS = ("CodeSystem", "ValueSet", "ConceptMap")


def read(path: Path, system: str = "", version: str = "") -> list[Json]:
    """Return the artefacts of a file, checked.

    Args:
        system: canonical URL of the code system of a CSV file; of a JSON file with one CodeSystem it
            replaces the URL.
        version: replaces the version that the file says.

    Raises:
        Rejected: the file cannot be read, is no terminology, or is wrong in itself; names file and line.
    """
    if path.suffix.lower() in (".tgz", ".gz"):
        found = list(_package(path))
        for one in found:
            check(one, path.name)
        return found
    text = decode(path)
    if path.suffix.lower() in (".json", ".ndjson", ".jsonl") or text.lstrip()[:1] in ("{", "["):
        found = _artefacts(text, path.name)
        if not found:
            raise Rejected(f"has no {', '.join(KINDS)}", code="not-a-terminology", where=path.name)
        if (system or version) and len(found) > 1:
            said = "--system and --version are for a file with one code system"
            raise Rejected(said, code="invalid", where=path.name)
        found = [_renamed(one, system, version) for one in found]
        for one in found:
            check(one, path.name)
        return found
    table = code_system(text, path.name, system, version)
    check_url(table, path.name)
    return [table]


def _package(path: Path) -> Iterator[Json]:
    """Yield the artefacts of a FHIR package; code systems that only have a name there are left out."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                folder, _, name = member.name.rpartition("/")
                handle = (
                    archive.extractfile(member) if folder == "package" and name.endswith(".json") else None
                )
                one = json.load(handle) if handle else None
                if not isinstance(one, dict) or one.get("resourceType") not in KINDS:
                    continue
                if one.get("content") not in ("not-present", "supplement"):
                    yield one
    except OSError as error:
        told = f"cannot be read: {error.strerror or error}"
        raise Rejected(told, code="not-readable", where=path.name) from None
    except (tarfile.TarError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise Rejected(f"is no FHIR package: {error}", code="invalid", where=path.name) from None


def decode(path: Path) -> str:
    """Return the text of a file in UTF-8 (with or without a mark), UTF-16 with one, or GB18030.

    Raises:
        Rejected: it cannot be read, or is none of these.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Rejected(f"cannot be read: {error.strerror}", code="not-readable", where=str(path)) from None
    codings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for coding in codings:
        try:
            text = data.decode(coding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Rejected("is neither UTF-8 nor GB18030 text", code="not-a-terminology", where=path.name)


def _artefacts(text: str, name: str) -> list[Json]:
    try:
        return list(_of_resource(json.loads(text), name))
    except RecursionError:
        raise Rejected("is nested too deeply", code="invalid", where=name) from None
    except ValueError as error:
        whole = error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) < 2:
        raise Rejected(f"is not JSON: {whole}", code="invalid", where=name)
    return [one for number, line in lines for one in _line(line, f"{name}:{number}")]


def _line(line: str, where: str) -> Iterator[Json]:
    try:
        yield from _of_resource(json.loads(line), where)
    except (ValueError, RecursionError):
        raise Rejected("is not JSON, nor is this line of it", code="invalid", where=where) from None


def _of_resource(data: Any, where: str) -> Iterator[Json]:
    kind = data.get("resourceType") if isinstance(data, dict) else None
    if kind in KINDS:
        yield data
    elif kind == "Bundle":
        for entry in data.get("entry", ()) if isinstance(data.get("entry", ()), list) else ():
            inner = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(inner, dict) and inner.get("resourceType") in KINDS:
                yield inner
    else:
        said = f"is no {', '.join(KINDS)} or Bundle of them, but {kind or 'no resource'}"
        raise Rejected(said, code="not-a-terminology", where=where)


def _renamed(artefact: Json, system: str, version: str) -> Json:
    changed = {name: value for name, value in (("url", system), ("version", version)) if value}
    return artefact | changed
