"""Writes ``definitions.zip``: the official R4 definitions (CC0), without what a program does not read.

Run it again when the definitions change::

    python -m gateway.validation.r4.trim definitions-4.0.1.tar.xz hl7.fhir.r4.examples-4.0.1.tgz

The second file is HL7's own package of examples, whose Bundles hold the definitions as published. What it
defines goes first: the archive has elements of later editions and of a vendor in a dozen types (Meta.project,
Binary.url, ResearchStudy, EvidenceVariable and others), which R4 does not know. The archive's are the
expressions of bdl-8, app-4 and tim-9: as published, they refuse what their own words allow.
"""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Place = tuple[str, str, str]

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
PUBLISHED = (
    "types",
    "resources",
    "profiles-others",
    "extensions",
    "valuesets",
    "v3-valuesets",
    "v2-valuesets",
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


def artefacts(tar: str, package: str) -> Iterator[Json]:
    """Yield every conformance artefact that a validator or a terminology reads, the published ones first."""
    archived = list(_entries(tar, FILES))
    mended = dict(_expressions(archived))
    for one in _entries(package, [f"package/Bundle-{name}.json" for name in PUBLISHED]):
        if "url" in one:
            for place, constraint in _constraints(one):
                constraint["expression"] = mended.get(place, constraint["expression"])
            yield one
    yield from archived


def _expressions(artefacts: Iterable[Json]) -> Iterator[tuple[Place, str]]:
    for one in artefacts:
        yield from ((place, constraint["expression"]) for place, constraint in _constraints(one))


def _constraints(artefact: Json) -> Iterator[tuple[Place, Json]]:
    """Yield the invariants of a type that have an expression, each by type, path and key."""
    if artefact["resourceType"] != "StructureDefinition" or artefact.get("derivation") == "constraint":
        return
    for element in artefact["snapshot"]["element"]:
        for constraint in element.get("constraint", ()):
            if "expression" in constraint:
                yield (artefact["url"], element["path"], constraint["key"]), constraint


def _entries(tar: str, names: Iterable[str]) -> Iterator[Json]:
    with tarfile.open(tar) as archive:
        for name in names:
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


def write(tar: str, package: str, target: Path) -> None:
    """Write the trimmed artefacts of ``package`` and ``tar`` to ``target``, all at once."""
    index: dict[str, Json] = {}
    made = target.with_name(f"{target.name}.new")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for artefact in artefacts(tar, package):
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
    made.replace(target)


def _put(archive: zipfile.ZipFile, member: str, content: Json) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    archive.writestr(zipfile.ZipInfo(member), text.encode(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], Path(__file__).with_name("definitions.zip"))
