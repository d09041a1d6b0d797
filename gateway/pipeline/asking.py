"""Asking: questions that come through a door, answered from the store (``gateway.spec.Ask``).

A question becomes searches of FHIR by ``mappings/queries``; they run in threads, never on the event loop.
What is found goes out with what it refers to, and as the rows of ``mappings/outbound`` say it; before it
does, whose data are shown stands in the trail of reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from gateway.errors import Rejected
from gateway.mapping import Maps, Profile
from gateway.mapping.asked import Asked, Queries, Query, apart, read, sample_of
from gateway.mapping.chosen import choose
from gateway.mapping.outbound import Dialect, Resources, dialect_of, said_body, said_segments
from gateway.mapping.outbound.ordered import for_instrument, is_order, of_sample, to_be_done
from gateway.pipeline.finding import Found, find_in_parts
from gateway.pipeline.reach import groups, reach
from gateway.spec import Answer, Question, Value
from gateway.store import Store, Version

THREADS = 4
"""Questions that are worked at once; others wait for them."""

Note = Callable[[Question, Sequence[Version], str], None]
"""Puts on record what a question is shown, and by which search. Raises ``Retry``: then it is not shown."""


class Asking:
    """A ``gateway.spec.Ask``.

    Args:
        note: keeps the trail of reads; called on the event loop.
    """

    def __init__(self, store: Store, maps: Maps, queries: Queries, note: Note) -> None:
        self._store, self._maps, self._queries, self._note = store, maps, queries, note
        self._threads = ThreadPoolExecutor(THREADS, "qiao-ask")
        self._dialects: dict[str, Dialect] = {}

    async def __call__(self, question: Question, /) -> Answer:
        """Return the answer to a question. Raises ``Rejected`` and ``Retry``, see ``gateway.spec.Ask``."""
        loop, profile = asyncio.get_running_loop(), self._profile(question)
        query, parts, untold = await loop.run_in_executor(self._threads, self._found, question, profile)
        if question.shown:
            for asked, found in parts:
                self._note(question, found.versions, _told(query, asked))
        said = await loop.run_in_executor(self._threads, self._said, query, parts, profile)
        if untold and not said:
            raise untold[0][1]
        matches = {name: one for _, found in parts for name, one in found.matches.items()}
        around = {name: one for _, found in parts for name, one in found.around.items()}
        total, ignored = sum(found.total for _, found in parts), parts[0][0].ignored
        return Answer(query.form, list(matches.values()), list(around.values()), said, total, ignored, untold)

    def close(self) -> None:
        """Take no question any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _profile(self, question: Question) -> Profile:
        profiles = self._maps.profiles
        named = profiles.get(question.sender) or choose(profiles.values(), {}, question.adapter)
        return named or profiles["default"]

    def _found(
        self, question: Question, profile: Profile
    ) -> tuple[Query, list[tuple[Asked, Found]], list[tuple[str, Rejected]]]:
        """Return what the store has; of several samples those that can be told, and those that cannot."""
        query = self._queries.of(question.record, question.format)
        parts: list[tuple[Asked, Found]] = []
        untold: list[tuple[str, Rejected]] = []
        for one in apart(query, question.record, profile):
            try:
                asked = read(query, one, profile)
                found = find_in_parts(self._store, question.tenant, asked, query.group)
                parts += [(asked, one) for one in found]
            except Rejected as error:
                untold.append((sample_of(query, one), error))
        if not parts:
            raise untold[0][1]
        return query, parts, untold

    def _said(
        self, query: Query, parts: Sequence[tuple[Asked, Found]], profile: Profile
    ) -> list[list[tuple[str, Value]]]:
        return [one for asked, found in parts for one in self._said_of(query, found, profile, asked.said)]

    def _said_of(
        self, query: Query, found: Found, profile: Profile, facts: Mapping[str, str]
    ) -> list[list[tuple[str, Value]]]:
        dialect = self._dialects.get(profile.id)
        if dialect is None:
            dialect = self._dialects[profile.id] = dialect_of(profile, self._maps.tables)
        tests = self._maps.tables[profile.orders] if profile.orders else None
        said: list[list[tuple[str, Value]]] = []
        for group in groups(query.group, found.matches.values()):
            told = for_instrument(reach(group, found.around, found.included), tests)
            if query.undone:
                told = to_be_done(told, own=tests is not None)
            if query.alone:
                told = of_sample(told, facts.values())
            if (tests is not None or query.undone) and not any(is_order(one) for one in told):
                continue  # nothing of it is for who asks
            pool = Resources(told)
            if query.say.form in ("hl7v2", "astm"):
                said.append(list(said_segments(query.say, pool, dialect, facts)))
            else:
                said.append([(query.say.root, said_body(query.say, pool, dialect, facts))])
        return said


def _told(query: Query, asked: Asked) -> str:
    """Return the searches as they stand in the trail; a number of the patient is the subject's own."""
    numbers = [(one.about, "…") for one in asked.searches[:1] if asked.numbers]
    searches = (f"{one.type}?{urlencode([*numbers, *one.pairs], safe=':/,|…')}" for one in asked.searches)
    return f"{query.name}: {' '.join(searches)}"
