"""Places: which elements a path finds, and where they stand, to be changed there (R4 fhirpatch.html)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.patch.elements import read
from gateway.patch.failure import PatchFailed, Unprocessable
from gateway.patch.paths import compiled
from gateway.validation.fhirpath.context import Context, Expression, Items
from gateway.validation.fhirpath.model import Members, Model, Node
from gateway.validation.scope import Scope

MOST_LOOKED_AT = 100_000
"""Elements that the paths of one patch may look at, all together."""


@dataclass(slots=True, frozen=True)
class Place:
    """Where an element stands.

    Attributes:
        holder: the object with its property.
        kind: type of the holder.
        name: the element (``"value"``).
        key: its JSON property (``"valueQuantity"``).
        index: its place in the list, 0 for one that is no list.
        node: the element.
    """

    holder: dict[str, Any]
    kind: str
    name: str
    key: str
    index: int
    node: Node


class PlacedModel(Model):
    """A model that remembers where each element that it gives out stands.

    Args:
        model: the types.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._places: dict[int, Place] = {}
        self._left = MOST_LOOKED_AT

    def members(self, kind: str) -> Members | None:
        """Return the elements of a type."""
        return self._model.members(kind)

    def repeats(self, kind: str, name: str) -> bool:
        """Return whether an element is a list."""
        return self._model.repeats(kind, name)

    def ancestors(self, kind: str) -> frozenset[str]:
        """Return a type and all types that it specializes."""
        return self._model.ancestors(kind)

    def select(self, item: Any, name: str) -> list[Node]:
        """Return the elements called ``name`` of a node.

        Raises:
            Unprocessable: the paths of the patch look at too much.
        """
        holder, kind = held(item)
        self.spend(1)
        if holder is None:
            return []
        return [
            self._placed(Place(holder, kind, name, key, at, _node(value, half, type_)))
            for key, type_ in (self.members(kind) or {}).get(name, ())
            if key in holder or "_" + key in holder
            for at, (value, half) in enumerate(read(holder, key))
            if value is not None or half is not None
        ]

    def children(self, item: Any) -> list[Node]:
        """Return all elements right below a node."""
        _, kind = held(item)
        return [one for name in self.members(kind) or () for one in self.select(item, name)]

    def _placed(self, place: Place) -> Node:
        self.spend(1)
        self._places[id(place.node)] = place  # it keeps the node alive, and with it its id
        return place.node

    def spend(self, count: int) -> None:
        """Count ``count`` elements as looked at.

        Raises:
            Unprocessable: they are too many.
        """
        self._left -= count
        if self._left < 0:
            raise Unprocessable("the paths of the patch look at too many elements", code="too-costly")

    def place(self, node: Node) -> Place | None:
        """Return where an element stands, None for one that was not found by its name."""
        return self._places.get(id(node))

    def found(self, resource: dict[str, Any], path: str) -> list[Node]:
        """Return the elements that a path finds in a resource.

        Raises:
            MalformedPatch: the path is none.
            Unprocessable: it finds something that is no element, or cannot be evaluated here.
        """
        self._places.clear()
        root = Node(resource, resource["resourceType"])
        context = _Counted(self, root, resource, path)
        try:
            items = compiled(path)(context, [root])
        except PatchFailed:
            raise
        except Exception:  # noqa: BLE001 (whatever the expression raises, it finds nothing here)
            raise Unprocessable("its path cannot be evaluated on this resource") from None
        if not all(type(item) is Node for item in items):
            raise Unprocessable("its path finds computed values, not elements")
        return items


class _Counted(Context):
    """A context that counts: each item that a criterion is tried on, a whole resource by its size."""

    __slots__ = ("_placed", "_weight")

    def __init__(self, model: PlacedModel, root: Node, resource: dict[str, Any], path: str) -> None:
        super().__init__(model, root, Scope(resource), _no_members)
        self._placed = model
        self._weight = 1 + len(path) // 50  # a long criterion takes long

    def each(self, expression: Expression, item: Any, index: int) -> Items:
        self._placed.spend(self._weight)
        return super().each(expression, item, index)

    def constant(self, name: str) -> Items:
        items = super().constant(name)
        # What is compared with a resource is compared with all of it.
        self._placed.spend(sum(_size(item.value) for item in items if type(item) is Node))
        return items


def _size(value: Any) -> int:
    if type(value) is dict:
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if type(value) is list else 1


def held(item: Any) -> tuple[dict[str, Any] | None, str]:
    """Return the object with the children of a node, and its type; None for one that has none yet."""
    if type(item) is not Node:
        return None, ""
    if type(item.value) is dict:
        return item.value, item.kind
    return item.half, "Element"


def _node(value: Any, half: Any, kind: str) -> Node:
    if type(value) is dict and type(value.get("resourceType")) is str:
        kind = value["resourceType"]
    return Node(value, kind, half)


def _no_members(_: str) -> None:
    return None
