"""JSON Patch: add, remove, replace, move, copy, test, all of them or none (RFC 6902)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.patch.failure import MalformedPatch, PatchFailed, Unprocessable
from gateway.patch.growth import MOST_OPERATIONS, Growth, equal
from gateway.patch.pointer import END, Pointer, pointer, position, value_at


@dataclass(slots=True, frozen=True)
class Operation:
    """One operation: ``source`` is its member ``from``."""

    op: str
    path: Pointer
    source: Pointer = ()
    value: Any = None


def patched(document: Any, patch: Any) -> Any:
    """Return what a JSON Patch makes of a document; both stay as they are.

    Args:
        document: parsed JSON, decimals as ``Decimal``.
        patch: the parsed patch document.

    Raises:
        MalformedPatch: it is no JSON Patch; all operations are looked at before the first is applied.
        Unprocessable: an operation finds nothing at its path, a test fails, or the result grows too large.
    """
    operations = read(patch)
    growth = Growth()
    result = Growth(None).copied(document)
    for at, operation in enumerate(operations):
        try:
            result = _APPLY[operation.op](result, operation, growth)
        except PatchFailed as failure:
            raise failure.of(at) from None
    return result


def read(patch: Any) -> list[Operation]:
    """Return the operations of a patch document.

    Raises:
        MalformedPatch: it is none.
    """
    if type(patch) is not list:
        raise MalformedPatch("a JSON Patch is an array of operations (RFC 6902 §3)")
    if len(patch) > MOST_OPERATIONS:
        raise MalformedPatch(f"a patch has at most {MOST_OPERATIONS} operations", code="too-costly")
    out: list[Operation] = []
    for at, one in enumerate(patch):
        try:
            out.append(_operation(one))
        except MalformedPatch as failure:
            raise failure.of(at) from None
    return out


def _operation(one: Any) -> Operation:
    if type(one) is not dict:
        raise MalformedPatch("an operation is an object")
    op = one.get("op")
    if type(op) is not str or op not in _APPLY:
        raise MalformedPatch(f'"op" is one of {", ".join(_APPLY)}')
    for member in _MEMBERS[op]:
        if member not in one:
            raise MalformedPatch(f'{op} needs "{member}"')
    path = pointer(one["path"], "path")
    if op not in ("move", "copy"):
        return Operation(op, path, value=one.get("value"))
    source = pointer(one["from"], "from")
    if op == "move" and len(source) < len(path) and path[: len(source)] == source:
        raise MalformedPatch("a value cannot be moved into itself (RFC 6902 §4.4)")
    return Operation(op, path, source)


def _add(document: Any, operation: Operation, growth: Growth) -> Any:
    return _put(document, operation.path, growth.copied(operation.value, len(operation.path)))


def _remove(document: Any, operation: Operation, _: Growth) -> Any:
    _taken(document, operation.path)
    return document


def _replace(document: Any, operation: Operation, growth: Growth) -> Any:
    value_at(document, operation.path)
    value = growth.copied(operation.value, len(operation.path))
    if not operation.path:
        return value
    around, token = value_at(document, operation.path[:-1]), operation.path[-1]
    around[token if type(around) is dict else int(token)] = value
    return document


def _move(document: Any, operation: Operation, growth: Growth) -> Any:
    value = value_at(document, operation.source)
    if operation.source != operation.path:
        if len(operation.path) > len(operation.source):
            value = growth.copied(value, len(operation.path))  # it may become too deep
        _taken(document, operation.source)
        document = _put(document, operation.path, value)
    return document


def _copy(document: Any, operation: Operation, growth: Growth) -> Any:
    value = growth.copied(value_at(document, operation.source), len(operation.path))
    return _put(document, operation.path, value)


def _test(document: Any, operation: Operation, _: Growth) -> Any:
    if not equal(value_at(document, operation.path), operation.value):
        raise Unprocessable("the test failed: another value stands at its path", code="conflict")
    return document


def _put(document: Any, path: Pointer, value: Any) -> Any:
    """Return the document with a value as a member of an object or a new element of an array (§4.1)."""
    if not path:
        return value
    around, token = value_at(document, path[:-1]), path[-1]
    if type(around) is dict:
        around[token] = value
        return document
    at = len(around) if type(around) is list and token == END else position(around, token, path[:-1])
    if at > len(around):
        raise Unprocessable(f"its index is beyond the end of an array of {len(around)}", code="not-found")
    around.insert(at, value)
    return document


def _taken(document: Any, path: Pointer) -> None:
    value_at(document, path)
    if not path:
        raise Unprocessable("a patch cannot remove the resource", code="not-supported")
    around, token = value_at(document, path[:-1]), path[-1]
    del around[token if type(around) is dict else int(token)]


_APPLY: dict[str, Callable[[Any, Operation, Growth], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}

_MEMBERS = {
    "add": ("path", "value"),
    "remove": ("path",),
    "replace": ("path", "value"),
    "move": ("from", "path"),
    "copy": ("from", "path"),
    "test": ("path", "value"),
}
"""Members that an operation must have; what else it has is ignored (§4)."""
