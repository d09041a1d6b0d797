"""Message maps: which segment makes or fills which resource, and how the resources are tied together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from gateway.errors import Misconfigured
from gateway.mapping.acts import (
    Act,
    Joining,
    Search,
    Test,
    Tie,
    asked_of,
    function_of,
    reader,
    remembered,
    segment_of,
)
from gateway.mapping.compile import Compiled
from gateway.mapping.conditions import condition
from gateway.mapping.elements import is_resource, is_type
from gateway.mapping.grouping import Walk
from gateway.mapping.paths import source
from gateway.mapping.places import MessageMap, Place
from gateway.mapping.reads import FieldReads, Reads, merged, paths_in
from gateway.mapping.rows import MapFile, MessageFile, Step
from gateway.mapping.shapes import Shapes
from gateway.mapping.steps import adapted, address_of, addressed, keys_of, tie_of
from gateway.mapping.structures import Node, structure


class MessageCompiler:
    """Compiles the rows of one message map.

    Args:
        tree: its structure, where HL7 has none of that name: that of a layout.
    """

    def __init__(
        self,
        file: MessageFile,
        compiled: Compiled,
        maps: Mapping[str, MapFile],
        numbers: Mapping[str, int],
        reads: Reads,
        forms: frozenset[str] = frozenset(),
        tree: list[Node] | None = None,
    ) -> None:
        self.file, self.compiled, self.maps, self.numbers, self.reads = file, compiled, maps, numbers, reads
        tree = tree or structure(file.structure)
        if tree is None:
            raise Misconfigured(f"HL7 has no message structure {file.structure!r}", where=file.where)
        self.walk = Walk(tree)
        self.steps = self.fitting([step for step in file.steps if not step.form or step.form in forms])
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
            segment = segment_of(some[0].step.at)
            shapes = Shapes(segment, tuple(some), self.compiled)
            place = Place(tuple(some), partial(self.looked_at, segment, some), shapes)
            if isinstance(leaf, int):
                made.places[leaf] = place
            else:
                made.extras[leaf] = place
        made.event_at = tuple(
            function_of(reader(source(path, self.file.where), "")) for path in self.file.event_at
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
        keys = keys_of(step.key, segment, self.names, step.where)
        if step.again != "same" and any(key.identifier is not None for key in keys):
            raise Misconfigured(
                "an identifier names one resource: 'again' needs another key", where=step.where
            )
        return Act(
            rule=self.numbers[step.id],
            step=step,
            test=test,
            call=call,
            keys=keys,
            links=tuple(self.link(step, path, name) for path, name in step.link.items() if name != "*"),
            ends=tuple(self.link(step, path, name) for path, name in step.link.items() if name == "*"),
            appends=tuple(self.append(step, path, name) for path, name in step.append.items()),
            merge=self.merge(step),
            element=self.element(step),
            search=self.search(step, segment),
        )

    def test(self, when: str, segment: str, where: str) -> Test:
        try:
            return _test(when, segment)
        except Misconfigured as error:
            raise Misconfigured(error.reason, code=error.code, where=where) from None

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
            (function_of(reader(source(str(there), step.where), segment)),
             function_of(reader(source(str(here), step.where), segment)))
            for there, here in same.items()
        ]  # fmt: skip
        test = self.test(when, segment, step.where) if when else None
        makers = {segment_of(one.at) for one in self.steps if one.make and one.name == among}
        paths = paths_in(when or "", step.where)
        own = makers == {at.segment for at in paths} == {segment}
        fields = tuple(sorted({at.field for at in paths}))
        may = remembered(test, fields) if test is not None and own else None
        return Search(name, among, test, tuple(pairs), segment, may)

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
        if address_of(path):
            raise Misconfigured("an extension takes 'append', not 'link'", where=step.where)
        return tie_of(step.make or self.types.get(step.into, ""), path, name, step.where)

    def append(self, step: Step, path: str, name: str) -> tuple[str, tuple[Tie], bool]:
        owner, _, rest = path.partition(".")
        if address_of(rest) and (step.element or len(step.append) > 1):
            raise Misconfigured(
                "'append' into an extension stands alone, without 'element'", where=step.where
            )
        made = step.find.get("of", "") if owner == step.find.get("as") else owner
        if made not in self.types:
            raise Misconfigured(f"no row makes {owner!r}", where=step.where)
        tie = tie_of(self.types[made], rest, name or step.name, step.where)
        return owner, (tie,), tie.name == step.name

    def element(self, step: Step) -> Callable[..., None] | None:
        """Return what fills the list element that ``append`` makes: a map, or the address of an extension."""
        if not step.element:
            urls = [url for path in step.append if (url := address_of(path))]
            return addressed(urls[0]) if urls else None
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


@lru_cache(maxsize=4096)
def _test(when: str, segment: str) -> Test:
    """Compile a condition; hundreds of rows ask the same of the same segment."""
    return function_of(condition(when, asked_of(segment, ""), ""))
