"""Writes ``definitions.zip``: the official R4 definitions (CC0), without what a program does not read.

Run it again when the definitions change: ``python -m gateway.validation.r4.trim definitions-4.0.1.tar.xz``.
The same input gives the same bytes. One member per artefact, so that a program reads only what it needs;
``index.json`` names the member of each canonical URL.
"""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

FILES = (
    "profiles-types.json",
    "profiles-resources.json",
    "profiles-others.json",
    "extension-definitions.json",
    "valuesets.json",
    "v3-codesystems.json",
    "v2-tables.json",
    "conceptmaps.json",
)
NOT_R4 = frozenset({"SubscriptionStatus", "MetadataResource"})
"""In the files, but no types of 4.0.1."""


def _words(text: str) -> list[str]:
    return text.split()


STRUCTURE = _words(
    "resourceType id url version name title status kind abstract type baseDefinition derivation context "
    "contextInvariant"
)
ELEMENT = _words(
    "id path sliceName slicing min max base contentReference type maxLength binding constraint "
    "mustSupport isModifier minValueDate minValueInteger maxValueInteger"
)
TERMS = _words(
    "resourceType id url identifier version name title status experimental content caseSensitive "
    "valueSet hierarchyMeaning supplements property filter compose expansion sourceUri targetUri "
    "sourceCanonical targetCanonical group immutable"
)
CONCEPT = ("code", "display", "designation", "property", "concept")
BINDING = ("strength", "valueSet", "extension")


def artefacts(tar: str) -> Iterator[Json]:
    """Yield every conformance artefact of the official archive that a validator or a terminology reads."""
    with tarfile.open(tar) as archive:
        for name in FILES:
            handle = archive.extractfile(name)
            assert handle is not None
            for entry in json.load(handle)["entry"]:
                yield entry["resource"]


def trimmed(artefact: Json) -> Json | None:
    """Return ``artefact`` without prose, or None for one that nobody reads."""
    kind = artefact["resourceType"]
    if kind == "StructureDefinition":
        return None if artefact["id"] in NOT_R4 else _structure(artefact)
    if kind in ("ValueSet", "CodeSystem", "ConceptMap"):
        kept = _only(artefact, TERMS)
        if "concept" in artefact:
            kept["concept"] = [_concept(one) for one in artefact["concept"]]
        if "expansion" in kept and "compose" in kept:
            del kept["expansion"]  # only an expansion of what is composed
        return kept
    return None


def _structure(artefact: Json) -> Json:
    kept = _only(artefact, STRUCTURE)
    # A type is read whole; a constraint on one is read as what it changes, along its chain of bases.
    view = "snapshot" if artefact.get("derivation") != "constraint" else "differential"
    kept[view] = {"element": [_element(one, artefact["url"]) for one in artefact[view]["element"]]}
    return kept


def _element(element: Json, url: str) -> Json:
    kept = {
        name: value
        for name, value in element.items()
        if name in ELEMENT or name.startswith(("fixed", "pattern"))
    }
    if "binding" in kept:
        kept["binding"] = _only(kept["binding"], BINDING)
    if "constraint" in kept:
        kept["constraint"] = [
            {name: value for name, value in one.items() if name != "xpath"} for one in kept["constraint"]
        ]
    return kept


def _concept(concept: Json) -> Json:
    kept = _only(concept, CONCEPT)
    if "concept" in kept:
        kept["concept"] = [_concept(one) for one in kept["concept"]]
    return kept


def _only(source: Json, names: tuple[str, ...] | list[str]) -> Json:
    return {name: source[name] for name in names if name in source}


def write(tar: str, target: Path) -> None:
    """Write the archive of trimmed artefacts of ``tar`` to ``target``."""
    index: dict[str, Json] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for artefact in artefacts(tar):
            kept = trimmed(artefact)
            if kept is None or kept["url"] in index:
                continue
            member = f"{kept['resourceType']}/{kept['id']}.json"
            index[kept["url"]] = {"member": member} | _only(
                kept,
                (
                    "resourceType",
                    "version",
                    "kind",
                    "type",
                    "derivation",
                    "abstract",
                    "baseDefinition",
                    "content",
                ),
            )
            _put(archive, member, kept)
        _put(archive, "index.json", index)


def _put(archive: zipfile.ZipFile, member: str, content: Json) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    archive.writestr(zipfile.ZipInfo(member), text.encode(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    write(sys.argv[1], Path(__file__).with_name("definitions.zip"))
