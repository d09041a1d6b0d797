"""Seed: one official map as the text of a map in our row format (docs/add-a-mapping.md), or one code table.

Every row of the guide becomes a row of ours, a constant in the ``with`` of the row beside it, or a comment
``# guide: <row> — why``. What is written is a beginning for an author: keys, ``requires`` and the choice
between rows that exclude each other stay with people.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from gateway.errors import Misconfigured
from gateway.mapping.elements import is_primitive, is_resource
from gateway.mapping.guide.conditions import condition
from gateway.mapping.guide.coverage import kebab
from gateway.mapping.guide.read import Guide, GuideCode, GuideRow, Root
from gateway.mapping.guide.targets import Attribute, Step, attributes, root_type
from gateway.mapping.marked import Json, read
from gateway.mapping.paths import target

_PLAIN = re.compile(r"[A-Za-z][\w./ -]*")
_KEY = re.compile(r"[^\w-]+")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "~"})


def scalar(text: str) -> str:
    """Return a YAML scalar, quoted where it must be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(value: Json) -> str:
    """Return a value as YAML in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(name)}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return scalar(value) if isinstance(value, str) else json.dumps(value)


@dataclass(slots=True)
class _Seed:
    """One row being made."""

    of: Attribute
    to: str
    keys: dict[str, Json] = field(default_factory=dict)
    why: str = ""
    swallowed: bool = False

    def refuse(self, why: str) -> None:
        """Say why the row stays a comment; the first reason stands."""
        self.why = self.why or why


class _Translation:
    """The translation of one official map."""

    def __init__(
        self,
        guide: Guide,
        name: str,
        maps: Collection[str],
        tables: Mapping[str, str],
        found: tuple[Attribute, ...] = (),
        kind: str = "",
    ) -> None:
        self.guide, self.name, self.maps, self.tables = guide, name, maps, tables
        self.is_segment = guide.kinds[name] == "segments"
        self.kind = kind or root_type(name)
        self.found = list(found) or _keyed(attributes(self.rows()))
        self.used = self.instances()
        self.needs: set[str] = set()
        self.passed: set[str] = set()

    def rows(self) -> list[GuideRow]:
        """Return the rows, those of a datatype that is spread over the segment (``$this``) put in place."""
        rows: list[GuideRow] = []
        for row in self.guide.maps[self.name]:
            inner = self.guide.maps.get(self.guide.map_name(row.convert), [])
            if not (row.target == "$this" and inner and self.is_segment):
                rows.append(row)
                continue
            rows += [self.spread(row, one) for one in inner]
        return rows

    def spread(self, row: GuideRow, inner: GuideRow) -> GuideRow:
        number = inner.identifier.partition(".")[2]
        here = f"{row.identifier}.{number}" if number else row.identifier
        source = re.escape(inner.map.partition("[")[0])
        when = re.sub(rf"\b{source}[.-](\d)", rf"{row.identifier}.\1", inner.when)
        joined = " AND ".join(text for text in (row.when, when) if text)
        return GuideRow(
            id=f"{row.id} {inner.id}",
            kind="segments",
            map=row.map,
            identifier=here,
            source_type=inner.source_type,
            repeats=row.repeats,
            target=inner.target,
            target_type=inner.target_type,
            convert=inner.convert,
            codes=inner.codes,
            assignment=inner.assignment,
            when=joined,
            narrative=f"{row.narrative} {inner.narrative}".strip(),
        )

    def instances(self) -> dict[str, set[str]]:
        """Return which fields write into each list element: one field needs no merge key, several do."""
        used: dict[str, set[str]] = {}
        for one in self.found:
            for at, step in enumerate(one.steps):
                if step.many and step.name != "extension":
                    used.setdefault(_place(one.steps[: at + 1]), set()).add(one.row.identifier)
        return used

    # -- one row ------------------------------------------------------------------------------------------

    def seed(self, one: Attribute) -> _Seed:
        made = _Seed(one, "")
        if one.problem:
            made.why = one.problem
            return made
        inside = [at for at, step in enumerate(one.steps) if step.into]
        if inside and inside[0] < len(one.steps) - 1:
            return self.inside(made, inside[0])
        made.to = self.path(one.steps)
        try:
            steps = target(self.kind, made.to, "")
        except Misconfigured as error:
            made.why = error.reason
            return made
        self.source(made)
        self.test(made)
        made.keys["to"] = made.to
        self.conversion(made, steps[-1].type if steps else self.kind)
        return made

    def inside(self, made: _Seed, at: int) -> _Seed:
        """Seed a row whose target lies in the resource that an element of ours refers to.

        A datatype passes all of itself on, once, where it has a map of that resource; a segment needs another
        map of the segment, whose row is drafted.
        """
        steps = made.of.steps
        kind = steps[at].into
        made.to = self.path(steps[: at + 1])
        passed = f"{self.name.partition('[')[0]}[{kind}]"
        if not self.is_segment and (passed in self.maps or passed in self.guide.maps):
            made.keys |= {"from": "$this", "to": made.to, "as": passed}
            made.swallowed = made.to in self.passed
            self.passed.add(made.to)
            return made
        made.why = f"inside the {kind} that {made.to} refers to: a row of {passed}"
        rest = replace(made.of, steps=steps[at + 1 :])
        if self.is_segment and not any(step.into for step in rest.steps[:-1]):
            inner = _Translation(self.guide, self.name, self.maps, self.tables, (rest,), kind)
            seed = inner.seed(rest)
            made.keys = {} if seed.why else seed.keys
            self.needs |= inner.needs
        return made

    def path(self, steps: tuple[Step, ...]) -> str:
        if not steps:
            return "$this"
        parts = []
        for at, step in enumerate(steps):
            here = steps[: at + 1]
            if step.name == "extension":
                mark = f"({step.url})" if step.url else ""
            else:
                keyed = step.many and step.key and not is_primitive(step.type)
                met = keyed and (len(self.used[_place(here)]) > 1 or self.meets(here, at < len(steps) - 1))
                mark = f"[{_KEY.sub('-', step.key)}]" if met else ""
            parts.append(step.name + mark)
        return ".".join(parts)

    def meets(self, steps: tuple[Step, ...], inner: bool) -> bool:
        """Return whether several rows of one field write values of their own into this list element."""
        place = _place(steps)
        valued = [one for one in self.found if one.constant is None and len(one.steps) >= len(steps)]
        return inner and sum(_place(one.steps[: len(steps)]) == place for one in valued) > 1

    def source(self, made: _Seed) -> None:
        row = made.of.row
        if re.search(r"\d", row.identifier.partition("-")[2] or row.identifier.partition(".")[2]):
            made.keys["from"] = row.identifier

    def test(self, made: _Seed) -> None:
        row = made.of.row
        when = condition(row.when, row.identifier, is_segment=self.is_segment)
        if when is None:
            made.why = f"condition not understood: {row.when}"
        elif not when and row.narrative:
            made.why = f"condition in words: {row.narrative}"
        elif when:
            made.keys["when"] = when

    def conversion(self, made: _Seed, kind: str) -> None:
        row, constant = made.of.row, made.of.constant
        if constant is not None:
            self.constant(made, constant, kind)
        elif (row.assignment and not _literal_of(row)) or "=" in row.target:
            made.refuse(f"a formula or remark: {row.assignment or row.target}")
        elif "from" not in made.keys:
            made.refuse("names no field")
        else:
            if row.codes:
                self.coded(made, row)
            official = self.guide.map_name(row.convert) or row.convert
            (self.primitive if is_primitive(kind) else self.complex)(made, kind, official)

    def constant(self, made: _Seed, constant: str, kind: str) -> None:
        if kind == "Reference":
            made.refuse(f"a Reference cannot be the constant {constant!r}")
            return
        made.keys["value"] = _constant(constant, kind)
        made.swallowed = made.to.endswith(".url")

    def primitive(self, made: _Seed, kind: str, official: str) -> None:
        """Name a conversion only where the one that the element's type brings is another."""
        if kind == "id":
            made.keys["as"] = "string"
        elif official in self.maps and official.endswith("[string]"):
            made.keys["as"] = official
        elif official == "CWE[string]":
            made.keys["from"] = [f"{made.of.row.identifier}.{part}" for part in ("2", "9", "1")]

    def complex(self, made: _Seed, kind: str, official: str) -> None:
        if kind == "Reference" and not is_resource(root_type(official)):
            made.refuse(f"a Reference needs a map whose target is a resource, not {official or 'nothing'}")
            return
        guess = f"{made.of.row.source_type}[{kind}]"
        official = official or (guess if guess in self.maps or guess in self.guide.maps else "")
        if not official:
            made.refuse(f"{kind} needs a datatype map for {made.of.row.source_type or 'its source'}")
            return
        made.keys["as"] = official
        if official not in self.maps:
            self.needs.add(official)

    def coded(self, made: _Seed, row: GuideRow) -> None:
        table = self.guide.table_name(row.codes)
        name = kebab(table or row.codes)
        made.keys["codes"] = self.tables.get(name, name)
        if name not in self.tables:
            self.needs.add(name)

    # -- rows together ------------------------------------------------------------------------------------

    def fold(self, seeds: list[_Seed]) -> None:
        """Put constants into the ``with`` of the row that makes the same list element from the same field."""
        for seed in seeds:
            if seed.swallowed or seed.why or "value" not in seed.keys:
                continue
            for main in seeds:
                if _hosts(main, seed, self.used):
                    place = _element(main.of.steps)
                    rest = seed.of.steps[len(place) :]
                    _merge(main.keys.setdefault("with", {}), _nest(rest, seed.keys["value"]))
                    seed.swallowed = True
                    break

    def text(self) -> str:
        seeds = [self.seed(one) for one in self.found]
        self.fold(seeds)
        lines = [_line(seed) for seed in seeds if not seed.swallowed]
        head = [f"map: {json.dumps(self.name)}", f"source: HL7 v2-to-FHIR, {self.name}"]
        if self.needs:
            head.insert(0, f"# needs: {', '.join(sorted(self.needs))}")
        return "\n".join([*head, "rows:", *(line for line in lines if line)]) + "\n"


def _literal_of(row: GuideRow) -> bool:
    return row.assignment.startswith('"') and row.assignment.count('"') == 2


def _keyed(found: list[Attribute]) -> list[Attribute]:
    """Give a list element the key 1 where other rows write into it: ``name`` beside ``name[1].given``."""
    shared = {
        _names(one.steps[: at + 1])
        for one in found
        for at, step in enumerate(one.steps[:-1])
        if step.many and step.key in ("", "1")
    }
    return [
        replace(
            one,
            steps=tuple(
                replace(step, key="1")
                if step.many
                and not step.key
                and step.name != "extension"
                and _names(one.steps[: at + 1]) in shared
                else step
                for at, step in enumerate(one.steps)
            ),
        )
        for one in found
    ]


def _names(steps: tuple[Step, ...]) -> str:
    return ".".join(step.name for step in steps)


def _place(steps: tuple[Step, ...]) -> str:
    return ".".join(f"{step.name}[{step.key}]" if step.many else step.name for step in steps)


def _element(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the way to the innermost list element, else to the parent: where ``with`` writes."""
    many = [at + 1 for at, step in enumerate(steps) if step.many]
    return steps[: many[-1]] if many else steps[:-1]


def _hosts(main: _Seed, seed: _Seed, used: dict[str, set[str]]) -> bool:
    """Return whether ``main`` makes, from the same field, the list element of the constant ``seed``."""
    if main.why or "value" in main.keys or main.swallowed:
        return False
    if main.of.row.identifier != seed.of.row.identifier:
        return False
    place = _element(main.of.steps)
    if not place or not place[-1].many or place[-1].name == "extension":
        return False
    same = _place(seed.of.steps[: len(place)]) == _place(place)
    tests = seed.keys.get("when", ""), main.keys.get("when", "")
    return same and len(seed.of.steps) > len(place) and (not tests[0] or tests[0] == tests[1])


def _nest(steps: tuple[Step, ...], value: Json) -> dict[str, Json]:
    head, *rest = steps
    inner = _nest(tuple(rest), value) if rest else value
    if head.name == "extension" and head.url:
        inner = {"url": head.url, **inner}
    return {head.name: [inner] if head.many else inner}


def _merge(into: dict[str, Json], more: dict[str, Json]) -> None:
    for name, value in more.items():
        have = into.get(name)
        if isinstance(have, list) and isinstance(value, list) and isinstance(have[0], dict):
            _merge(have[0], value[0])
        elif isinstance(have, dict) and isinstance(value, dict):
            _merge(have, value)
        else:
            into.setdefault(name, value)


def _constant(text: str, kind: str) -> Json:
    if kind == "boolean":
        return text.lower() == "true"
    if kind in ("integer", "decimal", "positiveInt", "unsignedInt") and re.fullmatch(r"\d+", text):
        return int(text)
    if kind == "CodeableConcept":
        return {"coding": [{"code": text}]}
    return text


_ORDER = ("id", "from", "when", "to", "as", "codes", "value", "with")


def _line(seed: _Seed) -> str:
    row = seed.of.row
    keys = {name: seed.keys[name] for name in _ORDER if name in seed.keys}
    shown = "{" + ", ".join(f"{name}: {_value(name, value)}" for name, value in keys.items()) + "}"
    if not seed.why:
        return f"  - {shown}"
    body = shown if "to" in keys else f"{row.target} {row.convert} {row.assignment}".strip()
    return f"  # guide: {row.id} {body} — {seed.why}"


def _value(name: str, value: Json) -> str:
    if isinstance(value, str) and name in ("as", "to", "when"):
        plain = re.fullmatch(r"[$A-Za-z][\w.$]*", value)
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and name == "from":
        return value
    return flow(value)


# -- code tables ------------------------------------------------------------------------------------------


def _system(row: GuideCode) -> str:
    return row.target_system if row.target_system.startswith(("http", "urn:")) else ""


def _entry(row: GuideCode, main: str) -> str:
    if _system(row) != main:
        extra = {"system": _system(row)} if _system(row) else {}
        return flow({"code": row.target, **extra, **({"display": row.display} if row.display else {})})
    return (
        flow([row.target, row.display]) if row.display and row.display != row.target else scalar(row.target)
    )


def _table(name: str, rows: list[GuideCode]) -> str:
    systems = Counter(_system(row) for row in rows if row.code).most_common(1)
    main = systems[0][0] if systems else ""
    tables = Counter(found[1] for row in rows if (found := re.fullmatch(r"HL7-?(\d{4})", row.system)))
    lines = [f"table: {kebab(name)}", f"target: {main}"]
    if tables:
        number = tables.most_common(1)[0][0]
        lines.append(f"source_system: http://terminology.hl7.org/CodeSystem/v2-{number}")
    lines += [f"guide: [{json.dumps(name)}]", f"source: HL7 v2-to-FHIR, {name}", "codes:"]
    seen: set[str] = set()
    for row in rows:
        if not row.code:
            continue
        entry = f"{_key(row.code)}: {_entry(row, main)}"
        if row.when or row.narrative:
            lines.append(f"  # guide: {row.id} {entry} — if {row.when or row.narrative}")
        elif row.code in seen:
            lines.append(f"  # guide: {row.id} {entry} — the code is mapped above")
        else:
            lines.append(f"  {entry}")
            seen.add(row.code)
    bare = sum(1 for row in rows if not row.code)
    if bare:
        lines.append(f"  # guide: {bare} target codes without a source code")
    return "\n".join(lines) + "\n"


def _key(code: str) -> str:
    return (
        code
        if re.fullmatch(r"[A-Za-z][A-Za-z_]*", code) and code.lower() not in _RESERVED
        else json.dumps(code)
    )


def translate(
    guide: Guide, name: str, maps: Collection[str] = (), tables: Mapping[str, str] | None = None
) -> str:
    """Return the YAML text of one official segment, datatype or code map.

    Args:
        name: as the guide spells it (``PV1[Encounter]``, ``AdministrativeSex``).
        maps, tables: our maps and tables, as :func:`names` gives them; others that a row calls are listed at
            the top.

    Raises:
        Misconfigured: the guide has no such map, or it is a message map.
    """
    kind = guide.kinds.get(name)
    if kind == "codesystems":
        return _table(name, guide.tables[name])
    if kind not in ("segments", "datatypes"):
        raise Misconfigured(f"the guide has no segment, datatype or code map {name!r}")
    return _Translation(guide, name, maps, tables or {}).text()


def names(root: Root) -> tuple[set[str], dict[str, str]]:
    """Return our maps below ``root``, which need not be complete, and our table for every name of one.

    A table that implements an official one under another name is found by both names.
    """
    maps: set[str] = set()
    tables: dict[str, str] = {}
    for folder in ("segments", "datatypes", "codes"):
        path = root.joinpath("hl7v2").joinpath(folder)
        for file in path.iterdir() if path.is_dir() else ():
            data = read(file) if file.name.endswith(".yaml") else {}
            maps.add(str(data.get("map", "")))
            if table := str(data.get("table", "")):
                official = data.get("guide") or []
                listed = official if isinstance(official, list) else [official]
                tables |= {kebab(str(one)): table for one in listed} | {table: table}
    return maps - {""}, tables


def place(guide: Guide, name: str) -> str:
    """Return where the map belongs below ``mappings/hl7v2``: ``segments/PV1-Encounter.yaml``."""
    if guide.kinds[name] == "codesystems":
        return f"codes/{kebab(name)}.yaml"
    return f"{guide.kinds[name]}/{name.replace('[', '-').rstrip(']')}.yaml"
