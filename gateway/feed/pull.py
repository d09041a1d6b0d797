"""Pull: the ledger page by page for who comes to get it, how far everybody is, and countersignatures.

A page is a Bundle: first Parameters that say where the page stands and where the ledger ends, then the
signed message with the entries and their documents (``gateway/feed/bundle.py``). The cursor is the number of
the last entry: it means the same for ever, in a store that was restored or moved too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical import Resource, now_us
from gateway.errors import Rejected
from gateway.feed import head as heads
from gateway.feed.bundle import Bundler, Destination, Seal
from gateway.feed.document import Document, Documents
from gateway.security.signature import Signatures
from gateway.settings import TenantSettings
from gateway.settings.writeback import PREFIX as WRITEBACK
from gateway.store import Entered, Store
from gateway.store.clock import instant
from gateway.store.ledger.proof import Countersigned, Head

LARGEST = 8 * 1024 * 1024
"""Bytes of documents after which a page takes no more entries."""
LOOKED = 10_000
"""Entries that are looked at for one page, where only some kinds are wanted."""
_AT_ONCE = 200
"""Entries whose documents are read together."""

Parts = list[dict[str, Any]]


@dataclass(slots=True, frozen=True)
class Asked:
    """What a page is to hold.

    Attributes:
        after: number of the entry that it follows.
        count: entries at most.
        kinds: of documents; none: all.
        events: of ``urn:qiao:codes:feed-event``; none: all.
    """

    after: int = 0
    count: int = 100
    kinds: Collection[str] = ()
    events: Collection[str] = ()

    def wants(self, entry: Entered) -> bool:
        """Tell whether an entry belongs to it."""
        return (not self.kinds or entry.kind in self.kinds) and (
            not self.events or entry.event in self.events
        )


@dataclass(slots=True)
class Page:
    """A page of a ledger.

    Attributes:
        documents: entries in their order, with what they are about.
        last: number of the last entry that was looked at: the page after it goes on from there.
        head: the ledger as it is now.
    """

    documents: list[Document] = field(default_factory=list)
    last: int = 0
    head: Head | None = None


class Pull:
    """The ledgers of one store for those who pull them; for any thread.

    Args:
        settings: what is said of a tenant.
        signatures: signs heads, and verifies countersignatures.
    """

    def __init__(
        self,
        store: Store,
        bundler: Bundler,
        settings: Callable[[str], TenantSettings],
        signatures: Signatures,
    ) -> None:
        self.store, self.signatures = store, signatures
        self._bundler, self._settings = bundler, settings
        self._documents, self._deliveries = Documents(store), store.deliveries

    def seal(self, tenant: str) -> Seal | None:
        """Return with what a tenant signs what it tells, None for nothing."""
        key = self._settings(tenant).sign_key
        return Seal(self.signatures, key) if key else None

    def read(self, tenant: str, asked: Asked) -> Page:
        """Return the next entries.

        Raises:
            Rejected: ``conflict``: the ledger ends before ``after``. Whoever has more than there is has
                another ledger, or this one was cut; told that all is there, nobody would ever look.
        """
        page, size, last = Page(last=asked.after), 0, asked.after
        while len(page.documents) < asked.count and size < LARGEST and last - asked.after < LOOKED:
            # A page of everything is read in one go; of some kinds, what is looked at is bounded as well.
            most = min(_AT_ONCE, asked.count - len(page.documents)) if not _some(asked) else _AT_ONCE
            found = self.store.ledger.entries(tenant, last, most)
            if not found:
                break
            wanted = [one for one in found if asked.wants(one)][: asked.count - len(page.documents)]
            taken = self._documents.of(wanted) if wanted else []
            for at, document in enumerate(taken, 1):
                size += sum(len(version.body) for version in document.versions)
                if size >= LARGEST:
                    taken = taken[:at]
                    break
            page.documents += taken
            full = len(page.documents) >= asked.count or size >= LARGEST
            last = taken[-1].entry.n if full and taken else found[-1].n
        page.last, page.head = last, self.store.ledger.head(tenant)
        if asked.after > page.head.size:
            raise Rejected(
                f"the ledger ends at entry {page.head.size}: what you have is not this ledger",
                code="conflict", where="after",
            )  # fmt: skip
        return page

    def page(self, tenant: str, asked: Asked, destination: Destination, url: str) -> Resource:
        """Return a page as a Bundle.

        Args:
            destination: who has come for it.
            url: of the feed, for the links.

        Raises:
            Rejected: see :meth:`read`.
            Misconfigured: there is no such key.
            Retry: the signature server does not answer, or the database.
        """
        page, now = self.read(tenant, asked), now_us()
        assert page.head is not None
        entry = [_entry(self._place(tenant, asked, page))]
        if page.documents:
            entry.append(_entry(self._bundler.message(page.documents, destination, now)))
        link = [{"relation": "self", "url": _url(url, asked, asked.after)}]
        if page.last < page.head.size:
            link.append({"relation": "next", "url": _url(url, asked, page.last)})
        return {
            "resourceType": "Bundle",
            "type": "collection",
            "timestamp": instant(now),
            "link": link,
            "entry": entry,
        }

    def _place(self, tenant: str, asked: Asked, page: Page) -> Resource:
        assert page.head is not None
        said: Parts = [
            {"name": "after", "valueUnsignedInt": asked.after},
            {"name": "last", "valueUnsignedInt": page.last},
            {"name": "count", "valueUnsignedInt": len(page.documents)},
            {"name": "complete", "valueBoolean": page.last >= page.head.size},
            {"name": "head", "part": heads.parts(page.head, self.seal(tenant))},
        ]
        return {"resourceType": "Parameters", "id": "place", "parameter": said}

    def acknowledge(self, tenant: str, client: str, n: int, hash_: str) -> None:
        """Remember that a client has everything up to entry ``n``.

        Raises:
            Rejected: ``not-found``: there is no such entry; ``conflict``: it has another hash.
            Retry: the database cannot be written now.
        """
        entry = self.store.ledger.entry(tenant, n)
        if entry is None:
            raise Rejected("the ledger has no such entry", code="not-found")
        if entry.hash.hex() != hash_.lower():
            raise Rejected(
                "this entry has another hash: what you have is not this ledger", code="conflict", where="hash"
            )
        self.store.feed_places.acknowledge(tenant, client, n)

    def status(self, tenant: str) -> Resource:
        """Return how a ledger stands, and how far those are who receive or pull it."""
        ledger = self.store.ledger
        head = ledger.head(tenant)
        places = self.store.feed_places.of(tenant)
        said: Parts = [{"name": "head", "part": heads.parts(head, self.seal(tenant))}]
        said += [
            {"name": "client", "part": self._behind(tenant, head, one.client, one.n, one.at_us)}
            for one in places
        ]
        said += [{"name": "receiver", "part": one} for one in self._receivers(tenant, head)]
        signed = ledger.countersigned(tenant)
        newest = max((one.size for one in signed), default=0)
        said.append({"name": "countersigned", "valueUnsignedInt": newest})
        return {"resourceType": "Parameters", "parameter": said}

    def _receivers(self, tenant: str, head: Head) -> list[Parts]:
        found: list[Parts] = []
        for one in self._deliveries.receivers(tenant):
            if one.name.startswith(WRITEBACK):  # a HIS that is written back to is no platform
                continue
            counts = self._deliveries.counts(one)
            part: Parts = [
                {"name": "name", "valueString": one.name},
                {"name": "passed", "valueUnsignedInt": one.upto},
                {"name": "behind", "valueUnsignedInt": max(0, head.size - one.upto)},
            ]
            part += [{"name": state, "valueUnsignedInt": count} for state, count in counts.items()]
            part.append({"name": "exceptions", "valueUnsignedInt": self._deliveries.exceptions(one)})
            oldest = self._deliveries.find(tenant, one, ("waiting", "sent", "refused", "held"), most=1)
            if oldest:
                part += _oldest(oldest[0].entry)
            elif one.upto < head.size:
                part += self._next(tenant, one.upto)
            found.append(part)
        return found

    def _behind(self, tenant: str, head: Head, client: str, n: int, at_us: int) -> Parts:
        said: Parts = [
            {"name": "name", "valueString": client},
            {"name": "acknowledged", "valueUnsignedInt": n},
            {"name": "at", "valueInstant": instant(at_us)},
            {"name": "behind", "valueUnsignedInt": max(0, head.size - n)},
        ]
        return said + (self._next(tenant, n) if n < head.size else [])

    def _next(self, tenant: str, n: int) -> Parts:
        entry = self.store.ledger.entry(tenant, n + 1)
        return _oldest(entry) if entry else []

    def countersign(self, tenant: str, size: int, signature: str, client: str) -> None:
        """Keep somebody's signature over the head of a ledger of ``size`` entries.

        Raises:
            Rejected: ``not-found``: it has not so many; the signature proves nothing, or is the hospital's
                own, or of nobody who may countersign.
            Retry: the database cannot be written now, or a signature server does not answer.
        """
        head = self.store.ledger.head(tenant, size)
        verified = heads.verified(self.signatures, head, signature)
        settings = self._settings(tenant)
        if self._own(settings) & set(verified.organizations):
            raise Rejected("a hospital does not countersign its own ledger", code="signature-organization")
        if settings.regulator and not set(settings.regulator) & set(verified.organizations):
            raise Rejected("the certificate is of nobody who may countersign", code="signature-organization")
        self.store.ledger.countersign(tenant, head, client, "".join(signature.split()).encode())

    def _own(self, settings: TenantSettings) -> set[str]:
        """Return what names the hospital in certificates: its code, and what its own key's says."""
        named = set(self.signatures.organizations(settings.sign_key)) if settings.sign_key else set()
        return named | ({settings.organization} if settings.organization else set())

    def countersigned(self, tenant: str) -> Resource:
        """Return all countersigned heads of a ledger."""
        algorithm = self.store.ledger.head(tenant).algorithm
        found: Sequence[Countersigned] = self.store.ledger.countersigned(tenant)
        listed = [
            {"name": "countersigned", "part": heads.countersigned_parts(tenant, algorithm, one)}
            for one in found
        ]
        return {"resourceType": "Parameters", **({"parameter": listed} if listed else {})}


def _some(asked: Asked) -> bool:
    return bool(asked.kinds or asked.events)


def _oldest(entry: Entered) -> Parts:
    return [
        {"name": "oldest", "valuePositiveInt": entry.n},
        {"name": "oldest-time", "valueInstant": instant(entry.ts_us)},
    ]


def _entry(resource: Resource) -> Resource:
    return {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": resource}


def _url(url: str, asked: Asked, after: int) -> str:
    words = [("after", str(after)), ("_count", str(asked.count))]
    words += [("kind", one) for one in asked.kinds] + [("event", one) for one in asked.events]
    return f"{url}?{'&'.join(f'{name}={value}' for name, value in words)}"
