"""Rules: ``mappings/matching/patient.yaml``, read and checked (docs/matching.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from gateway.canonical.placeholders import PLACEHOLDERS
from gateway.canonical.rule_file import rule_file
from gateway.errors import Misconfigured
from gateway.matching.spelling import number as spelled

How = Literal["name", "date", "code", "phone", "address"]
NEVER: Final = -1000
"""Points of a difference after which two persons are two for sure (``other: never``)."""

_LONGEST = 64

_SAID = frozenset(("id", "en", "zh", "other_en", "other_zh", "near_en", "near_zh"))
_TOP = frozenset(("match", "title", "title_zh", "numbers", "compare", "find", "otherwise", "grades"))

NOTHING: Final = frozenset((
    *PLACEHOLDERS, "自费", "临时", "测试", "nil", "nan", "na", "test",
    "123456", "1234567", "12345678", "123456789", "1234567890", "0123456789",
))  # fmt: skip
"""What is typed where there is no number, and numbers of nobody; beside those that a rule names itself."""


@dataclass(slots=True, frozen=True)
class Number:
    """A register in which one number is one person.

    Attributes:
        id: name of the rule.
        systems: of the Identifiers.
        types: codes of ``Identifier.type`` that make one of any system such a number.
        check: ``resident``: GB 11643, with a right check digit; ``""``: none.
        one: nobody has two: who has another one is another person.
        ignore: values that are no number, without case and width.
        shortest: characters that a number has at least.
        points: of 100.
        near: points where one of the two is the other with a slip of the pen, which the check digit shows.
        text: what is told, (English, Chinese).
        other: what is told of ``one``.
        nearly: what is told of ``near``.
    """

    id: str
    systems: frozenset[str]
    types: frozenset[str]
    check: str
    one: bool
    ignore: frozenset[str]
    shortest: int
    points: int
    near: int
    text: tuple[str, str]
    other: tuple[str, str]
    nearly: tuple[str, str]


@dataclass(slots=True, frozen=True)
class Comparison:
    """An element that two Patients have alike or not.

    Attributes:
        element: top-level element of Patient.
        how: it is compared.
        search: search parameter that finds those who have it alike, ``""`` for none.
        same: points where it agrees.
        near: points where one is the other with a slip of the pen.
        other: points where it differs, :data:`NEVER` for two persons.
        contradicts: where it differs, a common number is not certain.
        ignore: values that say nothing.
    """

    id: str
    element: str
    how: How
    search: str
    same: int
    near: int
    other: int
    contradicts: bool
    ignore: frozenset[str]
    text: tuple[str, str]
    differs: tuple[str, str]
    nearly: tuple[str, str]


@dataclass(slots=True, frozen=True)
class Rules:
    """All of a file.

    Attributes:
        find: searches by names of comparisons.
        otherwise: those that follow where nobody likely was found, a name by how it begins.
        probable, possible: points from which on a grade is given.
    """

    numbers: tuple[Number, ...]
    compare: tuple[Comparison, ...]
    find: tuple[tuple[Comparison, ...], ...]
    otherwise: tuple[tuple[Comparison, ...], ...]
    probable: int
    possible: int


def load_rules(file: Path | None = None) -> Rules:
    """Return the rules of ``file``, or those that qiao ships.

    Raises:
        Misconfigured: the file is none, or a rule in it; names file and rule.
    """
    said, where = rule_file(file, "matching", "patient.yaml")
    if said.get("match") != "Patient" or not set(said) <= _TOP:
        raise Misconfigured(
            "matching rules have match: Patient, numbers, compare, find and grades", where=where
        )
    numbers = tuple(_number(one, where) for one in _list(said, "numbers", where))
    compare = tuple(_comparison(one, where) for one in _list(said, "compare", where))
    names = [*(one.id for one in numbers), *(one.id for one in compare)]
    if len(set(names)) != len(names):
        raise Misconfigured("two matching rules have one id", where=where)
    probable, possible = _grades(said.get("grades"), where)
    find, otherwise = (_find(said, name, compare, where) for name in ("find", "otherwise"))
    return Rules(numbers, compare, find, otherwise, probable, possible)


def _list(said: Mapping[str, Any], name: str, where: str) -> list[Any]:
    found = said.get(name, [])
    if not isinstance(found, list):
        raise Misconfigured("must be a list of matching rules", where=f"{where} {name}")
    return found


def _number(said: object, where: str) -> Number:
    given, at = _rule(
        said, {"systems", "types", "check", "one", "ignore", "shortest", "points", "near"}, where
    )
    if given.get("check", "") not in ("", "resident"):
        raise Misconfigured("check is resident or nothing", where=at)
    systems, types = _texts(given, "systems", at), _texts(given, "types", at)
    if not systems and not types:
        raise Misconfigured("a number needs systems or types", where=at)
    return Number(
        given["id"], systems, types, given.get("check", ""), given.get("one") is True,
        NOTHING | {spelled(one) for one in _texts(given, "ignore", at)}, _shortest(given, at),
        _points(given, "points", 100, at), _points(given, "near", 0, at),
        _said(given, "en", "zh"), _said(given, "other_en", "other_zh"), _said(given, "near_en", "near_zh"),
    )  # fmt: skip


def _shortest(given: Mapping[str, Any], at: str) -> int:
    found = given.get("shortest", 1)
    if type(found) is not int or not 1 <= found <= _LONGEST:
        raise Misconfigured("shortest is a number of characters, from 1 to 64", where=f"{at} shortest")
    return found


def _comparison(said: object, where: str) -> Comparison:
    keys = {"element", "how", "search", "same", "near", "other", "contradicts", "ignore"}
    given, at = _rule(said, keys, where)
    if given.get("how") not in get_args(How) or not isinstance(given.get("element"), str):
        raise Misconfigured("says which element, and how: name, date, code, phone or address", where=at)
    other = NEVER if given.get("other") == "never" else _points(given, "other", 0, at)
    return Comparison(
        given["id"], given["element"], given["how"], str(given.get("search", "")),
        _points(given, "same", 0, at), _points(given, "near", 0, at), other,
        given.get("contradicts") is True, _texts(given, "ignore", at),
        _said(given, "en", "zh"), _said(given, "other_en", "other_zh"), _said(given, "near_en", "near_zh"),
    )  # fmt: skip


def _rule(said: object, keys: set[str], where: str) -> tuple[Mapping[str, Any], str]:
    if not isinstance(said, dict) or not isinstance(said.get("id"), str) or not said["id"].strip():
        raise Misconfigured("a matching rule needs an id", where=where)
    at = f"{where} {said['id']}"
    if unknown := sorted(set(map(str, said)) - keys - _SAID):
        raise Misconfigured(f"a matching rule has no {unknown[0]}", where=at)
    return said, at


def _texts(given: Mapping[str, Any], name: str, at: str) -> frozenset[str]:
    found = given.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Misconfigured("must be a list of texts", where=f"{at} {name}")
    return frozenset(found)


def _points(given: Mapping[str, Any], name: str, default: int, at: str) -> int:
    found = given.get(name, default)
    if type(found) is not int or not -100 <= found <= 100:
        raise Misconfigured("points are whole numbers from -100 to 100", where=f"{at} {name}")
    return found


def _said(given: Mapping[str, Any], en: str, zh: str) -> tuple[str, str]:
    """Return what is told; the rule's id where the file does not say."""
    return str(given.get(en) or given["id"]), str(given.get(zh) or given.get(en) or given["id"])


def _find(
    said: Mapping[str, Any], key: str, compare: tuple[Comparison, ...], where: str
) -> tuple[tuple[Comparison, ...], ...]:
    known = {one.id: one for one in compare if one.search}
    found = []
    for names in _list(said, key, where):
        if not isinstance(names, list) or not names or not all(name in known for name in names):
            raise Misconfigured(
                "a search is a list of rules that have a search parameter", where=f"{where} {key}"
            )
        found.append(tuple(known[name] for name in names))
    return tuple(found)


def _grades(said: object, where: str) -> tuple[int, int]:
    given = said if isinstance(said, dict) else {}
    probable, possible = given.get("probable", 70), given.get("possible", 40)
    if type(probable) is not int or type(possible) is not int or not 0 < possible < probable <= 100:
        raise Misconfigured("possible is less than probable, both from 1 to 100", where=f"{where} grades")
    return probable, possible
