"""Conditions: the closed little language of ``when``, compiled to Python.

``PATH valued``, ``PATH = "x"``, ``PATH in (a, b)``, ``PATH count > 1``, ``PATH length > 8``,
``PATH is numeric``, ``PATH is han``, ``PATH is resident``, ``PATH is null``, ``PATH like "x%"``, joined by
``and``, ``or``, ``not`` and parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from gateway.errors import Misconfigured

Access = Callable[[str, bool], str]
"""``(path, whole) → Python expression`` that gives the raw text at ``path``, ``""`` for none. ``whole`` asks
for the field with all its repetitions where the path names no component; otherwise a field means its first
leaf."""

_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<op>!=|>=|<=|=|>|<|\(|\)|,)|(?P<word>[^\s()",=<>!]+))')
_COMPARE = {"=": "==", "!=": "!=", ">": ">", "<": "<", ">=": ">=", "<=": "<="}


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return kind and text of every token, and what cannot be read behind them."""
    tokens, at = list[tuple[str, str]](), 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            return tuple(tokens), text[at:]
        tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
        at = found.end()
    return tuple(tokens), ""


class _Reader:
    """A recursive-descent reader over the tokens of one condition."""

    def __init__(self, text: str, access: Access, where: str) -> None:
        self.text, self.access, self.where = text, access, where
        self.tokens, rest = _tokens(text)
        if rest:
            raise self.wrong(f"cannot read {rest!r}")
        self.at = 0

    def wrong(self, why: str) -> Misconfigured:
        return Misconfigured(f"condition {self.text!r}: {why}", where=self.where)

    def peek(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        return text.lower() if kind in ("word", "op") else ""

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise self.wrong("ends too early")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def accept(self, word: str) -> bool:
        if self.peek() == word:
            self.at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.wrong(f"expected {word!r}")

    def either(self) -> str:
        terms = [self.both()]
        while self.accept("or"):
            terms.append(self.both())
        return terms[0] if len(terms) == 1 else "(" + " or ".join(terms) + ")"

    def both(self) -> str:
        terms = [self.one()]
        while self.accept("and"):
            terms.append(self.one())
        return terms[0] if len(terms) == 1 else "(" + " and ".join(terms) + ")"

    def one(self) -> str:
        if self.accept("not"):
            return f"(not {self.one()})"
        if self.accept("("):
            inner = self.either()
            self.expect(")")
            return inner
        return self.test(self.take())

    def test(self, path: str) -> str:
        word = self.peek()
        self.at += 1
        if word == "valued":
            return f"({self.access(path, True)} not in EMPTY)"
        if word == "not":
            if self.accept("valued"):
                return f"({self.access(path, True)} in EMPTY)"
            self.expect("in")
            return f"({self.access(path, False)} not in {self.values()!r})"
        if word == "in":
            return f"({self.access(path, False)} in {self.values()!r})"
        if word in ("=", "!="):
            return f"({self.access(path, False)} {_COMPARE[word]} {self.take()!r})"
        if word == "is":
            kind = self.take()
            if kind == "null":
                return f"({self.access(path, True)} == '\"\"')"
            if kind not in ("numeric", "han", "resident"):
                raise self.wrong("after 'is' comes numeric, han, resident or null")
            return f"is_{kind}({self.access(path, False)})"
        if word == "like":
            return self.like(self.access(path, False), self.take())
        if word in ("count", "length"):
            return self.measure(word, path)
        raise self.wrong(f"unknown test {word!r} after {path}")

    def measure(self, word: str, path: str) -> str:
        compare, number = _COMPARE.get(self.take()), self.take()
        if compare is None or not number.isdigit():
            raise self.wrong(f"{word} needs a comparison with a number")
        if word == "length":
            return f"(len({self.access(path, False)}) {compare} {int(number)})"
        return f"(count_of({self.access(path, True)}) {compare} {int(number)})"

    def like(self, value: str, pattern: str) -> str:
        if pattern.strip("%").count("%"):
            raise self.wrong("% may stand at the start and at the end only")
        core = pattern.strip("%")
        if pattern.startswith("%") and pattern.endswith("%"):
            return f"({core!r} in {value})"
        if pattern.startswith("%"):
            return f"{value}.endswith({core!r})"
        return f"{value}.startswith({core!r})" if pattern.endswith("%") else f"({value} == {core!r})"

    def values(self) -> tuple[str, ...]:
        self.expect("(")
        values = [self.take()]
        while self.accept(","):
            values.append(self.take())
        self.expect(")")
        return tuple(values)


def condition(text: str, access: Access, where: str) -> str:
    """Return the Python expression of a condition.

    Raises:
        Misconfigured: it is malformed; names the place.
    """
    reader = _Reader(text, access, where)
    expression = reader.either()
    if reader.at != len(reader.tokens):
        raise reader.wrong(f"what is {reader.tokens[reader.at][1]!r} doing here?")
    return expression
