"""Which elements a summary has, and which are mandatory (R4 search.html#summary, ElementDefinition).

``summary_elements.json`` is written from the official definitions (CC0)::

    python -m gateway.api.summary_elements definitions-4.0.1.tar.xz

    {"Patient": [["identifier", "active", …], []], "Observation.component": [["code", …], ["code"]], …}

First the elements of a summary, then those that must be there; a backbone element is named by its path, a
choice (``value[x]``) by what stands in front of the type.
"""

from __future__ import annotations

import json
import sys
import tarfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

_BASE = ("id", "extension", "modifierExtension")


@cache
def table() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return (elements of a summary, mandatory elements) by type or path."""
    text = files("gateway.api").joinpath("summary_elements.json").read_text(encoding="utf-8")
    return {
        path: (frozenset(summary), frozenset(needed)) for path, (summary, needed) in json.loads(text).items()
    }


def made(structures: list[dict[str, Any]]) -> dict[str, tuple[list[str], list[str]]]:
    """Return the table of the StructureDefinitions of resource types."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for one in structures:
        if one.get("kind") != "resource" or one["abstract"] or one.get("derivation") != "specialization":
            continue
        for element in one["snapshot"]["element"]:
            above, _, name = element["path"].rpartition(".")
            if not above:
                continue
            summary, needed = found.setdefault(above, ([], []))
            bare = name.removesuffix("[x]")
            if element.get("isSummary") or bare in _BASE[2:]:
                summary.append(bare)
            if element["min"]:
                needed.append(bare)
    return found


def main(archive: str) -> None:
    """Write the table beside this file."""
    with tarfile.open(archive) as tar:
        member = next(one for one in tar.getmembers() if one.name.endswith("profiles-resources.json"))
        stream = tar.extractfile(member)
        assert stream is not None
        structures = [entry["resource"] for entry in json.load(stream)["entry"]]
    text = json.dumps(made(structures), separators=(",", ":"), sort_keys=True)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
