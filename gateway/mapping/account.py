"""Account: what became of every valued leaf of a message: mapped, ignored, malformed, only read, or unmapped.

Put together from the packed lineage (which rows wrote at which segment) and from what the rows read by their
nature (``reads.py``). A leaf of which two rows made something is told of both.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from gateway.canonical import Envelope, Translation
from gateway.canonical.lineage import Block, unpack
from gateway.mapping.apply import HEADER_KNOWN, Application, normal_fields
from gateway.mapping.functions import EMPTY, FUNCTIONS
from gateway.mapping.handles import Frame
from gateway.mapping.maps import Maps
from gateway.mapping.memory import Memories
from gateway.mapping.messages import Act, MessageMap, Place, segment_of
from gateway.mapping.paths import Source, source
from gateway.mapping.raw import part, repetition
from gateway.mapping.reads import WHOLE, FieldReads, Reads, asked
from gateway.mapping.rows import MapFile, Row
from gateway.mapping.run import DEFAULTS, Run
from gateway.mapping.senders import Profile
from gateway.wire import er7
from gateway.wire.er7.leaves import Address, all_leaves

State = Literal["mapped", "ignored", "malformed", "read", "unmapped"]
"""``read``: a condition or key looked at it, or its rule did not fire; nothing was written of it."""

STATES: tuple[State, ...] = ("mapped", "ignored", "malformed", "read", "unmapped")

LEFT_OUT = "(left out)"
"""Stands for a resource that the message could not identify."""

HEADER, CONDITION, SILENT, ELSEWHERE = "header", "condition", "did not fire", "took another value"
REPAIRED = "repaired: its value stands elsewhere or otherwise now"
"""Why a rule that reads a leaf wrote nothing of it."""


class Use(NamedTuple):
    """What one rule did with a leaf.

    Attributes:
        rule: id of the row.
        to: ``Patient/<id>#name`` where it wrote; why it did not, in the other states.
        part: id of the datatype row that took this very component, ``""`` where the row took it itself.
    """

    rule: str
    to: str
    part: str = ""


class Leaf(NamedTuple):
    """One valued leaf: ``segment`` counts from 0, ``path`` is as short as it can be (``PID-3[2].4.1``)."""

    segment: int
    path: str
    state: State
    uses: tuple[Use, ...]


class _Claim(NamedTuple):
    """Leaves of one field that a rule used; 0 stands for all repetitions and for the whole."""

    repetition: int
    component: int
    subcomponent: int
    state: State
    use: Use

    def covers(self, address: Address) -> bool:
        _, repetition_, component, subcomponent = address
        return (
            self.repetition in (0, repetition_)
            and self.component in (0, component)
            and self.subcomponent in (0, subcomponent)
        )


class _Part(NamedTuple):
    """A leaf that a datatype map took, by which of its rows."""

    component: int
    subcomponent: int
    state: State
    rule: str


@dataclass(slots=True)
class _Books:
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
    claims: dict[tuple[int, int], list[_Claim]] = field(default_factory=lambda: defaultdict(list))
    fired: set[str] = field(default_factory=set)


@dataclass(slots=True, frozen=True)
class _Reader:
    """A rule that may read a field; ``why`` is set where it never writes what it reads."""

    rule: str
    reads: FieldReads
    why: str = ""

    def looks_at(self, address: Address) -> bool:
        _, repetition_, component, subcomponent = address
        leaves = self.reads.every | self.reads.first if repetition_ == 1 else self.reads.every
        return bool(leaves & {WHOLE, (component, 0), (component, subcomponent)})


class Accountant:
    """Accounts for messages that one version of the maps has translated."""

    def __init__(self, maps: Maps) -> None:
        self._maps = maps
        self._ledgers: dict[str, _Ledger] = {}

    def account(
        self, message: er7.Message, envelope: Envelope, profile: Profile, translation: Translation
    ) -> list[Leaf]:
        """Return every valued leaf of a message, each once, in its order.

        Raises:
            ValueError: another version of the maps made this translation.
            Rejected: the message's type has no map.
        """
        if translation.map_version != self._maps.version:
            raise ValueError(f"made by map version {translation.map_version}, not {self._maps.version}")
        variant = self._maps.variants.get(profile.id)
        name, files = (profile.id, variant.maps) if variant else ("", self._maps.maps)
        if name not in self._ledgers:
            self._ledgers[name] = _Ledger(self._maps, files)
        plan = (variant.plan(message.type) if variant else None) or self._maps.plan(message)
        return self._ledgers[name].account(message, envelope, profile, translation, plan)


class _Ledger:
    """Accounts for the messages of those senders that share their maps."""

    def __init__(self, maps: Maps, files: Mapping[str, MapFile]) -> None:
        self._maps, self._files = maps, files
        self._reads = Reads(files)
        self._rows = {row.id: (row, file) for file in files.values() for row in file.rows}
        self._readers: dict[tuple[int, int, str], dict[int, list[_Reader]]] = {}

    def account(
        self,
        message: er7.Message,
        envelope: Envelope,
        profile: Profile,
        translation: Translation,
        plan: MessageMap,
    ) -> list[Leaf]:
        """Return the account of one message, see :class:`Accountant`."""
        run = Run(message, envelope, profile, self._maps.tables, {}, Memories([]))
        placed = Application(run, plan).group_segments()
        names = {draft.number: f"{draft.type}/{draft.id}" for draft in translation.drafts if draft.number}
        books = _Books(run, names, {id(f): index for index, (f, _, _) in enumerate(placed)})
        blocks: dict[int, list[Block]] = defaultdict(list)
        for block in unpack(translation.lineage):
            blocks[block.segment].append(block)
        for index, (f, frame, place) in enumerate(placed):
            self._enter(books, f, frame)
            for block in blocks[index]:
                self._block(books, block, f)
            for act in place.acts if place else ():
                self._besides(books, act, index, f)
        return [
            leaf
            for (index, (f, _, place)), sent in zip(enumerate(placed), normal_fields(message), strict=True)
            for leaf in self._leaves(books, plan, place, index, f, sent, blocks[index])
        ]

    @staticmethod
    def _enter(books: _Books, f: list[str], frame: Frame) -> None:
        """Stand at a segment, as the walk that made the lineage did."""
        books.run.frame, books.run.segment = frame, f[0]
        frame.segments[f[0]] = f

    def _block(self, books: _Books, block: Block, f: list[str]) -> None:
        """Claim what the rows of one block wrote; the datatype rows stand before the row that ran them."""
        name = books.names.get(block.resource, LEFT_OUT)
        firings: dict[str, list[tuple[int, list[int]]]] = defaultdict(list)
        parts: list[int] = []
        for number in block.rules:
            row, file = self._rows.get(self._maps.rules[abs(number)], (None, None))
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
    def _fields(books: _Books, file: MapFile, at: Source, f: list[str]) -> list[str]:
        return f if at.segment == file.source else books.run.fields_of(at.segment)

    def _taken(self, books: _Books, file: MapFile, row: Row, f: list[str]) -> list[Source]:
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
        books: _Books,
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
                claims.append(_Claim(number, one.component, one.subcomponent, worst, use))

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

    def _parts(self, file: MapFile, row: Row, at: Source, parts: list[int]) -> list[_Part]:
        """Return the leaves that one firing took of a repetition."""
        how = self._reads.datatype(file, row)
        if how:
            rules = {self._maps.rules[abs(number)]: number > 0 for number in parts}
            inner = list(self._inner(how, rules))
            if at.component:
                inner = [_Part(at.component, one.component, one.state, one.rule) for one in inner]
            if inner:
                return inner
        return [_Part(c, s, "mapped", "") for c, s in self._reads.of_source(file, row, at)]

    def _inner(self, name: str, fired: Mapping[str, bool]) -> Iterator[_Part]:
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
                        yield from deeper or [_Part(0, 0, state, row.id)]
                elif deeper and not at.subcomponent:
                    yield from (_Part(at.component, one.component, one.state, one.rule) for one in deeper)
                else:
                    yield _Part(at.component, at.subcomponent, state, row.id)

    def _besides(self, books: _Books, act: Act, index: int, f: list[str]) -> None:
        """Claim what leaves no lineage: fields that a row ignores by name, and identities that are joined."""
        for name in (act.step.map, act.step.element):
            for row in self._files[name].rows if name else ():
                for at in (source(text, row.where) for text in row.sources if row.ignore):
                    use = Use(row.id, row.ignore)
                    books.claims[index, at.field].append(_Claim(0, 0, 0, "ignored", use))
        joining = act.merge
        if joining is not None and joining.how and (act.test is None or act.test(f, books.run)):
            use = Use(act.step.id, f"{joining.type}#{joining.kind}", "")
            books.fired.add(act.step.id)
            for (_, number), reads in self._reads.of_step(act.step, f[0]).items():
                if number == joining.field:
                    books.claims[index, number] += [_Claim(0, *leaf, "mapped", use) for leaf in reads.every]

    def _leaves(
        self,
        books: _Books,
        plan: MessageMap,
        place: Place | None,
        index: int,
        f: list[str],
        sent: list[str],
        blocks: list[Block],
    ) -> Iterator[Leaf]:
        """Yield the leaves of one segment as it was ``sent``; ``f`` is what repairs made of it."""
        readers = self._of_place(plan, place, f[0])
        for address, path in all_leaves(sent, DEFAULTS):
            number = address[0]
            claims = [one for one in books.claims.get((index, number), ()) if one.covers(address)]
            looking = [one for one in readers.get(number, ()) if one.looks_at(address)]
            if _is_null(sent, address):
                claims += self._deleted(books, plan, f[0], address, blocks)
            if sent[number : number + 1] != f[number : number + 1]:
                looking = [
                    _Reader(rule, FieldReads(), REPAIRED) for rule in _repairs(books.run, f[0])
                ] or looking
            state, uses = _judged(claims, looking, books.fired)
            yield Leaf(index, f"{f[0]}-{path}", state, tuple(dict.fromkeys(uses)))

    def _deleted(
        self, books: _Books, plan: MessageMap, segment: str, address: Address, blocks: list[Block]
    ) -> Iterator[_Claim]:
        """Yield the rows that delete an element because of a null."""
        acts = {self._maps.rules[block.act]: block for block in blocks}
        for place in _places(plan):
            for act in place.acts:
                block = acts.get(act.step.id)
                for row in self._files[act.step.map].rows if block and act.step.map else ():
                    at = source(row.sources[0], row.where) if row.sources else Source()
                    if (at.segment, at.field) == (segment, address[0]) and row.clear and not row.ignore:
                        name = books.names.get(block.resource, LEFT_OUT) if block else LEFT_OUT
                        yield _Claim(0, 0, 0, "mapped", Use(row.id, f"{name}#{row.to} deleted"))

    def _of_place(self, plan: MessageMap, place: Place | None, segment: str) -> dict[int, list[_Reader]]:
        """Return, by field, the rules that may read a segment at its place."""
        key = (id(plan), id(place), segment)
        if key not in self._readers:
            found: dict[int, list[_Reader]] = defaultdict(list)
            for (name, number), reader in self._readers_of(plan, place, segment):
                if name == segment:
                    found[number].append(reader)
            self._readers[key] = dict(found)
        return self._readers[key]

    def _readers_of(
        self, plan: MessageMap, place: Place | None, segment: str
    ) -> Iterator[tuple[tuple[str, int], _Reader]]:
        whole = FieldReads({WHOLE}, set())
        if segment == "MSH":
            yield from (((segment, number), _Reader("gateway", whole, HEADER)) for number in HEADER_KNOWN)
        for path in plan.file.event_at:
            at = source(path, plan.file.where)
            reads = FieldReads(set(), {(at.component or 1, at.subcomponent)})
            yield (at.segment, at.field), _Reader("event_at", reads, CONDITION)
        here = {act.step.id for act in place.acts} if place else set()
        seen: set[str] = set()
        for act in (act for other in _places(plan) for act in other.acts):
            standing = segment_of(act.step.at)
            if act.step.id in seen or (act.step.id not in here and standing == segment):
                continue
            seen.add(act.step.id)
            for where, reads in self._reads.of_step(act.step, standing).items():
                yield where, _Reader(act.step.id, reads, CONDITION)
            for name in (act.step.map, act.step.element):
                yield from self._readers_in(name) if name else ()

    def _readers_in(self, name: str) -> Iterator[tuple[tuple[str, int], _Reader]]:
        file = self._files[name]
        for row in file.rows:
            for where, reads in self._reads.of_row(file, replace(row, when="")):
                yield where, _Reader(row.id, reads)
            for where, reads in asked(row.when, row.where):
                yield where, _Reader(row.id, reads, CONDITION)


def _places(plan: MessageMap) -> list[Place]:
    return [*plan.places.values(), *plan.extras.values()]


def _repairs(run: Run, segment: str) -> list[str]:
    """Return the ids of the repairs that changed segments of that name."""
    return [issue.rule for issue in run.issues if issue.where[:3] == segment]


def _is_null(f: list[str], address: Address) -> bool:
    number, repetition_, component, subcomponent = address
    return part(part(repetition(f[number], repetition_), "^", component), "&", subcomponent) == '""'


def _judged(claims: list[_Claim], looking: list[_Reader], fired: set[str]) -> tuple[State, list[Use]]:
    """Return the state of a leaf by the best that any rule made of it."""
    for state in STATES[:3]:
        uses = [one.use for one in claims if one.state == state]
        written = [use for use in uses if not use.to.startswith(LEFT_OUT)]
        if written:
            return state, written
    if claims:
        return "read", [one.use for one in claims]
    if looking:
        return "read", [
            Use(one.rule, one.why or (ELSEWHERE if one.rule in fired else SILENT)) for one in looking
        ]
    return "unmapped", []


def totals(leaves: list[Leaf]) -> Counter[str]:
    """Return how many leaves there are in each state."""
    return Counter({**dict.fromkeys(STATES, 0), **Counter(leaf.state for leaf in leaves)})


def compact(leaves: list[Leaf]) -> list[list[object]]:
    """Return an account as plain JSON: ``[segment, path, state, [[rule, to, part], …]]`` for each leaf."""
    return [[leaf.segment, leaf.path, leaf.state, [list(use) for use in leaf.uses]] for leaf in leaves]
