"""JSON: FHIR resources and other documents, with their places for people, secrets, and birth dates.

R4 datatypes: HumanName, Address, ContactPoint, Identifier, Reference, Attachment. DICOM: ``dicom_places.py``.
"""

from __future__ import annotations

import json
import re
import secrets
from functools import lru_cache
from typing import Any

from conformance.evidence.dicom_places import GROUPS, kind_of_attribute
from conformance.evidence.marks import Kind
from conformance.evidence.opened import Learner, Opened
from conformance.evidence.places import NAMED, PARTS, PEOPLE, PERSONAL_NUMBERS, belongs, kind_of, part

_PUBLIC = frozenset(("Organization", "Location", "HealthcareService", "Endpoint", "CapabilityStatement"))
_HUMAN_NAMES = frozenset(("name", "valueHumanName"))
_ADDRESSES = frozenset(("address", "valueAddress"))
_KEPT_OF_ADDRESS = frozenset(("city", "state", "country", "use", "type", "period"))
_SPOKEN = frozenset(("phone", "fax", "pager", "sms", "email", "other"))
_KNOWN_KEY = re.compile(r"[A-Za-z_][A-Za-z_.\-$]{0,63}")

_MARK = secrets.token_hex(8)
_MARKED = re.compile(f'"{_MARK}([^"]*)"')

Members = dict[str, Any]


def open_json(text: str, learner: Learner) -> Opened:
    """Take a JSON document apart. What is masked nowhere comes back byte for byte, else without white space.

    Raises:
        ValueError: it is none, or has a member twice.
        RecursionError: it is too deep.
    """
    holder = [json.loads(text, parse_float=_Decimal, object_pairs_hook=_members)]
    walk = _Walk(learner)
    walk.value(holder, 0, "", public=False)
    return Opened(walk.leaves, lambda leaves: _dumps(holder[0]) if walk.put(leaves) else text)


class _Decimal(str):
    """A decimal as it was written."""

    __slots__ = ()

    def __new__(cls, digits: str) -> _Decimal:
        return super().__new__(cls, _MARK + digits)


def _dumps(value: Any) -> str:
    """Return JSON; decimals, which are marked texts until then, keep their digits."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def _members(pairs: list[tuple[str, Any]]) -> Members:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


class _Walk:
    """One way through a document, which is changed in place."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self._changed = False
        self._slots: list[tuple[Any, Any]] = []
        self.leaves: list[str] = []

    def put(self, leaves: list[str]) -> bool:
        """Put the leaves back; returns whether anything in the document is another than it was."""
        for (holder, key), old, new in zip(
            reversed(self._slots), reversed(self.leaves), reversed(leaves), strict=True
        ):
            if old == new:
                continue
            self._changed = True
            if key is None:
                _rename(holder, old, new)
            else:
                holder[key] = new
        return self._changed

    def value(self, holder: Any, key: Any, name: str, *, public: bool) -> None:
        """Go through a value: ``holder[key]``, under the nearest member's ``name``."""
        value = holder[key]
        if type(value) is str:
            self._text(holder, key, name, value)
        elif isinstance(value, dict):
            self._members(value, name, public=public)
        elif isinstance(value, list):
            for place in range(len(value)):
                self.value(value, place, name, public=public)
        elif isinstance(value, int) and not isinstance(value, bool):
            self._number(holder, key, name, value)

    def _number(self, holder: Any, key: Any, name: str, value: int) -> None:
        """A number that says what a text usually says: once it is masked, it is one."""
        kind = kind_of(name)
        if kind in ("secret", "phone", "number"):
            self._set(holder, key, self._learner.learn(kind, str(value)))
        elif value > 999_999_999:
            self._leaf(holder, key, str(value))

    def _text(self, holder: Any, key: Any, name: str, value: str) -> None:
        kind = kind_of(name) if name else None
        if kind == "name" and name.lower() in PARTS:
            self._set(holder, key, self._learner.mark(part(name), value))
        elif kind and belongs(kind, value):
            self._mask(holder, key, kind)
        elif self._learner.is_given(value):
            self._set(holder, key, self._learner.mark("given", value))
        elif len(value) > 1 and value[0] in "{[" and value[-1] in "}]":
            self._set(holder, key, self._learner.inside(value))
        else:
            self._leaf(holder, key, value)

    def _leaf(self, holder: Any, key: Any, value: str) -> None:
        self._slots.append((holder, key))
        self.leaves.append(value)

    def _members(self, members: Members, name: str, *, public: bool) -> None:
        kind = members.get("resourceType")
        if isinstance(kind, str):
            public = kind in _PUBLIC
        if name in _HUMAN_NAMES:
            self._human_name(members)
        elif name in _ADDRESSES and not public:
            self._address(members)
        elif "value" in members and isinstance(members["value"], str):
            self._numbered(members)
        elif "vr" in members:
            self._attribute(members, name)
        self._display(members, name)
        self._labelled(members, name)
        for key in list(members):
            if not _plain(key):
                self._leaf(members, None, key)
            if key == "data":
                self._data(members)
            self.value(members, key, key.lstrip("_"), public=public)

    def _human_name(self, members: Members) -> None:
        family, given = members.get("family"), members.get("given")
        given = " ".join(one for one in given if isinstance(one, str)) if isinstance(given, list) else given
        self._learner.learn_name(*(one if isinstance(one, str) else "" for one in (family, given)))
        self._mask(members, "text", "name")

    def _address(self, members: Members) -> None:
        for key in members:
            if key not in _KEPT_OF_ADDRESS:
                self._mask(members, key, "address")

    def _attribute(self, members: Members, tag: str) -> None:
        """An attribute of DICOM; the parts of a name stand between ``^``."""
        kind, values = kind_of_attribute(tag, members["vr"]), members.get("Value")
        if kind is None or not isinstance(values, list):
            return
        self._mask(members, "Value", kind)
        for one in values:
            for group in GROUPS if isinstance(one, dict) else ():
                if isinstance(one.get(group), str):
                    self._set(one, group, self._learner.learn(kind, one[group].replace("^", " ").strip()))

    def _numbered(self, members: Members) -> None:
        """ContactPoint and Identifier."""
        system = members.get("system")
        if isinstance(system, str) and system in _SPOKEN:
            self._mask(members, "value", "email" if system == "email" else "phone")
            return
        kind = members.get("type")
        codings = kind.get("coding") if isinstance(kind, dict) else None
        for one in codings if isinstance(codings, list) else ():
            if isinstance(one, dict) and PERSONAL_NUMBERS.fullmatch(str(one.get("code"))):
                self._mask(members, "value", "number")

    def _display(self, members: Members, name: str) -> None:
        """Reference.display, where it is of a person."""
        display = members.get("display")
        if not isinstance(display, str):
            return
        reference = str(members.get("reference") or members.get("type") or "")
        at_name = not reference or reference.startswith(("#", "urn:"))
        if PEOPLE.search(reference) or (
            at_name and name in NAMED and "code" not in members and belongs("name", display)
        ):
            self._mask(members, "display", "name")

    def _labelled(self, members: Members, name: str) -> None:
        """What a sibling says: parameters and extensions, ``name`` beside an ID, agents of an AuditEvent."""
        label = members.get("name", members.get("url"))
        if isinstance(label, str):
            kind = kind_of(label.rsplit("/", 1)[-1].removeprefix("patient-"))
            for key in [one for one in members if one.startswith("value")] if kind else ():
                self._mask(members, key, kind or "secret")
        own = members.get("name")
        if isinstance(own, str) and belongs("name", own) and "resourceType" not in members:
            beside = any(
                isinstance(members[key], str) and kind_of(key) in ("number", "birth", "phone")
                for key in members
            )
            if beside or (name == "agent" and not own.isascii()):
                self._mask(members, "name", "name")

    def _data(self, members: Members) -> None:
        """Attachment, Binary, Signature: what is no text is only named by its size and hash."""
        if not isinstance(members["data"], str) or not (
            members.keys() & {"contentType", "sigFormat"} or "who" in members
        ):
            return
        self._set(members, "data", self._learner.attached(members["data"]))

    def _mask(self, holder: Any, key: Any, kind: Kind) -> None:
        """Mask a string, or the strings of a list."""
        value = holder[key] if not isinstance(holder, dict) or key in holder else None
        if isinstance(value, str):
            self._set(holder, key, self._learner.learn(kind, value))
        elif isinstance(value, list):
            for place in range(len(value)):
                self._mask(value, place, kind)

    def _set(self, holder: Any, key: Any, value: str) -> None:
        if holder[key] != value:
            holder[key] = value
            self._changed = True


@lru_cache(maxsize=4096)
def _plain(key: str) -> bool:
    """Tell whether a member's name is a word of some schema, and nobody's name or number."""
    return bool(_KNOWN_KEY.fullmatch(key))


def _rename(members: Members, old: str, new: str) -> None:
    whole = list(members.items())
    members.clear()
    members.update((new if key == old else key, value) for key, value in whole)
