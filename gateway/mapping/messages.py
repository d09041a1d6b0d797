"""Message maps: which segment makes or fills which resource, and how the resources are tied together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Literal

from gateway.errors import Misconfigured
from gateway.mapping.compile import Compiled
from gateway.mapping.conditions import condition
from gateway.mapping.elements import element, is_resource, is_type
from gateway.mapping.emit import piece
from gateway.mapping.functions import EMPTY, count_of, is_han, is_numeric, is_resident
from gateway.mapping.grouping import Walk
from gateway.mapping.paths import Source, source
from gateway.mapping.raw import part, repetition
from gateway.mapping.reads import WHOLE, FieldReads, Reads, merged
from gateway.mapping.rows import MapFile, MessageFile, Step
from gateway.mapping.run import Run
from gateway.mapping.structures import structure

_NAME = re.compile(r"[a-z]\w*")
"""A resource's name in a key; source paths begin with a capital letter or a dollar sign."""


def segment_of(at: str) -> str:
    """Return the segment of a place: ``PID`` of ``PATIENT.PID`` and of ``PID[2]``."""
    return at.rpartition(".")[2].partition("[")[0]


Test = Callable[[list[str], Run], bool]
Value = Callable[[list[str], Run], str]


def field_of(at: Source, segment: str) -> str:
    """Return the expression of a raw field; ``f`` is the segment that the row stands at."""
    if at.segment == segment:
        return f"(f[{at.field}] if len(f) > {at.field} else '')"
    return f"run.other({at.segment!r}, {at.field})"


def reader(at: Source, segment: str) -> str:
    """Return the expression that reads one leaf."""
    if at.variable:
        return f"run.variable({at.variable!r})"
    value = piece(piece(field_of(at, segment), "~", at.repetition or 1), "^", at.component or 1)
    return piece(value, "&", at.subcomponent) if at.subcomponent else value


SCOPE: dict[str, Any] = {"part": part, "repetition": repetition, "EMPTY": EMPTY}
SCOPE |= {"count_of": count_of, "is_numeric": is_numeric, "is_han": is_han, "is_resident": is_resident}


@cache
def _function(expression: str) -> Callable[[list[str], Run], Any]:
    made: Callable[[list[str], Run], Any] = eval(f"lambda f, run: {expression}", SCOPE)  # noqa: S307 (checked rows)
    return made


@dataclass(slots=True, frozen=True)
class KeyPart:
    """One part of a composed key: a resource by its name, or a leaf of the message."""

    name: str
    value: Value | None


@dataclass(slots=True, frozen=True)
class Key:
    """One way to an identity: by identifier type codes, or composed; ``fixed`` is a constant.

    ``like_datatype``: composed as the key of a datatype map is, so that both name the same resource.
    """

    identifier: tuple[str, ...] | None = None
    parts: tuple[KeyPart, ...] = ()
    fixed: str = ""
    like_datatype: bool = False


@dataclass(slots=True, frozen=True)
class Tie:
    """A reference between two resources: the way to it, its element, and the name of the other one."""

    way: tuple[tuple[str, bool], ...]
    last: str
    many: bool
    name: str


@dataclass(slots=True, frozen=True)
class Joining:
    """Two identities that a row joins or links.

    Attributes:
        kind: ``merge``, ``change`` (of a number), ``link`` or ``unlink``.
        type: resource type.
        into: name of the resource that goes on.
        how: the map that makes the identifier of the one that ends (merge and change).
        field: number of that field.
        other: name of the other resource (link and unlink).
    """

    kind: Literal["merge", "change", "link", "unlink"]
    type: str
    into: str
    how: str = ""
    field: int = 0
    other: str = ""


@dataclass(slots=True, frozen=True)
class Search:
    """Another resource of the message that a row means (``find``).

    Attributes:
        name: what this row calls it.
        among: what the row that makes it calls it.
        test: condition at its segment.
        same: what is read there and what is read here; what is valued here must be the same there.
    """

    name: str
    among: str
    test: Test | None
    same: tuple[tuple[Value, Value], ...]


@dataclass(slots=True)
class Act:
    """One compiled row of a message map."""

    rule: int
    step: Step
    test: Test | None
    call: Callable[..., None] | None
    keys: tuple[Key, ...]
    links: tuple[Tie, ...]
    appends: tuple[tuple[str, Tie], ...]
    merge: Joining | None = None
    element: Callable[..., None] | None = None
    search: Search | None = None


@dataclass(slots=True)
class Place:
    """What happens at one leaf: its acts, and which fields they read.

    Attributes:
        known: fields that are read whole, or that the gateway itself reads.
        partly: number of a field → what is read of it, for the others that are read at all.
        read: those two together.
    """

    acts: tuple[Act, ...]
    looked_at: Callable[[], Mapping[int, FieldReads]]
    known: frozenset[int] = frozenset()
    partly: tuple[tuple[int, FieldReads], ...] = ()
    read: frozenset[int] = frozenset()

    def learn(self, known: frozenset[int]) -> None:
        """Find out what is read here, when the first message comes; most places never see one.

        Args:
            known: fields that the gateway itself reads.
        """
        fields = self.looked_at()
        self.known = known | {at for at, reads in fields.items() if WHOLE in reads.every}
        self.partly = tuple((at, reads) for at, reads in sorted(fields.items()) if at not in self.known)
        self.read = self.known | {at for at, _ in self.partly}


@dataclass(slots=True)
class MessageMap:
    """One compiled message map."""

    file: MessageFile
    walk: Walk
    places: dict[int, Place] = field(default_factory=dict)
    extras: dict[str, Place] = field(default_factory=dict)
    event_at: tuple[Value, ...] = ()

    def place(self, leaf: int, segment: str) -> Place | None:
        """Return what happens at a leaf, or at a segment that the structure does not know."""
        return self.places.get(leaf) if leaf >= 0 else self.extras.get(segment)


def _keys(value: Any, segment: str, names: set[str], where: str) -> tuple[Key, ...]:
    if value is None:
        return ()
    if isinstance(value, dict):
        if "any" in value:
            return tuple(key for one in value["any"] for key in _keys(one, segment, names, where))
        if "identifier" in value:
            return (Key(identifier=tuple(str(v) for v in value["identifier"])),)
        if "fixed" in value:
            return (Key(fixed=str(value["fixed"])),)
        if "datatype" in value:
            return tuple(
                replace(key, like_datatype=True) for key in _keys(value["datatype"], segment, names, where)
            )
        raise Misconfigured(
            f"unknown key {value!r}; it takes identifier, any, datatype, fixed or a list", where=where
        )
    parts = []
    for text in value if isinstance(value, list) else [value]:
        if str(text) in names:
            parts.append(KeyPart(str(text), None))
        else:
            parts.append(KeyPart("", _function(reader(source(str(text), where), segment))))
    return (Key(parts=tuple(parts)),)


def _tie(type_name: str, path: str, name: str, where: str) -> Tie:
    steps, many, here = [], [], type_name
    for one in path.split("."):
        found = element(here, one)
        if found is None:
            raise Misconfigured(f"{here} has no element {one!r} (in {path!r})", where=where)
        steps.append(one)
        many.append(found.many)
        here = found.type
    if here != "Reference":
        raise Misconfigured(f"{path!r} of {type_name} is a {here}, not a Reference", where=where)
    return Tie(tuple(zip(steps[:-1], many[:-1], strict=True)), steps[-1], many[-1], name)


def adapted(step: Step, names: set[str]) -> Step | None:
    """Return an included row without the names that nothing makes; None where it cannot be without them."""
    if step.into and step.into not in names:
        return None
    if step.find:
        if step.find.get("of") not in names:
            return None
        names = {*names, str(step.find.get("as"))}
    key = _known_keys(step.key, names)
    if step.key is not None and key is None:
        return None
    link = {path: name for path, name in step.link.items() if name == "*" or name in names}
    append = {path: name for path, name in step.append.items() if path.partition(".")[0] in names}
    if step.append and not append and not step.make:
        return None
    return replace(step, key=key, link=link, append=append, element=step.element if append else "")


def _known_keys(key: Any, names: set[str]) -> Any:
    if isinstance(key, dict) and "any" in key:
        some = [one for one in key["any"] if _known_keys(one, names) is not None]
        return {"any": some} if some else None
    if isinstance(key, list) and any(_NAME.fullmatch(str(part)) and str(part) not in names for part in key):
        return None
    return key


class MessageCompiler:
    """Compiles the rows of one message map."""

    def __init__(
        self,
        file: MessageFile,
        compiled: Compiled,
        maps: Mapping[str, MapFile],
        numbers: Mapping[str, int],
        reads: Reads,
    ) -> None:
        self.file, self.compiled, self.maps, self.numbers, self.reads = file, compiled, maps, numbers, reads
        tree = structure(file.structure)
        if tree is None:
            raise Misconfigured(f"HL7 has no message structure {file.structure!r}", where=file.where)
        self.walk = Walk(tree)
        self.steps = self.fitting(file.steps)
        self.names = {step.name for step in self.steps if step.name}
        self.types = {step.name: self.type_of(step) for step in self.steps if step.name and step.make}

    def fitting(self, steps: list[Step]) -> list[Step]:
        """Return the rows without the included ones that do not fit this structure (see ``includes``)."""
        fit = [step for step in steps if not step.included or self.has_place(step)]
        while True:  # a row that gives way may take others with it
            names = {step.name for step in fit if step.name and step.make}
            left = [adapted(step, names) if step.included else step for step in fit]
            kept = [step for step in left if step is not None]
            if len(kept) == len(fit):
                return kept
            fit = kept

    def type_of(self, step: Step) -> str:
        if not is_resource(step.make):
            raise Misconfigured(f"R4 has no resource type {step.make!r}", where=step.where)
        return step.make

    def compile(self) -> MessageMap:
        """Return the compiled message map.

        Raises:
            Misconfigured: a segment, map, name, path or key is wrong; names file and line.
        """
        made = MessageMap(self.file, self.walk)
        acts: dict[int | str, list[Act]] = {}
        for step in self.steps:
            segment = segment_of(step.at)
            act = self.act(step, segment)
            places: list[int | str] = [*self.leaves(step)]
            for leaf in places or [segment]:
                acts.setdefault(leaf, []).append(act)
        for leaf, some in acts.items():
            place = Place(tuple(some), partial(self.looked_at, segment_of(some[0].step.at), some))
            if isinstance(leaf, int):
                made.places[leaf] = place
            else:
                made.extras[leaf] = place
        made.event_at = tuple(
            _function(reader(source(path, self.file.where), "")) for path in self.file.event_at
        )
        return made

    def looked_at(self, segment: str, acts: list[Act]) -> dict[int, FieldReads]:
        """Return what the acts of a place read of its segment, and what the rows of other places do."""
        here = {act.step.id for act in acts}
        parts = []
        for step in self.steps:
            maps = [name for name in (step.map, step.element) if name]
            if step.id in here:
                parts += [self.reads.of_map(name) for name in maps]
                parts.append(self.reads.of_step(step, segment))
            elif segment_of(step.at) != segment:
                parts += [self.reads.of_map(name) for name in maps]
                parts.append(self.reads.of_step(step, segment_of(step.at)))
        read = merged(parts)
        for path in self.file.event_at:
            at = source(path, self.file.where)
            read.setdefault((at.segment, at.field), FieldReads()).first.add(
                (at.component or 1, at.subcomponent)
            )
        return {field: reads for (name, field), reads in read.items() if name == segment}

    def has_place(self, step: Step) -> bool:
        """Return whether the structure has the place of a row; a segment alone may stand anywhere."""
        try:
            return bool(self.leaves(step)) or "." not in step.at
        except Misconfigured:
            return False

    def leaves(self, step: Step) -> list[int]:
        """Return the places that ``at`` names: groups directly around it first, else anywhere above it.

        ``PID[2]`` names the second of them (the other patient of ADT_A24).
        """
        *groups, last = step.at.split(".")
        segment, _, number = last.rstrip("]").partition("[")
        exact, loose = [], []
        for at, leaf in enumerate(self.walk.leaves):
            if leaf.segment != segment:
                continue
            around = self.walk.groups(at)
            if not groups or around[-len(groups) :] == groups:
                exact.append(at)
            elif all(one in around for one in groups):
                loose.append(at)
        found = exact or loose
        if number:
            found = found[int(number) - 1 : int(number)] if number.isdigit() and number != "0" else []
        if (groups or number) and not found:
            raise Misconfigured(f"{self.file.structure} has no place {step.at!r}", where=step.where)
        return found

    def act(self, step: Step, segment: str) -> Act:
        call = None
        if step.map:
            if step.map not in self.maps:
                raise Misconfigured(f"unknown map {step.map!r}", where=step.where)
            call = self.compiled.functions[step.map]
            self.fits(step)
        test = self.test(step.when, segment, step.where) if step.when else None
        keys = _keys(step.key, segment, self.names, step.where)
        if step.again == "new" and any(key.identifier is not None for key in keys):
            raise Misconfigured(
                "an identifier names one resource: 'again: new' needs another key", where=step.where
            )
        return Act(
            rule=self.numbers[step.id],
            step=step,
            test=test,
            call=call,
            keys=keys,
            links=tuple(self.link(step, path, name) for path, name in step.link.items()),
            appends=tuple(self.append(step, path, name) for path, name in step.append.items()),
            merge=self.merge(step),
            element=self.element(step),
            search=self.search(step, segment),
        )

    def test(self, when: str, segment: str, where: str) -> Test:
        def access(text: str, whole: bool) -> str:
            at = source(text, where)
            whole = whole and not at.component and not at.repetition and not at.variable
            return field_of(at, segment) if whole else reader(at, segment)

        return _function(condition(when, access, where))

    def search(self, step: Step, segment: str) -> Search | None:
        """Return which other resource the row means; it stands at a segment of the same name."""
        if not step.find:
            return None
        name, among, same = step.find.get("as"), step.find.get("of"), step.find.get("same")
        when = step.find.get("when")
        if (
            not name
            or among not in self.types
            or not isinstance(same, dict)
            or not step.append
            or step.element
        ):
            raise Misconfigured(
                "find takes as, of (a resource that a row makes), same and when, and goes with append",
                where=step.where,
            )
        pairs = [
            (_function(reader(source(str(there), step.where), segment)),
             _function(reader(source(str(here), step.where), segment)))
            for there, here in same.items()
        ]  # fmt: skip
        return Search(name, among, self.test(when, segment, step.where) if when else None, tuple(pairs))

    def fits(self, step: Step) -> None:
        """Refuse a map whose target is not the type of the resource that it fills."""
        target = self.maps[step.map].target
        type_name = step.make or self.types.get(step.into, "")
        if type_name and target != type_name:
            raise Misconfigured(f"{step.map} fills a {target}, not a {type_name}", where=step.where)
        if step.into and step.into not in self.types:
            raise Misconfigured(f"no row makes {step.into!r}", where=step.where)

    def link(self, step: Step, path: str, name: str) -> Tie:
        if name != "*" and name not in self.names:
            raise Misconfigured(f"no row makes {name!r}", where=step.where)
        return _tie(step.make or self.types.get(step.into, ""), path, name, step.where)

    def append(self, step: Step, path: str, name: str) -> tuple[str, Tie]:
        owner, _, rest = path.partition(".")
        made = step.find.get("of", "") if owner == step.find.get("as") else owner
        if made not in self.types:
            raise Misconfigured(f"no row makes {owner!r}", where=step.where)
        return owner, _tie(self.types[made], rest, name or step.name, step.where)

    def element(self, step: Step) -> Callable[..., None] | None:
        """Return the map of the list element that ``append`` makes."""
        if not step.element:
            return None
        if step.element not in self.maps or not step.append:
            raise Misconfigured(
                f"'element' names a map and goes with 'append': {step.element!r}", where=step.where
            )
        return self.compiled.functions[step.element]

    def merge(self, step: Step) -> Joining | None:
        """Return what a row joins; its ``into`` must be made by a row of this map."""
        said = step.merge
        if not said:
            return None
        kind, type_ = said.get("kind", "merge"), said.get("type", "")
        known = is_type(type_) and {said.get("into"), said.get("other", said.get("into"))} <= self.names
        if known and said.get("as", "CX[Identifier]") in self.maps and "from" in said:
            how, at = said.get("as", "CX[Identifier]"), source(said["from"], step.where).field
            if kind in ("merge", "change"):
                return Joining("change" if kind == "change" else "merge", type_, said["into"], how, at)
        if known and "other" in said and type_ == "Patient":
            if kind == "link":
                return Joining("link", type_, said["into"], other=said["other"])
            if kind == "unlink":
                return Joining("unlink", type_, said["into"], other=said["other"])
        raise Misconfigured(
            "merge takes type, from, as (a map) and into; a link or unlink takes kind, type, other and into",
            where=step.where,
        )
