"""Signing: signatures under the documents of a visit: found, verified, refused with the article."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress

from gateway.canonical import Resource, now_us
from gateway.canonical.signed import Verified
from gateway.errors import Rejected
from gateway.faults import in_chinese
from gateway.feed.visit.grounds import refuse
from gateway.policy.elements import each, first
from gateway.security.signature import Signatures, canonical
from gateway.store import Desk

_NAMESPACE = uuid.UUID("6f1c7a52-3f0e-5d0b-9f57-3a1f0c2b7d11")
_KEPT = 4096
_FRESH_US = 60 * 1_000_000
"""For how long a good signature need not be verified again: revocations and clocks go on."""


class Checked:
    """Verifies, and remembers it for a minute: an operation is prepared beside the writer's thread.

    Args:
        signatures: None: nobody is trusted, so that no signature is good.
    """

    def __init__(self, signatures: Signatures | None) -> None:
        self._signatures = signatures
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[int, Verified]] = OrderedDict()

    def verify(self, provenance: Resource, documents: Sequence[Resource]) -> Verified:
        """Return what a signature proves of the documents as they are.

        Raises:
            Refusal: ``business-rule``; its rule begins with ``signature``.
        """
        if self._signatures is None:
            raise refuse("signature", "Provenance.signature", also="this gateway trusts no authority yet",
                         also_zh="网关尚未配置受信任的证书机构")  # fmt: skip
        try:
            return self._verified(self._signatures, provenance, documents)
        except Rejected as error:
            raise refuse("signature", "Provenance.signature", also=error.reason,
                         also_zh=in_chinese(error.reason), code=error.code) from error  # fmt: skip

    def prepare(self, provenance: Resource, documents: Sequence[Resource]) -> None:
        """Verify in advance; what is not good is told when the operation asks."""
        if self._signatures is not None:
            with suppress(Rejected, TypeError, KeyError):
                self._verified(self._signatures, provenance, documents)

    def _verified(self, by: Signatures, provenance: Resource, documents: Sequence[Resource]) -> Verified:
        data = str(first(provenance, "signature.data", ""))
        said = repr((provenance.get("target"), provenance.get("agent"), provenance.get("signature")))
        key = hashlib.sha256(b"\0".join((canonical(documents), data.encode(), said.encode()))).digest()
        now = now_us()
        with self._lock:
            known = self._known.get(key)
        if known is not None and now - known[0] < _FRESH_US:
            return known[1]
        found = by.verify(provenance, documents)
        with self._lock:
            self._known[key] = now, found
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found


def signatures_over(desk: Desk, name: str) -> list[Resource]:
    """Return the Provenances on file with a signature over ``"Type/id"``, the newest first."""
    return [one for one in reversed(desk.referring("Provenance", name)) if one.get("signature")]


def good_ones(
    checked: Checked, provenances: Iterable[Resource], documents: Sequence[Resource]
) -> list[Verified]:
    """Return what the good signatures among Provenances prove; of others the rules say that none is there."""
    found = []
    for one in provenances:
        with suppress(Rejected):
            found.append(checked.verify(one, documents))
    return found


def purpose(provenance: Resource) -> set[str]:
    """Return the types of a signature, as it says them itself."""
    return {str(one) for one in each(provenance, "signature.type.code")}


def id_of(provenance: Resource) -> str:
    """Return the id under which a signature is filed: the same one for the same signature."""
    return str(uuid.uuid5(_NAMESPACE, str(first(provenance, "signature.data", ""))))
