"""Obligations: what each tenant owes its regulator, put together from its settings; one for all tenants."""

from __future__ import annotations

from collections.abc import Callable

from gateway.canonical.moments import day_of
from gateway.errors import Misconfigured
from gateway.feed.evidence import Held, held, kinds
from gateway.feed.feedback.deadlines import Duties, duties
from gateway.feed.reconciliation.kinds import KINDS
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Store


class Obligations:
    """Answers for the tenants of one store.

    Args:
        tenant: what is said of a tenant, by its name.
        supervised: how it handles what its regulator asks, likewise.
    """

    def __init__(
        self,
        store: Store,
        tenant: Callable[[str], TenantSettings],
        supervised: Callable[[str], SupervisionSettings],
    ) -> None:
        self.store = store
        self._tenant, self._supervised = tenant, supervised
        self._known: dict[str, Duties] = {}

    def duties(self, tenant: str) -> Duties:
        """Return what a tenant owes. Raises ``Misconfigured``: its settings name what there is not."""
        found = self._known.get(tenant)
        if found is None:
            said, supervised = self._tenant(tenant), self._supervised(tenant)
            _check(tenant, supervised)
            found = duties(supervised, said.jurisdiction, said.organization)
            self._known[tenant] = found
        return found

    def evidence(self, tenant: str, now_us: int) -> list[Held]:
        """Return how the evidence of a tenant stands today."""
        asked = kinds(self._tenant(tenant).jurisdiction)
        return held(self.store, tenant, asked, day_of(now_us))


def _check(tenant: str, settings: SupervisionSettings) -> None:
    """Refuse sources that speak for what no ledger has. Raises ``Misconfigured``."""
    for name, source in settings.sources.items():
        if not set(source.kinds) <= set(KINDS):
            where = f"[supervision.{tenant}.sources.{name}] kinds"
            raise Misconfigured(f"is one of {', '.join(KINDS)}", where=where)
