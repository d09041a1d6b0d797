"""File: the queries under ``mappings/queries``, read and checked once (docs/add-a-query.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from gateway.wire.xml.document import path_of

_KEYS = frozenset(
    (
        *("query", "title", "title_zh", "note", "format", "match", "form", "first", "patient", "parameters"),
        *("searches", "enough", "ignored", "refused", "group", "say"),
    )
)
_PARAMETER = frozenset(("from", "low", "high", "codes"))
_SEARCH = frozenset(("type", "about", "with", "by"))


@dataclass(slots=True, frozen=True)
class Parameter:
    """Where a question says something, as paths of its record.

    Attributes:
        path: its values; of a span of time ``""``, then ``low`` and ``high`` say its ends.
        codes: code of the question → what is searched; None: as it is said.
    """

    path: str = ""
    low: str = ""
    high: str = ""
    codes: Mapping[str, str] | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """All of its paths."""
        return tuple(filter(None, (self.path, self.low, self.high)))


@dataclass(slots=True, frozen=True)
class Search:
    """A search of one type; what several searches of a query find is one answer.

    Attributes:
        about: search parameter that takes the patient; ``_id``: the patients themselves are searched.
        always: parameters that are the same every time.
        by: search parameter → name of the query's parameter.
    """

    type: str
    about: str
    always: tuple[tuple[str, str], ...]
    by: Mapping[str, str]


@dataclass(slots=True, frozen=True)
class Query:
    """One kind of question.

    Attributes:
        format: of the records that it reads; paths of ``xml`` are XPaths.
        match: path → the values of which one is found there in such questions, none for any.
        form: what the answer is called.
        first: path of how many are wanted.
        patient: kind of number (``systems`` of a sender's profile) → path.
        enough: parameters of which one has to be given, beside the patient: nobody may ask for everybody.
        ignored: name → path of what may be said and is not looked at.
        refused: name → path of what nobody here understands; without it the answer would be too broad.
        group: what is the same in resources that are said together; None: each by itself.
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


class Queries:
    """All queries, in the order of their files."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._queries = tuple(queries)

    def of(self, record: Record, format: str = "xml") -> Query:
        """Return the query that a question is. Raises ``Rejected``, code ``unknown-query``: there is none."""
        for one in self._queries:
            if one.format == format and all(_fits(record, *pair) for pair in one.match.items()):
                return one
        raise Rejected("no file in mappings/queries answers this question", code="unknown-query")

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries)


def _fits(record: Record, path: str, wanted: frozenset[str]) -> bool:
    found = record.get(path)
    return bool(found) and (not wanted or found in wanted)


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
    )
    _check(query, where)
    return query


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
    made = Parameter(str(found.get("from", "")), str(found.get("low", "")), str(found.get("high", "")), codes)
    if not made.paths:
        raise Misconfigured("a parameter needs from, or low and high", where=where)
    return made


def _search(said: Any, parameters: Mapping[str, Parameter], where: str) -> Search:
    found = known(said, _SEARCH, where)
    by = _texts(found.get("by"), where)
    if unknown := sorted(set(by.values()) - set(parameters)):
        raise Misconfigured(f"there is no parameter {unknown[0]!r}", where=where)
    if lacking := sorted(set(parameters) - set(by.values())):  # what is asked for must never be dropped
        raise Misconfigured(f"does not look at the parameter {lacking[0]!r}", where=where)
    type_ = str(found.get("type"))
    if not is_resource(type_):
        raise Misconfigured(f"R4 has no resource type {type_!r}", where=where)
    always = [
        (str(name), str(one))
        for name, value in table(found.get("with") or {}, where).items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return Search(type_, str(found.get("about", "patient")), tuple(always), by)


def _check(query: Query, where: str) -> None:
    """Refuse XPaths that are none; only the codec knows the paths of another format."""
    if query.format != "xml":
        return
    paths = [*query.match, *query.patient.values(), *query.ignored.values(), query.first]
    paths += query.refused.values()
    paths += [path for one in query.parameters.values() for path in one.paths]
    for path in filter(None, paths):
        try:
            path_of(path)
        except Misconfigured as error:
            raise Misconfigured(error.reason, where=where) from None
