"""Claims: which rule took which leaf of a message, as its packed lineage tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.canonical.lineage import Block
from gateway.mapping.account.leaves import LEFT_OUT, Claim, State, Use
from gateway.mapping.account.readers import places_of
from gateway.mapping.acts import Act
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.paths import Source, source
from gateway.mapping.places import MessageMap
from gateway.mapping.raw import part, repetition
from gateway.mapping.reads import Reads
from gateway.mapping.rows import MapFile, Row
from gateway.mapping.run import Run
from gateway.mapping.texts import EMPTY
from gateway.wire.er7.leaves import Address


class Part(NamedTuple):
    """A leaf that a datatype map took, by which of its rows."""

    component: int
    subcomponent: int
    state: State
    rule: str


@dataclass(slots=True)
class Books:
    """The account of one message while it is being made.

    Attributes:
        names: number of a resource → ``Patient/<id>``.
        places: identity of a segment's fields → its index.
        claims: (segment, field) → what was used there.
        fired: ids of the rows that wrote anything.
    """

    run: Run
    names: Mapping[int, str]
    places: Mapping[int, int]
    claims: dict[tuple[int, int], list[Claim]] = field(default_factory=lambda: defaultdict(list))
    fired: set[str] = field(default_factory=set)


class Claims:
    """Fills the books of one message after another.

    Args:
        rules: rule number → row id.
    """

    def __init__(self, files: Mapping[str, MapFile], reads: Reads, rules: tuple[str, ...]) -> None:
        self._files, self._reads, self._rules = files, reads, rules
        self._rows = {row.id: (row, file) for file in files.values() for row in file.rows}

    def block(self, books: Books, block: Block, f: list[str]) -> None:
        """Claim what the rows of one block wrote; the datatype rows stand before the row that ran them."""
        name = books.names.get(block.resource, LEFT_OUT)
        firings: dict[str, list[tuple[int, list[int]]]] = defaultdict(list)
        parts: list[int] = []
        for number in block.rules:
            row, file = self._rows.get(self._rules[abs(number)], (None, None))
            if row is None or file is None:
                continue
            if file.is_segment:
                firings[row.id].append((number, parts))
                parts = []
            else:
                parts.append(number)
        for rule, fired in firings.items():
            row, file = self._rows[rule]
            books.fired.add(rule)
            for at in self._taken(books, file, row, f):
                self._claim(books, file, row, at, f, fired, f"{name}#{row.to}")

    @staticmethod
    def _fields(books: Books, file: MapFile, at: Source, f: list[str]) -> list[str]:
        return f if at.segment == file.source else books.run.fields_of(at.segment)

    def _taken(self, books: Books, file: MapFile, row: Row, f: list[str]) -> list[Source]:
        """Return the sources that a row which wrote has used: the first one valued, or all for a function."""
        sources = [at for at in (source(text, row.where) for text in row.sources) if at.segment]
        kind = FUNCTIONS[row.convert].kind if row.convert in FUNCTIONS else ""
        if len(sources) < 2 or kind == "segment" or row.clears:
            return sources
        by_leaf = any(at.component for at in sources)
        for at in sources:
            fields = self._fields(books, file, at, f)
            text = fields[at.field] if len(fields) > at.field else ""
            if by_leaf or at.repetition:
                text = repetition(text, at.repetition or 1)
            if at.component:
                text = part(text, "^", at.component)
            if at.subcomponent:
                text = part(text, "&", at.subcomponent)
            if text not in EMPTY:
                return [at]
        return sources

    def _claim(
        self,
        books: Books,
        file: MapFile,
        row: Row,
        at: Source,
        f: list[str],
        fired: list[tuple[int, list[int]]],
        to: str,
    ) -> None:
        """Claim the leaves of one source for each time that its row wrote."""
        fields = self._fields(books, file, at, f)
        index = books.places.get(id(fields))
        if index is None or len(fields) <= at.field:
            return
        claims = books.claims[index, at.field]
        for number, (rule_number, parts) in zip(
            self._repetitions(row, at, fields[at.field], len(fired)), fired, strict=False
        ):
            state: State = "mapped" if rule_number > 0 else "malformed"
            for one in self._parts(file, row, at, parts):
                worst = one.state if one.state != "mapped" else state
                use = Use(row.id, to, one.rule)
                claims.append(Claim(number, one.component, one.subcomponent, worst, use))

    def _repetitions(self, row: Row, at: Source, text: str, count: int) -> list[int]:
        """Return the repetition of each firing; 0 where it cannot be told, or where a row took all."""
        if at.repetition:
            return [at.repetition] * count
        if self._reads.at_once(row):
            return [0] * count
        valued = [number for number, one in enumerate(text.split("~"), 1) if one not in EMPTY]
        if len(valued) == count:
            return valued
        return [1 if len(valued) < 2 else 0] * count if count > 1 else [valued[0] if valued else 0]

    def _parts(self, file: MapFile, row: Row, at: Source, parts: list[int]) -> list[Part]:
        """Return the leaves that one firing took of a repetition."""
        how = self._reads.datatype(file, row)
        if how:
            rules = {self._rules[abs(number)]: number > 0 for number in parts}
            inner = list(self._inner(how, rules))
            if at.component:
                inner = [Part(at.component, one.component, one.state, one.rule) for one in inner]
            if inner:
                return inner
        return [Part(c, s, "mapped", "") for c, s in self._reads.of_source(file, row, at)]

    def _inner(self, name: str, fired: Mapping[str, bool]) -> Iterator[Part]:
        """Yield the leaves of one repetition that the rows of a datatype map took."""
        file = self._files[name]
        for row in file.rows:
            if row.id not in fired and not row.ignore:
                continue
            state: State = "ignored" if row.ignore else "mapped" if fired[row.id] else "malformed"
            for at in (source(text, row.where) for text in row.sources):
                how = self._reads.datatype(file, row)
                deeper = list(self._inner(how, fired)) if how else []
                if at.variable:
                    if at.variable == "this":
                        yield from deeper or [Part(0, 0, state, row.id)]
                elif deeper and not at.subcomponent:
                    yield from (Part(at.component, one.component, one.state, one.rule) for one in deeper)
                else:
                    yield Part(at.component, at.subcomponent, state, row.id)

    def besides(self, books: Books, act: Act, index: int, f: list[str]) -> None:
        """Claim what leaves no lineage: fields that a row ignores by name, and identities that are joined."""
        for name in (act.step.map, act.step.element):
            for row in self._files[name].rows if name else ():
                for at in (source(text, row.where) for text in row.sources if row.ignore):
                    use = Use(row.id, row.ignore)
                    books.claims[index, at.field].append(Claim(0, 0, 0, "ignored", use))
        joining = act.merge
        if joining is not None and joining.how and (act.test is None or act.test(f, books.run)):
            use = Use(act.step.id, f"{joining.type}#{joining.kind}", "")
            books.fired.add(act.step.id)
            for (_, number), reads in self._reads.of_step(act.step, f[0]).items():
                if number == joining.field:
                    books.claims[index, number] += [Claim(0, *leaf, "mapped", use) for leaf in reads.every]

    def deleted(
        self, books: Books, plan: MessageMap, segment: str, address: Address, blocks: list[Block]
    ) -> Iterator[Claim]:
        """Yield the rows that delete an element because of a null."""
        acts = {self._rules[block.act]: block for block in blocks}
        for place in places_of(plan):
            for act in place.acts:
                block = acts.get(act.step.id)
                for row in self._files[act.step.map].rows if block and act.step.map else ():
                    at = source(row.sources[0], row.where) if row.sources else Source()
                    if (at.segment, at.field) == (segment, address[0]) and row.clear and not row.ignore:
                        name = books.names.get(block.resource, LEFT_OUT) if block else LEFT_OUT
                        yield Claim(0, 0, 0, "mapped", Use(row.id, f"{name}#{row.to} deleted"))
