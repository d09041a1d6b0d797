"""File: the queries under ``mappings/queries``, read and checked once (docs/add-a-query.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Any

import yaml

from gateway.canonical import Record
from gateway.errors import Misconfigured, Rejected
from gateway.mapping.elements import is_resource
from gateway.mapping.outbound import OutMap, OutMaps
from gateway.mapping.outbound.checked import known, table
from gateway.mapping.outbound.path import Path
from gateway.wire.astm.records.path import read_path as astm_path
from gateway.wire.er7.path import read_path as er7_path
from gateway.wire.xml.document import path_of as xml_path

_KEYS = frozenset(
    (
        *("query", "title", "title_zh", "note", "format", "match", "form", "first", "patient", "parameters"),
        *("searches", "enough", "ignored", "refused", "group", "alone", "status", "say"),
        *("own", "undone", "recent", "most"),
    )
)
_PARAMETER = frozenset(("from", "to", "low", "high", "codes"))
_SEARCH = frozenset(("type", "about", "with", "by", "otherwise", "follow"))

MOST = 100
"""Resources of one answer that were asked for, where a file says no other number."""
MOST_OF_ALL = 2000
"""No file may say more."""

OR = " or "
"""Between the places of which one has to match; an XPath says that itself."""

DOOR = "door"
"""Format of questions that a door asks for itself: nobody can send one. Paths as of HL7 v2."""

_PATHS: Mapping[str, Callable[[str], object]] = {
    "xml": xml_path, "hl7v2": er7_path, "astm": astm_path, DOOR: er7_path,
}  # fmt: skip
"""Format of a question → what reads its paths."""


@dataclass(slots=True, frozen=True)
class Parameter:
    """Where a question says something, as paths of its record.

    Attributes:
        path: its values; of a span of time ``""``, then ``low`` and ``high`` say its ends.
        to: last of the numbers of which ``path`` says the first; they are asked about one by one.
        codes: code of the question → what is searched; None: as it is said.
    """

    path: str = ""
    low: str = ""
    high: str = ""
    codes: Mapping[str, str] | None = None
    to: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """All of its paths."""
        return tuple(filter(None, (self.path, self.to, self.low, self.high)))


@dataclass(slots=True, frozen=True)
class Search:
    """A search of one type; what several searches of a query find is one answer.

    Attributes:
        about: search parameter that takes the patient; ``_id``: the patients themselves are searched.
        always: parameters that are the same every time.
        by: search parameter → name of the query's parameter; ``specimen|sample``: in the register that the
            profile of who asks knows as that kind of number.
        otherwise: it is made only where those before it have found nothing.
        follow: element of what it finds that names what is meant (``request`` of a Specimen: its orders);
            ``""``: what it finds is meant.
    """

    type: str
    about: str
    always: tuple[tuple[str, str], ...]
    by: Mapping[str, str]
    otherwise: bool = False
    follow: str = ""


@dataclass(slots=True, frozen=True)
class Query:
    """One kind of question.

    Attributes:
        format: of the records that it reads; paths of ``xml`` are XPaths.
        match: path → shell patterns of which one fits what is found there in such questions, none for any.
        form: what the answer is called.
        first: path of how many are wanted.
        patient: kind of number (``systems`` of a sender's profile) → path.
        enough: parameters of which one has to be given, beside the patient: nobody may ask for everybody.
        ignored: name → path of what may be said and is not looked at.
        refused: name → path of what nobody here understands; without it the answer would be too broad.
        group: what is the same in resources that are said together; None: each by itself.
        alone: all that is found must be of one patient: a number that two have tells nobody.
        status: of what is found only this is told; the rest still says whose the number is. None: all.
        own: only who has a code table of its own (``orders``) may ask: it hears of nothing else.
        undone: a test that has a result already is not told.
        recent: parameter that takes since when an order counts (``sample: {within: 14d}`` of the profile),
            where the question says no time; ``""``: any.
        most: resources that one answer tells.
        say: what is said of them.
    """

    name: str
    format: str
    match: Mapping[str, frozenset[str]]
    form: str
    searches: tuple[Search, ...]
    say: OutMap
    first: str = ""
    patient: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    enough: frozenset[str] = frozenset()
    ignored: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    group: Path | None = None
    alone: bool = False
    status: frozenset[str] = frozenset()
    own: bool = False
    undone: bool = False
    recent: str = ""
    most: int = MOST

    def places(self, path: str) -> list[str]:
        """Return the places that a path of ``match`` names."""
        return [path] if self.format == "xml" else path.split(OR)


class Queries:
    """All queries, in the order of their files."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._queries = tuple(queries)

    def of(self, record: Record, format: str = "xml") -> Query:
        """Return the query that a question is, of several the one that asks for most of its places.

        Raises:
            Rejected: ``unknown-query``: there is none.
        """
        fits = [one for one in self._queries if one.format == format and _matches(record, one)]
        if fits:
            return max(fits, key=lambda one: len(one.match))
        raise Rejected("no file in mappings/queries answers this question", code="unknown-query")

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries)


def _matches(record: Record, query: Query) -> bool:
    return all(_fits(record, query.places(path), wanted) for path, wanted in query.match.items())


def _fits(record: Record, places: Sequence[str], wanted: frozenset[str]) -> bool:
    """Tell whether one of some places has what is wanted; ``""`` is wanted of a place that says nothing."""
    for place in places:
        found = str(record.get(place) or "").strip()
        if any(fnmatchcase(found, one) for one in wanted) if wanted else found:
            return True
    return False


def load_queries(out: OutMaps, root: FilePath | Traversable | None = None) -> Queries:
    """Return the queries of a folder like ``mappings/``; by default those that ship with qiao.

    Args:
        out: the maps that say what is found.

    Raises:
        Misconfigured: a file is wrong; names it and the place in it.
    """
    folder = (root if root is not None else files("mappings")).joinpath("queries")
    if not folder.is_dir():
        return Queries(())
    found = sorted(folder.iterdir(), key=lambda one: one.name)
    return Queries([_query(_read(one), out, one.name) for one in found if one.name.endswith(".yaml")])


def _read(file: FilePath | Traversable) -> Any:
    try:
        return yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"cannot be read: {type(error).__name__}", where=file.name) from None


def _query(said: Any, out: OutMaps, where: str) -> Query:
    found = known(said, _KEYS, where)
    if lacking := [one for one in ("query", "match", "form", "searches", "say") if not found.get(one)]:
        raise Misconfigured(f"needs {lacking[0]}", where=where)
    if found["say"] not in out.maps:
        raise Misconfigured(f"there is no map {found['say']!r}", where=f"{where} say")
    parameters = {
        str(name): _parameter(one, f"{where} parameters.{name}")
        for name, one in table(found.get("parameters") or {}, f"{where} parameters").items()
    }
    enough = frozenset(map(str, found.get("enough", ())))
    if unknown := sorted(enough - set(parameters)):
        raise Misconfigured(f"there is no parameter {unknown[0]!r}", where=f"{where} enough")
    query = Query(
        name=str(found["query"]),
        format=str(found.get("format", "xml")),
        match=_match(found["match"], f"{where} match"),
        form=str(found["form"]),
        searches=tuple(_search(one, parameters, f"{where} searches") for one in found["searches"]),
        say=out.maps[found["say"]],
        first=str(found.get("first", "")),
        patient=_texts(found.get("patient"), f"{where} patient"),
        parameters=parameters,
        enough=enough,
        ignored=_texts(found.get("ignored"), f"{where} ignored"),
        refused=_texts(found.get("refused"), f"{where} refused"),
        group=Path(str(found["group"])) if found.get("group") else None,
        alone=found.get("alone") is True,
        status=frozenset(map(str, found.get("status", ()))),
        own=found.get("own") is True,
        undone=found.get("undone") is True or found.get("alone") is True,
        recent=str(found.get("recent", "")),
        most=_most(found.get("most", MOST), f"{where} most"),
    )
    _check(query, where)
    return query


def _most(said: Any, where: str) -> int:
    if not isinstance(said, int) or not 0 < said <= MOST_OF_ALL:
        raise Misconfigured(f"most is a number up to {MOST_OF_ALL}, not {said!r}", where=where)
    return said


def _match(said: Any, where: str) -> dict[str, frozenset[str]]:
    if isinstance(said, str):
        return {said: frozenset()}
    pairs = table(said, where).items()
    return {str(path): frozenset(map(str, one if isinstance(one, list) else [one])) for path, one in pairs}


def _texts(said: Any, where: str) -> dict[str, str]:
    return {str(name): str(one) for name, one in table(said or {}, where).items()}


def _parameter(said: Any, where: str) -> Parameter:
    found = {"from": said} if isinstance(said, str) else known(said, _PARAMETER, where)
    codes = _texts(found["codes"], where) if found.get("codes") else None
    path, to, low, high = (str(found.get(key, "")) for key in ("from", "to", "low", "high"))
    made = Parameter(path, low, high, codes, to)
    if not made.paths:
        raise Misconfigured("a parameter needs from, or low and high", where=where)
    return made


def _search(said: Any, parameters: Mapping[str, Parameter], where: str) -> Search:
    found = known(said, _SEARCH, where)
    by = _texts(found.get("by"), where)
    asked = {one.rpartition("|")[2] for one in by.values()}
    if unknown := sorted(asked - set(parameters)):
        raise Misconfigured(f"there is no parameter {unknown[0]!r}", where=where)
    if lacking := sorted(set(parameters) - asked):  # what is asked for must never be dropped
        raise Misconfigured(f"does not look at the parameter {lacking[0]!r}", where=where)
    type_ = str(found.get("type"))
    if not is_resource(type_):
        raise Misconfigured(f"R4 has no resource type {type_!r}", where=where)
    always = [
        (str(name), str(one))
        for name, value in table(found.get("with") or {}, where).items()
        for one in (value if isinstance(value, list) else [value])
    ]
    otherwise = found.get("otherwise") is True
    about, follow = str(found.get("about", "patient")), str(found.get("follow", ""))
    return Search(type_, about, tuple(always), by, otherwise, follow)


def _check(query: Query, where: str) -> None:
    """Refuse paths that the codec of the format does not know."""
    if query.format not in _PATHS:
        raise Misconfigured(f"format is one of {', '.join(_PATHS)}", where=where)
    paths = [place for path in query.match for place in query.places(path)]
    paths += [*query.patient.values(), *query.ignored.values(), query.first]
    paths += query.refused.values()
    paths += [path for one in query.parameters.values() for path in one.paths]
    for path in filter(None, paths):
        try:
            _PATHS[query.format](path)
        except Misconfigured as error:
            raise Misconfigured(error.reason, where=where) from None
