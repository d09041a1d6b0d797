"""Signing: signatures under the documents of a visit: found, verified, refused with the article."""

from __future__ import annotations

import hashlib
import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from gateway.canonical import Resource, now_us
from gateway.canonical.elements import each, first
from gateway.canonical.moments import moment
from gateway.canonical.signed import Verified
from gateway.errors import Misconfigured, Rejected, Retry
from gateway.faults import in_chinese
from gateway.feed.visit.grounds import refuse
from gateway.security.signature import Signatures, canonical
from gateway.store import Desk

_LOG = logging.getLogger("qiao.visit")
_NAMESPACE = uuid.UUID("6f1c7a52-3f0e-5d0b-9f57-3a1f0c2b7d11")
_KEPT = 4096
_FRESH_US = 60 * 1_000_000
"""For how long a good signature need not be verified again: revocations and clocks go on."""


class Checked:
    """Verifies, and remembers it for a minute: an operation is prepared beside the writer's thread.

    Inside the write transaction nobody is waited for: what a signature server has not said yet is a ``Retry``
    whose ``first`` asks it.

    Args:
        signatures: None: nobody is trusted, so that no signature is good.

    Attributes:
        threads: for :meth:`prepare`, which may wait.
    """

    def __init__(self, signatures: Signatures | None) -> None:
        self._signatures = signatures
        self.threads = ThreadPoolExecutor(4, "qiao-signatures")
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[int, Verified]] = OrderedDict()

    def verify(
        self, provenance: Resource, documents: Sequence[Resource], at_us: int | None = None
    ) -> Verified:
        """Return what a signature proves of the documents as they are; waits for nobody.

        Args:
            at_us: when it came, see :func:`came_us`.

        Raises:
            Refusal: ``business-rule``; its rule begins with ``signature``.
            Retry: a signature server must be asked ``first``.
        """
        if self._signatures is None:
            raise refuse("signature", "Provenance.signature", also="this gateway trusts no authority yet",
                         also_zh="网关尚未配置受信任的证书机构")  # fmt: skip
        try:
            return self._verified(self._signatures, provenance, documents, at_us, waits=False)
        except Retry as error:
            first = partial(self.prepare, provenance, documents, at_us)
            raise Retry(error.reason, after=error.after, first=first) from None
        except Rejected as error:
            raise refuse("signature", "Provenance.signature", also=error.reason,
                         also_zh=in_chinese(error.reason), code=error.code) from error  # fmt: skip

    def prepare(self, provenance: Resource, documents: Sequence[Resource], at_us: int | None = None) -> None:
        """Verify in advance, and wait for whoever does; what is not good is told when the operation asks.

        Raises:
            Retry: the signature server does not answer, or not us.
        """
        if self._signatures is None:
            return
        try:
            self._verified(self._signatures, provenance, documents, at_us, waits=True)
        except Misconfigured as error:
            _LOG.error("signatures cannot be verified: %s", error)
            raise Retry(error.reason, after=60) from None
        except (Rejected, TypeError, KeyError):
            return

    def _verified(
        self,
        by: Signatures,
        provenance: Resource,
        documents: Sequence[Resource],
        at_us: int | None,
        *,
        waits: bool,
    ) -> Verified:
        data = str(first(provenance, "signature.data", ""))
        said = repr((provenance.get("target"), provenance.get("agent"), provenance.get("signature"), at_us))
        key = hashlib.sha256(b"\0".join((canonical(documents), data.encode(), said.encode()))).digest()
        now = now_us()
        with self._lock:
            known = self._known.get(key)
        if known is not None and now - known[0] < _FRESH_US:
            return known[1]
        found = replace(by.verify(provenance, documents, at_us=at_us, waits=waits), arrived_us=at_us or 0)
        with self._lock:
            self._known[key] = now, found
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found


def signatures_over(desk: Desk, name: str) -> list[Resource]:
    """Return the Provenances on file with a signature over ``"Type/id"``, the newest first."""
    return [one for one in reversed(desk.referring("Provenance", name)) if one.get("signature")]


def good_ones(
    desk: Desk, checked: Checked, provenances: Iterable[Resource], documents: Sequence[Resource]
) -> list[Verified]:
    """Return what the good signatures among Provenances prove; of others the rules say that none is there.

    Raises:
        Retry: a signature server must be asked ``first``, of all of them together.
    """
    found, later = list[Verified](), list[Retry]()
    for one in provenances:
        try:
            found.append(checked.verify(one, documents, came_us(desk, one)))
        except Rejected:
            continue
        except Retry as error:
            later.append(error)
    if later:
        raise Retry(later[0].reason, after=later[0].after, first=partial(_all, later))
    return found


def _all(later: Sequence[Retry]) -> None:
    for one in later:
        if one.first is not None:
            one.first()


def came_us(desk: Desk, provenance: Resource) -> int | None:
    """Return when a signature came to be on file, microseconds since 1970; None: it comes now."""
    data = first(provenance, "signature.data")
    for id_ in (provenance.get("id"), id_of(provenance)):
        known = desk.read("Provenance", id_) if isinstance(id_, str) else None
        if known is not None and data and first(known, "signature.data") == data:
            return moment(first(known, "meta.lastUpdated"))
    return None


def purpose(provenance: Resource) -> set[str]:
    """Return the types of a signature, as it says them itself."""
    return {str(one) for one in each(provenance, "signature.type.code")}


def id_of(provenance: Resource) -> str:
    """Return the id under which a signature is filed: the same one for the same signature."""
    return str(uuid.uuid5(_NAMESPACE, str(first(provenance, "signature.data", ""))))
