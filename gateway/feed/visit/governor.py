"""Visits: the governor of internet visits: sees what was written of them, through whichever door.

Design §3 "Policy": the visit decides, not the door. Drafts are written freely and gated when they are
submitted (API) or when they come (message); what holds already is stored, flagged and entered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gateway.canonical import Resource
from gateway.canonical.actor import Actor, Principal
from gateway.canonical.elements import name_of, references
from gateway.feed.kinds import FAMILIES, ORDERS, is_virtual, kind_of, task_code
from gateway.feed.scope import governed, in_visit
from gateway.feed.visit.actor import actor_of, person_of
from gateway.feed.visit.arrive import arrive, current, event_for, gate, last_of, note
from gateway.feed.visit.belonging import check_named, check_staying
from gateway.feed.visit.entering import DIAGNOSIS, enter, flag, last_about
from gateway.feed.visit.grounds import finding_of
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.feed.visit.lasting import LASTING, check_lasting, correct
from gateway.feed.visit.lines import keep_serial, siblings, standing, whole
from gateway.feed.visit.reserved import KEPT, keep
from gateway.feed.visit.signing import Checked
from gateway.feed.visit.unit import Unit, group_of
from gateway.feed.visit.writes import check_arrived, check_write, is_past_review
from gateway.security.signature import Signatures
from gateway.settings import TenantSettings
from gateway.store import Desk, Made, Occasion


class Visits:
    """Governs the internet visits of one store; one for all tenants.

    Args:
        settings: what is said of a tenant.
        signatures: verifies; None: no signature is good.
    """

    types = frozenset((*FAMILIES, *KEPT, *LASTING))

    def __init__(
        self, settings: Callable[[str], TenantSettings], signatures: Signatures | None = None
    ) -> None:
        self.checked = Checked(signatures)
        self.hospitals = Hospitals(settings, self.checked)

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """See ``gateway.store.governing.Governor``."""
        keep(desk, made, occasion)
        hospital = self.hospitals.of(desk.tenant)
        if hospital is None:
            return
        look = _Look(desk, hospital, occasion)
        mine = [one for one in made if one.type in FAMILIES and governed(desk, one)]
        if hospital.settings.every_order:
            look.named(made)
        look.keep([one for one in made if one.type in LASTING])
        if mine:
            look.at(mine)
        correct(desk, [one for one in made if one.type == DIAGNOSIS])


class _Look:
    """One look at the documents of one Transact or message."""

    def __init__(self, desk: Desk, hospital: Hospital, occasion: Occasion) -> None:
        self._desk, self._hospital, self._occasion = desk, hospital, occasion
        # What $import brings held elsewhere, as what messages tell; who it was says no request.
        caller = occasion.caller
        self._by_api = occasion.door == "api" and isinstance(caller, Principal)
        self._is_trusted = isinstance(caller, Principal) and caller.arrived
        refuses = hospital.settings.effective_orders == "refuse"
        self._takes_drafts = refuses and self._by_api and not self._is_trusted

    def named(self, made: Sequence[Made]) -> None:
        """Make sure that every order names a visit. Raises ``Refusal``."""
        check_named(self._desk, [one for one in made if one.why == "written"], self._by_api)

    def keep(self, made: Sequence[Made]) -> None:
        """Make sure that the API deletes nothing that a document of the ledger names. Raises ``Refusal``."""
        if self._by_api:
            for one in made:
                check_lasting(self._desk, one)

    def at(self, made: Sequence[Made]) -> None:
        """Decide on all of them.

        Raises:
            Refusal: one is not allowed.
        """
        written = [one for one in made if one.why == "written"]
        check_staying(self._desk, written, self._by_api)
        if self._by_api:
            for one in written:
                self._check(one)
        else:
            for one in made:
                keep_serial(self._desk, one)
        self._move([one for one in made if one.why != "written"])
        for one in written:
            if one.method == "delete":
                self._gone(one)
        living = {f"{one.type}/{one.id}": one for one in written if not self._is_free(one)}
        for unit in self._units(living.values()):
            self._settle(
                unit, [living[name] for document in unit.documents if (name := name_of(document)) in living]
            )
        self._join(written)
        self._left([one for one in written if one.type == "Encounter" and not self._by_api])

    def _check(self, made: Made) -> None:
        """Make sure that the API may write this, and that its client may. Raises ``Refusal``."""
        if self._is_trusted and is_past_review(self._desk, made):
            return
        if self._takes_drafts and made.before is None:
            check_arrived(made.after)
        check_write(self._desk, self._hospital, made)

    def _left(self, encounters: Sequence[Made]) -> None:
        """Flag what a message says to be no internet visit any more; its numbered documents stay governed."""
        for one in encounters:
            before, after = one.before, self._desk.read(one.type, one.id)
            if before is not None and after is not None and is_virtual(before) and not is_virtual(after):
                flag(self._desk, (after,), [finding_of("state-class")])

    def _join(self, written: Sequence[Made]) -> None:
        """Flag and enter what holds already of an Encounter that has become an internet visit.

        Raises:
            Refusal: orders that hold already are not taken.
        """
        for one in written:
            if one.type == "Encounter" and (one.before is None or not is_virtual(one.before)):
                for unit in self._belonging(f"Encounter/{one.id}"):
                    if FAMILIES[unit.about["resourceType"]].phase(standing(unit)) == "effective":
                        if self._takes_drafts:
                            check_arrived(standing(unit))
                        self._hold(unit, ends=False)

    def _belonging(self, visit: str) -> list[Unit]:
        """Return the business documents that name a visit and are not entered yet."""
        found: dict[str, Unit] = {}
        for type_ in sorted(FAMILIES.keys() - {"Encounter", "Consent"}):
            for one in self._desk.referring(type_, visit):
                review = type_ != "Task" or task_code(one) == "pharmacist-review"
                if review and in_visit(self._desk, one):
                    unit = self._unit(one)
                    found.setdefault(unit.name, unit)
        return [one for one in found.values() if last_of(self._desk, one) is None]

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
            return whole(self._desk, after)
        if after["resourceType"] != "MedicationRequest":
            return Unit(kind_of(after), (after,))
        group = group_of(self._desk, after)
        return whole(self._desk, group) if group else Unit("prescription", siblings(self._desk, after))

    def _settle(self, unit: Unit, made: Sequence[Made]) -> None:
        """Gate, flag and enter one document."""
        about = standing(unit)
        phase = FAMILIES[about["resourceType"]].phase(about)
        if phase == "void":
            last = last_of(self._desk, unit)
            if last is not None:
                note(self._desk, unit, "cancelled", last.serial)
        elif self._is_asked(about):
            gate(self._desk, self._hospital, unit, self._actor(unit))
            note(self._desk, unit, event_for(about))
        elif phase == "effective":
            self._hold(unit, self._ends(about, made))

    def _hold(self, unit: Unit, ends: bool) -> None:
        """Enter what holds, flagged and numbered; a visit that ends may be refused."""
        if ends:
            gate(self._desk, self._hospital, unit, self._actor(unit), "finish")
            serial = ""
        else:
            serial = arrive(self._desk, self._hospital, unit, self._actor(unit))
        note(self._desk, unit, event_for(standing(unit)), serial)

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
            principal = self._occasion.caller
            return actor_of(self._desk, principal if isinstance(principal, Principal) else Principal())
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


def _author(desk: Desk, unit: Unit) -> str:
    """Return the Practitioner whom a document names as its author, of a visit the attending one."""
    paths = ("author", "requester", "owner", "participant.individual", "performer.actor")
    names = [name for one in unit.documents for path in paths for name in references(one, path)]
    return next((found for name in names if (found := person_of(desk, name))), "")
