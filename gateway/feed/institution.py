"""Institution: the Organization that a tenant is to its regulator, as it stands in the store."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from gateway.canonical import Resource
from gateway.canonical.json import loads
from gateway.errors import Rejected
from gateway.policy.systems import INSTITUTION
from gateway.settings import TenantSettings
from gateway.store import Store

_NAMESPACE = uuid.UUID("3c8f4f52-6a0e-5f0b-8e55-4f1d2a7b9c10")


class Institutions:
    """Finds the institution of a tenant; for any thread.

    Args:
        settings: what is said of a tenant.
    """

    def __init__(self, store: Store, settings: Callable[[str], TenantSettings]) -> None:
        self._store, self._settings = store, settings

    def of(self, tenant: str) -> Resource:
        """Return the Organization with the tenant's institution code, else one that only says it."""
        code = self._settings(tenant).organization
        if code and (found := self._stored(tenant, code)) is not None:
            return found
        identifier = [{"system": INSTITUTION, "value": code}] if code else []
        return {
            "resourceType": "Organization",
            "id": str(uuid.uuid5(_NAMESPACE, f"{tenant}\n{code}")),
            **({"identifier": identifier} if identifier else {}),
            "name": tenant,
        }

    def _stored(self, tenant: str, code: str) -> Resource | None:
        try:
            page = self._store.search(tenant, "Organization", [("identifier", f"{INSTITUTION}|{code}")])
        except Rejected:
            return None
        made: Resource | None = loads(page.matches[0].body) if page.matches else None
        return made
