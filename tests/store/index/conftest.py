"""The official examples as parsed resources."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical.json import loads
from gateway.store.types import NUMBER

ARTEFACT = re.compile(
    r"(CodeSystem|CompartmentDefinition|ConceptMap|OperationDefinition|SearchParameter"
    r"|StructureDefinition|ValueSet)-"
)


@pytest.fixture(scope="session")
def resources(package: Path) -> dict[str, dict[str, Any]]:
    """Name → each example that is no artefact of the standard itself, decimals kept."""
    found: dict[str, dict[str, Any]] = {}
    with tarfile.open(package) as archive:
        for member in archive:
            name = member.name.removeprefix("package/").removesuffix(".json")
            handle = archive.extractfile(member) if member.name.endswith(".json") else None
            if handle is None or ARTEFACT.match(name):
                continue
            resource = loads(handle.read())
            if resource.get("resourceType") in NUMBER:
                found[name] = resource
    return found
