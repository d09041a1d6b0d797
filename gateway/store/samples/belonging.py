"""Belonging: whose results they are, by the sample, else the order, else the number of the patient.

Barcodes are used again: of those with one number the sample counts that was ordered or taken shortly before
the results were measured. Nobody known, or somebody else: the message waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.canonical import Draft, Resource, Samples
from gateway.canonical.elements import each, references
from gateway.canonical.sample import DAY_US
from gateway.matching import Rules, against, load_rules
from gateway.store.awaited import Awaiting
from gateway.store.desk import Desk
from gateway.store.samples.elsewhere import elsewhere
from gateway.store.samples.known import Sample, bearing, heir, numbers, of_specimen, spanned
from gateway.store.samples.named import beside

_COMPARED = {"name": "name", "gender": "sex", "birthDate": "birth"}
"""Element of Patient → what the profile calls it."""


@dataclass(slots=True)
class Belonging:
    """What one patient's part of a message belongs to.

    Attributes:
        subject: id of the Patient.
        specimens: seed id of a Specimen in the message → the stored one.
        orders: those of the samples, or that the message names.
        by: what has told it, of ``gateway.canonical.sample.WAYS``.
        by_specimen: stored Specimen, as ``"Specimen/id"`` → its orders.
    """

    subject: str = ""
    by: str = "sample"
    specimens: dict[str, Resource] = field(default_factory=dict)
    orders: dict[str, Resource] = field(default_factory=dict)
    by_specimen: dict[str, list[Resource]] = field(default_factory=dict)


class Asked:
    """One patient's part of a message, and whom it may be about."""

    def __init__(
        self, desk: Desk, samples: Samples, patient: Draft, about: Sequence[Draft], at: int, now: int
    ) -> None:
        self._desk, self._samples, self._patient = desk, samples, patient
        self._at, self._now = at, now
        self._specimens = {one.id: numbers(one.body) for one in about if one.type == "Specimen"}
        self._specimens = {id_: numbers for id_, numbers in self._specimens.items() if numbers}
        self._orders = {one.id: one.body for one in about if one.type == "ServiceRequest"}
        self._about = about
        self._older = False

    def find(self) -> Belonging:
        """Return what it belongs to."""
        found, left = Belonging(), list(self._specimens)
        if "sample" in self._samples.by:
            for id_, numbers in self._specimens.items():
                sample = self._sample(numbers)
                if sample is not None:
                    self._take(found, sample)
                    left.remove(id_)
                    if sample.specimen:
                        found.specimens[id_] = sample.specimen
                        found.by_specimen[f"Specimen/{sample.specimen['id']}"] = sample.orders
        if "order" in self._samples.by and (left or not found.subject):
            left = self._by_order(found, left)
        if left or not found.subject:
            self._by_patient(found)
        self._agree(found)
        others = elsewhere(self._desk, self._samples, self._about, found.subject, self._at)
        if others:
            raise self._waiting(
                "sample-of-several-patients",
                "the order, or the tube, that the message names beside its sample is of another patient",
                [found.subject, *others],
            )
        return found

    def _by_order(self, found: Belonging, left: Sequence[str]) -> list[str]:
        """Take the orders that are known; return the samples and orders of which none has told.

        An order tells of the sample that it is named with: the tube beside it may be of somebody else.
        """
        known = set[str]()
        for id_, order in self._orders.items():
            sample = self._named(order)
            if sample is not None:
                found.by = found.by if found.subject else "order"
                self._take(found, sample)
                known.add(id_)
        if len(self._specimens) == 1:
            return [] if known else list(left)
        named = beside(self._about)
        told = {one for one in self._specimens if one not in left or known & named.get(one, set())}
        known = known.union(*(named.get(one, ()) for one in told))
        return [*(one for one in left if one not in told), *(self._orders.keys() - known)]

    def _sample(self, numbers: Iterable[str]) -> Sample | None:
        """Return the sample that has one of these barcodes, else the order that has it for a number."""
        for name in ("identifier", "container-id", "accession"):
            found = self._timely(
                of_specimen(self._desk, one) for one in bearing(self._desk, "Specimen", name, numbers)
            )
            if found is not None:
                return found
        return self._of_orders(numbers, untaken=True)

    def _of_orders(self, numbers: Iterable[str], *, untaken: bool = False) -> Sample | None:
        """Return the orders that have one of these numbers.

        Args:
            untaken: the numbers are barcodes: an order whose sample has another one is meant by none of them.
        """
        for name in ("identifier", "requisition"):
            orders = bearing(self._desk, "ServiceRequest", name, numbers)
            if untaken:
                orders = [one for one in orders if not self._is_taken(one)]
            found = self._timely(spanned(self._desk, {}, [one]) for one in orders)
            if found is not None:
                return found
        return None

    def _named(self, order: Resource) -> Sample | None:
        """Return the order that a message names: the one of that register, else one with that number."""
        pairs = {(one.get("system"), one.get("value")) for one in each(order, "identifier")}
        same = [
            one
            for one in bearing(self._desk, "ServiceRequest", "identifier", numbers(order))
            if any((it.get("system"), it.get("value")) in pairs for it in each(one, "identifier"))
        ]
        return self._timely(spanned(self._desk, {}, [one]) for one in same) or self._of_orders(numbers(order))

    def _is_taken(self, order: Resource) -> bool:
        """Tell whether a sample with a number of its own was taken for an order."""
        taken = [self._desk.read(*name.split("/", 1)) for name in references(order, "specimen")]
        return any(numbers(one) for one in taken if one is not None)

    def _timely(self, known: Iterable[Sample]) -> Sample | None:
        """Return the newest of those that results of this time can be of; all are then of one patient."""
        skew, within = self._samples.skew_us, self._samples.within_us
        fitting = list[Sample]()
        for one in known:
            if not one.subject:
                continue
            if self._at < one.low - (skew if one.surely else DAY_US):
                self._older = True
            elif self._at <= one.high + within:
                fitting.append(one)
        if len({one.subject for one in fitting}) > 1:
            raise self._waiting(
                "sample-of-several-patients",
                "samples or orders of several patients have this number: give it a scope in the profile of "
                "whoever sends the orders, or end the one that is over, then replay",
                [one.subject for one in fitting],
            )
        newest = max(fitting, key=lambda one: one.low, default=None)
        if newest is not None and not newest.specimen:  # the orders of one sheet have one number
            newest.orders = [order for one in fitting for order in one.orders]
        return newest

    def _take(self, found: Belonging, sample: Sample) -> None:
        if found.subject and found.subject != sample.subject:
            raise self._waiting(
                "sample-of-several-patients",
                "the samples of one patient in this message are of several patients here",
                [found.subject, sample.subject],
            )
        found.subject = sample.subject
        found.orders |= {one["id"]: one for one in sample.orders}

    def _by_patient(self, found: Belonging) -> None:
        """Take the patient's own number, where no sample or order has told."""
        known, stale = self._known(), self._older or self._now - self._at > self._samples.within_us
        if known is None or stale or "patient" not in self._samples.by or found.subject not in ("", known):
            if self._older or (stale and known is not None):
                raise self._waiting(
                    "older-than-sample",
                    "the results are older than the sample that has this barcode, or than any that still may "
                    "have results: a memory was sent again, or the clock of the analyser is wrong",
                )
            raise self._waiting(
                "unknown-sample",
                "no sample, order or patient of these numbers is known; the message is taken in by itself as "
                "soon as one is",
            )
        found.by = found.by if found.subject else "patient"
        found.subject = known

    def _known(self) -> str | None:
        """Return the id of the living Patient with the number in the message."""
        if self._is_unnamed() or self._patient.key is None:
            return None
        stored = self._desk.named("Patient", *self._patient.key)
        return None if stored is None else heir(self._desk, stored)

    def _is_unnamed(self) -> bool:
        return self._patient.id in self._samples.unnamed

    def _agree(self, found: Belonging) -> None:
        """Refuse a patient whom the message contradicts: another number, name, sex or birth."""
        known, wrong = self._known(), set[str]()
        if known is not None and known != found.subject:
            wrong.add("identifier")
        said = any(one in self._patient.body for one in _COMPARED)
        stored = self._desk.read("Patient", found.subject) if said else None
        if stored is not None:
            found_wrong = against(_rules(), self._patient.body, stored)
            wrong |= {one for one in found_wrong if _COMPARED.get(one) in self._samples.compare}
        if wrong:
            raise self._waiting(
                "contradicting-patient",
                "the patient in the message is another one than that of the sample "
                f"({', '.join(sorted(wrong))}); put right "
                "whichever is wrong",
                [found.subject],
            )

    def _waiting(self, code: str, reason: str, patients: Iterable[str] = ()) -> Awaiting:
        """Return why the message waits; whatever has one of these numbers may end that."""
        named = [numbers(one) for one in self._orders.values()]
        awaited = {value for one in (*self._specimens.values(), *named) for value in one}
        if not self._is_unnamed():
            awaited.update(numbers(self._patient.body))
        for id_ in patients:
            awaited.update(numbers(self._desk.read("Patient", id_) or {}))
        return Awaiting(reason, code=code, where="Specimen", numbers=awaited)


@lru_cache(maxsize=1)
def _rules() -> Rules:
    return load_rules()
