"""Owns how a frozen dataclass and JSON correspond: fields in their order, nothing lost, nothing guessed."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from functools import cache
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from conformance.harness.words import Words
from conformance.result.refused import Refused

_NAMES = {str: ("文本", "a text"), bool: ("true 或 false", "true or false"), int: ("整数", "an integer"),
          float: ("数字", "a number"), dict: ("对象", "an object"), list: ("列表", "a list")}  # fmt: skip


class Shaped:
    """A dataclass that is written as JSON and read again.

    A field ``name`` is the member ``name``, or what ``field(metadata={"json": …})`` says. Members that it
    does not know are left alone: a newer version may write more.
    """

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return what JSON says of it, members in the order of the fields."""
        return {_member(one): _said(getattr(self, one.name)) for one in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, said: object, where: str = "") -> Self:
        """Return what :meth:`to_json` made.

        Args:
            where: path in the file, for the error.

        Raises:
            Refused: a member is missing or of another kind; it says which.
        """
        found = _object(said, where)
        given: dict[str, Any] = {}
        for one, type_ in _fields(cls):  # type: ignore[arg-type]
            name = _member(one)
            path = f"{where}.{name}" if where else name
            if name in found:
                given[one.name] = _read(found[name], type_, path)
            elif one.default is MISSING and one.default_factory is MISSING:
                raise Refused(f"{path}：缺少", f"{path}: missing")
        return cls(**given)


@cache
def _fields(cls: type[Shaped]) -> tuple[tuple[Field[Any], Any], ...]:
    hints = get_type_hints(cls)
    return tuple((one, hints[one.name]) for one in fields(cls))  # type: ignore[arg-type]


def _member(field: Field[Any]) -> str:
    return str(field.metadata.get("json", field.name))


def _said(value: Any) -> Any:
    if isinstance(value, Shaped):
        return value.to_json()
    if isinstance(value, Words):
        return {name: _text(text) for name, text in value.as_json().items()}
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_text(str(name)): _said(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_said(one) for one in value]
    return value


def _text(text: str) -> str:
    """A target may answer half a surrogate pair, which UTF-8 cannot say: a report is written all the same."""
    return str(text) if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read(said: object, type_: Any, where: str) -> Any:
    origin, inner = get_origin(type_), get_args(type_)
    if origin in (Union, types.UnionType):
        return (
            None if said is None else _read(said, next(one for one in inner if one is not type(None)), where)
        )
    if origin is tuple:
        return tuple(_read(one, inner[0], f"{where}[{n}]") for n, one in enumerate(_list(said, where)))
    if origin is not None:  # Mapping[str, …]
        return {name: _read(one, inner[1], f"{where}.{name}") for name, one in _object(said, where).items()}
    return _one(said, type_, where)


def _one(said: object, type_: Any, where: str) -> Any:
    if type_ is Any:
        return said
    if type_ is Words:
        return _words(said, where)
    if issubclass(type_, StrEnum):
        if said not in tuple(type_):
            raise Refused(f"{where}：不认识 {said!r}", f"{where}: {said!r} is not known here")
        return type_(said)
    if issubclass(type_, Shaped):
        return type_.from_json(said, where)
    return _plain(said, type_, where)


def _plain(said: object, type_: Any, where: str) -> Any:
    if isinstance(said, bool) and type_ is not bool:
        raise _other(where, type_)
    if type_ is float and isinstance(said, int | float):
        try:
            if math.isfinite(said):
                return float(said)
        except OverflowError:
            pass
    if not isinstance(said, type_) or type_ is float:
        raise _other(where, type_)
    return said


def _words(said: object, where: str) -> Words:
    if isinstance(said, str) or (
        isinstance(said, dict) and all(isinstance(one, str) for one in said.values())
    ):
        return Words.from_json(said)
    raise _other(where, str)


def _object(said: object, where: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise _other(where, dict)
    return said


def _list(said: object, where: str) -> list[Any]:
    if not isinstance(said, list):
        raise _other(where, list)
    return said


def _other(where: str, type_: type) -> Refused:
    zh, en = _NAMES[type_]
    return Refused(f"{where or '文件'}：不是{zh}", f"{where or 'the file'}: not {en}")
