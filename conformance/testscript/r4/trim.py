"""Writes ``elements.json``: which elements the types of R4 have, in which order, and which repeat.

Run it again when the definitions change; the file is HL7's own package of R4 examples (CC0)::

    python -m conformance.testscript.r4.trim hl7.fhir.r4.examples-4.0.1.tgz

A type is ``[base, "name:Type name*:Type name[x]:A|B"]``; ``*`` repeats, ``@`` stands for all types that an
open choice permits (R4 §2.24.0.1), ``#path`` for the elements of another place.
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

BUNDLES = ("package/Bundle-types.json", "package/Bundle-resources.json")
NOT_R4 = frozenset({"SubscriptionStatus", "MetadataResource"})
"""In the package, but no types of 4.0.1."""


def _definitions(package: Path) -> Iterator[Json]:
    with tarfile.open(package) as archive:
        for name in BUNDLES:
            handle = archive.extractfile(name)
            assert handle is not None
            for entry in json.load(handle)["entry"]:
                one = entry["resource"]
                if one["resourceType"] == "StructureDefinition" and one.get("derivation") != "constraint":
                    yield one


def _types(element: Json) -> list[str]:
    if "contentReference" in element:
        return [str(element["contentReference"])]
    found = [str(one["code"]).rpartition("/")[2] for one in element.get("type", [])]
    return [one.removeprefix("System.").lower() if one.startswith("System.") else one for one in found]


def _own(definition: Json) -> Iterator[tuple[str, Json]]:
    """Yield (place, element) of what a type adds to its base."""
    for element in definition["differential"]["element"]:
        place = str(element["path"]).rpartition(".")[0]
        if place:
            yield place, element


def _said(element: Json, opens: list[str]) -> str:
    name = str(element["path"]).rpartition(".")[2]
    kinds = _types(element)
    said = "@" if kinds == opens else "|".join(kinds)
    return f"{name}{'*' if element['max'] not in ('0', '1') else ''}:{said}"


def _open(definitions: list[Json]) -> list[str]:
    extension = next(one for one in definitions if one["id"] == "Extension")
    return next(_types(one) for _, one in _own(extension) if one["path"] == "Extension.value[x]")


def trim(package: Path) -> dict[str, list[Any]]:
    """Return type or place → [base, its elements] of all that R4 defines, and ``@`` with the open choice."""
    definitions = [one for one in _definitions(package) if one["id"] not in NOT_R4]
    opens = _open(definitions)
    found: dict[str, list[Any]] = {"@": ["", "|".join(opens)]}
    for one in sorted(definitions, key=lambda each: str(each["id"])):
        if one["kind"] == "primitive-type":
            found[str(one["id"])] = ["", ""]
            continue
        found[str(one["id"])] = [str(one.get("baseDefinition", "")).rpartition("/")[2], ""]
        for place, element in _own(one):
            base = "Element" if _inline(definitions, place) else "BackboneElement"
            found.setdefault(place, [base, ""])[1] += f" {_said(element, opens)}"
    return {name: [base, said.strip()] for name, (base, said) in found.items()}


def _inline(definitions: list[Json], place: str) -> bool:
    """Whether an inner place is an Element (``Timing.repeat``), not a BackboneElement."""
    type_ = place.partition(".")[0]
    definition = next(one for one in definitions if one["id"] == type_)
    return any(one["path"] == place and _types(one) == ["Element"] for _, one in _own(definition))


if __name__ == "__main__":
    text = json.dumps(trim(Path(sys.argv[1])), separators=(",", ":"), sort_keys=True)
    (Path(__file__).parent / "elements.json").write_text(text.replace('],"', '],\n"') + "\n", "utf-8")
