"""Timing: what a rhythm is called where it leaves, and what has no word (FHIR R4 §2.24.0.11, v2-0335)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.mapping.outbound.tongue import Tongue

_ASIDE = ("bounds", "count")
"""What of ``repeat`` is said in a place of its own."""

_LETTERS = {"s": "S", "min": "M", "h": "H", "d": "D", "wk": "W", "mo": "L"}
_PERIODS = {"h": "小时", "d": "日", "wk": "周", "mo": "月"}
_UNITS = {"min": "分钟", "h": "小时", "d": "天", "wk": "周", "mo": "个月"}
_READ = {"天": "d", "日": "d", "周": "wk", "星期": "wk", "小时": "h", "分钟": "min", "月": "mo", "个月": "mo"}
_DAYS = {"d": 1, "wk": 7}
_RATE = frozenset(("frequency", "period", "periodUnit"))
_OFTEN = 5
"""From so many times a day on the word is a number: ``5ID`` (v2-0335)."""


def frequency(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Timing → the abbreviation that it came from, or that has the same rhythm (table ``frequency``).

    Without one of its own: ``6ID``, ``Q36H`` (v2-0335). A code that says another rhythm than stands beside it
    is no word for it.
    """
    return _word(value, speech)[0]


def irregular(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Timing → ``"1"`` where no word says its rhythm, or not all of it."""
    repeat = _rhythm(value.get("repeat", {}))
    bare = not repeat and not value.get("event") and not value.get("code")
    return None if bare or frequency(value, speech, arg) else "1"


def unspeakable(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Timing → ``"1"`` where neither a word nor a rate says its rhythm."""
    said = rate_value(value, speech, arg) and _is_rate(_rhythm(value.get("repeat", {})))
    return None if said and not value.get("event") else irregular(value, speech, arg)


def times(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Timing → how often in all, where its word does not say that (``ST``: once)."""
    repeat = value.get("repeat", {})
    if "count" not in repeat or repeat["count"] == _word(value, speech)[1].get("count"):
        return None
    return _plain(repeat["count"])


def rhythm(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Timing → its word, where a rate alone would not say the same: ``TID AC``."""
    if _is_rate(_rhythm(value.get("repeat", {})) or _word(value, speech)[1]):
        return None
    return frequency(value, speech, arg)


def rate_value(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Timing → how often in its period: ``2`` of twice a day."""
    repeat = _rated(value, speech)
    return _plain(repeat["frequency"]) if repeat else None


def rate_unit(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Timing → the unit of :func:`rate_value`: ``次/日``, ``次/8小时``."""
    repeat = _rated(value, speech)
    if not repeat:
        return None
    period = _plain(repeat.get("period", 1))
    return f"次/{'' if period == '1' else period}{_PERIODS[repeat['periodUnit']]}"


def course(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Duration, Period → how long it goes on: ``共7天``, ``自 2026-03-05 至 2026-03-12``; else nothing."""
    if "start" in value or "end" in value:
        ends = (("自", value.get("start")), ("至", value.get("end")))
        return " ".join(f"{word} {str(said)[:16].replace('T', ' ')}" for word, said in ends if said)
    unit = _UNITS.get(_unit(value))
    return f"共{_plain(value['value'])}{unit}" if unit and "value" in value else None


def in_days(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Duration of days or weeks → its days; another unit is not so many days."""
    days = _DAYS.get(_unit(value))
    return _plain(Decimal(str(value["value"])) * days) if days and "value" in value else None


def _unit(quantity: Mapping[str, Any]) -> str:
    """Return the UCUM unit of a Duration, ``""`` where it is none, or not exactly so much."""
    said = str(quantity.get("code") or quantity.get("unit") or "")
    return "" if quantity.get("comparator") else _READ.get(said, said)


def _word(value: Mapping[str, Any], speech: Tongue) -> tuple[str | None, Mapping[str, Any]]:
    """Return the word of a Timing and the rhythm that it stands for, as far as that is known."""
    concept, repeat = value.get("code", {}), value.get("repeat", {})
    table = speech.table("frequency")
    codings = [one for one in concept.get("coding", ()) if one.get("code")]
    word = str(concept.get("text") or "")
    word = word or next((code for one in codings if (code := table.coding(one))), "")
    word = word or (str(codings[0]["code"]) if codings else "")
    if not word:
        return _called(repeat, speech)
    means = table.meaning(word)
    if means is None:
        means = next(
            (said for one in codings if (said := table.meaning(table.coding(one) or "")) is not None), {}
        )
    if not means and set(_rhythm(repeat)) - _RATE:  # nobody knows whether the word says all of that
        return None, {}
    wanted = {**means, **_rhythm(repeat)}
    return (word, means) if not means or _rhythm(means) == _rhythm(wanted) else (None, {})


def _called(repeat: Mapping[str, Any], speech: Tongue) -> tuple[str | None, Mapping[str, Any]]:
    """Return what the rhythm of a Timing without a code is called: with its count, else without."""
    table = speech.table("frequency")
    for wanted in (_rhythm(repeat, aside=("bounds",)), _rhythm(repeat)):
        if wanted and (word := table.timing(wanted)):
            return word, wanted
    if not _is_rate(rest := _rhythm(repeat)):
        return None, {}
    often, period, unit = (rest.get(name) for name in ("frequency", "period", "periodUnit"))
    if period == 1 and unit == "d" and _whole(often) and often >= _OFTEN:  # type: ignore[operator]
        return f"{_plain(often)}ID", rest
    if often == 1 and _whole(period) and unit in _LETTERS:
        return f"Q{_plain(period)}{_LETTERS[unit]}", rest
    return None, {}


def _rhythm(repeat: Mapping[str, Any], aside: tuple[str, ...] = _ASIDE) -> dict[str, Any]:
    """Return a rhythm alone; so many units of time without a number of times are once in them."""
    found = {key: value for key, value in repeat.items() if not key.startswith(aside)}
    return {"frequency": 1, **found} if {"period", "periodUnit"} <= set(found) else found


def _rated(value: Mapping[str, Any], speech: Tongue) -> Mapping[str, Any]:
    """Return the rhythm of a Timing, or that of its word; empty where it is no rate."""
    repeat = _rhythm(value.get("repeat", {})) or _word(value, speech)[1]
    return repeat if repeat.get("periodUnit") in _PERIODS and "frequency" in repeat else {}


def _is_rate(repeat: Mapping[str, Any]) -> bool:
    return set(repeat) == _RATE and repeat["periodUnit"] in _LETTERS


def _whole(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and value == int(value) and value > 0


def _plain(value: Any) -> str:
    said = format(Decimal(str(value)), "f")
    return said.rstrip("0").rstrip(".") if "." in said else said
