"""Look: one pass over a file before anything of it is delivered: its digest, its size, its charset."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Rejected
from gateway.wire.text import decode

_CHUNK = 1 << 20
_PACKED = b"PK\x03\x04"
"""How a workbook (.xlsx) begins."""

_TEXT = 20
"""What has a zero among so many bytes is no text; a single one is damage to its line."""
_CHINESE = re.compile(rb"[\xe3-\xef][\x80-\xbf]{2}")
_RUN = re.compile(rb"[\x80-\xff]{3,}")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GB = frozenset({"gb18030", "gbk", "gb2312", "cp936", "x-gbk", "euc-cn"})


@dataclass(slots=True, frozen=True)
class Look:
    """What a file is, as bytes.

    Attributes:
        sha256: hexadecimal digest.
        size: bytes.
        charset: ``utf-8``, ``utf-8-sig``, ``utf-16`` or ``gb18030``: of most of its lines; ``""`` of a
            workbook, which has none.
        mixed: some lines are in the other one.
        repaired: it is not what was declared.
        zeros: bytes that are zero; a line with one is no row.
    """

    sha256: str
    size: int
    charset: str = "utf-8"
    mixed: bool = False
    repaired: bool = False
    zeros: int = 0

    @property
    def binary(self) -> bool:
        """Tell whether it has so many of them that it is no text."""
        return self.zeros * _TEXT > self.size

    def text(self, raw: bytes) -> str:
        """Return the text of one line.

        Raises:
            Rejected: ``undecodable``.
        """
        if not self.mixed:
            try:
                return raw.decode(self.charset)
            except UnicodeDecodeError:
                return decode(raw, self.charset).text
        if self.charset != "gb18030":
            return decode(raw, self.charset).text
        # GB18030 reads many texts in UTF-8, as other characters: a run that is Chinese in UTF-8 is that.
        other = any(_is_chinese(run) for run in _RUN.findall(raw))
        return decode(raw, "utf-8" if other else "gb18030").text


def look(path: Path, declared: str = "") -> Look:
    """Return what a file is; reads it once, a megabyte at a time.

    Args:
        declared: charset that its sender names, ``""`` for none.

    Raises:
        OSError: it cannot be read.
    """
    digest, size, zeros, high, chinese = hashlib.sha256(), 0, 0, False, False
    readers = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "gb18030")}
    mark, begin = "", b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if not size:
                begin = chunk[: len(_PACKED)]
                mark = next((name for begin, name in _MARKS.items() if chunk.startswith(begin)), "")
            digest.update(chunk)
            size += len(chunk)
            zeros += chunk.count(0)
            if not chunk.isascii():
                high = True
                chinese = chinese or _CHINESE.search(chunk) is not None
            for name in list(readers):
                if not _reads(readers[name], chunk):
                    del readers[name]
    for name in list(readers):
        if not _reads(readers[name], b"", final=True):
            del readers[name]
    said = "gb18030" if declared.strip().lower() in _GB else declared.strip().lower()
    if mark == "utf-16":
        return Look(
            digest.hexdigest(), size, mark, repaired=bool(said) and said not in ("utf-16", "utf-16-le")
        )
    if begin.startswith(_PACKED):
        return Look(digest.hexdigest(), size, "", zeros=zeros)
    charset, mixed = _charset(path, readers, said, high=high, chinese=chinese)
    if mark and charset == "utf-8":
        charset = mark
    repaired = mixed or (high and bool(said) and said != charset.removesuffix("-sig"))
    return Look(digest.hexdigest(), size, charset, mixed, repaired, zeros)


def _reads(reader: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        reader.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _charset(
    path: Path, readers: dict[str, codecs.IncrementalDecoder], said: str, *, high: bool, chinese: bool
) -> tuple[str, bool]:
    """Return the charset of most lines, and whether others are in another one."""
    if not high:
        return "utf-8", False
    if "utf-8" in readers and (chinese or said == "utf-8" or "gb18030" not in readers):
        return "utf-8", False
    if "utf-8" in readers and "gb18030" in readers:
        return (
            "gb18030",
            False,
        )  # a few bytes that both read: Latin letters with accents, or Chinese in GB18030
    good, bad = _lines(path)
    if good > bad:
        return "utf-8", True
    return "gb18030", "gb18030" not in readers or good > 0


def _lines(path: Path) -> tuple[int, int]:
    """Return how many lines with bytes beyond ASCII are Chinese in UTF-8, and how many are not."""
    good = bad = 0
    with path.open("rb") as file:
        while line := file.readline(_CHUNK):
            if line.isascii():
                continue
            if all(_is_chinese(run) for run in _RUN.findall(line)) and _RUN.search(line):
                good += 1
            else:
                bad += 1
    return good, bad


def _is_chinese(run: bytes) -> bool:
    """Tell whether bytes are Chinese characters in UTF-8 and nothing else."""
    return len(run) % 3 == 0 and _CHINESE.sub(b"", run) == b""


def decoded(path: Path, declared: str = "") -> bytes:
    """Return a whole file as UTF-8.

    Raises:
        Rejected: ``undecodable``.
    """
    raw = path.read_bytes()
    try:
        return decode(raw, declared).text.encode()
    except UnicodeEncodeError:
        raise Rejected("the bytes are text in no known charset", code="undecodable") from None
