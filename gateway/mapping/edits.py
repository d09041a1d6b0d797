"""Edits: what repairs do with the fields of one segment; each is a plain function of lists and texts.

All of them leave alone what does not have the form that they mend: no value is lost, none is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.mapping.paths import Source
from gateway.mapping.raw import part
from gateway.mapping.texts import EMPTY

Change = Callable[[list[str]], bool]
"""Repair the fields of one segment; returns whether anything changed."""

Edit = Callable[[str], str]

MOST_FIELDS = 512
"""Fields of one segment; a shift does not make it longer."""

_ESCAPES = {"^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}


def read_at(f: list[str], at: Source) -> str:
    """Return what stands at a path; a path without a component names the field with its separators."""
    text = f[at.field] if len(f) > at.field else ""
    if at.repetition or at.component:
        text = part(text, "~", at.repetition or 1)
    if at.component:
        text = part(text, "^", at.component)
    return part(text, "&", at.subcomponent) if at.subcomponent else text


def _placed(whole: str, separator: str, number: int, text: str) -> str:
    parts = whole.split(separator)
    parts += [""] * (number - len(parts))
    parts[number - 1] = text
    return separator.join(parts).rstrip(separator)


def write_at(f: list[str], at: Source, text: str) -> bool:
    """Write ``text`` at a path, behind empty places where it is too short; returns whether it changed."""
    before = f[at.field] if len(f) > at.field else ""
    if at.subcomponent:
        component = part(part(before, "~", at.repetition or 1), "^", at.component)
        text = _placed(component, "&", at.subcomponent, text)
    if at.component:
        text = _placed(part(before, "~", at.repetition or 1), "^", at.component, text)
    if at.repetition or at.component:
        text = _placed(before, "~", at.repetition or 1, text)
    if text == before:
        return False
    f += [""] * (at.field + 1 - len(f))
    f[at.field] = text
    return True


def edited(at: Source, edit: Edit, *, every: bool) -> Change:
    """Return the change of what stands at a path; ``every`` repetition by itself where it names none."""

    def change(f: list[str]) -> bool:
        text = read_at(f, at) if at.repetition or not every else (f[at.field] if len(f) > at.field else "")
        if text in EMPTY:
            return False
        if not every or at.repetition:
            return write_at(f, at, edit(text))
        bare = Source(at.segment, 1, 0, at.component, at.subcomponent)
        changed = []
        for one in text.split("~"):
            own = ["", one]
            inner = read_at(own, bare)
            if inner not in EMPTY:
                write_at(own, bare, edit(inner))
            changed.append(own[1])
        return write_at(f, Source(at.segment, at.field), "~".join(changed))

    return change


def join(separator: str) -> Edit:
    """Return the edit that makes a separator a part of the text."""
    return lambda text: text.replace(separator, _ESCAPES[separator])


def split(separator: str) -> Edit:
    """Return the edit that makes components of a text that holds a separator of its own."""

    def edit(text: str) -> str:
        head, _, rest = text.partition("^")
        pieces, others = head.split(separator), rest.split("^")
        if any(others[: len(pieces) - 1]):
            return text  # something stands where they would go
        return "^".join([*pieces, *others[len(pieces) - 1 :]])

    return edit


def columns(width: int) -> Edit:
    """Return the edit that makes the components of one repetition out of several, each ``width`` wide."""

    def edit(text: str) -> str:
        each = [one.split("^") for one in text.split("~")]
        if len(each) == 1 or any(len(one) > width for one in each):
            return text
        return "^".join("^".join(one + [""] * (width - len(one))) for one in each).rstrip("^")

    return edit


def apart(numbers: list[int]) -> Edit:
    """Return the edit that makes repetitions of the components with these numbers."""

    def edit(text: str) -> str:
        parts = [part(text, "^", number) for number in numbers]
        return "~".join(parts) if "~" not in text and all(parts) else text

    return edit


def swap(one: int, other: int) -> Edit:
    """Return the edit that exchanges two components."""

    def edit(text: str) -> str:
        first, second = part(text, "^", one), part(text, "^", other)
        return _placed(_placed(text, "^", one, second), "^", other, first)

    return edit


def codes(table: Mapping[str, str]) -> Edit:
    """Return the edit that writes codes as a table says; what it does not know stays."""
    return lambda text: table.get(text.strip(), text)


def date(pattern: str) -> Edit:
    """Return the edit that writes a date as HL7 does, with the precision of its pattern."""
    hl7 = "%Y%m%d" if "%d" in pattern else "%Y%m"
    if "%H" in pattern:
        hl7 += "%H%M%S" if "%S" in pattern else "%H%M"

    def edit(text: str) -> str:
        try:
            return datetime.strptime(text.strip(), pattern).strftime(hl7)  # noqa: DTZ007 (the zone is the profile's)
        except ValueError:
            return text

    return edit


def shift(at: Source, places: int) -> Change:
    """Return the change that moves the fields from a path on to the right, or to the left over empty ones."""

    def change(f: list[str]) -> bool:
        if len(f) <= at.field or len(f) + places > MOST_FIELDS or not any(f[at.field :]):
            return False
        if places > 0:
            f[at.field : at.field] = [""] * places
        elif any(f[at.field : at.field - places]):
            return False  # a value stands where they would go
        else:
            del f[at.field : at.field - places]
        return True

    return change


def moved(at: Source, to: Source, extra: Mapping[int, str], *, append: bool) -> Change:
    """Return the change that moves a value to an empty place, or behind the repetitions of a field."""

    def change(f: list[str]) -> bool:
        text, there = read_at(f, at), read_at(f, to)
        if text in EMPTY or (there not in EMPTY and not append):
            return False
        for number, value in extra.items():
            text = _placed(text, "^", number, value)
        write_at(f, to, f"{there}~{text}" if append and there not in EMPTY else text)
        if at.repetition and not at.component:
            rest = f[at.field].split("~")
            del rest[at.repetition - 1]
            f[at.field] = "~".join(rest)
        else:
            write_at(f, at, "")
        return True

    return change


def filled(at: Source, text: str) -> Change:
    """Return the change that writes a text where nothing stands."""
    return lambda f: read_at(f, at) in EMPTY and write_at(f, at, text)


def cleared(at: Source) -> Change:
    """Return the change that takes away what stands at a path."""
    if at.repetition and not at.component:

        def drop(f: list[str]) -> bool:
            rest = (f[at.field] if len(f) > at.field else "").split("~")
            if len(rest) < at.repetition or not rest[at.repetition - 1]:
                return False
            del rest[at.repetition - 1]
            f[at.field] = "~".join(rest)
            return True

        return drop
    return lambda f: write_at(f, at, "")
