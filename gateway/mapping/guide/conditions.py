"""The guide's condition language ("Computable ANTLR") → conditions of our rows (docs/add-a-mapping.md).

The guide writes the same test in many ways: ``IF OBX-2 EQUALS "ED"``, ``IF OBX-2="ED"``, ``IS "ED"``;
``NOT VALUED``, ``IS EMPTY``, ``DOES NOT EXIST``; ``IF PRT-5 OR PRT-6 IS VALUED``; ``IF NOT VALUED`` of the
field itself. What compares two fields, names an address or breaks off is not translated.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(
    r"""\s*(?:"(?P<text>[^"]*)"|'(?P<plain>[^']*)'|(?P<op>!=|>=|<=|[=<>(),])|(?P<word>[^\s"'=<>(),]+))"""
)
_PATH = re.compile(r"[A-Z][A-Z0-9]{0,3}[-.]\d+(\.\d+)*")
_MISSPELT = (
    (r"\bPL3\.NOT\b", "PL.3 NOT"),
    (r"\bAREA\b", "ARE"),
    (r"\bIS IN\b", "IN"),
    (r"\b(IS )?EMPTY\b", "NOT VALUED"),
    (r"\bDOES NOT EXIST\b", "NOT VALUED"),
    (r"\bLST\.COUNT\b", "COUNT"),
    (r"\bNOT EQUALS?( TO)?\b", "!="),
    (r"\bLESS THAN OR EQUALS?( TO)?\b", "<="),
    (r"\bGREATER THAN\b", ">"),
    (r"\bLESS THAN\b", "<"),
    (r"\bEQUALS?( TO)?\b", "="),
    (r"\bVALUE\b", "VALUED"),
    (r"\b(IS|ARE) (?=(NOT )?VALUED\b)", ""),
    (r"\bIS NOT (?=[\"'])", "!= "),
    (r"\bIS (?=[\"'])", "= "),
    (r"\bNOT (?=[\"'])", "!= "),
    (r"\bIF\b", ""),
)


class _GarbledError(Exception):
    """The text cannot be read as a condition."""


def _tokens(text: str) -> list[tuple[str, str]]:
    for wrong, right in _MISSPELT:
        text = re.sub(wrong, right, text, flags=re.IGNORECASE)
    found: list[tuple[str, str]] = []
    at = 0
    text = text.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if not token:
            raise _GarbledError(text[at:])
        kind = token.lastgroup or ""
        value = token[kind]
        word = value.upper()
        if kind == "word":
            kind = "path" if _PATH.fullmatch(word) else "word"
            value = word if kind == "path" or word in _WORDS else value
        found.append(("text" if kind == "plain" else kind, value))
        at = token.end()
    return found


_WORDS = frozenset({"AND", "OR", "NOT", "VALUED", "IN", "COUNT", "LENGTH", "IS"})


class _Reader:
    """Reads one condition; ``own`` is the path that a test without a subject means."""

    def __init__(self, tokens: list[tuple[str, str]], own: str, path: Callable[[str], str]) -> None:
        self.tokens, self.last, self.path, self.at = tokens, own, path, 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("", "")

    def accept(self, value: str) -> bool:
        if self.peek()[1] == value and self.peek()[0] != "text":
            self.at += 1
            return True
        return False

    def take(self, *kinds: str) -> str:
        kind, value = self.peek()
        if kind not in kinds:
            raise _GarbledError(value)
        self.at += 1
        return value

    def either(self) -> str:
        terms = [self.both()]
        while self.accept("OR"):
            terms.append(self.both())
        return " or ".join(terms)

    def both(self) -> str:
        terms = [self.one()]
        # A missing AND between two complete tests can only mean AND.
        while self.accept("AND") or self.peek()[0] == "path":
            terms.append(self.one())
        return " and ".join(term if " or " not in term or term[0] == "(" else f"({term})" for term in terms)

    def one(self) -> str:
        if self.accept("("):
            inner = self.either()
            if not self.accept(")") and self.peek() != ("", ""):
                raise _GarbledError(inner)
            return f"({inner})" if " " in inner else inner
        subjects = [self.subject()]
        joint = ""
        while self.shares():
            joint = self.take("word")
            subjects.append(self.subject())
        tests = self.tests()
        one = f" {joint.lower()} ".join(f"{subject} {tests}" for subject in subjects)
        return f"({one})" if joint == "OR" else one

    def subject(self) -> str:
        if self.peek()[0] == "path":
            self.last = self.path(self.take("path"))
        if not self.last:
            raise _GarbledError("no subject")
        return self.last

    def shares(self) -> bool:
        """Whether another subject follows that shares the test: ``PL.1 AND PL.2 VALUED``."""
        return (
            self.peek()[1] in ("AND", "OR")
            and self.tokens[self.at + 1 : self.at + 2] != []
            and (self.tokens[self.at + 1][0] == "path")
        )

    def tests(self) -> str:
        if self.accept("VALUED"):
            return "valued"
        if self.accept("NOT"):
            if self.accept("VALUED"):
                return "not valued"
            if not self.accept("IN"):
                raise _GarbledError("NOT")
            return f"not in {self.values()}"
        if self.accept("IN"):
            return f"in {self.values()}"
        for word in ("COUNT", "LENGTH"):
            if self.accept(word):
                return f"{word.lower()} {self.take('op')} {self.number()}"
        operator = self.take("op")
        if operator not in ("=", "!="):
            raise _GarbledError(operator)
        return f"{operator} {_quoted(self.take('text'))}"

    def number(self) -> str:
        number = self.take("word")
        if not number.isdigit():
            raise _GarbledError(number)
        return number

    def values(self) -> str:
        if not self.accept("("):
            raise _GarbledError("a list")
        values = [_quoted(self.take("text"))]
        while self.accept(","):
            values.append(_quoted(self.take("text")))
        if not self.accept(")"):
            raise _GarbledError("an open list")
        return f"({', '.join(values)})"


def _quoted(text: str) -> str:
    if re.fullmatch(r"\w+", text) and text.upper() not in ("AND", "OR", "NOT"):
        return text
    return f'"{text}"'


def spelling(own: str, *, is_segment: bool) -> Callable[[str], str]:
    """Return what spells a path our way, for a row that reads ``own``.

    ``HD-3`` in the map of HD is ``HD.3``, ``ORC.1`` in a map of ORC is ``ORC-1``, and ``XAD.7`` in the row
    of ROL-11 is ``ROL-11.7``.
    """
    source = re.split(r"[-.]", own, maxsplit=1)[0]

    def path(text: str) -> str:
        name, mark, rest = re.split(r"([-.])", text, maxsplit=1)
        if is_segment and mark == ".":
            return f"{name}-{rest}" if name == source else f"{own}.{rest}"
        if not is_segment and name != source:
            raise _GarbledError(text)
        return f"{name}-{rest}" if is_segment else f"{name}.{rest}"

    return path


def condition(text: str, own: str, *, is_segment: bool) -> str | None:
    """Return the condition of a guide row in our syntax, ``""`` for none, None where it cannot be translated.

    Args:
        own: the identifier of the row, which a test without a subject means.
    """
    if not text:
        return ""
    subject = own if re.search(r"[-.]\d", own) else ""
    try:
        reader = _Reader(_tokens(text), subject, spelling(own, is_segment=is_segment))
        made = reader.either()
        if reader.at != len(reader.tokens):
            return None
    except _GarbledError:
        return None
    return made[1:-1] if _is_wrapped(made) else made


def _is_wrapped(text: str) -> bool:
    """Return whether one pair of parentheses holds the whole text."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return text[0] == "(" and at == len(text) - 1
    return False
