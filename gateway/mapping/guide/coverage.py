"""Coverage: what became of every row of the guide that has a target: implemented, left out, or missing.

A row counts as implemented when

- a row of ours claims it by name (``guide: ["PV1[Encounter]/PV1-16#2"]``), or
- a row of our map of the same name, or of a map that lists it (``guide: ["MSH[Encounter]"]``), reads that
  field and writes that element, through whatever datatype maps it calls; a constant of ours must be the
  guide's constant, or
- the guide fills another resource through a reference (``diagnosis.condition(Condition.code)``) and our map
  of that segment and resource does so, or
- the guide only turns one primitive into another (``NM[positiveInt]``), which our conversion functions do.

A row that an exclusion names by its id counts only where a row of ours claims it by name. Rows that are
worked for a form of output only (``qiao convert --as message``) count like any other.

A message row needs a row of our message map at that place with that segment map. A code row needs a table of
ours of that name, or one that lists it, which maps the code to the same target code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.mapping.codes import Table
from gateway.mapping.elements import is_primitive
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.guide.exclusions import Exclusion, read_exclusions, unused
from gateway.mapping.guide.made import Made, Makings
from gateway.mapping.guide.read import KINDS, Guide, GuideCode, GuideRow, read_guide
from gateway.mapping.guide.targets import Attribute, attributes, form, root_type
from gateway.mapping.maps import Maps
from gateway.mapping.rows import MapFile, Step

STATES = ("implemented", "excluded", "missing")
_FREE = re.compile(r"(^|\.)(url|system)$")
"""Elements that may differ from the guide's constant: it spells addresses in several ways."""


@dataclass(slots=True, frozen=True)
class Verdict:
    """What became of one row: its state, our rows that do it (map, row id), or the reason why none does."""

    row: GuideRow | GuideCode
    state: str
    by: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    text: str = ""
    zh: str = ""


@dataclass(slots=True)
class Coverage:
    """All verdicts, and what is wrong with our references to the guide."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def counts(self, names: Iterable[str] = ()) -> dict[str, dict[str, int]]:
        """Return rows, implemented, excluded and missing, per kind and in total (without codes)."""
        wanted = set(names)
        table = {kind: dict.fromkeys(("rows", *STATES), 0) for kind in ("total", *KINDS)}
        for one in self.verdicts:
            if wanted and one.row.map not in wanted:
                continue
            for kind in ("total", one.row.kind) if one.row.kind != "codesystems" else (one.row.kind,):
                table[kind]["rows"] += 1
                table[kind][one.state] += 1
        return table

    def maps(self) -> dict[str, dict[str, int]]:
        """Return the same counts per official map."""
        table: dict[str, dict[str, int]] = {}
        for one in self.verdicts:
            counts = table.setdefault(one.row.map, dict.fromkeys(("rows", *STATES), 0))
            counts["rows"] += 1
            counts[one.state] += 1
        return table


class _Ours:
    """Our maps, by what they say they implement."""

    def __init__(self, maps: Maps) -> None:
        self.files: Mapping[str, MapFile] = maps.maps
        self.messages = {one.file.where: one.file for one in maps.messages.values()}
        self.tables = maps.tables
        self.makings = Makings(maps.maps)
        self.claims: dict[str, list[tuple[str, str]]] = {}
        for owner, rows in [(f.name, f.rows) for f in self.files.values()]:
            for row in rows:
                for claimed in row.guide:
                    self.claims.setdefault(claimed, []).append((owner, _short(row.id)))
        for message in self.messages.values():
            for step in message.steps:
                for claimed in step.guide:
                    self.claims.setdefault(claimed, []).append((message.structure, _short(step.id)))

    def of(self, name: str) -> list[MapFile]:
        """Return our maps that implement an official one."""
        return [file for file in self.files.values() if file.name == name or name in file.guide]

    def listed(self) -> Iterator[tuple[str, str]]:
        """Yield ``(where, official name or row id)`` for everything that a ``guide:`` key names."""
        for file in self.files.values():
            yield from ((file.where, name) for name in file.guide)
            yield from ((row.where, name) for row in file.rows for name in row.guide)
        for message in self.messages.values():
            yield from ((message.where, name) for name in message.guide)
            yield from ((step.where, name) for step in message.steps for name in step.guide)
        for table in self.tables.values():
            yield from ((f"{table.name}.yaml", name) for name in table.guide)


def _short(rule: str) -> str:
    return rule.partition("/")[2]


def kebab(name: str) -> str:
    """Return our name for an official table: ``AddressType[Use]`` → ``address-type-use``."""
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z]|\b)|[A-Z]?[a-z]+|\d+", name.replace("HL7", "Hl7"))
    return "-".join(word.lower() for word in words)


def _reads(identifier: str, made: Made, handled: frozenset[str]) -> bool:
    """Return whether a row reads the field or component.

    A constant, and a function of the whole datatype (``$this``), say it by their condition; where they have
    none, the map must handle that field at all.
    """
    found = re.fullmatch(r"([A-Z][A-Z0-9]{0,3})([-.])(\d+)(?:\.(\d+))?", identifier)
    if not found:
        return True
    name, mark, number, part = found[1], found[2], int(found[3]), int(found[4] or 0)
    for one in made.reads:
        if mark == "." and not one.segment and one.component == number:
            return True
        if one.segment == name and one.field == number and (not part or one.component in (0, part)):
            return True
    if made.reads and all(one.variable != "this" for one in made.reads):
        return False
    return f"{name}{mark}{number}" in (made.tests or handled)


def _same(constant: str, value: str) -> bool:
    return constant.strip().casefold() == value.strip().casefold()


class _Judge:
    """Decides row by row."""

    def __init__(self, guide: Guide, maps: Maps, exclusions: list[Exclusion]) -> None:
        self.guide, self.ours, self.exclusions = guide, _Ours(maps), exclusions
        self.resolved = {
            name: attributes(rows) for name, rows in guide.maps.items() if guide.kinds[name] != "messages"
        }
        self.inlined: dict[str, list[GuideRow]] = {}
        for row in guide.rows():
            if row.kind == "segments" and row.target == "$this":
                self.inlined.setdefault(guide.map_name(row.convert), []).append(row)

    def verdict(self, row: GuideRow | GuideCode, by: list[tuple[str, str]], problem: str = "") -> Verdict:
        claimed = self.ours.claims.get(row.id, [])
        # What we say of a row by its id goes before what looks like it among the rest of our rows.
        named = [] if claimed else [one for one in self.exclusions if one.names(row)]
        if (claimed or by) and not named:
            return Verdict(row, "implemented", tuple(dict.fromkeys([*claimed, *by])))
        for one in self.exclusions:
            if one.fits(row):
                return Verdict(row, "excluded", (), one.reason, one.text, one.zh)
        if problem.startswith("R4 has no"):
            missing = problem.removeprefix("R4 has no ")
            return Verdict(row, "excluded", (), "not-in-r4", missing)
        if isinstance(row, GuideCode) and not row.code:
            text, zh = "the guide lists the target value set", "指南只列出目标值集"
            return Verdict(row, "excluded", (), "no-source-code", text, zh)
        return Verdict(row, "missing")

    # -- segments and datatypes ---------------------------------------------------------------------------

    def fields(self) -> Iterator[Verdict]:
        for found in self.resolved.values():
            for one in found:
                yield self.verdict(one.row, self.done(one), one.problem)

    def done(self, one: Attribute) -> list[tuple[str, str]]:
        if one.problem:
            return []
        row = one.row
        files = self.ours.of(row.map)
        if not one.steps:
            return self.whole(row, files)
        wanted = form(one.steps)
        by = [made.rule for file in files for made in self.makers(one, wanted, row.identifier, file)]
        return by or (self.beyond(one, wanted) if files else []) or self.within(one, wanted)

    def makers(self, one: Attribute, wanted: str, identifier: str, file: MapFile) -> Iterator[Made]:
        handled = self.ours.makings.handled(file.name)
        for made in self.ours.makings.of(file.name):
            if _meets(one, wanted, made) and _reads(identifier, made, handled):
                yield made

    def whole(self, row: GuideRow, files: list[MapFile]) -> list[tuple[str, str]]:
        """Judge a row whose target is the resource or value itself (``$this``, ``$value``)."""
        kind = root_type(row.map)
        if row.kind == "datatypes" and is_primitive(kind):
            own = [
                made.rule
                for file in files
                for made in self.ours.makings.of(file.name)
                if not made.path and _reads(row.identifier, made, frozenset())
            ]
            simple = kind in FUNCTIONS and row.identifier.endswith(".1")
            return own or ([("functions", kind)] if simple and not files else [])
        inner = self.resolved.get(self.guide.map_name(row.convert), [])
        paths = {form(one.steps) for one in inner if one.steps}
        return [
            made.rule
            for file in files
            for made in self.ours.makings.of(file.name)
            if made.path in paths and _reads(row.identifier, made, frozenset())
        ]

    def beyond(self, one: Attribute, wanted: str) -> list[tuple[str, str]]:
        """Look for the row in our map of the resource that the guide reaches through a reference."""
        _, mark, rest = wanted.partition(">")
        kind, dot, path = rest.partition(".")
        if not mark or not dot or one.row.kind != "segments":
            return []
        segment = one.row.map.partition("[")[0]
        by = []
        for file in self.ours.files.values():
            if file.is_segment and file.source == segment and file.target == kind:
                by += [made.rule for made in self.makers(one, path, one.row.identifier, file)]
        return by

    def within(self, one: Attribute, wanted: str) -> list[tuple[str, str]]:
        """Look for a datatype row in our segment maps, where the guide spreads it over the segment."""
        by: list[tuple[str, str]] = []
        for use in self.inlined.get(one.row.map, []):
            number = one.row.identifier.partition(".")[2]
            identifier = f"{use.identifier}.{number}" if number else use.identifier
            for file in self.ours.of(use.map):
                by += [made.rule for made in self.makers(one, wanted, identifier, file)]
        return by

    # -- messages -----------------------------------------------------------------------------------------

    def messages(self) -> Iterator[Verdict]:
        for name, rows in self.guide.maps.items():
            if self.guide.kinds[name] != "messages":
                continue
            files = [
                file for file in self.ours.messages.values() if file.structure == name or name in file.guide
            ]
            for row in rows:
                by = [(f.structure, _short(s.id)) for f in files for s in f.steps if self.takes(s, row)]
                yield self.verdict(row, by)

    def takes(self, step: Step, row: GuideRow) -> bool:
        """Return whether a row of our message map stands at that place and uses that segment map."""
        if not row.convert or not _stands(step.at, row.identifier.removeprefix(row.map)):
            return False
        for name in (step.map, step.element):
            file = self.ours.files.get(name)
            if file is None:
                continue
            if file.name == row.convert or row.convert in file.guide:
                return True
            # The guide fills Observation.note with NTE[ServiceRequest]; ours is NTE[Observation].
            kind = re.split(r"[\[.]", row.target, maxsplit=1)[0]
            if (
                file.target == kind
                and root_type(row.convert) != kind
                and file.source == row.convert.partition("[")[0]
            ):
                return True
        return False

    # -- codes --------------------------------------------------------------------------------------------

    def codes(self) -> Iterator[Verdict]:
        for name, rows in self.guide.tables.items():
            tables = [t for t in self.ours.tables.values() if t.name == kebab(name) or name in t.guide]
            for row in rows:
                yield self.verdict(row, [(t.name, row.code) for t in tables if _maps(t, row)])

    def problems(self) -> Iterator[str]:
        """Yield a sentence for every ``guide:`` key that names nothing in the guide."""
        known = {
            *self.guide.kinds,
            *(row.id for row in self.guide.rows()),
            *(c.id for c in self.guide.codes()),
        }
        for where, name in self.ours.listed():
            if name not in known:
                yield f"{where}: the guide has no {name!r}"


def _maps(table: Table, row: GuideCode) -> bool:
    entry = table.get(row.code) if row.code else None
    return entry is not None and entry.code == row.target


def _stands(at: str, place: str) -> bool:
    """Return whether our place (its groups as far as they are needed) is the official one."""
    official = [part for part in re.split(r"[.:]", place) if part and part != "follow"]
    ours = at.partition("[")[0].split(".")
    if not official or ours[-1] != official[-1]:
        return False
    groups = iter(official[:-1])
    return all(group in groups for group in ours[:-1])


def _meets(one: Attribute, wanted: str, made: Made) -> bool:
    """Return whether what we make is the element that the guide wants."""
    path = made.path
    if wanted.endswith(".url") and path.startswith(wanted.removesuffix(".url") + "."):
        return True
    if path == wanted:
        constant = one.constant
        return (
            constant is None or made.value is None or bool(_FREE.search(path)) or _same(constant, made.value)
        )
    if made.whole and (wanted.startswith(path + ".") or (not path and made.reads != ())):
        return bool(path)
    last = one.steps[-1]
    complex_value = not last.into and not is_primitive(last.type) and last.type != "Reference"
    if complex_value and path.startswith(wanted + "."):
        return True
    return last.type == "Reference" and not last.into and path.startswith(wanted + ">")


def cover(guide: Guide, maps: Maps, exclusions: list[Exclusion]) -> Coverage:
    """Judge every row of the guide with a target.

    Args:
        maps: our maps, loaded.
        exclusions: what we leave out on purpose.
    """
    judge = _Judge(guide, maps, exclusions)
    verdicts = [*judge.messages(), *judge.fields(), *judge.codes()]
    return Coverage(verdicts, list(judge.problems()))


def check(maps: Maps) -> list[str]:
    """Return a sentence for every ``guide:`` key and every exclusion that names nothing in the guide.

    Raises:
        Misconfigured: the exclusions are malformed.
    """
    guide, exclusions = read_guide(), read_exclusions()
    return [*_Judge(guide, maps, exclusions).problems(), *unused(exclusions, guide)]
