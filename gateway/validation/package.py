"""Package: qiao's own definitions as a FHIR package that other tools load (HL7's NPM specification).

The profiles are differentials: the tools that load packages make the snapshots themselves.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

from gateway.validation.artefacts import shipped_artefacts

NAME = "qiao.profiles"
R4 = "4.0.1"


def fhir_package(version: str) -> bytes:
    """Return the package as a ``.tgz``; the same definitions and version give the same bytes."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in _members(version):
            data = json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(tar.getvalue(), mtime=0)


def _members(version: str) -> Iterator[tuple[str, dict[str, Any]]]:
    artefacts = {
        f"{one['resourceType']}-{one['id']}.json": one
        for one in sorted(shipped_artefacts().values(), key=lambda one: (one["resourceType"], one["id"]))
    }
    yield "package.json", _manifest(version)
    yield ".index.json", {"index-version": 1, "files": [_row(name, one) for name, one in artefacts.items()]}
    yield from artefacts.items()


def _manifest(version: str) -> dict[str, Any]:
    return {
        "name": NAME,
        "version": version,
        "type": "Conformance",
        "canonical": "urn:qiao",
        "title": "qiao",
        "description": "Profiles, extensions and codes of qiao, a gateway for internet hospitals",
        "author": "qiao",
        "license": "Apache-2.0",
        "fhirVersions": [R4],
        "dependencies": {"hl7.fhir.r4.core": R4},
    }


def _row(name: str, artefact: dict[str, Any]) -> dict[str, str]:
    told = ("resourceType", "id", "url", "version", "kind", "type")
    return {"filename": name} | {key: artefact[key] for key in told if key in artefact}
