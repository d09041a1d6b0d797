"""Visits: the governor of internet visits: sees what was written of them, through whichever door.

Design §3 "Policy": the visit decides, not the door. Drafts are written freely and gated when they are
submitted (API) or when they come (message); what holds already is stored, flagged and entered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Actor
from gateway.errors import Refusal
from gateway.feed.visit.acting import Acting, actor_of, person_of
from gateway.feed.visit.arrive import arrive, current, event_for, gate, note
from gateway.feed.visit.book import enter, last_about
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.feed.visit.kinds import FAMILIES, ORDERS, kind_of, task_code
from gateway.feed.visit.scope import governed
from gateway.feed.visit.signing import Checked
from gateway.feed.visit.unit import PRESCRIPTION_NUMBER, Unit, group_of, unit_of
from gateway.feed.visit.writes import check_write
from gateway.policy.elements import each, name_of, references
from gateway.security.signature import Signatures
from gateway.settings import TenantSettings
from gateway.store import Desk, Made, Occasion


class Visits:
    """Governs the internet visits of one store; one for all tenants.

    Args:
        settings: what is said of a tenant.
        signatures: verifies; None: no signature is good.
    """

    types = frozenset(FAMILIES)

    def __init__(
        self, settings: Callable[[str], TenantSettings], signatures: Signatures | None = None
    ) -> None:
        self.checked = Checked(signatures)
        self.hospitals = Hospitals(settings, self.checked)

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """See ``gateway.store.governing.Governor``."""
        hospital = self.hospitals.of(desk.tenant)
        if hospital is None:
            return
        mine = [one for one in made if governed(desk, one)]
        if mine:
            _Look(desk, hospital, occasion).at(mine)


class _Look:
    """One look at the documents of one Transact or message."""

    def __init__(self, desk: Desk, hospital: Hospital, occasion: Occasion) -> None:
        self._desk, self._hospital, self._occasion = desk, hospital, occasion
        # What $import brings held elsewhere, as what messages tell; who it was says no request.
        self._by_api = occasion.door == "api" and isinstance(occasion.caller, Acting)

    def at(self, made: Sequence[Made]) -> None:
        """Decide on all of them.

        Raises:
            Refusal: one is not allowed.
        """
        written = [one for one in made if one.why == "written"]
        if self._by_api:
            for one in written:
                check_write(self._desk, self._hospital, one)
        self._move([one for one in made if one.why != "written"])
        for one in written:
            if one.method == "delete":
                self._gone(one)
        living = {f"{one.type}/{one.id}": one for one in written if not self._is_free(one)}
        for unit in self._units(living.values()):
            self._settle(
                unit, [living[name] for document in unit.documents if (name := name_of(document)) in living]
            )

    def _is_free(self, made: Made) -> bool:
        """Tell whether nothing follows from a write: a deletion, and over the API what $submit will gate."""
        if made.method == "delete":
            return True
        after = self._desk.read(made.type, made.id)
        return after is None or (
            self._by_api and made.type in ORDERS and FAMILIES[made.type].phase(after) != "effective"
        )

    def _units(self, made: Iterable[Made]) -> list[Unit]:
        """Return the business documents that were written, the visits first: others belong to them."""
        found: dict[str, Unit] = {}
        for one in sorted(made, key=lambda each: each.type != "Encounter"):
            after = self._desk.read(one.type, one.id)
            if after is None or (one.type == "Task" and task_code(after) != "pharmacist-review"):
                continue
            unit = self._unit(after)
            found.setdefault(unit.name, unit)
        return list(found.values())

    def _unit(self, after: Resource) -> Unit:
        if after["resourceType"] == "RequestGroup":
            return _whole(self._desk, after)
        if after["resourceType"] != "MedicationRequest":
            return Unit(kind_of(after), (after,))
        group = group_of(self._desk, after)
        return _whole(self._desk, group) if group else Unit("prescription", _siblings(self._desk, after))

    def _settle(self, unit: Unit, made: Sequence[Made]) -> None:
        """Gate, flag and enter one document."""
        about = unit.about
        phase = FAMILIES[about["resourceType"]].phase(about)
        if phase == "void":
            if last_about(self._desk, unit.name) is not None:
                note(self._desk, unit, "cancelled")
        elif self._is_asked(about):
            gate(self._desk, self._hospital, unit, self._actor(unit))
            note(self._desk, unit, event_for(about))
        elif phase == "effective":
            if self._ends(about, made):
                gate(self._desk, self._hospital, unit, self._actor(unit), "finish")
            else:
                arrive(self._desk, self._hospital, unit, self._actor(unit))
            note(self._desk, unit, event_for(about))

    def _is_asked(self, about: Resource) -> bool:
        """Tell whether the rules may refuse a document: of orders over the API they are asked by $submit."""
        type_, status = about["resourceType"], about.get("status")
        family = FAMILIES[type_]
        if self._by_api:
            return type_ not in ORDERS and status in family.asked
        return status in family.asked & family.draft

    def _ends(self, about: Resource, made: Sequence[Made]) -> bool:
        """Tell whether the API ends a visit that went on."""
        before = made[0].before if made and about["resourceType"] == "Encounter" else None
        return self._by_api and before is not None and about.get("status") == "finished"

    def _actor(self, unit: Unit) -> Actor:
        """Return who acts: over the API as the client says; a sender vouches for whom its message names."""
        if self._by_api:
            acting = self._occasion.caller
            return actor_of(self._desk, acting if isinstance(acting, Acting) else Acting())
        return Actor(_author(self._desk, unit), self._occasion.sender, "asserted")

    def _move(self, made: Sequence[Made]) -> None:
        """Enter that documents go to another patient, or that their message was read anew; as a whole."""
        why = {f"{one.type}/{one.id}": one.why for one in made if one.method != "delete"}
        for unit in self._units(one for one in made if one.method != "delete"):
            last = last_about(self._desk, unit.name)
            if last is not None:
                reason = next(found for one in unit.documents if (found := why.get(name_of(one))))
                enter(
                    self._desk, last.kind, reason, current(self._desk, unit.documents),
                    serial=last.serial, back=last.n,
                )  # fmt: skip

    def _gone(self, made: Made) -> None:
        version = made.version
        last = last_about(self._desk, f"{made.type}/{made.id}")
        if version is not None and last is not None:
            enter(self._desk, last.kind, "cancelled", [version], serial=last.serial, back=last.n)


def _whole(desk: Desk, group: Resource) -> Unit:
    """Return a prescription with those of its drugs that are on file: others may follow."""
    try:
        return unit_of(desk, group)
    except Refusal:
        lines = [desk.read(*name.split("/")) for name in references(group, "action.resource")]
        return Unit("prescription", (group, *(one for one in lines if one is not None)))


def _siblings(desk: Desk, line: Resource) -> tuple[Resource, ...]:
    """Return the drugs that share a prescription's number with one that no RequestGroup lists."""
    own = _numbers(line)
    visit = next(iter(references(line, "encounter")), "")
    if not own or not visit:
        return (line,)
    lines = [one for one in desk.referring("MedicationRequest", visit) if _numbers(one) & own]
    return tuple(sorted(lines, key=lambda one: str(one["id"]))) or (line,)


def _numbers(line: Resource) -> set[str]:
    said = [one for one in each(line, "identifier") if one.get("system") == PRESCRIPTION_NUMBER]
    return {str(one["value"]) for one in [*said, *each(line, "groupIdentifier")] if one.get("value")}


def _author(desk: Desk, unit: Unit) -> str:
    """Return the Practitioner whom a document names as its author, of a visit the attending one."""
    paths = ("author", "requester", "owner", "participant.individual", "performer.actor")
    names = [name for one in unit.documents for path in paths for name in references(one, path)]
    return next((found for name in names if (found := person_of(desk, name))), "")
