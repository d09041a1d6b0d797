"""Specific Character Set (0008,0005): bytes → text, as declared, or none where the declaration is wrong.

ISO 2022 is decoded here, because the code elements of IR 58 (GB 2312) are not switched by the libraries that
there are: its escape would stay in the name. What is declared as ASCII or Latin-1 and is Chinese is not
guessed: it has no text, and :class:`Text` tells what it looks like; a sender's profile repairs it.
PS3.5 section 6.1, PS3.3 section C.12.1.1.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

_SINGLE = {
    "": "ascii", "ISO_IR 6": "ascii", "ISO_IR 100": "latin-1", "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3", "ISO_IR 110": "iso8859-4", "ISO_IR 144": "iso8859-5",
    "ISO_IR 127": "iso8859-6", "ISO_IR 126": "iso8859-7", "ISO_IR 138": "iso8859-8",
    "ISO_IR 148": "iso8859-9", "ISO_IR 203": "iso8859-15", "ISO_IR 166": "tis-620",
    "ISO_IR 13": "shift_jis", "ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gb18030",
    "ISO_IR 58": "gb18030", "ISO_IR 149": "euc_kr", "ISO_IR 87": "iso2022_jp", "ISO_IR 159": "iso2022_jp_2",
}  # fmt: skip
"""Defined term without code extensions → codec of Python."""

_G1 = {b"-A": "latin-1", b"-B": "iso8859-2", b"-C": "iso8859-3", b"-D": "iso8859-4", b"-L": "iso8859-5",
       b"-G": "iso8859-6", b"-F": "iso8859-7", b"-H": "iso8859-8", b"-M": "iso8859-9", b"-T": "tis-620",
       b"-b": "iso8859-15", b")I": "shift_jis", b"$)C": "euc_kr", b"$)A": "gb2312"}  # fmt: skip
"""Escape behind ESC → codec of the bytes from 0x80."""

_G0 = {b"(B": "ascii", b"(J": "ascii", b"$B": "iso2022_jp", b"$@": "iso2022_jp", b"$(D": "iso2022_jp_2"}
"""Escape behind ESC → codec of the bytes below 0x80."""

_TWO_BYTES = frozenset((b"$B", b"$@", b"$(D"))
_WIDE = {"iso2022_jp": b"\x1b$B", "iso2022_jp_2": b"\x1b$(D"}
_ESCAPE = re.compile(rb"\x1b(\$[()][A-Z]|\$[@B]|[-()][A-Za-z])")
_RUNS = re.compile(rb"[\x80-\xff]+|[^\x80-\xff]+")
_DELIMITERS = re.compile(rb"([\\\r\n\f\t]+)")
_NAME_DELIMITERS = re.compile(rb"([\\^=\r\n\f\t]+)")
_WORD = re.compile(rb"[a-z][\xa1-\xff]|[\xa1-\xff]{2}[a-z]")
_CJK = re.compile("[\u3400-\u9fff]")
_MISSPELT = re.compile(r"^ISO[ _-]*(2022)?[ _-]*(?:IR)?[ _-]*(\d+)$")


class Text(NamedTuple):
    """What a value says.

    Attributes:
        text: None where the bytes are not of the declared character set.
        suspect: what they look like then, a defined term, ``""`` for unknown or where nothing is wrong.
    """

    text: str | None
    suspect: str = ""


@lru_cache(maxsize=256)
def term(said: str) -> str:
    """Return a defined term as the standard spells it; ``iso_ir_192``, ``ISO-2022-GBK`` occur."""
    plain = said.strip(" \0").upper()
    if plain.replace("-", " ").replace("_", " ") in ("ISO 2022 GBK", "CP936", "GBK", "GB2312", "ISO IR GBK"):
        return "GBK"
    if plain.replace("-", "") in ("GB18030", "GB180302000"):
        return "GB18030"
    if plain in ("UTF8", "UTF-8", "UNICODE"):
        return "ISO_IR 192"
    found = _MISSPELT.match(plain)
    if found is None:
        return plain
    return f"ISO 2022 IR {found[2]}" if found[1] else f"ISO_IR {found[2]}"


class Charset:
    """The character sets of one data set.

    Args:
        declared: the values of (0008,0005), none for its absence.
        told: what a sender means by what it declares (``"ISO_IR 100"`` → ``"GB18030"``, ``""``: nothing).
    """

    def __init__(self, declared: Sequence[str], told: Mapping[str, str] | None = None) -> None:
        terms = [term(one) for one in declared] or [""]
        self.meant = bool(told) and terms[0] in (told or {})
        if self.meant:
            terms = [term((told or {})[terms[0]])]
        whole = [one for one in terms if one in ("ISO_IR 192", "GB18030", "GBK")]
        self.terms = whole[:1] or terms
        self._extended = not whole and (len(terms) > 1 or terms[0].startswith("ISO 2022"))
        self._first = _SINGLE.get(self.terms[0].replace("ISO 2022 IR", "ISO_IR"), "")

    @property
    def known(self) -> bool:
        """Whether the first term is one of the standard, or known for what it means."""
        return bool(self._first)

    def decode(self, raw: bytes, *, name: bool = False) -> Text:
        """Return what bytes say.

        Args:
            name: of a person: ``^`` and ``=`` switch back to the first character set, too.
        """
        if raw.isascii() and b"\x1b" not in raw:
            return Text(raw.decode("ascii"))
        if b"\x1b" in raw and (self._extended or self._first in ("ascii", "latin-1", "shift_jis")):
            return self._switched(raw, name)
        if not self._first:
            return Text(None, looks_like(raw))
        if self._first == "latin-1" and not self.meant and (like := mistaken(raw)):
            return Text(None, like)
        try:
            return Text(raw.decode("euc_kr" if self._first == "euc_kr" else self._first))
        except UnicodeDecodeError:
            return Text(None, looks_like(raw))

    def _switched(self, raw: bytes, name: bool) -> Text:
        """Decode with code extensions (PS3.5 section 6.1.2.5)."""
        made: list[str] = []
        start = "ascii" if self._first in _WIDE or self._first == "gb18030" else self._first
        try:
            made += [
                _extended(part, start) for part in _parts(raw, _NAME_DELIMITERS if name else _DELIMITERS)
            ]
        except UnicodeDecodeError:
            return Text(None)
        return Text("".join(made))


def _parts(raw: bytes, delimiters: re.Pattern[bytes]) -> list[bytes]:
    """Split at delimiters; between the escapes of a two-byte set each may be half a character."""
    made, last, wide = [b""], 0, False
    for found in [*_ESCAPE.finditer(raw), None]:
        piece = raw[last : found.start() if found else len(raw)]
        first, *rest = [piece] if wide else delimiters.split(piece)
        made[-1] += first
        made += rest
        if found:
            made[-1] += found[0]
            wide = found[1] in _TWO_BYTES if found[1] in _G0 else wide
            last = found.end()
    return made


def _extended(part: bytes, first: str) -> str:
    """Return the text between two delimiters; there the first character set stands again."""
    low, high, made, last = "ascii", first, [], 0
    for found in [*_ESCAPE.finditer(part), None]:
        runs = _RUNS.findall(part[last : found.start() if found else len(part)])
        made += [_run(run, low, high) for run in runs]
        if found:
            last = found.end()
            low = _G0.get(found[1], low)
            high = _G1.get(found[1], high)
            if found[1] not in _G0 and found[1] not in _G1:
                raise UnicodeDecodeError("ascii", part, found.start(), found.end(), "unknown escape")
    return "".join(made)


def _run(run: bytes, low: str, high: str) -> str:
    if run[0] >= 0x80:
        return run.decode(high)
    return (_WIDE[low] + run + b"\x1b(B").decode(low) if low in _WIDE else run.decode("ascii")


def mistaken(raw: bytes) -> str:
    """Return what bytes declared as Latin-1 are instead, ``""`` where they may be Latin-1.

    Chinese: a byte of 0x80 to 0x9F, which Latin-1 has no letter for; or bytes of GB 18030 that are Hanzi,
    some of them pairs of GB 2312 that no small letter of a word touches (``créée`` is a word). A single Hanzi
    that is none of GB 2312 may also be a capital of Latin-1 before another, and is taken for that.
    """
    like = looks_like(raw)
    if like != "GB18030":
        return like
    if any(0x80 <= one <= 0x9F for one in raw):
        return like
    pairs = [one for one in _RUNS.findall(raw) if len(one) % 2 == 0 and one[0] >= 0x80]
    hanzi = any(all(0xB0 <= lead <= 0xF7 for lead in one[::2]) for one in pairs)
    return "" if not hanzi or _WORD.search(raw) else like


def looks_like(raw: bytes) -> str:
    """Return the defined term of what bytes look like, ``""`` for nothing that is known."""
    for codec, said in (("utf-8", "ISO_IR 192"), ("gb18030", "GB18030")):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec == "utf-8" or _CJK.search(text):
            return said
    return ""
