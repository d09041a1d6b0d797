"""What compiled checks call: second halves of primitives, extensions, resources inside resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.validation.bundles import index
from gateway.validation.contained import contained_faults
from gateway.validation.faults import Faults, Rule, join, note, under
from gateway.validation.primitives import CHECKS
from gateway.validation.references import References
from gateway.validation.remembered import Remembered, key
from gateway.validation.rules import (
    EMPTY,
    EXTENSION,
    EXTENSION_URL,
    NO_SIBLING,
    NO_TYPE,
    NOT_LIST,
    NOT_OBJECT,
    PROFILE_URL,
    UNEVEN,
    UNKNOWN,
)
from gateway.validation.scope import Scope, is_relative

_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}").fullmatch

Value = dict[str, Any]
Check = Callable[[Any, Scope], "Faults | None"]

SIMPLE = {
    f"value{name[:1].upper()}{name[1:]}": check
    for name, check in CHECKS.items()
    if name not in ("uri", "url", "canonical", "xhtml")
}
"""Values of an extension that are right by their form alone, by JSON name; a URI may be a bad URN."""


def pass_(x: Any, v: Value, c: Scope) -> None:
    """``resourceType`` was looked at by whoever chose the function."""


def several(v: Value, names: frozenset[str]) -> bool:
    """Return whether more than one type of a choice is there; a value and its second half are one."""
    there = v.keys() & names
    return len(there) > 1 and len({name.lstrip("_") for name in there}) > 1


def only_halves(name: str, names: frozenset[str]) -> Callable[[Value, Scope, Rule], Rule | None]:
    """Return the check of a choice of which no type has a value: its second halves are of one type too.

    Args:
        name: the type whose half is looked at; of several the first one by name tells.
        names: of all types of the choice.
    """
    halves = frozenset("_" + one for one in names)

    def check(v: Value, _: Scope, rule: Rule) -> Rule | None:
        there = halves & v.keys()
        return rule if len(there) > 1 and names.isdisjoint(v) and min(there) == "_" + name else None

    return check


def extended(v: Value, name: str, at: int) -> bool:
    """Return whether the second half of a list has content at position ``at``."""
    halves = v.get(name)
    return type(halves) is list and at < len(halves) and type(halves[at]) is dict and bool(halves[at])


class Runtime:
    """The functions that need the walker: it finds the check of a type by its name.

    Args:
        find: returns the check of a type (``"HumanName"``).
        is_resource: whether a name is a resource type of R4.
        references: checks of references.
        defined: further checks of an extension with a known URL:
            ``(extension, scope, path, what it stands in) -> faults``.
        conditional: whether an extension asks something of the element that it stands in.
        claimed: checks against the profiles in ``meta``.
        plain: extensions of which only the value is left to check, by URL, path, type of the outermost
            resource and JSON names.
    """

    def __init__(
        self,
        find: Callable[[str], Check],
        is_resource: Callable[[str], bool],
        references: References,
        defined: Callable[[Value, Scope, str, Value], Faults | None],
        conditional: Callable[[str], bool],
        claimed: Callable[[Value, Scope], Faults],
        plain: Remembered,
    ) -> None:
        self._find = find
        self._is_resource = is_resource
        self._references = references
        self._defined = defined
        self._conditional = conditional
        self._claimed = claimed
        self._plain = plain
        self._extensions = Remembered()

    def stray(
        self,
        v: Value,
        k: str,
        x: Any,
        c: Scope,
        primitives: Mapping[str, bool],
        valueless: Mapping[str, Sequence[tuple[Any, Rule]]],
    ) -> Faults | None:
        """Check a key that is no element: the second half of a primitive (R4 §2.6.2.3), or unknown."""
        many = primitives.get(k[1:]) if k[:1] == "_" else None
        if many is None:
            place = k if _name(k) is not None else ""  # no name at all: it would break the path
            return [[place, NO_SIBLING if k[:1] == "_" and k[1:] in v else UNKNOWN]]
        name = k[1:]
        out = self._halves(x, name, v.get(name), c) if many else self._half(x, name, name in v, c)
        for check, rule in valueless.get(name, ()) if name not in v else ():
            broken = check(v, c, rule)
            out = out if broken is None else note(out, "", broken)
        return out

    def _halves(self, x: Any, name: str, values: Any, c: Scope) -> Faults | None:
        if type(x) is not list or not x:
            return [[name, NOT_LIST]]
        listed = type(values) is list
        out: Faults | None = [[name, UNEVEN]] if listed and len(values) != len(x) else None
        values = values if listed else []
        for at, half in enumerate(x):
            valued = at < len(values) and values[at] is not None
            if half is None:
                if not listed:
                    out = note(out, f"{name}[{at}]", EMPTY)
                continue
            found = self._half(half, f"{name}[{at}]", valued, c)
            if found is not None:
                out = join(out, found)
        return out

    def _half(self, half: Any, place: str, valued: bool, c: Scope) -> Faults | None:
        found = self._find("Element")(half, c)
        out = under(None, found, place) if found is not None else None
        if valued and type(half) is dict and half.keys() == {"id"}:
            # The value is the content that an id alone lacks.
            out = [one for one in out or () if one[1] is not EMPTY] or None
        return out

    def extension(self, x: Any, c: Scope, path: str, around: Value) -> Faults | None:
        """Check an Extension: its own shape, ext-1, its URL, and its definition where it has a known one."""
        if type(x) is dict and len(x) == 2 and self._is_simple(x, c, path):
            return None
        known = key(x)
        if known is not None:
            known = (path, known)
            if known in self._extensions:
                return None
        out = self._extension(x, c, path, around)
        if out is None and not self._conditional(x["url"]):
            self._extensions.add(known)
        return out

    def _is_simple(self, x: Value, c: Scope, path: str) -> bool:
        """Return whether an extension is as good as others with its URL in this place, but for its value."""
        url, value = x.values()
        first, name = x
        check = SIMPLE.get(name)
        if check is None or first != "url" or type(url) is not str:
            return False
        return (url, path, c.root.get("resourceType"), first, name) in self._plain and check(value)

    def _extension(self, x: Any, c: Scope, path: str, around: Value) -> Faults | None:
        out = self._find("Extension")(x, c)
        if type(x) is not dict:
            return out
        value = any(name[:5] == "value" or name[:6] == "_value" for name in x)
        if value == ("extension" in x):
            out = note(out, "", EXTENSION)
        url = x.get("url")
        if type(url) is not str:
            return out
        if path == "Extension.extension":
            return out  # what stands inside has a name of its parent's
        if ":" not in url:
            return note(out, "url", EXTENSION_URL)
        more = self._defined(x, c, path, around)
        return out if more is None else join(out, more)

    def reference(self, x: Any, c: Scope) -> Faults | None:
        """Check what holds for any Reference."""
        rule = self._references.own(x, c)
        return None if rule is None else [["", rule]]

    def resource(self, v: Any, c: Scope) -> Faults | None:
        """Check a resource by its ``resourceType``; the scope is its own."""
        if type(v) is not dict:
            return [["", NOT_OBJECT]]
        kind = v.get("resourceType")
        if type(kind) is not str or not self._is_resource(kind):
            return [["resourceType", NO_TYPE]]
        if kind == "Bundle":
            c.entries = index(v)
        out = self._find(kind)(v, c)
        meta = v.get("meta")
        if type(meta) is dict and type(meta.get("profile")) is list:
            local = [
                [f"meta.profile[{at}]", PROFILE_URL]
                for at, url in enumerate(meta["profile"])
                if type(url) is str and is_relative(url)
            ]
            more = self._claimed(v, c) + local
            out = join(out, more) if more else out
        if "contained" in v:
            more = contained_faults(v)
            out = join(out, more) if more else out
        return out

    def inside(self, x: Any, v: Value, c: Scope) -> Faults | None:
        """Check a contained resource: it shares the scope of its container."""
        if type(x) is not dict:
            return [["", NOT_OBJECT]]
        kind = x.get("resourceType")
        if type(kind) is not str or not self._is_resource(kind):
            return [["resourceType", NO_TYPE]]
        outer, entries = c.resource, c.entries
        c.resource = x
        if kind == "Bundle":
            c.entries = index(x)
        out = self._find(kind)(x, c)
        if "meta" in x:
            more = self._claimed(x, c)
            out = join(out, more) if more else out
        c.resource, c.entries = outer, entries
        return out

    def entry(self, x: Any, v: Value, c: Scope) -> Faults | None:
        """Check the resource of a Bundle's entry, or of a parameter."""
        if type(x) is not dict:
            return [["", NOT_OBJECT]]
        url = v.get("fullUrl")
        kind = c.resource.get("type")
        inner = Scope(x, c.entries, url if type(url) is str else "", kind in ("transaction", "batch"))
        return self.resource(x, inner)
