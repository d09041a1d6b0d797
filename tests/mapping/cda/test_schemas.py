"""Deviations from the schemas of an operator: told with their place, never with what stands there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from gateway.errors import Misconfigured
from gateway.wire import xml
from gateway.wire.xml.schemas import Schemas

Make = Callable[..., etree._Element]
HL7 = "{urn:hl7-org:v3}"


def read(root: etree._Element) -> xml.Document:
    return xml.parse(etree.tostring(root, encoding="utf-8"))


def test_a_document_as_its_schema_asks_deviates_nowhere(make: Make, schemas: Path) -> None:
    assert Schemas(schemas).check(read(make("C0004"))) == []


def test_what_is_missing_is_told_with_its_place_and_without_values(make: Make, schemas: Path) -> None:
    root = make("C0004")
    patient = root.find(f".//{HL7}patient")
    patient.remove(patient.find(f"{HL7}administrativeGenderCode"))
    patient.find(f"{HL7}age").set("value", "孟秋禾")
    root.find(f"{HL7}templateId").set("root", "2.16.156.10011.2.1.1.21")
    found = Schemas(schemas).check(read(root))
    assert found
    assert any("patient" in one.path and "administrativeGenderCode" in one.text for one in found)
    assert "孟秋禾" not in str(found)
    assert "99010119710215002X" not in str(found)


def test_a_code_without_a_schema_is_no_deviation(make: Make, schemas: Path) -> None:
    root = make("C0004")
    root.find(f"{HL7}code").set("code", "C9999")
    assert Schemas(schemas).check(read(root)) is None


def test_a_folder_without_schemas_is_said(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(Misconfigured):
            Schemas(place)
