"""View: the columns that a layout of ``mappings/rows`` has, and by which headings a file may name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from gateway.errors import Misconfigured

Place = tuple[str, str]
"""Detail and column: ``("", "rx_no")`` is in the row itself, ``("items", "dose")`` in what belongs to it."""

_ASIDE = re.compile(r"[(（\[【:：，,].*")
_ALSO = re.compile(r"（([^（）]+)）")
_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,8}(?:号|码|编号)")
"""What is aside and is a name of the number itself; the rest explains what may stand there."""
_TELLING = re.compile(r"(?:.+_)?(?:no|code|card|phone)")
"""Columns of texts that are numbers all the same."""
_BETWEEN = re.compile(r"[\s_\-./·　]+")


@dataclass(slots=True, frozen=True)
class View:
    """One layout as far as a file needs it.

    Attributes:
        name: ``"prescription"``.
        title_zh: ``"处方"``.
        key: columns that tell its rows apart.
        changed: column that says when the row changed, ``""`` for none.
        dates: where dates and moments stand.
        numbers: where codes and numbers stand that tell one thing from another; none is an amount.
        required: columns that a row must have.
        places: column → where it stands; of a name that several have, the first.
        headings: heading as :func:`plain` has it → place.
        details: names of what may belong to a row.
        inner: of each of them, heading → place.
    """

    name: str
    title_zh: str
    key: tuple[str, ...]
    required: tuple[str, ...]
    places: Mapping[str, Place]
    headings: Mapping[str, Place]
    details: tuple[str, ...] = field(default=())
    inner: Mapping[str, Mapping[str, Place]] = field(default_factory=dict)
    changed: str = ""
    dates: frozenset[Place] = frozenset()
    numbers: frozenset[Place] = frozenset()

    def place(self, heading: str) -> Place | None:
        """Return what a heading names, None for none."""
        return self.headings.get(plain(heading)) or self.headings.get(plain(_ASIDE.sub("", heading)))

    def inside(self, detail: str, heading: str) -> Place | None:
        """Return what a heading names in rows that belong to the row."""
        known = self.inner.get(detail, {})
        return known.get(plain(heading)) or known.get(plain(_ASIDE.sub("", heading)))

    def known(self, headings: Iterable[str]) -> int:
        """Return how many headings it knows; -1 where a column is missing that a row must have."""
        found = {place for one in headings if (place := self.place(one))}
        missing = [one for one in self.required if self.places[one] not in found]
        return -1 if missing else len(found)


def plain(heading: str) -> str:
    """Return a heading as it is compared: without case, white space and what parts its words."""
    return _BETWEEN.sub("", heading.strip().strip('"').casefold())


def load_views(folder: str) -> dict[str, View]:
    """Return the layouts by name.

    Args:
        folder: with layouts of rows, ``""`` for those that are shipped.

    Raises:
        Misconfigured: it cannot be read; what is wrong inside a layout is told when the maps are loaded.
    """
    root: Path | Traversable = Path(folder) if folder else files("mappings").joinpath("rows")
    found: dict[str, View] = {}
    try:
        for path in sorted(root.iterdir(), key=lambda one: one.name):
            if path.name.endswith((".yaml", ".yml")):
                data = yaml.safe_load(path.read_text("utf-8"))
                if isinstance(data, dict) and data.get("rows"):
                    found[str(data["rows"])] = _view(data)
    except OSError as error:
        said = f"the folder with file patterns cannot be read: {error.strerror}"
        raise Misconfigured(said, where=folder) from None
    except yaml.YAMLError as error:
        raise Misconfigured(f"not YAML: {type(error).__name__}", where=folder or "mappings/rows") from None
    return found


def _view(data: Mapping[str, Any]) -> View:
    own = data.get("columns") or {}
    details = {
        str(name): (said.get("columns") or {})
        for name, said in (data.get("details") or {}).items()
        if isinstance(said, dict)
    }
    places: dict[str, Place] = {}
    headings: dict[str, Place] = {}
    inner: dict[str, dict[str, Place]] = {name: {} for name in details}
    dates, numbers = set[Place](), set[Place]()
    for detail, columns in (("", own), *details.items()):
        for name, said in columns.items():
            place = (detail, str(name))
            places.setdefault(str(name), place)
            told = said if isinstance(said, dict) else {}
            if told.get("type") in ("date", "datetime"):
                dates.add(place)
            elif told.get("type") == "code" or _TELLING.fullmatch(str(name)):
                numbers.add(place)
            for heading in _named(str(name), told):
                headings.setdefault(plain(heading), place)
                if detail:
                    inner[detail].setdefault(plain(heading), place)
    said_of = {str(name): said for name, said in own.items() if isinstance(said, dict)}
    required = tuple(name for name, said in said_of.items() if said.get("required"))
    key = data.get("key") or ()
    return View(
        str(data["rows"]), str(data.get("title_zh", "")),
        tuple(str(one) for one in ([key] if isinstance(key, str) else key)),
        required, places, headings, tuple(details), inner, str(data.get("changed", "")),
        frozenset(dates), frozenset(numbers),
    )  # fmt: skip


def _named(name: str, said: Mapping[str, Any]) -> Iterable[str]:
    """Yield the headings of one column: its name, its Chinese and English, with and without what is aside.

    ``患者编号（病案号、患者主索引号）``: what stands aside and names a number is a heading, too.
    """
    yield name
    for language in ("zh", "en"):
        text = str(said.get(language, ""))
        if text:
            yield text
            yield _ASIDE.sub("", text)
    for aside in _ALSO.findall(str(said.get("zh", ""))):
        yield from (one for one in aside.split("、") if _NUMBER.fullmatch(one))
