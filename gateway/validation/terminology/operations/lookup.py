"""$lookup: what a code system says of a code (R4 CodeSystem-operation-lookup)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import Rejected
from gateway.validation.terminology.concepts import Concept, Designation, Json, Value
from gateway.validation.terminology.expansion import Terminology
from gateway.validation.terminology.operations.coding import Asked


@dataclass(slots=True, frozen=True)
class Found:
    """A concept with the code system that it stands in."""

    name: str
    version: str
    concept: Concept


def lookup(terminology: Terminology, asked: Asked) -> Found:
    """Return what is known of a code.

    Raises:
        Rejected: ``not-found``: the code system is not known here, or has no such code.
    """
    concepts = terminology.code_system(asked.canonical)
    if concepts is None:
        raise Rejected("this code system is not known here", code="not-found", where="system")
    concept = concepts.concept(asked.code)
    if concept is None:
        raise Rejected("this code system has no such code here", code="not-found", where="code")
    return Found(concepts.name or concepts.url, concepts.version, concept)


def parameters(found: Found, properties: Sequence[str] = (), language: str = "") -> Json:
    """Return the out-parameters.

    Args:
        properties: which to tell; none: all, with designations.
        language: of the display, where a designation has it.
    """
    concept = found.concept
    made: list[Json] = [{"name": "name", "valueString": found.name}]
    if found.version:
        made.append({"name": "version", "valueString": found.version})
    made.append({"name": "display", "valueString": named(concept, language)})
    if not properties or "designation" in properties:
        made += [{"name": "designation", "part": _designation(one)} for one in concept.designations]
    wanted = dict.fromkeys(properties) or dict.fromkeys(
        ["parent", "child", *(name for name, _ in concept.properties)]
    )
    for name in wanted:
        if name in ("parent", "child") or any(name == one for one, _ in concept.properties):
            relation = name in ("parent", "child")
            made += [_property(name, value, relation) for value in concept.values(name)]
    return {"resourceType": "Parameters", "parameter": made}


def named(concept: Concept, language: str = "") -> str:
    """Return the display of a concept in a language, or as it is; the code where it has none."""
    wanted = language.lower()
    if wanted:
        for one in concept.designations:
            if one.language.lower() == wanted or one.language.lower().startswith(wanted + "-"):
                return one.value
    return concept.display or concept.code


def _designation(one: Designation) -> list[Json]:
    made: list[Json] = [{"name": "language", "valueCode": one.language}] if one.language else []
    made += [{"name": "use", "valueCoding": dict(one.use)}] if one.use else []
    return [*made, {"name": "value", "valueString": one.value}]


def _property(name: str, value: Value, relation: bool) -> Json:
    kind = "valueCode" if relation else "valueBoolean" if isinstance(value, bool) else "valueString"
    if not relation and isinstance(value, int | float) and not isinstance(value, bool):
        kind = "valueInteger" if isinstance(value, int) else "valueDecimal"
    return {"name": "property", "part": [{"name": "code", "valueCode": name}, {"name": "value", kind: value}]}
