"""Resource reads: what a Store tells of resources: reads, histories, searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.store import history, versions
from gateway.store.clock import last_seq, tenant_number
from gateway.store.model import HistoryPage, Page, Version
from gateway.store.search import Search
from gateway.store.session import Session
from gateway.store.view import ALL, View


class ResourceReads:
    """The reading half of a Store, as far as resources go; its methods belong to any thread."""

    _session: Session
    _search: Search
    _tenants: dict[str, int]

    def read(self, tenant: str, type: str, id: str) -> Version | None:
        """Return the current version (R4 §3.1.0.1), a tombstone too, or None."""
        number = self._number(tenant)
        if number is None:
            return None
        with self._session.reading() as connection:
            return versions.current(connection, number, type, id)

    def read_many(self, keys: Sequence[tuple[str, str, str]]) -> list[Version | None]:
        """Return the current version of each (tenant, type, id), as :meth:`read`, in one round trip."""
        numbers = [self._number(tenant) for tenant, _, _ in keys]
        with self._session.reading() as connection:
            return versions.current_many(
                connection, [(number, key[1], key[2]) for number, key in zip(numbers, keys, strict=True)]
            )

    @property
    def local(self) -> bool:
        """Whether a read takes microseconds and never waits for a network."""
        return bool(self._session.engine.file)

    def vread(self, tenant: str, type: str, id: str, ver: int) -> Version | None:
        """Return one version (R4 §3.1.0.2), or None."""
        number = self._number(tenant)
        if number is None:
            return None
        with self._session.reading() as connection:
            return versions.version(connection, number, type, id, ver)

    def versions(self, tenant: str, type: str, id: str) -> list[Version]:
        """Return all versions of a resource, tombstones too, oldest first; empty where it never existed."""
        number = self._number(tenant)
        if number is None:
            return []
        with self._session.reading() as connection:
            return versions.every(connection, number, type, id)

    def history(
        self,
        tenant: str,
        type: str | None = None,
        id: str | None = None,
        *,
        count: int,
        since_us: int | None = None,
        at: tuple[int, int] | None = None,
        cursor: str | None = None,
        ascending: bool = False,
    ) -> HistoryPage:
        """Return one page of a history (R4 §3.1.0.13), tombstones included.

        Args:
            tenant: whose resources.
            type: of one type; None: of all.
            id: of one resource; empty where it never existed.
            count: versions of a page; 0: none, only the total.
            since_us: ``_since``: versions made at or after this moment, microseconds since 1970.
            at: ``_at``: versions that were current at some moment from the first to the second.
            cursor: of the page before; it fits only the same history.
            ascending: in commit order. The cursor then is there on the last page too and stays valid for
                ever: what is committed later follows it, nothing missed, nothing twice.

        Raises:
            Rejected: the cursor is not of this history.
        """
        asked = history.Asked(tenant, type, id, count, since_us, at, cursor, ascending)
        session = self._session  # what everybody or a type has done never changes: it needs no snapshot
        with session.reading() if id is None else session.snapshot() as connection:
            return history.page(connection, asked, self._session.secret)

    def newest(self, tenant: str) -> int:
        """Return the tenant's newest committed sequence number, 0 where nobody has ever written for it."""
        with self._session.reading() as connection:
            return last_seq(connection, tenant) or 0

    def search(
        self,
        tenant: str,
        type: str,
        pairs: Iterable[tuple[str, str]],
        *,
        base: str = "",
        lenient: bool = False,
        view: View = ALL,
    ) -> Page:
        """Search one type, or several at once (R4 §3.1.1).

        Args:
            tenant: whose resources.
            type: a resource type; ``""``: those that ``_type`` names, or all.
            pairs: the decoded parameters in the order of the URL, ``_cursor`` among them.
            base: the server's own base URL, taken off absolute references.
            lenient: leave out a parameter that is not known and say so in ``Page.warnings``
                (``Prefer: handling=lenient``).
            view: what the caller may know of: nothing else is found, counted, included or chained to.

        Raises:
            Rejected: an unknown parameter (``not-supported``), a value that it cannot take (``value``), or
                more work than one search may make (``too-costly``); ``where`` names the parameter.
        """
        return self._search.run(tenant, type, list(pairs), base, lenient=lenient, view=view)

    def compartment(
        self,
        tenant: str,
        compartment: str,
        id: str,
        type: str,
        pairs: Iterable[tuple[str, str]],
        *,
        base: str = "",
        lenient: bool = False,
        view: View = ALL,
    ) -> Page:
        """Search what belongs to a Patient, Encounter, Practitioner, RelatedPerson or Device (R4 §3.1.0.16).

        Args:
            compartment: the type of the compartment's owner.
            id: of the owner; it need not exist.
            type: a type of the compartment's members, or ``"*"`` for all of them.

        Raises:
            Rejected: as :meth:`search`; ``not-supported``: no such compartment, or no such type in it.
        """
        return self._search.compartment(
            tenant, compartment, id, type, list(pairs), base, lenient=lenient, view=view
        )

    def everything(
        self,
        tenant: str,
        type: str,
        id: str,
        pairs: Iterable[tuple[str, str]],
        *,
        base: str = "",
        view: View = ALL,
    ) -> Page:
        """Return the record of a Patient or Encounter, page by page (``$everything``).

        The resource itself, its compartment, and last what those refer to outside it; each once over all
        pages. Parameters: ``_type``, ``_since``, ``start``, ``end``, ``_count``, ``_cursor``.

        Raises:
            Rejected: ``not-found`` or ``deleted``: there is no such resource; else as :meth:`search`.
        """
        return self._search.everything(tenant, type, id, list(pairs), base, view)

    def lastn(
        self, tenant: str, pairs: Iterable[tuple[str, str]], *, base: str = "", view: View = ALL
    ) -> Page:
        """Return the newest Observations of each code (``Observation/$lastn``).

        Parameters: ``max`` (1 unless told) and the search parameters of Observation; one page.

        Raises:
            Rejected: as :meth:`search`.
        """
        return self._search.lastn(tenant, list(pairs), base, view)

    def _number(self, tenant: str) -> int | None:
        number = self._tenants.get(tenant)
        if number is None:
            with self._session.reading() as connection:
                number = tenant_number(connection, tenant)
            if number is not None:
                self._tenants[tenant] = number
        return number
