"""Prepared: what of some rows is new and to be delivered, and what will be remembered of it.

What was delivered before is known by its hash. The number of a delivery (MSH-10) is made of the key, the
content and how often the row was delivered before: what comes again after a crash has the number it had.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from adapters.his.sql_view.about import earlier, elsewhere
from adapters.his.sql_view.database import Unanswered
from adapters.his.sql_view.groups import Group, grouped, is_older, newest
from adapters.his.sql_view.limits import FEW, Counts
from adapters.his.sql_view.reader import Reader
from adapters.his.sql_view.state import GONE, Known, State
from adapters.his.sql_view.views import View
from adapters.his.sql_view.withdrawal import emptied, kept_of, returned, taken_back, vanished
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.wire.rows import CONTENT_TYPE, enclosed

ON_THE_WAY = 4
"""Pages that may be prepared and not yet remembered; at least two more than are delivered at once."""


@dataclass(slots=True)
class Prepared:
    """Some rows, ready to be delivered.

    Attributes:
        envelopes: in their order.
        rows: what will be remembered, each with the envelopes that it depends on.
        to: how far the view has been read by them, None where they were read by their keys.
        read: rows that were read for it.
        keys: of the rows that were seen.
    """

    envelopes: list[Envelope] = field(default_factory=list)
    rows: list[tuple[Known, range]] = field(default_factory=list)
    to: tuple[str, str] | None = None
    read: int = 0
    keys: list[str] = field(default_factory=list)


class Preparing:
    """Makes what is to be delivered of the rows of one view. Its methods wait: call them in a thread.

    Args:
        counts: where keys that are there twice, and details without a row, are counted.
        withdraw: share of the rows of a page that may lose all their details at once.
        now: the time at the hospital.
    """

    def __init__(
        self, view: View, reader: Reader, state: State, counts: Counts, withdraw: float,
        tenant: str, adapter: str, now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._view, self._reader, self._state, self._counts = view, reader, state, counts
        self._withdraw, self._tenant, self._adapter, self._now = withdraw, tenant, adapter, now
        self._on_the_way = deque[dict[str, Known]](maxlen=ON_THE_WAY)

    def begin(self) -> None:
        """Begin a reading: what an earlier one prepared and did not deliver is not on the way any more."""
        self._on_the_way.clear()

    def page(self, groups: Sequence[Group], *, forward: bool) -> Prepared:
        """Return what is new in the rows of a page.

        Args:
            forward: the view is read by its times, so an older state of a row may stand behind a newer one. A
                row that is read by its key is what holds now, whatever its time says.

        Raises:
            Unanswered: the database does not answer, or its details have vanished.
        """
        keys = [one.key for one in groups]
        known = self._state.known(self._view.name, keys)
        for rows in self._on_the_way:
            known |= {key: row for key in keys if (row := rows.get(key)) is not None}
        made = Prepared(read=sum(len(one.heads) for one in groups), keys=keys)
        made.to = groups[-1].position if forward else None
        fresh = groups if forward else [newest(one) for one in groups]
        if known and forward:
            fresh = [one for one in fresh if not is_older(one, known.get(one.key))]
        if self._view.details and fresh:
            heads = [head for one in fresh for head in one.heads]
            self._counts.astray += self._reader.add_details(heads)
            self._doubt(fresh, known)
        moved = elsewhere(self._view, self._reader, fresh, known) if known else ()
        for group in fresh:
            self._add(made, group, known.get(group.key), moved=group.key in moved)
        self._on_the_way.append({row.key: row for row, _ in made.rows})
        return made

    def _doubt(self, groups: Sequence[Group], known: Mapping[str, Known]) -> None:
        """Refuse a page whose details are gone all at once: whoever fills the view anew empties it first."""
        found = [(one, was.kept) for one in groups if (was := known.get(one.key)) and was.hash != GONE]
        gone = sum(emptied(kept, [head.details for head in one.heads]) for one, kept in found)
        if self._view.same and gone > max(FEW, len(found) * self._withdraw):
            raise Unanswered(
                f"{gone} rows have lost all their details ({', '.join(self._view.same)}): none is "
                "taken back, it is read again. If that is right, raise withdraw"
            )

    def missed(self, groups: Sequence[Group]) -> Prepared:
        """Return the rows of which another state is known than that of the view; only keys were read."""
        keys = [one.key for one in groups]
        known = self._state.known(self._view.name, keys)
        other = [
            one
            for one in groups
            if (was := known.get(one.key)) is None or not one.mark or was.mark != one.mark or was.hash == GONE
        ]
        made = Prepared()
        if other:
            heads = self._reader.whole([one.heads[0].key for one in other])
            if again := list(grouped(heads, by_key=True)):
                made = self.page(again, forward=False)
        made.keys, made.read = keys, sum(len(one.heads) for one in groups)
        return made

    def withdrawn(self, gone: Sequence[Known]) -> Prepared:
        """Return what takes back rows that have vanished."""
        moment, made = self._moment(), Prepared()
        for one in gone:
            text = orjson.dumps(taken_back(self._view, one, moment))
            at = len(made.envelopes)
            made.envelopes.append(self._envelope(text, f"{GONE}-{one.turn + 1}", one.key))
            made.rows.append((Known(one.key, "", GONE, one.turn + 1, one.kept), range(at, at + 1)))
        return made

    def _add(self, made: Prepared, group: Group, was: Known | None, *, moved: bool) -> None:
        said: list[dict[str, Any]] = [{"row": head.row, **head.details} for head in group.heads]
        texts = [orjson.dumps(one) for one in said]
        if len(texts) > 1:
            self._counts.duplicates += len(texts) - 1
            texts = sorted({*texts})
        hash_ = blake2b(b"\n".join(texts), digest_size=12).hexdigest()
        if was is not None and was.hash == hash_:
            if was.mark != group.mark:
                made.rows.append((Known(group.key, group.mark, hash_, was.turn, was.kept), range(0)))
            return
        if was is not None and was.hash != GONE and (gone := vanished(self._view, was.kept, said)):
            texts.remove(orjson.dumps(said[-1]))
            whole = {name: said[-1].get(name, []) + rows for name, rows in gone.items()}
            texts.append(orjson.dumps(said[-1] | whole))
            self._counts.withdrawn += sum(map(len, gone.values()))
        between = earlier(was, group) if was is not None and moved and not is_older(group, was) else ""
        if was is not None and (was.hash == GONE or is_older(group, was) or (moved and not between)):
            # What was delivered last bears a later time than this: as it stands it would be overtaken.
            moment = self._moment()
            texts = [orjson.dumps(returned(self._view, orjson.loads(one), moment)) for one in texts]
        turn = was.turn + 1 if was is not None else 0
        begin = len(made.envelopes)
        made.envelopes += [self._envelope(one, f"{hash_}-{turn}", group.key) for one in texts]
        if was is not None and moved:
            self._take_back(made, was, begin, between, texts[-1])
        kept = kept_of(self._view.keep, said[-1])
        at = range(begin, len(made.envelopes))
        made.rows.append((Known(group.key, group.mark, hash_, turn, kept), at))

    def _take_back(self, made: Prepared, was: Known, begin: int, between: str, text: bytes) -> None:
        """Take back what a row said before it was about something else.

        Without a time between both that comes first, and bears the time of what stands now: what comes last
        holds. So does what other rows may say, too, at this very moment.
        """
        first = not between or self._view.shared
        moment = orjson.loads(text)["row"].get(self._view.changed) if first else between
        back = orjson.dumps(taken_back(self._view, was, moment or self._moment()))
        at = begin if first else len(made.envelopes)
        made.envelopes.insert(at, self._envelope(back, f"{GONE}-{was.turn + 1}", was.key))
        self._counts.withdrawn += 1

    def _moment(self) -> str:
        """Return the time at the hospital as its databases write it."""
        return self._now().replace(tzinfo=None).isoformat(" ", "seconds")

    def _envelope(self, text: bytes, content: str, key: str) -> Envelope:
        view, moment = self._view, now_us()
        number = blake2b(f"{view.name} {key} {content}".encode(), digest_size=10).hexdigest()
        raw = enclosed(view.table, view.system, text, number)
        return Envelope(
            new_envelope_id(moment), self._tenant, self._adapter, "", moment, CONTENT_TYPE, "", raw,
            {"view": view.name},
        )  # fmt: skip
