"""Artefacts: FHIR definitions that come in files, folders and packages, and those that qiao ships itself.

A package is a ``.tgz`` as FHIR tools exchange them: what a program reads stands in ``package/`` (HL7's NPM
specification). Nothing is written to disk, and no file of a package is read beyond :data:`LARGEST` bytes.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured, Rejected
from gateway.validation.terminology.checks import check

Json = dict[str, Any]

KINDS = ("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap")
"""What a validator reads; other artefacts of a package are passed over."""
FOLDERS = ("profiles", "codesystems", "valuesets", "conceptmaps")
"""Where qiao's own artefacts are, below ``mappings``."""
LARGEST = 256 * 1024 * 1024
"""Bytes of one file."""
PACKAGES = (".tgz", ".tar.gz")


def load_artefacts(paths: Iterable[Path]) -> Iterator[Json]:
    """Yield the definitions in files (a resource or a Bundle), folders (with all below) and FHIR packages.

    Raises:
        Misconfigured: a file cannot be read, is no FHIR definition, has no canonical URL, or one that
            another of them has too; names the file.
    """
    seen: dict[str, str] = {}
    for path in paths:
        for where, artefact in _of_path(path):
            _check(artefact, where)
            url = artefact["url"]
            if url in seen:
                raise Misconfigured(f"{url} is defined in {seen[url]} already", where=where)
            seen[url] = where
            yield artefact


@cache
def shipped_artefacts() -> Mapping[str, Json]:
    """Return the artefacts that qiao ships, by canonical URL; read when the first is asked for."""
    root = files("mappings")
    found = {}
    for folder in FOLDERS:
        if (below := root.joinpath(folder)).is_dir():
            for one in sorted(below.iterdir(), key=lambda entry: entry.name):
                if one.name.endswith(".json"):
                    artefact = json.loads(one.read_bytes())
                    found[artefact["url"]] = artefact
    return found


def _of_path(path: Path) -> Iterator[tuple[str, Json]]:
    if path.is_dir():
        for one in sorted(path.rglob("*.json")):
            if one.name not in ("package.json", ".index.json"):
                yield from _of_text(one.read_bytes(), str(one), explicit=False)
        for one in sorted(path.rglob("*.tgz")):
            yield from _of_package(one)
    elif path.name.endswith(PACKAGES):
        yield from _of_package(path)
    else:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Misconfigured(f"cannot be read: {error.strerror}", where=str(path)) from None
        yield from _of_text(data, str(path), explicit=True)


def _of_package(path: Path) -> Iterator[tuple[str, Json]]:
    """Read what stands right in ``package/``; examples and other files are not definitions."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                folder, _, name = member.name.removeprefix("./").rpartition("/")
                listed = folder == "package" and name.endswith(".json") and not name.startswith("Bundle-")
                if not (listed and member.isfile()) or name in ("package.json", ".index.json"):
                    continue
                if member.size > LARGEST:
                    raise Misconfigured("is too large", where=f"{path}:{member.name}")
                handle = archive.extractfile(member)
                assert handle is not None
                yield from _of_text(handle.read(), f"{path}:{member.name}", explicit=False)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise Misconfigured(f"is no FHIR package: {error}", where=str(path)) from None


def _of_text(data: bytes, where: str, *, explicit: bool) -> Iterator[tuple[str, Json]]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Misconfigured(f"is not JSON: {error}", where=where) from None
    kind = content.get("resourceType") if isinstance(content, dict) else None
    if kind in KINDS:
        if explicit or not _is_stub(content):
            yield where, content
    elif kind == "Bundle":
        yield from _of_bundle(content, where)
    elif not isinstance(kind, str):
        raise Misconfigured("is no FHIR resource: it has no resourceType", where=where)
    elif explicit:
        raise Misconfigured(f"is a {kind}; definitions are {', '.join(KINDS)}", where=where)


def _is_stub(artefact: Json) -> bool:
    """Whether it is a code system without codes, or a supplement: it would only hide what is known of it."""
    if artefact["resourceType"] != "CodeSystem":
        return False
    return artefact.get("content") == "supplement" or not artefact.get("concept")


def _of_bundle(bundle: Json, where: str) -> Iterator[tuple[str, Json]]:
    entries = bundle.get("entry")
    for at, entry in enumerate(entries if isinstance(entries, list) else ()):
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and inner.get("resourceType") in KINDS:
            yield f"{where}:entry[{at}]", inner


def _check(artefact: Json, where: str) -> None:
    """Make sure that an artefact can be used.

    Raises:
        Misconfigured: it cannot; says why.
    """
    url = artefact.get("url")
    if not isinstance(url, str) or ":" not in url:
        raise Misconfigured("has no canonical url (an absolute URL or URN)", where=where)
    if artefact["resourceType"] == "ConceptMap" or artefact.get("content") == "not-present":
        return  # nothing of it is read while resources are checked
    if artefact["resourceType"] != "StructureDefinition":
        try:
            check(artefact, where)
        except Rejected as error:
            raise Misconfigured(error.reason, where=error.where or where) from None
        return
    for name in ("type", "kind"):
        if not isinstance(artefact.get(name), str):
            raise Misconfigured(f"a StructureDefinition needs its {name}", where=where)
    views = [artefact[name] for name in ("differential", "snapshot") if name in artefact]
    elements = [one.get("element") if isinstance(one, dict) else None for one in views]
    if not views or not all(isinstance(one, list) for one in elements):
        raise Misconfigured("a StructureDefinition needs a differential or a snapshot", where=where)
    for one in (item for listed in elements for item in listed or ()):
        if not isinstance(one, dict) or not isinstance(one.get("path"), str):
            raise Misconfigured("an element has no path", where=where)
