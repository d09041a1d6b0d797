"""Files: everything under ``mappings/outbound``, read and checked once (docs/writeback.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Any

import yaml

from gateway.errors import Misconfigured
from gateway.mapping.outbound import distinct
from gateway.mapping.outbound.checked import known, table
from gateway.mapping.outbound.exchanged import answer, soap
from gateway.mapping.outbound.outmap import FORMS, POSTED, OutMap, OutSet, Saying, Segments, TableRows
from gateway.mapping.outbound.rows import Row, Shapes
from gateway.mapping.outbound.unsaid import Unsaid, left_out, named, rules

Place = FilePath | Traversable

_KEYS = frozenset(
    (
        *("outbound", "form", "title", "title_zh", "note", "message", "segments", "tables", "body"),
        *("root", "namespace", "about", "day", "source", "facts", "says"),
    )
)
_SET = frozenset(("outbound", "title", "title_zh", "note", "kinds", "answer", "soap", "maps"))
_SAYING = frozenset(("map", "facts"))


class OutMaps:
    """All maps and sets that lead out.

    Args:
        folder: None: what is shipped.
        tables: names of the code tables of the way in.

    Raises:
        Misconfigured: a file is wrong; names it and the place in it.
    """

    def __init__(self, tables: frozenset[str], folder: Place | None = None) -> None:
        root = folder if folder is not None else files("mappings").joinpath("outbound")
        shapes: dict[str, Any] = {}
        codes: dict[str, dict[str, str]] = {}
        self._blocks: dict[str, list[Any]] = {}
        self._unsaid: dict[str, tuple[Unsaid, ...]] = {}
        for file in _yaml(root / "shapes"):
            said = _read(file)
            shapes |= said.get("shapes", {})
            self._blocks |= said.get("blocks", {})
            self._unsaid |= rules(said.get("unsaid", {}), file.name)
            for name, one in said.get("codes", {}).items():
                codes[name] = {str(key): str(value) for key, value in one.items()}
        self._shapes = Shapes(shapes, codes, tables)
        self.maps: dict[str, OutMap] = {}
        for name in ("messages", "tables", "bodies", "cda", "answers"):
            for file in _yaml(root / name):
                made = self._map(_read(file), file.name, asked=name == "answers")
                self.maps[made.name] = made
        self.sets: dict[str, OutSet] = {}
        for file in _yaml(root):
            whole = self.read_set(_read(file), file.name)
            self.sets[whole.name] = whole

    def set(self, name: str) -> OutSet:
        """Return a set by its name, or by the path of a YAML file of the hospital's own.

        Raises:
            Misconfigured: it is not there, or wrong.
        """
        if name in self.sets:
            return self.sets[name]
        if not name.endswith((".yaml", ".yml")):
            names = ", ".join(sorted(self.sets))
            raise Misconfigured(
                f"there is no such map; there is {names}, or the path of a YAML file", where=name
            )
        return self.read_set(_read(FilePath(name)), name)

    def read_set(self, said: Mapping[str, Any], where: str) -> OutSet:
        """Return a set as its file says it; it may bring maps of its own (``maps``).

        Raises:
            Misconfigured: it is wrong; names the place.
        """
        own = {str(one.get("outbound")): one for one in said.get("maps", ())}
        known(said, _SET, where)
        maps = dict(self.maps)
        for name, one in own.items():
            maps[name] = self._map(one, f"{where} maps.{name}")
        kinds: dict[str, dict[str, Saying]] = {}
        for kind, events in table(said.get("kinds"), f"{where} kinds").items():
            kinds[kind] = {}
            for event, one in table(events, f"{where} kinds.{kind}").items():
                kinds[kind][event] = _saying(one, maps, f"{where} kinds.{kind}.{event}")
        forms = {one.map.form for events in kinds.values() for one in events.values()}
        if len(forms) != 1:
            raise Misconfigured("all maps of a set have one form", where=where)
        form, name = forms.pop(), str(said.get("outbound") or where)
        if form not in POSTED and (wrong := sorted({"answer", "soap"} & set(said))):
            raise Misconfigured(f"is for {', '.join(POSTED)}", where=f"{where} {wrong[0]}")
        distinct.check(kinds, where)
        meant = answer(said["answer"], f"{where} answer") if "answer" in said else None
        dressed = soap(said["soap"], f"{where} soap") if "soap" in said else None
        return OutSet(name, form, kinds, meant, dressed)

    def _map(self, said: Mapping[str, Any], where: str, *, asked: bool = False) -> OutMap:
        known(said, _KEYS, where)
        form = said.get("form")
        if form not in FORMS:
            raise Misconfigured(f"form is one of {', '.join(FORMS)}", where=where)
        name = str(said.get("outbound") or "")
        if not name:
            raise Misconfigured("needs a name: outbound", where=where)
        body = said.get("body")
        day = said.get("day")
        says = named(said.get("says", ()), self._unsaid, where)
        return OutMap(
            name,
            form,
            message=tuple(str(one) for one in said.get("message", ())),
            segments=self._segments(said.get("segments", ()), f"{where} segments"),
            tables=tuple(self._rows(one, f"{where} tables") for one in said.get("tables", ())),
            body=self._shapes.fields(body, f"{name}") if body else {},
            root=str(said.get("root", "")),
            namespace=str(said.get("namespace", "")),
            about=str(said.get("about", "")),
            day=self._shapes.row(day, f"{where} day") if day else None,
            facts={str(key): str(value) for key, value in said.get("facts", {}).items()},
            labels=self._shapes.codes,
            unsaid={} if asked else left_out(self._unsaid, says),
            says=says,
        )

    def _segments(self, said: Any, where: str) -> tuple[Segments, ...]:
        if not isinstance(said, list | tuple):
            raise Misconfigured("must be a list of segments", where=where)
        found: list[Segments] = []
        for one in said:
            if isinstance(one, str):
                if one not in self._blocks:
                    raise Misconfigured(f"there is no block {one!r}", where=where)
                found += self._segments(self._blocks[one], one)
            elif "segments" in one:
                head = {key: value for key, value in one.items() if key != "segments"}
                row = self._shapes.row({**head, "fields": {"1": "'-'"}}, where)
                found.append(Segments(row=row, inner=self._segments(one["segments"], where)))
            else:
                found += [
                    Segments(str(name), self._segment(fields, str(name))) for name, fields in one.items()
                ]
        return tuple(found)

    def _segment(self, said: Any, where: str) -> Row:
        """Return the row of a segment: its fields, with ``each``, ``path`` or ``when`` among them."""
        if not isinstance(said, dict):
            raise Misconfigured("must be a table of fields", where=where)
        head = {key: said[key] for key in ("each", "path", "when") if key in said}
        fields = {key: value for key, value in said.items() if key not in head}
        return self._shapes.row({**head, "fields": fields}, where)

    def _rows(self, said: Any, where: str) -> TableRows:
        found = known(said, frozenset(("table", "key", "each", "when", "columns")), where)
        key = found.get("key") or ()
        head = {name: found[name] for name in ("each", "when") if name in found}
        row = self._shapes.row({**head, "fields": found.get("columns")}, str(found.get("table")))
        keys = (key,) if isinstance(key, str) else tuple(key)
        if not keys or not set(keys) <= set(row.inside or ()):
            raise Misconfigured("key names columns that say whether a row is there already", where=where)
        return TableRows(str(found.get("table")), keys, row)


def _saying(said: Any, maps: Mapping[str, OutMap], where: str) -> Saying:
    if isinstance(said, str):
        said = {"map": said}
    known(said, _SAYING, where)
    if said.get("map") not in maps:
        raise Misconfigured(f"there is no map {said.get('map')!r}", where=where)
    facts = {str(key): str(value) for key, value in (said.get("facts") or {}).items()}
    return Saying(maps[said["map"]], facts)


def _yaml(folder: Place) -> Iterator[Place]:
    if folder.is_dir():
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith(".yaml"):
                yield file


def _read(file: Place) -> dict[str, Any]:
    try:
        said = yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"cannot be read: {type(error).__name__}", where=file.name) from None
    return table(said, file.name)
