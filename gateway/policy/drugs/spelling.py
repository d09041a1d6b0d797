"""Spelling: brings names of drugs to one form, whatever width, script, case, spaces, salt and strength."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

_VARIANTS = {"䓬": "卓", "噁": "恶", "甙": "苷", "硷": "碱"}
"""Characters of one drug name that are written in two ways; both become the second."""

_LATIN = re.compile(r"[a-z0-9]+")
_STRENGTH = re.compile(
    r"\d+(?:\.\d+)?\s*(?:mg|g|kg|μg|ug|mcg|ml|l|iu|u|kiu|mmol|mm|cm|%|毫克|克|微克|毫升|升|万?单位|万)"
    r"(?:\s*[/:：∶]\s*\d*(?:\.\d+)?\s*(?:mg|g|ug|μg|ml|l|iu|u|片|粒|支|袋|瓶|揿|喷|h|小时))?"
    r"|\s*[x×*＊]\s*\d+\s*(?:片|粒|支|袋|丸|瓶|盒|贴|枚|s|t)?(?:[/／]\s*(?:盒|瓶|袋|板))?"
    r"|\d+\s*(?:片|粒|支|袋|丸|瓶|盒|贴|枚)(?:[/／]\s*(?:盒|瓶|袋|板))?",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(\[【〔<《「『{]([^)\]】〕>》」』}]*)[)\]】〕>》」』}]")
_MOST = 64
"""Ways to take a name apart that are tried."""


def plain(name: str) -> str:
    """Return a name with widths, accents, case, invisible and traditional characters made one."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(one for one in folded if unicodedata.category(one) not in ("Mn", "Cf", "Cc", "Cs", "Co"))
    return unicodedata.normalize("NFKC", kept).translate(_simplified())


def squeezed(name: str) -> str:
    """Return the letters, characters and digits of a plain name, without whatever stands between them."""
    return "".join(one for one in name if one.isalnum())


def words(name: str) -> list[str]:
    """Return the Latin words of a plain name, in order."""
    return _LATIN.findall(name)


def joined_words(name: str) -> set[str]:
    """Return what the Latin words of a plain name make, alone and joined: spaces may be anywhere."""
    found, given = set(), words(name)
    for at in range(len(given)):
        joined = ""
        for word in given[at : at + 40]:
            joined += word
            if len(joined) > 80:
                break
            found.add(joined)
    return found


def parts(name: str) -> list[str]:
    """Return a plain name without strengths, then without brackets, then what stood in them."""
    bare = _STRENGTH.sub(" ", name)
    inside = [one for one in _BRACKETS.findall(bare) if one.strip()]
    return [one for one in (_BRACKETS.sub(" ", bare), *inside) if one.strip()]


def cores(part: str) -> set[str]:
    """Return what a part of a name may be called without form and salt, itself among it."""
    around = _around()
    latin = [word for word in words(part) if word not in around.latin and not word.isdigit()]
    waiting, found = [squeezed(part)], {"".join(latin)} - {""}
    while waiting and len(found) < _MOST:
        one = waiting.pop()
        if one and one not in found:
            found.add(one)
            ends = [one[: -len(word)] for word in around.after if one.endswith(word)]
            starts = [one[len(word) :] for word in around.before if one.startswith(word)]
            waiting += [left for left in (*ends, *starts) if len(left) > 1]
    return found


@dataclass(slots=True, frozen=True)
class _Around:
    """Words that stand around the name of a drug, squeezed."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    latin: frozenset[str]


@cache
def _around() -> _Around:
    text = (files("gateway.policy") / "tables" / "words.yaml").read_text(encoding="utf-8")
    said: dict[str, list[str]] = yaml.load(text, yaml.CSafeLoader)
    after = sorted({squeezed(plain(one)) for one in (*said["forms"], *said["tails"])}, key=len, reverse=True)
    return _Around(tuple(said["salts"]), tuple(after), frozenset(said["latin"]))


@cache
def _simplified() -> dict[int, str]:
    table = {ord(one): other for one, other in _VARIANTS.items()}
    text = (files("gateway.policy") / "tables" / "characters.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            table |= {ord(one): table.get(ord(line[0]), line[0]) for one in line[1:]}
    return table
