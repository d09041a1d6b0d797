"""References: the types that an element may refer to, and where they must be found (R4 §2.28).

A type is taken from the contained resource or the entry that is meant, else from the URL, else from
``Reference.type``. What names no type is let pass: nobody can tell.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from gateway.canonical.logical_id import is_id
from gateway.validation.faults import Rule
from gateway.validation.primitives import string
from gateway.validation.rules import wrong_target
from gateway.validation.scope import LONGEST, Scope, addressed_type, is_conditional, is_relative, named_type

UNRESOLVED = Rule(
    "reference-bundle",
    "error",
    "not-found",
    "add the entry that this URN names: it can be found nowhere but in this Bundle",
    "请在本 Bundle 中补充该 URN 指向的条目：它只能在此找到",
)
CONDITIONAL = Rule(
    "reference-conditional",
    "error",
    "value",
    "write an address: a search as a reference is for transactions only",
    "应写地址：条件引用只能用于 transaction",
)
MISMATCH = Rule(
    "reference-type",
    "error",
    "value",
    "let type and reference name the same resource type",
    "type 与 reference 的资源类型应一致",
)
NOT_A_TYPE = Rule(
    "reference-target",
    "error",
    "value",
    "write Type/id, with a resource type of R4, or an absolute address",
    "应写 R4 资源类型/id 或绝对地址",
)
EMPTY = Rule(
    "reference-empty",
    "warning",
    "business-rule",
    "add reference, identifier or display: a type alone refers to nothing",
    "请补充 reference、identifier 或 display：只有 type 无法引用",
)

_wrong = cache(wrong_target)


def _names(address: str, types: frozenset[str]) -> bool:
    """Return whether a literal reference names one of ``types``; nearly all are ``Type/id``."""
    kind, _, ident = address.partition("/")
    if kind in types and is_id(ident):
        return True
    return len(address) <= LONGEST and addressed_type(address) in types


class References:
    """Checks of a Reference; knows the resource types of R4 (``types``)."""

    def __init__(self, types: frozenset[str]) -> None:
        self.types = types

    def plain(self, value: Any, scope: Scope) -> bool:
        """Return whether a Reference is an address and perhaps a name, as nearly all are, without fault."""
        to = value.get("reference")
        if type(to) is not str or not _names(to, self.types):
            return False
        return len(value) == 1 or (len(value) == 2 and string(value.get("display")))

    def aimed(self, value: Any, scope: Scope, targets: frozenset[str]) -> bool:
        """Return whether a Reference is plain, and its address names one of ``targets``.

        Inside of a Bundle an entry may be of another type than its address: there it is looked at.
        """
        if type(value) is not dict or scope.entries is not None:
            return False
        to = value.get("reference")
        if type(to) is not str or not _names(to, targets):
            return False
        return len(value) == 1 or (len(value) == 2 and string(value.get("display")))

    def own(self, value: Any, scope: Scope) -> Rule | None:
        """Check what holds for any Reference, whatever it may point to."""
        to = value.get("reference")
        if type(to) is not str:
            plain = (
                "identifier" in value or "display" in value or "extension" in value or "_reference" in value
            )
            return None if plain else EMPTY
        if to.startswith("#"):
            return None
        if to.startswith("urn:"):
            return UNRESOLVED if scope.entries is not None and to not in scope.entries else None
        if is_conditional(to) and not scope.transaction:
            return CONDITIONAL
        named = named_type(to)
        if named not in self.types and is_relative(to):
            return NOT_A_TYPE
        stated = value.get("type")
        if type(stated) is str and named in self.types and stated.rpartition("/")[2] != named:
            return MISMATCH
        return None

    def target(self, value: Any, scope: Scope, targets: frozenset[str]) -> Rule | None:
        """Check that a Reference points to one of ``targets`` (names of resource types)."""
        if "Resource" in targets or type(value) is not dict:
            return None
        found = self.type_of(value, scope)
        return _wrong(targets) if found is not None and found not in targets else None

    def type_of(self, value: Any, scope: Scope) -> str | None:
        """Return the type of what a Reference means, None where nobody can tell."""
        to = value.get("reference")
        if type(to) is str:
            resource = scope.resolve(to)
            if resource is not None:
                kind = resource.get("resourceType")
                return kind if type(kind) is str else None
            named = named_type(to)
            if named in self.types:
                return named
        stated = value.get("type")
        name = stated.rpartition("/")[2] if type(stated) is str else None
        return name if name in self.types else None
