"""Native invariants of StructureDefinition (R4 §5.3)."""

from __future__ import annotations

import re
from typing import Any

from gateway.validation.invariants.native import distinct, holds, there, typed

Value = dict[str, Any]

_system = re.compile(r"http:\/\/hl7\.org\/fhirpath\/System\.[A-Z][A-Za-z]+").fullmatch
_code = re.compile(r"[a-zA-Z0-9]+").fullmatch
_dotted = re.compile(r"[a-zA-Z0-9\.]+").fullmatch
OWN = "http://hl7.org/fhir/StructureDefinition"


@holds("derivation = 'constraint' or snapshot.element.select(path).isDistinct()", "snapshot")
def sdf_1(v: Value, _: Any) -> bool:
    """A path comes once, but for slices."""
    return v.get("derivation") == "constraint" or distinct(_elements(v, "snapshot"), "path")


@holds("name.exists() or uri.exists()")
def sdf_2(v: Value, _: Any) -> bool:
    """A mapping has a name or a URI."""
    return there(v, "name") or there(v, "uri")


@holds("element.all(definition.exists() and min.exists() and max.exists())", "element")
def sdf_3(v: Value, _: Any) -> bool:
    """A snapshot tells all."""
    return all(there(one, "definition") and there(one, "min") and there(one, "max") for one in v["element"])


@holds("abstract = true or baseDefinition.exists()")
def sdf_4(v: Value, _: Any) -> bool:
    """Only what is abstract has no base."""
    return v.get("abstract") is True or there(v, "baseDefinition")


@holds("type != 'Extension' or derivation = 'specialization' or (context.exists())")
def sdf_5(v: Value, _: Any) -> bool:
    """An extension says where it stands."""
    return v.get("type") != "Extension" or v.get("derivation") == "specialization" or "context" in v


@holds("snapshot.exists() or differential.exists()")
def sdf_6(v: Value, _: Any) -> bool:
    """A structure has elements."""
    return "snapshot" in v or "differential" in v


@holds(
    "(%resource.kind = 'logical' or element.first().path = %resource.type) and "
    "element.tail().all(path.startsWith(%resource.snapshot.element.first().path&'.'))",
    "element",
)
def sdf_8(v: Value, c: Any) -> bool:
    """All elements of a snapshot are below the first, which is the type."""
    first, *rest = v["element"]
    root = first.get("path", "")
    logical = c.resource.get("kind") == "logical"
    return (logical or root == c.resource.get("type")) and all(
        one["path"].startswith(root + ".") for one in rest
    )


@holds(
    "(%resource.kind = 'logical' or element.first().path.startsWith(%resource.type)) and "
    "(element.tail().empty() or "
    "element.tail().all(path.startsWith("
    "%resource.differential.element.first().path.replaceMatches('\\\\..*','')&'.')))",
    "element",
)
def sdf_8a(v: Value, c: Any) -> bool:
    """All elements of a differential are of the type."""
    first, *rest = v["element"]
    path: str = first["path"]
    logical = c.resource.get("kind") == "logical"
    root = path.partition(".")[0] + "."
    return (logical or path.startswith(c.resource["type"])) and all(
        one["path"].startswith(root) for one in rest
    )


@holds("element.all(base.exists())", "element")
def sdf_8b(v: Value, _: Any) -> bool:
    """All elements of a snapshot say where they come from."""
    return all("base" in one for one in v["element"])


@holds(
    "children().element.where(path.contains('.').not()).label.empty() and "
    "children().element.where(path.contains('.').not()).code.empty() and "
    "children().element.where(path.contains('.').not()).requirements.empty()"
)
def sdf_9(v: Value, _: Any) -> bool:
    """A first element has no label, code or requirements."""
    return not any(there(one, "label") or "code" in one or there(one, "requirements") for one in _roots(v))


@holds("binding.empty() or binding.valueSet.exists() or binding.description.exists()", "binding")
def sdf_10(v: Value, _: Any) -> bool:
    """A binding says to what."""
    return there(v["binding"], "valueSet") or there(v["binding"], "description")


@holds("kind != 'logical' implies snapshot.empty() or snapshot.element.first().path = type", "snapshot")
def sdf_11(v: Value, _: Any) -> bool:
    """A snapshot begins with the type."""
    return v.get("kind") == "logical" or _elements(v, "snapshot")[0].get("path") == v.get("type")


@holds("snapshot.element.all(id.exists()) and differential.element.all(id.exists())")
def sdf_14(v: Value, _: Any) -> bool:
    """All elements have ids."""
    return all("id" in one for view in ("snapshot", "differential") for one in _elements(v, view))


@holds("kind!='logical' implies snapshot.element.first().type.empty()", "snapshot")
def sdf_15(v: Value, _: Any) -> bool:
    """The first element of a snapshot has no type."""
    return v.get("kind") == "logical" or "type" not in _elements(v, "snapshot")[0]


@holds(
    "(kind!='logical'  and differential.element.first().path.contains('.').not()) implies "
    "differential.element.first().type.empty()",
    "differential",
)
def sdf_15a(v: Value, _: Any) -> bool:
    """The first element of a differential has no type."""
    first = _elements(v, "differential")[0]
    return v.get("kind") == "logical" or "." in first.get("path", "") or "type" not in first


@holds("snapshot.element.all(id.exists()) and snapshot.element.id.trace('ids').isDistinct()", "snapshot")
def sdf_16(v: Value, _: Any) -> bool:
    """An id comes once in a snapshot."""
    elements = _elements(v, "snapshot")
    return all("id" in one for one in elements) and distinct(elements, "id")


@holds(
    "differential.element.all(id.exists()) and differential.element.id.trace('ids').isDistinct()",
    "differential",
)
def sdf_17(v: Value, _: Any) -> bool:
    """An id comes once in a differential."""
    elements = _elements(v, "differential")
    return all("id" in one for one in elements) and distinct(elements, "id")


@holds("contextInvariant.exists() implies type = 'Extension'", "contextInvariant")
def sdf_18(v: Value, _: Any) -> bool:
    """Invariants of a context are for extensions."""
    return v.get("type") == "Extension"


@holds(
    r"url.startsWith('http://hl7.org/fhir/StructureDefinition') implies "
    r"(differential.element.type.code.all(matches("
    r"'^[a-zA-Z0-9]+$') or matches('^http:\\/\\/hl7\\.org\\/fhirpath\\/System\\.[A-Z][A-Za-z]+$')) and "
    r"snapshot.element.type.code.all(matches('^[a-zA-Z0-9\\.]+$') or matches("
    r"'^http:\\/\\/hl7\\.org\\/fhirpath\\/System\\.[A-Z][A-Za-z]+$')))",
    "url",
)
def sdf_19(v: Value, _: Any) -> bool:
    """The official definitions use official types."""
    if not v["url"].startswith(OWN):
        return True
    return all(_code(code) or _system(code) for code in _codes(v, "differential")) and all(
        _dotted(code) or _system(code) for code in _codes(v, "snapshot")
    )


@holds("element.where(path.contains('.').not()).slicing.empty()", "element")
def sdf_20(v: Value, _: Any) -> bool:
    """A first element is not sliced."""
    return not any("slicing" in one for one in v["element"] if "." not in one.get("path", "."))


@holds("differential.element.defaultValue.exists() implies (derivation = 'specialization')", "differential")
def sdf_21(v: Value, _: Any) -> bool:
    """Only a specialization has defaults."""
    return v.get("derivation") == "specialization" or not any(
        typed(one, "defaultValue") for one in _elements(v, "differential")
    )


@holds(
    "url.startsWith('http://hl7.org/fhir/StructureDefinition') implies "
    "(snapshot.element.defaultValue.empty() and "
    "differential.element.defaultValue.empty())",
    "url",
)
def sdf_22(v: Value, _: Any) -> bool:
    """The official definitions have no defaults."""
    return not v["url"].startswith(OWN) or not any(
        typed(one, "defaultValue") for view in ("snapshot", "differential") for one in _elements(v, view)
    )


@holds("(snapshot | differential).element.all(path.contains('.').not() implies sliceName.empty())")
def sdf_23(v: Value, _: Any) -> bool:
    """A first element is no slice."""
    return not any(there(one, "sliceName") for one in _roots(v))


def _elements(v: Value, view: str) -> list[Value]:
    return v[view].get("element", []) if view in v else []


def _roots(v: Value) -> list[Value]:
    views = ("snapshot", "differential")
    return [one for view in views for one in _elements(v, view) if "." not in one.get("path", ".")]


def _codes(v: Value, view: str) -> list[str]:
    return [type_["code"] for one in _elements(v, view) for type_ in one.get("type", ()) if "code" in type_]
