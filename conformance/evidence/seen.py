"""Seen: what gives itself away by its form: resident IDs, telephone numbers, e-mail, tokens, keys, passwords.

Each form is looked for only where a quick look for some letters of it succeeds: most texts have none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from conformance.evidence.marks import MARK, RESIDENT, Kind

SEPARATOR = "\0"
"""Between texts that are looked at together; no form reaches across it."""
CONFIDENTIAL = (
    r"(?:[a-z]+[_-]){0,3}(?:access|refresh|id|auth|bearer|session|csrf|xsrf|subject|actor|registration)?tokens?"
    r"|(?:client|app|api|shared|consumer)?[_-]?secrets?(?:[_-]?key)?|client[_-]?assertion|assertion|code[_-]?verifier"
    r"|(?:[a-z]+[_-])?(?:password|passwd|passphrase|pwd)"
    r"|(?:[a-z]+[_-]){0,2}(?:api|access|private|client|app|auth|subscription|signing)[_-]?key"
    r"|(?:set-)?cookie|(?:proxy-)?authorization|(?:j?session)[_-]?id|密码|口令|令牌|密钥"
)
"""Names of what is secret whatever it looks like: headers, members, parameters."""
_SCHEMES = r"(?:bearer|basic|digest|negotiate|apikey)"


class Span(NamedTuple):
    """A place in a text.

    Attributes:
        secret: whether it is one that may be met again without what gave it away here.
    """

    start: int
    end: int
    kind: Kind
    secret: bool = False


def _form(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


_SECRETS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (
        ("-----begin",),
        _form(
            r"-----begin [a-z0-9 ]*private key-----[^\0]*?(?:-----end [a-z0-9 ]*private key-----|\Z|(?=\0))"
        ),
    ),
    (("eyj",), _form(r"(?<![\w-])(?>[\w-]*?(?=eyj))(?P<it>eyj[\w-]{4,}+(?:\.[\w-]*+){1,4})")),
    (("://",), _form(r"(?<=://)[^\s/?#@\"'<>*\0]+(?=@)")),
    (
        ("bearer", "basic", "digest", "negotiate", "apikey"),
        _form(rf"(?<![a-z]){_SCHEMES}\s+(?P<it>[\w.~+/=:-]{{6,}})"),
    ),
    (
        (
            "token", "secret", "assertion", "verifier", "passw", "passphrase", "pwd", "key", "cookie",
            "authorization", "session", "密码", "口令", "令牌", "密钥",
        ),
        _form(
            rf"(?<![a-z])(?:{CONFIDENTIAL})(?:\\?[\"'])?\s*[:=：]\s*(?:\\?[\"'])?(?!{_SCHEMES}\s)"
            r"(?P<it>[^\s\"'&,;<>\\*\0]{4,})"
        ),
    ),
)  # fmt: skip
_EMAIL = _form(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,}")
_RUN = _form(r"\d[\d() -]{6,}+")
_RESIDENT = _form(RESIDENT.pattern)
_MOBILE = _form(
    r"(?:(?<!\d)(?:\+|00)?86[ -]?)?(?<![\d.])1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4}|[ -]\d{8})(?!\d)"
    r"|(?<!\d)(?:\+|00)?861[3-9]\d{9}(?!\d)"
)
_LAND = _form(
    r"(?<![\w.-])(?:(?:\+|00)?86[ -]?)?\(?0(?:10|2\d|[3-9]\d\d)\)?[ -]?[2-9]"
    r"(?:\d{6,7}|\d{3}[ -]\d{4})(?![\w.])"
)
_NEITHER = _form(
    r"(?<![0-9a-z])(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{40,})(?![0-9a-z])"
)
"""UUIDs and hashes: one in a few thousand has, by chance, what would pass for a telephone number."""


def forms(plain: str) -> Iterator[Span]:
    """Yield what a text (made by :func:`~conformance.evidence.marks.plainly`) has, in no order."""
    for words, form in _SECRETS:
        if any(word in plain for word in words):
            for found in form.finditer(plain):
                start, end = found.span("it") if "it" in form.groupindex else found.span()
                if not MARK.search(plain, start, end):
                    yield Span(start, end, "secret", True)
    if "@" in plain:
        for found in _EMAIL.finditer(plain):
            yield Span(*found.span(), "email")
    yield from _numbers(plain)


def _numbers(plain: str) -> Iterator[Span]:
    neither: list[tuple[int, int]] | None = None
    for run in _RUN.finditer(plain):
        # The look behind needs what stands before the run, and a country code or an X may stand at its ends.
        start, end = max(0, run.start() - 4), min(len(plain), run.end() + 2)
        for form, kind in _NUMBERS:
            for found in form.finditer(plain, start, end):
                if neither is None:
                    neither = [one.span() for one in _NEITHER.finditer(plain)]
                if not any(low <= found.start() < high for low, high in neither):
                    yield Span(*found.span(), kind)


_NUMBERS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (_RESIDENT, "number"), (_MOBILE, "phone"), (_LAND, "phone"),
)  # fmt: skip
