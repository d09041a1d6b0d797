"""Functions that FHIR adds to FHIRPath (R4 §2.26.7)."""

from __future__ import annotations

from typing import Any

from gateway.validation.fhirpath.context import Context, Expression, Items, NotEvaluated, single
from gateway.validation.fhirpath.functions import function
from gateway.validation.fhirpath.model import Node, node
from gateway.validation.narrative import narrative


@function("hasValue")
def has_value(_: Context, items: Items) -> Items:
    """Whether it is one primitive with a value, not only an extension."""
    return [len(items) == 1 and _valued(items[0])]


@function("getValue")
def get_value(_: Context, items: Items) -> Items:
    """The value of a primitive."""
    return (
        [item.value if type(item) is Node else item for item in items if _valued(item)]
        if len(items) == 1
        else []
    )


def _valued(item: Any) -> bool:
    value = item.value if type(item) is Node else item
    return value is not None and type(value) is not dict


@function("extension", least=1)
def extension(context: Context, items: Items, url: Expression) -> Items:
    """The extensions of a URL."""
    wanted = single(context.argument(url), "extension")
    return [
        one
        for item in items
        for one in context.model.select(item, "extension")
        if type(one.value) is dict and one.value.get("url") == wanted
    ]


@function("resolve")
def resolve(context: Context, items: Items) -> Items:
    """The resources that References and canonicals mean, where they are contained or in the Bundle."""
    out: Items = []
    for item in items:
        value = item.value if type(item) is Node else item
        to = value.get("reference") if type(value) is dict else value
        found = context.scope.resolve(to) if type(to) is str else None
        if found is None:
            context.unresolved = True
        else:
            out.append(node(found, ""))
    return out


@function("memberOf", least=1)
def member_of(context: Context, items: Items, value_set: Expression) -> Items:
    """Whether a code, Coding or CodeableConcept is in a value set."""
    if not items:
        return []
    url = single(context.argument(value_set), "memberOf")
    members = context.members(url) if type(url) is str else None
    if members is None or len(items) > 1:
        raise NotEvaluated("the value set is not known")
    value = items[0].value if type(items[0]) is Node else items[0]
    if type(value) is str:
        answers = [members.has_code(value)]
    else:
        codings = value.get("coding", []) if "coding" in value or "code" not in value else [value]
        answers = [members.contains(one.get("system", ""), one.get("code", "")) for one in codings]
    if True not in answers and None in answers:
        raise NotEvaluated("the codes of the value set are not loaded")
    return [True in answers]


@function("htmlChecks")
def html_checks(_: Context, items: Items) -> Items:
    """Whether it is XHTML as a narrative may be."""
    return [
        all(
            type(item) is Node and type(item.value) is str and narrative(item.value) is None for item in items
        )
    ]


@function("conformsTo", "elementDefinition", "slice", "subsumes", "subsumedBy", least=0, most=2)
def _elsewhere(_: Context, __: Items, *___: Expression) -> Items:
    """These need more than the resource."""
    raise NotEvaluated("the function needs other definitions")


@function("checkModifiers", least=0, most=64)
def check_modifiers(context: Context, items: Items, *known: Expression) -> Items:
    """The input, where it has no modifier extension but the known ones."""
    urls = {url for one in known for url in context.argument(one)}
    for item in items:
        for one in context.model.select(item, "modifierExtension"):
            if type(one.value) is not dict or one.value.get("url") not in urls:
                raise NotEvaluated("a modifier extension is not known")
    return items
