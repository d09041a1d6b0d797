"""Map file: what a platform's own form looks like: a YAML file of ``mappings/receivers`` (docs/feed.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

import yaml

from gateway.errors import Misconfigured
from gateway.feed.receiver.fields import Field, read_fields

_WIRE = {
    "path": "", "method": "POST", "encrypt": "none", "encoding": "base64", "iv": "prefix",
    "content_type": "", "body": "", "headers": {}, "digests": {}, "macs": {}, "root": "records",
    "item": "record", "single": False,
}  # fmt: skip
_CHOICES = {
    "method": ("POST", "PUT"),
    "encrypt": ("none", "sm4-cbc"),
    "encoding": ("base64", "hex", "raw"),
}
_TOP = frozenset(("receiver", "title", "version", "source", "wire", "kinds", "answer", "sign_in"))
_ANSWER = frozenset(
    ("code", "ok", "repeat", "again", "receipt", "serial", "reason", "items", "encrypted", "data")
)
_ITEMS = frozenset(
    ("at", "by", "field", "code", "ok", "repeat", "again", "receipt", "serial", "reason", "others")
)


@dataclass(slots=True, frozen=True)
class KindMap:
    """How documents of a kind are said.

    Attributes:
        interface: name of the platform's interface, ``{interface}`` in the templates.
        events: which events are said; none: all.
        fields: of the record.
    """

    interface: str
    events: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(slots=True, frozen=True)
class AnswerMap:
    """Where an answer, or one item of it, says what; a code that stands nowhere is a refusal.

    Attributes:
        code, receipt, serial, reason: dotted paths, ``""``: it does not say.
        ok, repeat, again: codes that mean: taken; there already; not now.
    """

    code: str = ""
    ok: frozenset[str] = frozenset()
    repeat: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    receipt: str = ""
    serial: str = ""
    reason: str = ""


@dataclass(slots=True, frozen=True)
class Items:
    """Where an answer speaks of single entries.

    Attributes:
        at: dotted path of the list.
        by: field of an item that says which one it is, ``""``: they come in the order of the request.
        field: field of the record that has the same value.
        answer: of an item.
        others: what holds for entries that are not in the list: ``ok``, or ``whole`` (what the answer says of
            all of them).
    """

    at: str
    by: str
    field: str
    answer: AnswerMap
    others: str


@dataclass(slots=True, frozen=True)
class MapFile:
    """A map; see docs/feed.md for the keys.

    Attributes:
        wire: how requests are made, every key of it there.
        kinds: by the kind of document.
        answer: of a request as a whole.
        items: of its entries, None where the answer says nothing of single ones.
        encrypted: the answer is encrypted as the request is; ``data``: the path of what is.
        sign_in: ``interface`` and ``body`` of the daily sign-in, None for none.
    """

    name: str
    wire: Mapping[str, Any]
    kinds: Mapping[str, KindMap]
    answer: AnswerMap
    items: Items | None
    encrypted: bool
    data: str
    sign_in: Mapping[str, Any] | None = field(default=None)


def load_map(name: str) -> MapFile:
    """Return a map by its name in ``mappings/receivers``, or by its path.

    Raises:
        Misconfigured: it is not there or no map; names the place in it.
    """
    own = name.endswith((".yaml", ".yml"))
    file = FilePath(name) if own else files("mappings").joinpath("receivers", f"{name}.yaml")
    if not own and not file.is_file():
        raise Misconfigured("there is no such map; give the path of a YAML file", where=name)
    try:
        said = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"cannot be read: {type(error).__name__}", where=name) from None
    return read_map(said, name)


def read_map(said: Any, where: str) -> MapFile:
    """Return a map as its file says it. Raises ``Misconfigured``."""
    _known(said, _TOP, where)
    wire = _WIRE | _known(said.get("wire", {}), frozenset(_WIRE), f"{where} wire")
    for key, valid in _CHOICES.items():
        if wire[key] not in valid:
            raise Misconfigured(f"must be one of {', '.join(valid)}", where=f"{where} wire.{key}")
    kinds = {
        str(kind): _kind(one, f"{where} kinds.{kind}") for kind, one in _table(said, "kinds", where).items()
    }
    answer = _known(said.get("answer", {}), _ANSWER, f"{where} answer")
    if not answer.get("code"):
        raise Misconfigured("where the answer has its code must be said", where=f"{where} answer.code")
    sign_in = said.get("sign_in")
    if sign_in is not None:
        _known(sign_in, frozenset(("interface", "body")), f"{where} sign_in")
    return MapFile(
        where, wire, kinds, _answer(answer), _items(answer.get("items"), answer, f"{where} answer.items"),
        bool(answer.get("encrypted", False)), str(answer.get("data", "")), sign_in,
    )  # fmt: skip


def _kind(said: Any, where: str) -> KindMap:
    _known(said, frozenset(("interface", "events", "fields")), where)
    events = tuple(str(one) for one in said.get("events") or ())
    return KindMap(str(said.get("interface", "")), events, read_fields(said.get("fields"), f"{where}.fields"))


def _answer(said: Mapping[str, Any]) -> AnswerMap:
    codes = {key: frozenset(str(one) for one in said.get(key) or ()) for key in ("ok", "repeat", "again")}
    paths = {key: str(said.get(key, "")) for key in ("code", "receipt", "serial", "reason")}
    return AnswerMap(**paths, **codes)  # type: ignore[arg-type]


def _items(said: Any, answer: Mapping[str, Any], where: str) -> Items | None:
    if said is None:
        return None
    _known(said, _ITEMS, where)
    others = str(said.get("others", "whole"))
    if others not in ("ok", "whole") or bool(said.get("by")) != bool(said.get("field")):
        raise Misconfigured("others is ok or whole; by and field belong together", where=where)
    codes = {key: said.get(key, answer.get(key)) for key in ("ok", "repeat", "again")}
    return Items(str(said.get("at", "")), str(said.get("by", "")), str(said.get("field", "")),
                 _answer({**said, **codes}), others)  # fmt: skip


def _table(said: Any, key: str, where: str) -> dict[str, Any]:
    found = said.get(key)
    if not isinstance(found, dict) or not found:
        raise Misconfigured(f"needs a table {key}", where=where)
    return found


def _known(said: Any, valid: frozenset[str], where: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise Misconfigured("must be a table", where=where)
    if unknown := sorted(set(map(str, said)) - valid):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {', '.join(sorted(valid))}", where=where)
    return said
