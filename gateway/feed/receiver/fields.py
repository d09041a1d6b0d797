"""Fields: how the record of a platform is filled from a document; the ``fields`` of a map (docs/feed.md).

A field is a path, or a table: ``path`` (or several, the first that has a value), ``value`` (a constant),
``each`` with ``fields`` (a list of records), ``fields`` (a record), ``codes`` (values of ours → theirs, ``*``
for any other), ``as`` (``text``, ``integer``, ``number``, ``boolean``), ``time`` (how moments are written),
``join`` (all values, with this between), ``default``, ``required``, ``longest``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from gateway.errors import Misconfigured, Rejected
from gateway.feed.document import Document
from gateway.feed.receiver.path import Path
from gateway.feed.receiver.template import Names, filled
from gateway.store.dates import zone as zone_of

_KEYS = frozenset(
    ("path", "value", "each", "fields", "codes", "as", "time", "join", "default", "required", "longest")
)


def _integer(value: Any) -> int:
    return int(Decimal(str(value)))


def _number(value: Any) -> Decimal | int:
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else Decimal(str(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("true", "1")


_AS: dict[str, Callable[[Any], Any]] = {
    "text": _text, "integer": _integer, "number": _number, "boolean": _boolean,
}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Field:
    """One field of a record; see the module."""

    name: str
    paths: tuple[Path, ...] = ()
    value: Any = None
    each: Path | None = None
    fields: tuple[Field, ...] = ()
    codes: Mapping[str, Any] = field(default_factory=dict)
    as_: str = ""
    time: str = ""
    join: str | None = None
    default: Any = None
    required: bool = False
    longest: int = 0


def read_fields(said: object, where: str) -> tuple[Field, ...]:
    """Return the fields of a table.

    Raises:
        Misconfigured: it is none, with the place.
    """
    if not isinstance(said, dict) or not said:
        raise Misconfigured("must be a table of fields", where=where)
    return tuple(_field(str(name), one, f"{where}.{name}") for name, one in said.items())


def record(
    fields: tuple[Field, ...], document: Document, zone: str, names: Names, here: Any = None
) -> dict[str, Any]:
    """Return the record of a document; a field without a value is left out.

    Args:
        zone: in which moments are written.
        names: what constants may have in braces.
        here: the element that paths begin at which begin with a dot.

    Raises:
        Rejected: a required field has no value, or a value does not become what it must be.
    """
    found: dict[str, Any] = {}
    for one in fields:
        value = _value(one, document, zone, names, here)
        if value is None or value == []:
            value = one.default
        if value is not None:
            found[one.name] = value
        elif one.required:
            raise Rejected("a required field has no value", code="missing", where=one.name)
    return found


def _value(one: Field, document: Document, zone: str, names: Names, here: Any) -> Any:
    if one.value is not None:
        return filled(one.value, names)
    if one.each is not None:
        return [record(one.fields, document, zone, names, item) for item in one.each.values(document, here)]
    if one.fields:
        return record(one.fields, document, zone, names, here)
    found: list[Any] = next((values for path in one.paths if (values := path.values(document, here))), [])
    said = [_said(one, value, zone) for value in found if not isinstance(value, dict | list)]
    kept = [value for value in said if value is not None and value != ""]
    if one.join is not None:
        kept = [one.join.join(_text(value) for value in kept)] if kept else []
    if not kept:
        return None
    return kept[0][: one.longest] if one.longest and isinstance(kept[0], str) else kept[0]


def _said(one: Field, value: Any, zone: str) -> Any:
    try:
        if one.codes:
            key = _text(value)
            value = one.codes.get(key, one.codes.get("*"))
        if one.time and isinstance(value, str):
            value = _moment(value, one.time, zone_of(zone))
        return _AS[one.as_](value) if one.as_ and value is not None else value
    except (ValueError, ArithmeticError):
        raise Rejected("a value is not what the field takes", code="value", where=one.name) from None


def _moment(value: str, pattern: str, zone: tzinfo) -> str:
    """Return a date or moment as a platform writes it; one without a zone stands in ours."""
    if len(value) < 10:  # a year or month: what is not known stays so
        return value
    moment = datetime.fromisoformat(value)
    return (moment.astimezone(zone) if moment.tzinfo else moment).strftime(pattern)


def _field(name: str, said: object, where: str) -> Field:
    if isinstance(said, str):
        return Field(name, (_path(said, where),))
    if not isinstance(said, dict):
        raise Misconfigured("a field is a path or a table", where=where)
    if unknown := sorted(set(map(str, said)) - _KEYS):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {', '.join(sorted(_KEYS))}", where=where)
    path = said.get("path", [])
    inner = said.get("fields")
    made = Field(
        name,
        paths=tuple(_path(one, where) for one in ([path] if isinstance(path, str) else path)),
        value=said.get("value"),
        each=_path(said["each"], where) if "each" in said else None,
        fields=read_fields(inner, where) if inner is not None else (),
        codes={_text(key): value for key, value in (said.get("codes") or {}).items()},
        as_=str(said.get("as", "")),
        time=str(said.get("time", "")),
        join=said.get("join"),
        default=said.get("default"),
        required=bool(said.get("required", False)),
        longest=int(said.get("longest", 0)),
    )
    if made.as_ and made.as_ not in _AS:
        raise Misconfigured(f"as is one of {', '.join(_AS)}", where=where)
    if (made.each is not None) and not made.fields:
        raise Misconfigured("each needs fields", where=where)
    if not (made.paths or made.fields or made.value is not None):
        raise Misconfigured("a field needs a path, a value or fields", where=where)
    return made


def _path(text: object, where: str) -> Path:
    try:
        return Path(str(text))
    except Misconfigured as error:
        raise Misconfigured(error.reason, where=where) from None
