"""Definitions: artefacts by canonical URL: the official ones, those of qiao, and those that a user adds.

``definitions.zip`` beside this file is written by ``python -m gateway.validation.r4.trim``; it holds
structures, extensions, code systems, value sets and concept maps of FHIR 4.0.1 without their prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import orjson

Json = dict[str, Any]

BASE = "http://hl7.org/fhir/StructureDefinition/"
"""What stands before the name of every R4 type."""


class Definitions:
    """Artefacts by canonical URL (``url`` or ``url|version``); a user's artefact goes before an official one.

    Args:
        added: StructureDefinitions, ValueSets, CodeSystems and ConceptMaps of the user's own, as parsed JSON.
    """

    def __init__(self, added: Iterable[Json] = ()) -> None:
        self._zip = ZipFile(BytesIO(files("gateway.validation.r4").joinpath("definitions.zip").read_bytes()))
        self._index: dict[str, Json] = orjson.loads(self._zip.read("index.json"))
        self._read: dict[str, Json] = {}
        self._added: dict[str, Json] = {}
        for artefact in added:
            self.add(artefact)

    def add(self, artefact: Json) -> None:
        """Make ``artefact`` known under its ``url``."""
        self._added[artefact["url"]] = artefact

    def get(self, canonical: str, kind: str = "") -> Json | None:
        """Return the artefact, or None where nobody defines it.

        Args:
            canonical: its URL, with or without ``|version``; a version that is not there finds nothing.
            kind: the resourceType that it must have, ``""`` for any.
        """
        if canonical in self._index and canonical not in self._added and "|" in canonical:
            url, version = canonical, ""  # five v2 tables have their version inside their url
        else:
            url, _, version = canonical.partition("|")
        found = self._added.get(url) or self._official(url) or shipped().get(url)
        if found is None or (kind and found["resourceType"] != kind):
            return None
        return found if not version or _serves(found.get("version", ""), version) else None

    def structure(self, name: str) -> Json | None:
        """Return the StructureDefinition of a type (``"Patient"``) or of a canonical URL."""
        return self.get(name if ":" in name else BASE + name, "StructureDefinition")

    def is_resource(self, name: str) -> bool:
        """Return whether ``name`` is a concrete resource type of R4."""
        row = self._index.get(BASE + name, {})
        return (
            row.get("kind") == "resource"
            and row.get("derivation") == "specialization"
            and not row.get("abstract")
        )

    def resource_types(self) -> list[str]:
        """Return the names of all concrete resource types of R4."""
        return sorted({row["type"] for row in self._index.values() if self.is_resource(row.get("type", ""))})

    def urls(self, kind: str) -> Iterator[str]:
        """Yield the canonical URLs of all artefacts of a resourceType, the user's first, then qiao's."""
        own = {**shipped(), **self._added}
        listed = (*self._added, *(url for url in shipped() if url not in self._added))
        yield from (url for url in listed if own[url]["resourceType"] == kind)
        yield from (url for url, row in self._index.items() if row["resourceType"] == kind and url not in own)

    def of_id(self, kind: str, id: str) -> str:
        """Return the canonical URL of the artefact with that id, ``""`` for none."""
        for url, artefact in {**shipped(), **self._added}.items():
            if artefact.get("id") == id and artefact["resourceType"] == kind:
                return url
        member = f"{kind}/{id}.json"
        return next((url for url, row in self._index.items() if row["member"] == member), "")

    def _official(self, url: str) -> Json | None:
        if url not in self._read:
            row = self._index.get(url)
            if row is None:
                return None
            self._read[url] = orjson.loads(self._zip.read(row["member"]))
        return self._read[url]


def shipped() -> Mapping[str, Json]:
    """Return qiao's own artefacts by canonical URL."""
    # They are read with the checks of a terminology, which knows this module.
    from gateway.validation.artefacts import shipped_artefacts

    return shipped_artefacts()


def _serves(have: str, want: str) -> bool:
    """A version serves where it is the wanted one, or begins with it ("4.0" wants any "4.0.x")."""
    return not have or have == want or have.startswith(want + ".")
