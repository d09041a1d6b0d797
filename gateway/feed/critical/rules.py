"""Critical rules: ``mappings/laboratory/critical.yaml``, or the hospital's own, read and checked."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from gateway.canonical.rule_file import rule_file
from gateway.errors import Misconfigured
from gateway.validation.terminology.systems.ucum_measure import measure

LOINC = "http://loinc.org"
SEXES = ("male", "female")
REQUIRED = ("read-back", "reported-by", "treatment")
"""What an acknowledgement may have to say beside who has taken note."""
_TOP = {"critical", "minutes", "recent_hours", "flags", "required", "escalate", "tests"}
_TEST = {"test", "en", "codes", "limits", "grades", "texts", "molar_mass", "local"}
_LIMIT = {"unit", "sex", "from", "under", "at_most", "at_least"}
_ALONE = frozenset({"[pH]", "Cel", "[degF]"})
"""Units of UCUM that begin elsewhere: they are compared with themselves only."""
_AGE = re.compile(r"(\d{1,4})\s*(d|mo|a)")

Age = tuple[int, str]
"""A number of days (``d``), months (``mo``) or years (``a``)."""
Code = tuple[str, str]
"""System and code."""


@dataclass(slots=True, frozen=True)
class Limit:
    """Values from which on a result is critical.

    Attributes:
        unit: UCUM code; a result in another unit is converted, or not compared.
        sex: FHIR administrative-gender, ``""`` for both.
        since, under: ages between which it holds, None for any.
        at_most, at_least: the result is critical at these values and beyond, None for no such side.
    """

    unit: str
    sex: str = ""
    since: Age | None = None
    under: Age | None = None
    at_most: Decimal | None = None
    at_least: Decimal | None = None

    @property
    def text(self) -> str:
        """The limit in one line."""
        ages = [
            f"{word} {one[0]} {one[1]}" for word, one in (("from", self.since), ("under", self.under)) if one
        ]
        sides = [
            f"{sign}{one}" for sign, one in (("≤", self.at_most), ("≥", self.at_least)) if one is not None
        ]
        return " ".join([*sides, self.unit, *([self.sex] if self.sex else []), *ages])

    @property
    def is_for_all(self) -> bool:
        """Whether it depends on nobody's sex or age."""
        return not self.sex and self.since is None and self.under is None

    def is_for(self, sex: str, born: date | None, on: date) -> bool:
        """Tell whether it is for somebody; what is not known of a person fits no condition."""
        if self.sex and self.sex != sex:
            return False
        if self.since is None and self.under is None:
            return True
        if born is None or born > on:
            return False
        return (self.since is None or _reached(born, self.since) <= on) and (
            self.under is None or on < _reached(born, self.under)
        )


@dataclass(slots=True, frozen=True)
class Test:
    """A test with its limits.

    Attributes:
        names: (English, Chinese).
        grades: codes of ``urn:qiao:codes:qualitative-result`` that are critical.
        texts: results in words that are critical, without blanks (``不凝``).
        local: codes and names under which a result may come that nobody has translated into one of ``codes``.
        molar_mass: grams in a mole, None where nobody has said it: then mg/dL and mmol/L cannot be compared.
    """

    names: tuple[str, str]
    codes: tuple[Code, ...]
    limits: tuple[Limit, ...]
    grades: frozenset[str]
    texts: frozenset[str] = frozenset()
    molar_mass: Fraction | None = None
    local: frozenset[str] = frozenset()


@dataclass(slots=True, frozen=True)
class Rules:
    """All of a file.

    Attributes:
        minutes: until a critical value is to be acknowledged.
        recent_hours: older results call nobody.
        flags: codes of v3-ObservationInterpretation.
        by_code: tests.
        by_local: the same by the codes and names of laboratories, in capitals.
        required: those of :data:`REQUIRED` without which nothing is acknowledged.
        escalate: whom else to tell once it is overdue: ``Type/id``, or a name.
    """

    minutes: int
    recent_hours: int
    flags: frozenset[str]
    by_code: Mapping[Code, Test]
    by_local: Mapping[str, Test] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    escalate: tuple[str, ...] = ()


def load_rules(file: Path | None = None) -> Rules:
    """Return the rules of ``file``, or those that qiao ships.

    Raises:
        Misconfigured: the file is none, or a rule in it; names file and test.
    """
    said, where = rule_file(file, "laboratory", "critical.yaml")
    if said.get("critical") != "Observation" or not set(said) <= _TOP:
        raise Misconfigured(
            "critical rules have critical: Observation, minutes, flags and tests", where=where
        )
    flags, tests = _texts(said.get("flags", []), where), _list(said.get("tests", []), where)
    made = [_test(one, where) for one in tests]
    by_code: dict[Code, Test] = {}
    for one in made:
        for code in one.codes:
            if by_code.setdefault(code, one) is not one:
                raise Misconfigured("two critical tests have one code", where=f"{where} {code[1]}")
    by_local = {word.upper(): one for one in made for word in one.local}
    minutes, hours = (
        _whole(said, name, most, where) for name, most in (("minutes", 10_080), ("recent_hours", 87_600))
    )
    required, escalate = (tuple(_texts(said.get(name, []), where)) for name in ("required", "escalate"))
    if not set(required) <= set(REQUIRED):
        raise Misconfigured(f"required are some of {', '.join(REQUIRED)}", where=where)
    return Rules(minutes, hours, frozenset(flags), by_code, by_local, required, escalate)


def _test(said: object, where: str) -> Test:
    if not isinstance(said, dict) or not isinstance(said.get("test"), str) or not set(said) <= _TEST:
        raise Misconfigured("a critical test has test, en, codes, and limits or grades", where=where)
    at = f"{where} {said['test']}"
    codes = tuple(_code(one) for one in _texts(said.get("codes", []), at))
    limits = tuple(_limit(one, at) for one in _list(said.get("limits", []), at))
    grades = frozenset(_texts(said.get("grades", []), at))
    words = frozenset("".join(one.split()) for one in _texts(said.get("texts", []), at))
    if not codes or not (limits or grades or words):
        raise Misconfigured("a critical test has test, en, codes, and limits or grades", where=at)
    names = (str(said.get("en") or said["test"]), said["test"])
    local = frozenset(_texts(said.get("local", []), at))
    return Test(names, codes, limits, grades, words, _molar_mass(said.get("molar_mass"), at), local)


def _molar_mass(said: object, where: str) -> Fraction | None:
    found = _number(said, where)
    if found is not None and not found > 0:
        raise Misconfigured("molar_mass is a number of grams", where=where)
    return None if found is None else Fraction(found)


def _code(text: str) -> Code:
    system, bar, code = text.partition("|")
    return (system, code) if bar else (LOINC, text)


def _limit(said: object, where: str) -> Limit:
    if not isinstance(said, dict) or not said.get("unit") or not set(said) <= _LIMIT:
        raise Misconfigured("a limit has unit, at_most, at_least, sex, from and under", where=where)
    low, high = (_number(said.get(name), where) for name in ("at_most", "at_least"))
    sex = said.get("sex", "")
    if (low is None and high is None) or (low is not None and high is not None and low >= high):
        raise Misconfigured("at_most is below at_least, and one of them is there", where=where)
    if sex not in ("", *SEXES):
        raise Misconfigured("sex is male or female", where=where)
    if measure(str(said["unit"])) is None and str(said["unit"]) not in _ALONE:
        raise Misconfigured("the unit of a limit is none of UCUM", where=f"{where} {said['unit']}")
    return Limit(
        str(said["unit"]), sex, _age(said.get("from"), where), _age(said.get("under"), where), low, high
    )


def _age(said: object, where: str) -> Age | None:
    if said is None:
        return None
    found = _AGE.fullmatch(str(said))
    if found is None:
        raise Misconfigured("an age is a number of d, mo or a: 28 d", where=where)
    return int(found[1]), found[2]


def _reached(born: date, age: Age) -> date:
    """Return the day on which somebody has an age."""
    number, unit = age
    if unit == "d":
        return born + timedelta(days=number)
    months = born.month - 1 + (number if unit == "mo" else 12 * number)
    year, month = min(born.year + months // 12, 9999), months % 12 + 1
    return date(year, month, min(born.day, monthrange(year, month)[1]))


def _number(said: object, where: str) -> Decimal | None:
    try:
        return None if said is None else Decimal(str(said))
    except InvalidOperation:
        raise Misconfigured("at_most and at_least are numbers", where=where) from None


def _whole(said: Mapping[str, Any], name: str, most: int, where: str) -> int:
    found = said.get(name)
    if type(found) is not int or not 1 <= found <= most:
        raise Misconfigured(f"it is a whole number from 1 to {most}", where=f"{where} {name}")
    return found


def _list(said: object, where: str) -> Sequence[object]:
    if not isinstance(said, list):
        raise Misconfigured("critical rules and limits are lists", where=where)
    return said


def _texts(said: object, where: str) -> list[str]:
    return [str(one) for one in _list(said, where)]
