"""Extensions: where one may stand, and what may stand inside of it (R4 §2.4, §5.3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gateway.validation.faults import Fault, Rule
from gateway.validation.profiles import rules
from gateway.validation.profiles.overlay import Node
from gateway.validation.r4 import Definitions, Json
from gateway.validation.scope import Scope
from gateway.validation.shapes import Constraint

ABOUT_DEFINITIONS = "http://hl7.org/fhir/StructureDefinition/structuredefinition-"


_CHOICE = re.compile(r"(extension\.where\([^)]*\))\.value[A-Z]\w*")
PUBLISHED = frozenset(("StructureDefinition", "ValueSet", "CodeSystem", "CapabilityStatement"))


def of_the_other_kind(structure: Json, path: str) -> Rule | None:
    """Return the rule that a modifier extension breaks as a plain one, or a plain one as a modifier."""
    view = structure.get("differential") or structure.get("snapshot") or {}
    elements = view.get("element") or [{}]
    changes = elements[0].get("isModifier") is True
    if changes == path.endswith(".modifierExtension"):
        return None
    return rules.MODIFIER if changes else rules.NO_MODIFIER


def nested(root: Node, value: Any) -> Iterator[Fault]:
    """Yield the extensions inside that their parent does not name; one with an absolute URL is anybody's."""
    known = _named(root)
    inner = value.get("extension") if type(value) is dict and known else None
    for at, one in enumerate(inner if type(inner) is list else ()):
        url = one.get("url") if type(one) is dict else None
        if type(url) is str and ":" not in url and url not in known:
            yield [f"extension[{at}].url", rules.nested(tuple(sorted(known)))]


def _named(root: Node) -> set[str]:
    inner = root.children.get("extension")
    if inner is None or (inner.slicing is not None and inner.slicing.rules == "closed"):
        return set()
    urls = (cut.children["url"] for cut in inner.slices if "url" in cut.children)
    return {one for url in urls for one in (*url.fixed, *url.pattern) if type(one) is str}


def conditions(structure: Json) -> Iterator[Constraint]:
    """Yield what must be true of where an extension stands (StructureDefinition.contextInvariant).

    ``%extension`` is this extension; ``valueInteger``, as some of the definitions have it, is no name that
    FHIRPath knows (R4 §2.9.2.2).
    """
    mine = f"extension.where(url = '{structure['url']}')"
    for said in structure.get("contextInvariant", ()):
        expression = _CHOICE.sub(r"\1.value", said.replace("%extension", mine))
        yield Constraint("extension-context", "error", said, expression, best_practice=False)


def may_stand(structure: Json, path: str, scope: Scope, definitions: Definitions) -> Rule | None:
    """Return the rule that an extension breaks by standing at ``path``; what cannot be told is let pass.

    Args:
        structure: its definition.
        path: of the definition, e.g. ``"Patient.contact.extension"``, ``"Element.extension"`` on a primitive.
    """
    contexts = structure.get("context", ())
    wanted = [one["expression"].partition("#")[2] or one["expression"] for one in contexts
              if one.get("type") == "element"]  # fmt: skip
    if not wanted or len(wanted) != len(contexts):
        return None
    here = path.removesuffix(".extension").removesuffix(".modifierExtension")
    if any(_at(one, here, scope, definitions) for one in wanted):
        return None
    # The published definitions carry some of their own extensions where these do not belong.
    published = structure["url"].startswith(ABOUT_DEFINITIONS) or scope.root.get("resourceType") in PUBLISHED
    return rules.CONTEXT_OF_DEFINITION if published else rules.CONTEXT


def _at(wanted: str, here: str, scope: Scope, definitions: Definitions) -> bool:
    head, inside = wanted.partition(".")[0], here.partition(".")[0]
    if inside == "Element":
        return True  # the second half of a primitive: the walker does not say of which
    if wanted in (here, "Element"):
        return True
    if head in ("Resource", "DomainResource"):
        return definitions.is_resource(here)
    if head == "BackboneElement":
        return "." in here
    if definitions.is_resource(inside):
        return False
    # Inside a data type nobody knows which element it is the value of.
    around = {one.get("resourceType") for one in (scope.root, *scope.contained.values())}
    return (head in around and "." in wanted) if definitions.is_resource(head) else head == inside
