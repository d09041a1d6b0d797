"""What the parameters select: the same as a FHIRPath engine finds, in every official example."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.store.index import Parameter, parameters, values
from gateway.validation.fhirpath import FHIRPath
from gateway.validation.fhirpath.model import Node
from gateway.validation.r4 import Definitions
from gateway.validation.scope import Scope, named_type

FHIRPATH = FHIRPath(Definitions())
SHARDS = 6

Found = set[tuple[str, str]]


class Named(dict[str, Any]):
    """Every reference is there: a resource of which only the type is known."""

    def get(self, reference: str, default: Any = None) -> Any:
        type_ = named_type(reference)
        return {"resourceType": type_} if type_ else default


def said(value: Any) -> str:
    return json.dumps(value, default=str)


def selected(parameter: Parameter, node: Any, root: Any = None) -> Found:
    return {(type_, said(value)) for type_, value in values(parameter, node, root)}


def evaluated(expression: str, node: Any, kind: str, resource: Any) -> Found:
    scope = Scope(resource, Named())
    result: Found = set()
    # One by one: a union drops what is equal, and 1.0 is equal to 1.00. One of R4's casts names no type.
    for each in expression.replace("as(DateTime)", "as(dateTime)").split(" | "):
        for item in FHIRPATH.values(each, node, kind, scope):
            if not isinstance(item, Node):
                result.add(("boolean", said(item)))
            elif item.value is resource:
                result.add((resource["resourceType"], said(resource)))
            elif item.value is not None:
                inline = isinstance(item.value, dict) and "resourceType" in item.value
                result.add(("Resource" if inline else item.kind, said(item.value)))
    return result


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_parameter_selects_what_fhirpath_finds(resources: dict[str, Any], shard: int) -> None:
    asked = components = 0
    for name in sorted(resources)[shard::SHARDS]:
        resource = resources[name]
        for parameter in parameters(resource["resourceType"]).values():
            if not parameter.expression:
                continue
            found = evaluated(parameter.expression, resource, "", resource)
            assert selected(parameter, resource) == found, (name, parameter.name)
            asked += 1
            for component in parameter.components:
                for type_, element in values(parameter, resource):
                    kind = "" if element is resource else type_
                    found = evaluated(component.expression, element, kind, resource)
                    assert selected(component, element, resource) == found, (name, component.name)
                    components += 1
    assert asked > 2000
    assert components > 100
