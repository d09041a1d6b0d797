"""Record: one line of a message, split into fields when first asked (LIS2-A2 §5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.wire.astm.records.delimiters import Delimiters
from gateway.wire.astm.records.escape import unescape
from gateway.wire.astm.records.path import Path, read_inside

_SIGNS = r"[\s\x00-\x20\ufeff\u200b-\u200f\"]+"
_AROUND = re.compile(rf"\A{_SIGNS}|{_SIGNS}\Z")

Address = tuple[int, ...]
"""(field, repeat, component), cut off where the path stops; counts from 1."""


class Record:
    """One record, still escaped.

    Attributes:
        type: its letter, ``"R"``; ``""`` of a line that does not begin with one. What stands around it
            (blanks, control characters, a mark) is the sender's layout: an order that is indented is another
            order all the same.
        text: the whole record without its end.
        parent: the record that it belongs to: P to H, O to P, R to O, C and M to what they follow; None of H.
        asked: addresses that have been read; ``()`` for the whole.
        passed: addresses that nobody has to read, and why; None: there are none.
    """

    __slots__ = ("_charset", "_delimiters", "_fields", "asked", "parent", "passed", "text", "type")

    def __init__(self, text: str, delimiters: Delimiters, charset: str) -> None:
        self.text = text
        self._delimiters, self._charset = delimiters, charset
        self._fields: list[str] | None = None
        plain = text[:1].isalpha() and text[1:2] in ("", delimiters.field)
        self.type = text[:1].upper() if plain else _type(text.partition(delimiters.field)[0])
        self.parent: Record | None = None
        self.asked: set[Address] = set()
        self.passed: dict[Address, str] | None = None

    @property
    def fields(self) -> list[str]:
        """``fields[n - 1]`` is field n as written, delimiters inside included; do not change it."""
        if self._fields is None:
            self._fields = self.text.split(self._delimiters.field)
        return self._fields

    def get(self, path: str) -> str | None:
        """Return the first value at ``path`` (``"4"``, ``"3.4"``, ``"5[2].4"``), unescaped, None for none."""
        return next(self.each(path), None)

    def each(self, path: str) -> Iterator[str]:
        """Yield every value at ``path`` in this record. Raises ``Misconfigured`` where it is no path."""
        return self.read(read_inside(path))

    def read(self, path: Path) -> Iterator[str]:
        """Yield every value at ``path``, whose record is this one; empty places are passed over."""
        if not path.field:
            self.asked.add(())
            yield unescape(self.text, self._delimiters, self._charset)
            return
        for address, text in self._leaves(path):
            if text:
                self.asked.add(address)
                yield unescape(text, self._delimiters, self._charset) if self._escaped(path.field) else text

    def pass_over(self, path: Path, why: str = "") -> None:
        """Ask nobody to read what stands at ``path``: somebody has said why nothing becomes of it."""
        passed = self.passed = self.passed if self.passed is not None else {}
        if not path.field:
            passed[()] = why
        elif path.field <= len(self.fields) and self.fields[path.field - 1]:
            passed |= {address: why for address, text in self._leaves(path) if text}
            if not (path.repeat or path.component):
                passed[(path.field,)] = why

    def has(self, path: Path) -> bool:
        """Tell whether something stands at ``path``; it is no more read for that."""
        blank = self._delimiters.component + " "
        text = self._only(path)
        if text is not None:
            return bool(text.strip(blank))
        return any(text.strip(blank) for _, text in self._leaves(path)) if path.field else True

    def said(self, path: Path) -> str:
        """Return the first text at ``path`` without blanks around it, ``""`` where it holds nothing.

        Delimiters with nothing between them say nothing: a field of which one component is filled says that.
        """
        only = self._only(path)
        if only is not None:
            found = self._alone(only, path) if only else ""
            if not found:
                return ""
            self.asked.add((path.field, 1, path.component) if path.component else (path.field,))
            delimiters = self._delimiters
            return unescape(found, delimiters, self._charset).strip() if delimiters.escape in found else found
        for address, text in self._leaves(path) if path.field else ():
            if found := self._alone(text, path):
                self.asked.add(address)
                return unescape(found, self._delimiters, self._charset).strip()
        return ""

    def _alone(self, text: str, path: Path) -> str:
        """Return a text, still escaped, without the delimiters around the one component that it has."""
        sign = self._delimiters.component
        if path.component or sign not in text:
            return text.strip()
        filled = [one for one in text.split(sign) if one.strip()]
        return filled[0].strip() if len(filled) == 1 else text.strip() if filled else ""

    def shown(self, path: Path) -> str:
        """Return the first text at ``path`` like ``said``, and let it count as unread."""
        text = self.fields[path.field - 1] if path.field <= len(self.fields) else ""
        first = text.split(self._delimiters.repeat, 1)[0]
        return (_nth(first, self._delimiters.component, path.component) if path.component else first).strip()

    def written(self, field: int) -> str:
        """Return a field as it was written, delimiters inside included, ``""`` where it holds nothing."""
        text = self.fields[field - 1] if field <= len(self.fields) else ""
        self.asked.add((field,))
        return text if text.strip("".join(self._delimiters[1:3]) + " ") else ""

    def _only(self, path: Path) -> str | None:
        """Return what stands at ``path``, still escaped, where its field has one repeat; else None."""
        number = path.field
        if not number or not self._escaped(number) or path.repeat > 1:
            return None
        fields = self.fields
        text = fields[number - 1] if number <= len(fields) else ""
        if self._delimiters.repeat in text:
            return None
        return _nth(text, self._delimiters.component, path.component) if path.component and text else text

    def count(self, field: int) -> int:
        """Return how many repeats a field has; 0 of one that says nothing."""
        text = self.fields[field - 1] if field <= len(self.fields) else ""
        return text.count(self._delimiters.repeat) + 1 if text else 0

    def unread(self) -> Iterator[str]:
        """Yield the path inside the record of every valued leaf that nobody has read, nor has to."""
        passed = self.passed or {}
        if () not in passed:
            yield from (path for path, parts in self._silent() if not any(one in passed for one in parts))

    def passed_over(self) -> Iterator[tuple[str, str]]:
        """Yield the path of every valued leaf that nobody has read, and why nobody has to."""
        passed = self.passed or {}
        for path, parts in self._silent() if passed else ():
            why = next((passed[one] for one in ((), *parts) if one in passed), None)
            if why is not None:
                yield path, why

    def _silent(self) -> Iterator[tuple[str, tuple[Address, Address, Address]]]:
        """Yield path and addresses of every valued leaf that nobody has read."""
        asked = self.asked
        if () in asked:
            return
        for number, field in enumerate(self.fields, 1):
            if number < 2 or not field or (number,) in asked or not self._escaped(number):
                continue
            repeats = field.split(self._delimiters.repeat)
            for r, repeat in enumerate(repeats, 1):
                if (number, r) in asked:
                    continue
                components = repeat.split(self._delimiters.component)
                for c, component in enumerate(components, 1):
                    if (number, r, c) not in asked and component.strip():
                        place = f"{number}[{r}]" if len(repeats) > 1 else f"{number}"
                        parts = ((number,), (number, r), (number, r, c))
                        yield (f"{place}.{c}" if len(components) > 1 else place), parts

    def write(self, path: Path, escaped: str) -> None:
        """Put ``escaped`` at ``path``; what is missing before it is filled with nothing."""
        fields = self.fields + [""] * (path.field - len(self.fields))
        text, (repeat, component) = escaped, self._delimiters[1:3]
        if path.repeat or path.component:
            number = path.repeat or 1
            if path.component:
                text = _put(_nth(fields[path.field - 1], repeat, number), component, path.component, text)
            text = _put(fields[path.field - 1], repeat, number, text)
        fields[path.field - 1] = text
        self._fields, self.text = fields, self._delimiters.field.join(fields)

    def _escaped(self, field: int) -> bool:
        return field > 2 or self.type != "H"  # H.2 is the delimiters themselves

    def _leaves(self, path: Path) -> Iterator[tuple[Address, str]]:
        if path.field > len(self.fields):
            return
        field = self.fields[path.field - 1]
        if not self._escaped(path.field) or not (path.repeat or path.component or self._repeats(field)):
            yield (path.field,), field
            return
        for number, text in enumerate(field.split(self._delimiters.repeat), 1):
            if path.repeat in (0, number):
                if path.component:
                    yield (
                        (path.field, number, path.component),
                        _nth(text, self._delimiters.component, path.component),
                    )
                else:
                    yield (path.field, number), text

    def _repeats(self, field: str) -> bool:
        return self._delimiters.repeat in field

    def __repr__(self) -> str:
        return f"<Record {self.type or '?'}>"


def _type(written: str) -> str:
    """Return the letter that a line begins with, ``""`` for none."""
    letter = _AROUND.sub("", written) if len(written) < 16 else ""
    return letter.upper() if len(letter) == 1 and letter.isalpha() else ""


def _nth(text: str, delimiter: str, number: int) -> str:
    parts = text.split(delimiter, number)
    return parts[number - 1] if number <= len(parts) else ""


def _put(text: str, delimiter: str, number: int, part: str) -> str:
    parts = text.split(delimiter)
    parts += [""] * (number - len(parts))
    parts[number - 1] = part
    return delimiter.join(parts)
