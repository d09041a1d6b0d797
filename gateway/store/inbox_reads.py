"""Inbox reads: what a Store tells of messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.store import gaps, inbox_view, inbox_walk, tally
from gateway.store.inbox_walk import Walk
from gateway.store.model import AskRepeat, Counts, Gap, InboxEntry, InboxRow, Kept, Pending, Repeat, State
from gateway.store.session import Session


class InboxReads:
    """The reading half of a Store, as far as messages go; its methods belong to any thread."""

    _session: Session

    def find_repeat(
        self, tenant: str, sender: str, repeat_key: int, control_id: str, digest: bytes, since_us: int
    ) -> Repeat | None:
        """Return the committed message that this one repeats, received at or after ``since_us``."""
        return self.find_repeats([AskRepeat(tenant, sender, repeat_key, control_id, digest, since_us)])[0]

    def find_repeats(self, asked: Sequence[AskRepeat]) -> list[Repeat | None]:
        """Return, for each, the committed message that it repeats, received at or after ``since_us``."""
        with self._session.reading() as connection:
            return inbox_view.find_repeats(connection, asked)

    def unsettled(self, limit: int) -> list[Pending]:
        """Return messages that were received and never settled, oldest first."""
        with self._session.reading() as connection:
            return inbox_view.unsettled(connection, limit)

    def inbox_list(
        self,
        *,
        state: State | None = None,
        sender: str | None = None,
        tenant: str | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> list[InboxRow]:
        """Return lines of the inbox, newest first, those older than the message ``before``."""
        with self._session.reading() as connection:
            return inbox_view.rows(
                connection, state=state, sender=sender, tenant=tenant, limit=limit, before=before
            )

    def inbox_show(self, id: str) -> InboxEntry | None:
        """Return everything that is known of one message, or None."""
        with self._session.snapshot() as connection:
            return inbox_view.show(connection, id)

    def messages_of(self, tenant: str, seqs: Collection[int]) -> list[tuple[int, str]]:
        """Return (number, inbox id) of the messages that made versions among ``seqs`` and no others."""
        with self._session.snapshot() as connection:
            return inbox_view.saying_only(connection, tenant, seqs)

    def counts(self, tenant: str) -> Counts:
        """Return what the tenant's store holds now; cheap enough to be asked every half second."""
        with self._session.reading() as connection:
            return tally.counts(connection, tenant)

    def inbox_walk(self, walk: Walk, limit: int) -> list[Kept]:
        """Return the next messages in the order in which they came, with their bytes."""
        with self._session.reading() as connection:
            return inbox_walk.page(connection, walk, limit)

    def inbox_extent(self, walk: Walk) -> tuple[int, str]:
        """Return how many messages a walk meets, and the id of the last one (``""`` for none)."""
        with self._session.snapshot() as connection:
            return inbox_walk.extent(connection, walk)

    def gaps(
        self, tenant: str | None = None, *, sender: str | None = None, table: str | None = None
    ) -> list[Gap]:
        """Return the codes without a map, most frequent first."""
        with self._session.reading() as connection:
            return gaps.gaps(connection, tenant, sender, table)
