"""FHIRPath Patch: add, insert, delete, replace, move, all of them or none (R4 fhirpatch.html).

A replaced element goes with all that it had, extensions included. Where deletions leave an object empty,
the patch ends without it. ``insert`` at 0 makes a list that is not there yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.patch.elements import GAP, filled, pruned, read, write
from gateway.patch.failure import PatchFailed, Unprocessable
from gateway.patch.growth import Growth
from gateway.patch.parts import Operation, operations
from gateway.patch.paths import last_step
from gateway.patch.places import Place, PlacedModel, held
from gateway.patch.typed import named, typed
from gateway.validation.fhirpath.model import Model, Node
from gateway.validation.r4 import Definitions

Json = dict[str, Any]


class FHIRPathPatch:
    """Applies FHIRPath Patches.

    Args:
        definitions: the types.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._model = Model(definitions)
        self._types = dict((self._model.members("Parameters.parameter") or {})["value"])

    def patched(self, resource: Json, parameters: Any) -> Json:
        """Return what a patch makes of a resource; both stay as they are.

        Args:
            resource: with its ``resourceType``, decimals as ``Decimal``.
            parameters: the Parameters resource with the operations.

        Raises:
            MalformedPatch: it is no FHIRPath Patch, or a path no FHIRPath.
            Unprocessable: an operation does not fit the resource.
        """
        if type(resource) is not dict or type(resource.get("resourceType")) is not str:
            raise Unprocessable("what it is for is no resource")
        listed = operations(Growth(None).copied(parameters), self._types)
        result: Json = Growth(None).copied(resource)
        model = PlacedModel(self._model)
        for at, operation in enumerate(listed):
            try:
                _APPLY[operation.type](model, result, operation)
            except PatchFailed as failure:
                raise failure.of(at) from None
        if any(operation.type == "delete" for operation in listed):
            result = pruned(result)
        return result


def _add(model: PlacedModel, resource: Json, operation: Operation) -> None:
    _append(model, _one(model, resource, operation.path), operation)


def _append(model: PlacedModel, node: Node, operation: Operation, name: str = "") -> None:
    holder, kind = held(node)
    element = named(model, kind, name or operation.name)
    made = typed(model, kind, element, operation.value)
    if holder is None:
        holder = _second_half(model, node)
    every = named(model, kind, element.name)
    if not made.many and any(filled(one) for key, _ in every.pairs for one in read(holder, key)):
        raise Unprocessable(f"{kind}.{element.name} is there already: replace it", code="conflict")
    write(holder, made.key, [*(read(holder, made.key) if made.many else ()), made.item], made.many)


def _second_half(model: PlacedModel, node: Node) -> Json:
    """Return a new ``_name`` object of a primitive, in its place."""
    place = _place(model, node)
    half: Json = {}
    items = read(place.holder, place.key)
    items[place.index] = (items[place.index][0], half)
    write(place.holder, place.key, items, model.repeats(place.kind, place.name))
    return half


def _insert(model: PlacedModel, resource: Json, operation: Operation) -> None:
    nodes = model.found(resource, operation.path)
    if not nodes:
        _first(model, resource, operation)
        return
    place = _list(model, nodes)
    made = typed(model, place.kind, named(model, place.kind, place.name), operation.value)
    items = read(place.holder, place.key)
    _within(operation.index, len(items), "index")
    items.insert(operation.index, made.item)
    write(place.holder, place.key, items, True)


def _first(model: PlacedModel, resource: Json, operation: Operation) -> None:
    """Insert into a list that is not there: the path without its last step says where it would be."""
    step = last_step(operation.path)
    around = model.found(resource, step[0]) if step else []
    if step is None or len(around) != 1:
        raise Unprocessable("its path finds nothing", code="not-found")
    kind = held(around[0])[1]
    if not named(model, kind, step[1]).many:
        raise Unprocessable(f"{kind}.{step[1]} is no list", code="value")
    _within(operation.index, 0, "index")
    _append(model, around[0], operation, step[1])


def _delete(model: PlacedModel, resource: Json, operation: Operation) -> None:
    nodes = model.found(resource, operation.path)
    if len(nodes) > 1:
        raise Unprocessable(
            f"its path finds {len(nodes)} elements; one at a time is deleted", code="multiple-matches"
        )
    for node in nodes:
        place = _place(model, node)
        items = read(place.holder, place.key)
        del items[place.index]
        write(place.holder, place.key, items, model.repeats(place.kind, place.name))


def _replace(model: PlacedModel, resource: Json, operation: Operation) -> None:
    place = _place(model, _one(model, resource, operation.path))
    made = typed(model, place.kind, named(model, place.kind, place.name), operation.value)
    items = read(place.holder, place.key)
    items[place.index] = made.item
    if made.key != place.key:
        write(place.holder, place.key, [], made.many)
    write(place.holder, made.key, items, made.many)


def _move(model: PlacedModel, resource: Json, operation: Operation) -> None:
    nodes = model.found(resource, operation.path)
    if not nodes:
        raise Unprocessable("its path finds nothing", code="not-found")
    place = _list(model, nodes)
    items = read(place.holder, place.key)
    _within(operation.source, len(items) - 1, "source")
    _within(operation.destination, len(items) - 1, "destination")
    items.insert(operation.destination, items.pop(operation.source))
    write(place.holder, place.key, items, True)


def _one(model: PlacedModel, resource: Json, path: str) -> Node:
    nodes = model.found(resource, path)
    if not nodes:
        raise Unprocessable("its path finds nothing", code="not-found")
    if len(nodes) > 1:
        raise Unprocessable(f"its path finds {len(nodes)} elements, not one", code="multiple-matches")
    return nodes[0]


def _place(model: PlacedModel, node: Node) -> Place:
    place = model.place(node)
    if place is None:
        raise Unprocessable("its path is that of a resource, not of an element of one", code="not-supported")
    return place


def _list(model: PlacedModel, nodes: list[Node]) -> Place:
    """Return the place of the first element of a list, where the nodes are all of one list."""
    places = [_place(model, node) for node in nodes]
    first = places[0]
    if not model.repeats(first.kind, first.name):
        raise Unprocessable(f"{first.kind}.{first.name} is no list", code="value")
    if any(one.holder is not first.holder or one.key != first.key for one in places):
        raise Unprocessable("its path finds elements of several lists", code="multiple-matches")
    if len(places) != sum(one != GAP for one in read(first.holder, first.key)):
        raise Unprocessable(
            "its path finds a part of a list; indexes are those of the whole list", code="value"
        )
    return first


def _within(index: int, most: int, part: str) -> None:
    if index > most:
        raise Unprocessable(f"its {part} is beyond the end of the list, {most} at most", code="value")


_APPLY: dict[str, Callable[[PlacedModel, Json, Operation], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
