"""Resources as the samples make them, the maps that lead out, and the schemas of WS/T 500."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from gateway.canonical.json import loads
from gateway.mapping import Maps, load_maps
from gateway.mapping.outbound import Dialect, OutMaps, dialect_of

ROOT = Path(__file__).parents[3]
ARCHIVE = ROOT / "tests/reference/wst-schemas/cda-and-v3-xsd.tar.xz"
HOSPITAL = {
    "resourceType": "Organization", "id": "h", "name": "渡桥市人民医院",
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.5", "value": "12990101MB0000000X"}],
}  # fmt: skip


@pytest.fixture(scope="session")
def maps() -> Maps:
    return load_maps()


@pytest.fixture(scope="session")
def out(maps: Maps) -> OutMaps:
    return OutMaps(frozenset(maps.tables))


@pytest.fixture(scope="session")
def dialect(maps: Maps) -> Dialect:
    return dialect_of(maps.profiles["default"], maps.tables)


@cache
def _schema(code: str) -> etree.XMLSchema:
    with tarfile.open(ARCHIVE) as archive:
        found = archive.extractfile(f"./cdas/{code}.xsd")
        assert found is not None
        return etree.XMLSchema(etree.fromstring(found.read()))


@pytest.fixture
def faults() -> Callable[[str, bytes], list[str]]:
    """``faults("C0004", document)`` → what its schema says against it."""

    def check(code: str, document: bytes) -> list[str]:
        schema = _schema(code)
        schema.validate(etree.fromstring(document))
        return [f"{one.line}: {one.message}" for one in schema.error_log]

    return check


@pytest.fixture
def sample() -> Callable[[str], list[dict[str, Any]]]:
    """``sample("his/hl7v2/samples/10-prescription-outpatient")`` → the resources that it becomes."""

    def read(name: str) -> list[dict[str, Any]]:
        said = loads((ROOT / "adapters" / f"{name}.json").read_bytes())
        entries = said if isinstance(said, list) else said["entry"]
        return [*(one.get("resource", one) for one in entries), dict(HOSPITAL)]

    return read
