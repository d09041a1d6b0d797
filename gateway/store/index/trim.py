"""Writes ``definitions.json``: the official search parameters of R4 (CC0) and the elements that they walk.

Run it again when the definitions change::

    python -m gateway.store.index.trim hl7.fhir.r4.examples-4.0.1.tgz

The file is HL7's own package of examples, whose Bundle holds the search parameters as published: other copies
have those of later editions among them. Elements, targets and bindings come from the definitions that the
validator has (``gateway/validation/r4/definitions.zip``), so that both know the same R4::

    {"parameters": [["individual-gender", "gender", "token", ["Patient", …], "Patient.gender | …", …], …],
     "elements": {"Patient": {"birthDate": "date", "name": "HumanName*", "deceased": {"deceasedBoolean": …}}},
     "targets": {"Patient.managingOrganization": ["Organization"]},
     "systems": {"Patient.gender": "http://hl7.org/fhir/administrative-gender"},
     "unsearched": {"AllergyIntolerance": ["encounter", "note.author"]}}

A ``*`` marks a list; an element of a choice holds its names in JSON; a backbone element is a type of its own,
named by its path. ``unsearched`` are the references that no parameter selects and that may name what was
merged.
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path as File
from typing import Any

from gateway.store.index.definitions import URL, Catalogue
from gateway.store.referring import MERGED
from gateway.validation.r4 import Definitions

Json = dict[str, Any]

PUBLISHED = "package/Bundle-searchParams.json"
MANY = 100
"""A reference to so many types may name any."""

ASIDE = ("Extension", "Meta", "Parameters", "StructureDefinition", "StructureMap", "TestScript")
"""What is not looked into for references: nobody's record."""

SWAPPED = "DocumentReference-relationship"
"""As published, each of its two components has the expression of the other."""


def published(package: str) -> list[Json]:
    """Return the official search parameters in the order of the package."""
    with tarfile.open(package) as archive:
        handle = archive.extractfile(PUBLISHED)
        assert handle is not None
        return [entry["resource"] for entry in json.load(handle)["entry"]]


def _row(one: Json) -> list[Any]:
    assert one["url"] == URL + one["id"]
    pairs = [(each["definition"].removeprefix(URL), each["expression"]) for each in one.get("component", ())]
    if one["id"] == SWAPPED:
        pairs = list(zip((id_ for id_, _ in pairs), (text for _, text in reversed(pairs)), strict=True))
    targets = one.get("target", [])
    expression = " ".join(one.get("expression", "").split())
    any_type = len(targets) > MANY
    return [one["id"], one["code"], one["type"], one["base"], expression, [] if any_type else targets, pairs]


class Tables:
    """The elements of every type: resources, datatypes and backbones."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.elements: dict[str, Json] = {}
        self.targets: dict[str, list[str]] = {}
        self.systems: dict[str, str] = {}

    def add(self, name: str) -> None:
        """Add the elements of a type, and those of the types that they have."""
        if name in self.elements or name[:1].islower() or name in ("BackboneElement", "Element"):
            return
        structure = self._definitions.structure(name)
        if structure is None or structure.get("abstract"):
            return
        self.elements[name] = {}
        found = [element for element in structure["snapshot"]["element"] if "." in element["path"]]
        for element in found:
            self._element(element)
        for element in found:
            for type_ in _types(element):
                self.add(type_)

    def _element(self, element: Json) -> None:
        path: str = element["path"].removesuffix("[x]")
        parent, _, name = path.rpartition(".")
        many = "" if element["max"] in ("0", "1") else "*"
        row = self.elements.setdefault(parent, {})
        types = _types(element)
        if element["path"].endswith("[x]"):
            row[name] = {name + type_[0].upper() + type_[1:]: type_ for type_ in types}
        elif "contentReference" in element:
            row[name] = element["contentReference"].partition("#")[2] + many
        else:
            row[name] = (path if types[0] in ("BackboneElement", "Element") else types[0]) + many
        self._refers(path, element)
        self._bound(path, element, types)

    def _refers(self, path: str, element: Json) -> None:
        found = [profile for type_ in element.get("type", ()) for profile in type_.get("targetProfile", ())]
        names = sorted({profile.rpartition("/")[2] for profile in found})
        if names and names != ["Resource"]:
            self.targets[path] = names

    def _bound(self, path: str, element: Json, types: list[str]) -> None:
        """Keep the one system that a required binding of a ``code`` draws from."""
        binding = element.get("binding", {})
        if binding.get("strength") == "required" and types == ["code"]:
            valueset = self._definitions.get(binding["valueSet"], "ValueSet") or {}
            systems = {one.get("system") for one in valueset.get("compose", {}).get("include", ())}
            if len(systems) == 1 and (system := systems.pop()):
                self.systems[path] = system


def _types(element: Json) -> list[str]:
    """Return the names of its types; R4 types ids by FHIRPath's own String."""
    codes = [type_["code"] for type_ in element.get("type", ())]
    own = "id" if element.get("base", {}).get("path") == "Resource.id" else "string"
    return [own if code.startswith("http://hl7.org/fhirpath/") else code for code in codes]


class _Seen(dict[str, Any]):
    """The elements of one type, which remember which of them were asked for."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def kept(self) -> Json:
        return {name: self[name] for name in sorted(self.asked & self.keys())}


def _unsearched(type_: str, tables: Tables, searched: Collection[tuple[str, ...]]) -> list[str]:
    """Return the paths of references to what may be merged, as far as no parameter selects them."""
    found: dict[str, None] = {}

    def walk(at: str, path: str, members: tuple[str, ...], above: frozenset[str]) -> None:
        for name, declared in tables.elements.get(at, {}).items():
            choice = declared if isinstance(declared, dict) else {name: declared.rstrip("*")}
            for member, below in choice.items():
                if below == "Reference":
                    may_be = tables.targets.get(f"{at}.{name}", MERGED)
                    if set(MERGED) & set(may_be) and (*members, member) not in searched:
                        found[path + name] = None
                elif below[:1].isupper() and below not in above and below not in ASIDE:
                    walk(below, f"{path}{name}.", (*members, member), above | {below})

    if type_ not in ASIDE:
        walk(type_, "", (), frozenset((type_,)))
    return list(found)


def content(package: str) -> Json:
    """Return what ``definitions.json`` holds: of the elements only what a parameter walks."""
    definitions = Definitions()
    tables = Tables(definitions)
    types = definitions.resource_types()
    for type_ in types:
        tables.add(type_)
    elements = {name: _Seen(row) for name, row in tables.elements.items()}
    data: Json = {
        "parameters": [_row(one) for one in published(package)],
        "elements": elements,
        "targets": tables.targets,
        "systems": tables.systems,
        "unsearched": {},
    }
    catalogue = Catalogue(data)
    for type_ in types:
        paths = [path for one in catalogue.parameters(type_).values() for path in one.paths]
        if found := _unsearched(type_, tables, {path.members for path in paths}):
            data["unsearched"][type_] = found
            catalogue.unsearched(type_)
    kept = {name: row.kept() for name, row in sorted(elements.items()) if row.kept()}
    places = {f"{name}.{element}" for name, row in kept.items() for element in row}
    data["elements"] = kept
    for name in ("targets", "systems"):
        data[name] = {place: data[name][place] for place in sorted(places & data[name].keys())}
    return data


def write(package: str, target: File) -> None:
    """Write the search parameters of ``package`` to ``target``."""
    text = json.dumps(content(package), separators=(",", ":"), ensure_ascii=False)
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1], File(__file__).with_name("definitions.json"))
