"""Catalogue: the tables of drugs under rules and of common ones; finds what a name is, however written.

Chinese names are found anywhere in a name, so that salts, forms and compounds are found with them; Latin ones
as whole words, since *tiotropium* is no *opium*. A name that no table knows is nobody's guess: it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from gateway.errors import Misconfigured
from gateway.policy.drugs.spelling import cores, joined_words, parts, plain, squeezed

_KEYS = {"list", "title", "title-en", "source", "verify", "entries"}
_MAY = {"atc"}
_ENTRY = {"zh", "en", "also", "only", "since"}
COMMON = "common.yaml"
ATC = frozenset({"http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73"})
COMPOUNDS = "containing"
"""The list of compounds: the name of one stands for itself, and not for the drug whose name is in it."""
_LONGEST = 200
"""Characters of a name that are remembered; no drug is called by more."""
READ = 4_000
"""Characters of a text that are searched; who says more says nothing that can be relied on."""


@dataclass(slots=True, frozen=True)
class Listed:
    """One drug of a list.

    Attributes:
        list: ``"narcotic"``, ``"psychotropic-2"``…
        zh: its Chinese name as the list prints it.
        en: its English name.
        since: first day on which it is on the list, None for always.
    """

    list: str
    zh: str
    en: str
    since: date | None


@dataclass(slots=True, frozen=True)
class DrugList:
    """One table.

    Attributes:
        name: of its file without the ending.
        title: in English.
        title_zh: in Chinese.
        source: catalogue and edition.
        verify: what must be checked before it is relied on.
        count: of its entries.
    """

    name: str
    title: str
    title_zh: str
    source: str
    verify: str
    count: int


class Catalogue:
    """All tables, ready to be asked; shared by all threads."""

    def __init__(self, folder: Traversable) -> None:
        self.lists: dict[str, DrugList] = {}
        self._pieces: dict[str, list[tuple[str, Listed]]] = {}
        self._whole: dict[str, list[Listed]] = {}
        self._codes: dict[str, Listed] = {}
        self._innocent: tuple[str, ...] = ()
        self._common: frozenset[str] = frozenset()
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name == COMMON:
                self._take_common(_read(file))
            elif file.name.endswith(".yaml"):
                self._take(_read(file), file.name)
        self._remembered = lru_cache(maxsize=8192)(self._listed)
        self._recognized = lru_cache(maxsize=8192)(self._known)

    def listed(self, name: str) -> tuple[Listed, ...]:
        """Return the drugs of the lists that a name is or contains."""
        return self._remembered(name) if len(name) <= _LONGEST else self._listed(name)

    def coded(self, system: str, code: str) -> tuple[Listed, ...]:
        """Return the drugs of the lists that a code is, or lies below (ATC: ``N05BA12`` below ``N05BA``)."""
        if system not in ATC:
            return ()
        code = code.strip().upper()
        return tuple(self._codes[code[:end]] for end in range(3, len(code) + 1) if code[:end] in self._codes)

    def known(self, name: str) -> bool:
        """Tell whether a name, without salt, form and strength, is one of a table; a long text is none."""
        return len(name) <= _LONGEST and self._recognized(name)

    def _listed(self, name: str) -> tuple[Listed, ...]:
        text = plain(name[:READ])
        found = dict.fromkeys(self._anywhere(_without(squeezed(text), self._innocent)))
        words = joined_words(text)
        whole = set(words)
        if len(name) <= _LONGEST:
            whole |= {core for part in parts(text) for core in cores(part)}
        found |= {one: None for key in whole for one in self._whole.get(key, ())}
        return tuple(found)

    def _known(self, name: str) -> bool:
        said = parts(plain(name))
        return bool(said) and not self._common.isdisjoint(cores(said[0]))

    def _anywhere(self, text: str) -> Iterator[Listed]:
        """Yield what stands in a text; of what stands within the name of a compound the compound alone."""
        found = [
            (at, at + len(key), one)
            for at in range(len(text) - 1)
            for key, one in self._pieces.get(text[at : at + 2], ())
            if text.startswith(key, at)
        ]
        compounds = [(start, end) for start, end, one in found if one.list == COMPOUNDS]
        for start, end, one in found:
            if one.list == COMPOUNDS or not any(a <= start and end <= b for a, b in compounds):
                yield one

    def _take(self, data: Mapping[str, Any], file: str) -> None:
        if not _KEYS <= set(data) <= _KEYS | _MAY or f"{data['list']}.yaml" != file:
            raise Misconfigured(f"a list of drugs has {', '.join(sorted(_KEYS))}", code="policy", where=file)
        name = data["list"]
        self.lists[name] = DrugList(
            name, data["title-en"], data["title"], data["source"], data["verify"], len(data["entries"])
        )
        for code, zh in data.get("atc", {}).items():
            self._codes[code] = Listed(name, zh, f"ATC {code}", None)
        for row in data["entries"]:
            if not {"zh", "en"} <= set(row) <= _ENTRY:
                raise Misconfigured("an entry has zh and en", code="policy", where=f"{file}: {row.get('zh')}")
            one = Listed(name, row["zh"], row["en"], row.get("since"))
            self._enter(one, [row["zh"]], least=2)
            self._enter(one, [row["en"], *row.get("also", ())], least=3)
            for text in row.get("only", ()):
                self._whole.setdefault(squeezed(plain(text)), []).append(one)

    def _enter(self, one: Listed, names: Iterable[str], least: int) -> None:
        """A Chinese name of fewer characters than ``least`` counts as a whole only; so does a Latin one."""
        for name in names:
            key = squeezed(plain(name))
            if key.isascii() or len(key) < least:
                self._whole.setdefault(key, []).append(one)
            else:
                self._pieces.setdefault(key[:2], []).append((key, one))

    def _take_common(self, data: Mapping[str, Any]) -> None:
        self._innocent = tuple(squeezed(plain(one)) for one in data["innocent"])
        names = [str(one) for group in data["names"].values() for one in group]
        self._common = frozenset(squeezed(plain(one)) for one in names)

    @property
    def common(self) -> frozenset[str]:
        """The names of common drugs, as :func:`squeezed` has them."""
        return self._common


@cache
def catalogue() -> Catalogue:
    """Return the tables that qiao ships.

    Raises:
        Misconfigured: a table is not as it should be.
    """
    return Catalogue(files("gateway.policy") / "tables" / "drugs")


def _without(text: str, innocent: Iterable[str]) -> str:
    for one in innocent:
        text = text.replace(one, "|")
    return text


def _read(file: Traversable) -> Mapping[str, Any]:
    from gateway.policy.pack import read_yaml

    data = read_yaml(file)
    if not isinstance(data, dict):
        raise Misconfigured("it must be a mapping", code="policy", where=file.name)
    return data
