"""Hospital: what the course of a visit goes by in one tenant: its policy, its code, who mints its serials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.canonical.actor import Actor
from gateway.canonical.elements import each, references
from gateway.canonical.signed import Verified
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.signing import Checked
from gateway.policy import Case, Decision, Event, Policy, policy_of
from gateway.policy.systems import INSTITUTION
from gateway.settings import TenantSettings
from gateway.store import Bookkeeping, Desk, DeskFacts
from gateway.store.serials.format import load


@dataclass(slots=True, frozen=True)
class Hospital:
    """One tenant.

    Attributes:
        tenant: its name.
        settings: what is said of it.
        policy: its rules.
        checked: verifies signatures.
    """

    tenant: str
    settings: TenantSettings
    policy: Policy
    checked: Checked

    @property
    def by_platform(self) -> bool:
        """Whether documents wait for a platform's serial."""
        return self.settings.minted_by == "platform"

    def decide(
        self,
        desk: Desk,
        event: Event,
        documents: Sequence[Resource],
        actor: Actor | None,
        signatures: Sequence[Verified] = (),
    ) -> Decision:
        """Return what the rules say of documents."""
        return self.policy.decide(Case(event, documents, DeskFacts(desk), actor, signatures))

    def institution(self, desk: Desk, encounter: str) -> str:
        """Return the institution code under which a document of a visit gets its serial.

        Raises:
            Refusal: nobody says it.
        """
        if self.settings.organization:
            return self.settings.organization
        visit = desk.read("Encounter", encounter) or {}
        for name in references(visit, "serviceProvider"):
            type_, _, id_ = name.partition("/")
            codes = [
                one["value"]
                for one in each(desk.read(type_, id_), "identifier")
                if one.get("system") == INSTITUTION and one.get("value")
            ]
            if codes:
                return str(codes[0])
        raise refuse("institution-unknown")


class Hospitals:
    """The tenants by name; a policy is loaded when its tenant first writes.

    Args:
        settings: what is said of a tenant.
        checked: verifies signatures.
    """

    def __init__(self, settings: Callable[[str], TenantSettings], checked: Checked) -> None:
        self._settings = settings
        self._checked = checked
        self._known: dict[str, Hospital | None] = {}

    def of(self, tenant: str) -> Hospital | None:
        """Return a tenant, None where its visits are not governed.

        Raises:
            Misconfigured: its packs or their parameters are wrong.
        """
        if tenant not in self._known:
            self._known[tenant] = self._made(tenant)
        return self._known[tenant]

    def _made(self, tenant: str) -> Hospital | None:
        said = self._settings(tenant)
        if not said.governed:
            return None
        return Hospital(tenant, said, policy_of(said), self._checked)


def bookkeeping_of(settings: TenantSettings) -> Bookkeeping:
    """Return how a tenant's books are kept. Raises ``Misconfigured``: there is no such format of serials."""
    return Bookkeeping(settings.hash, load(settings.format), settings.node)
