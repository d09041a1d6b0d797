"""Account: what became of every valued leaf of a message: mapped, ignored, malformed, only read, or unmapped.

Put together from the packed lineage (which rows wrote at which segment) and from what the rows read by their
nature (``reads.py``). A leaf of which two rows made something is told of both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from gateway.canonical import Envelope, Translation
from gateway.canonical.lineage import Block, unpack
from gateway.mapping.account.claims import Books, Claims
from gateway.mapping.account.leaves import REPAIRED, Leaf, Reader, is_null, judged
from gateway.mapping.account.left_out import left_out
from gateway.mapping.account.readers import Readers
from gateway.mapping.apply import Application, normal_fields
from gateway.mapping.handles import Frame
from gateway.mapping.maps import Maps
from gateway.mapping.memory import Memories
from gateway.mapping.places import MessageMap, Place
from gateway.mapping.reads import FieldReads, Reads
from gateway.mapping.rows import MapFile
from gateway.mapping.run import DEFAULTS, Run
from gateway.mapping.senders import Profile
from gateway.wire import er7
from gateway.wire.er7.leaves import all_leaves


class Accountant:
    """Accounts for messages that one version of the maps has translated."""

    def __init__(self, maps: Maps) -> None:
        self._maps = maps
        self._ledgers: dict[str, Ledger] = {}

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
            self._ledgers[name] = Ledger(self._maps, files)
        plan = (variant.plan(message.type) if variant else None) or self._maps.plan(message)
        return self._ledgers[name].account(message, envelope, profile, translation, plan)


class Ledger:
    """Accounts for the messages of those senders that share their maps."""

    def __init__(self, maps: Maps, files: Mapping[str, MapFile]) -> None:
        self._maps = maps
        reads = Reads(files)
        self._readers, self._claims = Readers(files, reads), Claims(files, reads, maps.rules)

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
        books = Books(run, names, {id(f): index for index, (f, _, _) in enumerate(placed)})
        blocks: dict[int, list[Block]] = defaultdict(list)
        for block in unpack(translation.lineage):
            blocks[block.segment].append(block)
        for index, (f, frame, place) in enumerate(placed):
            self._enter(books, f, frame)
            for block in blocks[index]:
                self._claims.block(books, block, f)
            for act in place.acts if place else ():
                self._claims.besides(books, act, index, f)
        leaves = [
            leaf
            for (index, (f, _, place)), sent in zip(enumerate(placed), normal_fields(message), strict=True)
            for leaf in self._leaves(books, plan, place, index, f, sent, blocks[index])
        ]
        return [*leaves, *left_out(message)]

    @staticmethod
    def _enter(books: Books, f: list[str], frame: Frame) -> None:
        """Stand at a segment, as the walk that made the lineage did."""
        books.run.frame, books.run.segment = frame, f[0]
        frame.segments[f[0]] = f

    def _leaves(
        self,
        books: Books,
        plan: MessageMap,
        place: Place | None,
        index: int,
        f: list[str],
        sent: list[str],
        blocks: list[Block],
    ) -> Iterator[Leaf]:
        """Yield the leaves of one segment as it was ``sent``; ``f`` is what repairs made of it."""
        readers = self._readers.of_place(plan, place, f[0])
        for address, path in all_leaves(sent, DEFAULTS):
            number = address[0]
            claims = [one for one in books.claims.get((index, number), ()) if one.covers(address)]
            looking = [one for one in readers.get(number, ()) if one.looks_at(address)]
            if is_null(sent, address):
                claims += self._claims.deleted(books, plan, f[0], address, blocks)
            if sent[number : number + 1] != f[number : number + 1]:
                looking = [
                    Reader(rule, FieldReads(), REPAIRED) for rule in repairs_of(books.run, f[0])
                ] or looking
            state, uses = judged(claims, looking, books.fired)
            yield Leaf(index, f"{f[0]}-{path}", state, tuple(dict.fromkeys(uses)))


def repairs_of(run: Run, segment: str) -> list[str]:
    """Return the ids of the repairs that changed segments of that name."""
    return [issue.rule for issue in run.issues if issue.where[:3] == segment]
