"""Writes ``compartments.json`` from the official CompartmentDefinitions of R4 (CC0).

Run it again when the definitions change::

    python -m gateway.store.search.trim hl7.fhir.r4.examples-4.0.1.tgz

The file is HL7's own package of examples, which has them as published. What is written is
``{"Patient": {"Observation": ["subject", "performer"], …}, …}``: parameters of each member.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

OWNERS = ("patient", "encounter", "practitioner", "relatedPerson", "device")


def compartments(package: str) -> dict[str, dict[str, list[str]]]:
    """Return owner type → member type → its parameters."""
    found = {}
    with tarfile.open(package) as archive:
        for name in OWNERS:
            member = archive.extractfile(f"package/CompartmentDefinition-{name}.json")
            assert member is not None
            definition = json.load(member)
            found[definition["code"]] = {
                each["code"]: [name for name in each["param"] if not name.startswith("{")]
                for each in definition["resource"]
                if "param" in each
            }
    return found


if __name__ == "__main__":
    text = json.dumps(compartments(sys.argv[1]), separators=(",", ":"), sort_keys=True)
    Path(__file__).with_name("compartments.json").write_text(text + "\n")
