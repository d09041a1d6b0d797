"""Overrides: rows that one kind of sender adds to the maps, changes or drops, as its profile says.

They overlay the maps of ``mappings/hl7v2`` for that sender only: one variant of the compiled maps for each
such profile, made when its first message comes. The format: docs/add-a-mapping.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from gateway.errors import Misconfigured
from gateway.mapping.codes import Table
from gateway.mapping.compile import Compiled, compile_variant
from gateway.mapping.elements import is_type
from gateway.mapping.emit import Emitter, World
from gateway.mapping.marked import Json, plain
from gateway.mapping.messages import MessageCompiler
from gateway.mapping.places import MessageMap
from gateway.mapping.reads import Reads
from gateway.mapping.rows import MapFile, MessageFile, Row, Step, own_rows, own_steps
from gateway.mapping.steps import check_names

KEYS = frozenset({"rows", "add", "__line__"})
STEP_CHANGES = frozenset({"when", "key"})
"""What a profile may change in a row of a message map; for the rest it drops the row and adds its own."""


@dataclass(slots=True, frozen=True)
class Overrides:
    """What a profile changes of the maps, as YAML gives it.

    Attributes:
        sender: id of the profile; it ends the id of each of these rows (``PID[Patient]/PID-8@his-legacy``).
        file: of the profile.
        rows: row id → what changes in it, None where it is dropped.
        add: map → further rows.
        maps: new map → its rows.
        messages: message map, or a pattern of them (``ADT_*``) → further rows.
        line: where ``overrides`` begins in the file; ``maps_line``, ``messages_line``: where these do.
    """

    sender: str
    file: str
    rows: Mapping[str, Json]
    add: Mapping[str, Json]
    maps: Mapping[str, Json]
    messages: Mapping[str, Json]
    line: int = 0
    maps_line: int = 0
    messages_line: int = 0

    def where(self, data: Json = None) -> str:
        line = data.get("__line__", self.line) if isinstance(data, dict) else self.line
        return f"{self.file}:{line}"


def read_overrides(sender: str, data: Mapping[str, Json], file: str) -> Overrides | None:
    """Return what a profile changes of the maps, None where it changes nothing.

    Raises:
        Misconfigured: it is not written as a profile writes it; names file and line.
    """
    own = data.get("overrides") or {}
    parts = {"overrides": own, "maps": data.get("maps") or {}, "messages": data.get("messages") or {}}
    parts |= {key: own.get(key) or {} for key in ("rows", "add") if isinstance(own, dict)}
    for name, value in parts.items():
        if not isinstance(value, dict):
            raise Misconfigured(f"'{name}' takes names and what they mean: {{…}}", where=file)
    if unknown := set(own) - KEYS:
        raise Misconfigured(
            f"unknown key {min(unknown)!r}; overrides has rows and add", where=f"{file}:{own['__line__']}"
        )

    def listed(value: Json) -> dict[str, Json]:
        return {str(key): one for key, one in (value or {}).items() if key != "__line__"}

    made = Overrides(
        sender,
        file,
        listed(own.get("rows")),
        listed(own.get("add")),
        listed(parts["maps"]),
        listed(parts["messages"]),
        own.get("__line__", 0),
        parts["maps"].get("__line__", 0),
        parts["messages"].get("__line__", 0),
    )
    return made if made.rows or made.add or made.maps or made.messages else None


def _written(row: Row) -> dict[str, Json]:
    """Return a row as YAML writes it."""
    data: dict[str, Json] = {"from": list(row.sources)} if row.sources else {}
    texts = {"to": row.to, "when": row.when, "as": row.convert, "codes": row.codes, "ignore": row.ignore}
    data |= {key: text for key, text in texts.items() if text}
    if row.has_value:
        data["value"] = row.value
    if row.constants:
        data["with"] = dict(row.constants)
    data["fill"] = str(row.fill).lower()
    data["clear"] = "always" if row.clears else str(row.clear).lower()
    return data


def _changed(row: Row, name: str, change: Json, own: Overrides) -> Row:
    """Return a row with the keys that a profile gives it; a key that is null goes."""
    if not isinstance(change, dict):
        raise Misconfigured(f"{row.id} takes the keys that change, or null: {{codes: …}}", where=own.where())
    data = {key: value for key, value in (_written(row) | change).items() if value is not None}
    ident = row.id.removeprefix(f"{name}/") + "@" + own.sender
    return own_rows(name, [data | {"id": ident, "__line__": change.get("__line__", own.line)}], own.file)[0]


def _named(rows: Sequence[Row], own: Overrides) -> list[Row]:
    return [replace(row, id=f"{row.id}@{own.sender}") for row in rows]


def changed_maps(own: Overrides, maps: Mapping[str, MapFile]) -> dict[str, MapFile]:
    """Return the maps that differ for a sender, with the rows that it gives them.

    Raises:
        Misconfigured: there is no such row or map, or a row is wrong; names file and line.
    """
    changed: dict[str, MapFile] = {}
    for name, raw in own.maps.items():
        source, _, target = name.removesuffix("]").partition("[")
        if name in maps or not is_type(target.partition("-")[0]) or len(source) != 3:
            raise Misconfigured(
                f"'maps' takes new segment maps, SEG[Resource], not {name!r}",
                where=f"{own.file}:{own.maps_line}",
            )
        rows = _named(own_rows(name, raw, own.file), own)
        changed[name] = MapFile(name, own.file, True, source, target.partition("-")[0], rows)
    for ident, change in own.rows.items():
        name = ident.partition("/")[0]
        if "[" not in name:
            continue  # a row of a message map
        file = changed.get(name) or maps.get(name)
        row = next((row for row in file.rows if row.id == ident), None) if file else None
        if file is None or row is None:
            near = (
                ", ".join(row.id for row in file.rows if row.id.startswith(ident.partition(".")[0]))
                if file
                else ""
            )
            hint = f"; there are {near}" if near else ""
            raise Misconfigured(f"no row {ident!r} to change{hint}", where=own.where(change))
        put = [] if change is None else [_changed(row, name, change, own)]
        changed[name] = replace(
            file, rows=[new for one in file.rows for new in (put if one is row else [one])]
        )
    for name, raw in own.add.items():
        file = changed.get(name) or maps.get(name)
        if file is None:
            raise Misconfigured(f"no map {name!r} to add rows to", where=own.where())
        changed[name] = replace(file, rows=[*file.rows, *_named(own_rows(name, raw, own.file), own)])
    _unique(own, changed)
    return changed


def _unique(own: Overrides, changed: Mapping[str, MapFile]) -> None:
    for file in changed.values():
        seen: set[str] = set()
        for row in file.rows:
            if row.id in seen:
                raise Misconfigured(f"duplicate row id {row.id!r}; give it an 'id'", where=row.where)
            seen.add(row.id)


def _changed_step(step: Step, change: Json, own: Overrides) -> Step | None:
    """Return a row of a message map with another condition or key, None where it is dropped."""
    if change is None:
        return None
    said = plain(change)
    if not isinstance(said, dict) or not said or set(said) - STEP_CHANGES:
        known = ", ".join(sorted(STEP_CHANGES))
        raise Misconfigured(f"of {step.id} only {known} can change", where=own.where(change))
    return replace(step, id=f"{step.id}@{own.sender}", where=own.where(change), **said)


def changed_messages(own: Overrides, files: Mapping[str, MessageFile]) -> dict[str, MessageFile]:
    """Return the message maps that differ for a sender, with the rows that it adds.

    Raises:
        Misconfigured: there is no such message map, or a row is wrong; names file and line.
    """
    changed: dict[str, MessageFile] = {}
    for ident, change in own.rows.items():
        name = ident.partition("/")[0]
        if "[" not in name:
            file = changed.get(name) or files.get(name)
            if file is None or all(step.id != ident for step in file.steps):
                raise Misconfigured(f"no row {ident!r} to change", where=own.where(change))
            old = next(step for step in file.steps if step.id == ident)
            new = _changed_step(old, change, own)
            kept = [new if step is old else step for step in file.steps]
            changed[name] = replace(file, steps=[step for step in kept if step is not None])
    for pattern, raw in own.messages.items():
        found = [name for name in files if fnmatchcase(name, pattern)]
        if not found:
            raise Misconfigured(
                f"no message map {pattern!r}; there are {', '.join(sorted(files))}",
                where=f"{own.file}:{own.messages_line}",
            )
        for name in found:
            file = changed.get(name, files[name])
            steps = own_steps(name, raw, own.file, included=name != pattern)
            steps = [replace(step, id=f"{step.id}@{own.sender}") for step in steps]
            taken = {step.id for step in file.steps}
            for step in steps:
                if step.id in taken:
                    raise Misconfigured(f"duplicate row id {step.id!r}", where=step.where)
            changed[name] = replace(file, steps=[*file.steps, *steps])
    return changed


def _stem(file: MessageFile) -> str:
    return file.where.removesuffix(".yaml")


class Variant:
    """The maps of one sender whose profile overlays them; what it does not change is shared.

    Raises:
        Misconfigured: an id, path, map, condition or code table is wrong; names file and line.
    """

    def __init__(
        self,
        own: Overrides,
        base: Compiled,
        maps: Mapping[str, MapFile],
        messages: Sequence[MessageFile],
        tables: Mapping[str, Table],
        forms: frozenset[str] = frozenset(),
    ) -> None:
        self._own, self._base, self._tables, self._forms = own, base, tables, forms
        self.changed = changed_maps(own, maps)
        self.maps = {**maps, **self.changed}
        self._files = {_stem(file): file for file in messages}
        self._changed_files = changed_messages(own, self._files)
        check_names((self._files | self._changed_files).values(), own.file)
        self._events = {event: _stem(file) for file in messages for event in file.events}
        self._plans: dict[str, MessageMap] = {}
        self._compiled: Compiled | None = None
        self.rules = base.rules

    def own_rules(self) -> Iterator[str]:
        """Yield the ids of its own rows."""
        known = set(self._base.rules)
        for file in self.changed.values():
            yield from (row.id for row in file.rows if row.id not in known)
        for message in self._changed_files.values():
            yield from (step.id for step in message.steps if step.id not in known)

    def check(self, rules: tuple[str, ...]) -> None:
        """Check its rows without compiling them; ``rules`` are those of all maps and all variants."""
        self.rules = rules
        numbers = {rule: at for at, rule in enumerate(rules)}
        names = {name: f"m{at}" for at, name in enumerate(self.maps)}
        world = World(self.maps, self._tables, numbers, names)
        for file in self.changed.values():
            Emitter(file, world).source()
        functions = {**self._base.functions, **dict.fromkeys(self.changed, _unmade)}
        pretended = replace(self._base, functions=functions, rules=rules)
        # A pattern may name half of all messages: one of them shows what is wrong with its rows.
        chosen = {ident.partition("/")[0] for ident in self._own.rows if "[" not in ident}
        chosen |= {next(name for name in self._files if fnmatchcase(name, one)) for one in self._own.messages}
        for message in (self._changed_files[name] for name in sorted(chosen)):
            MessageCompiler(message, pretended, self.maps, numbers, Reads(self.maps)).compile()

    @property
    def compiled(self) -> Compiled:
        """Its functions, compiled when the first message comes."""
        if self._compiled is None:
            self._compiled = compile_variant(self._base, self.maps, self.changed, self._tables, self.rules)
        return self._compiled

    def plan(self, event: str) -> MessageMap | None:
        """Return the message map of an event (``"ADT^A01"``), None where there is none."""
        name = self._events.get(event)
        if name is None:
            return None
        found = self._plans.get(name)
        if found is None:
            file = self._changed_files.get(name) or self._files[name]
            numbers = {rule: at for at, rule in enumerate(self.rules)}
            made = MessageCompiler(file, self.compiled, self.maps, numbers, Reads(self.maps), self._forms)
            found = self._plans[name] = made.compile()
        return found


def _unmade(*_: object) -> None:
    """Stand for a function that is compiled later."""
