"""Elsewhere: what a message names beside its sample, and is of somebody else.

A tube that got the wrong label, or an analyser that gave results the number of another order: nobody here can
tell which of the two is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.canonical import Draft, Resource, Samples
from gateway.canonical.sample import DAY_US
from gateway.store.desk import Desk
from gateway.store.samples.known import OVER, Sample, bearing, heir, numbers, of_specimen, spanned

_RUNNING = 4
"""Digits of the running numbers of analysers, 1 to 9999 a day: they name no tube of anybody."""


def elsewhere(desk: Desk, samples: Samples, about: Sequence[Draft], patient: str, at: int) -> set[str]:
    """Return the ids of other patients of whom are orders or tubes that a message names.

    Only what is named exactly tells: an order by the number in its register (a sender's own numbers are in
    none), a tube by a number that is longer than running numbers, where a report has it for its own.

    Args:
        about: one patient's part of the message.
        patient: whose the sample is.
        at: when the results were measured, in microseconds: numbers are used again.
    """
    subjects = {
        one.subject for one in _named(desk, samples, about) if one.subject and _is_of(one, samples, at)
    } - {patient}
    return {_heir(desk, one) for one in subjects} - {_heir(desk, patient)} if subjects else set()


def _named(desk: Desk, samples: Samples, about: Sequence[Draft]) -> Iterator[Sample]:
    own = {value for one in about if one.type == "Specimen" for value in numbers(one.body)}
    for one in about:
        if one.type not in ("DiagnosticReport", "ServiceRequest"):
            continue
        order = _order(desk, one) if "order" in samples.by else None
        if order is not None:
            yield spanned(desk, {}, [order])
        if "sample" in samples.by:
            tubes = [value for value in numbers(one.body) if len(value) > _RUNNING and value not in own]
            yield from (of_specimen(desk, tube) for tube in bearing(desk, "Specimen", "identifier", tubes))


def _order(desk: Desk, draft: Draft) -> Resource | None:
    """Return the order of the number that a draft has in its register, None for none that stands."""
    if draft.type != "ServiceRequest" or draft.key is None:
        return None
    stored = desk.named("ServiceRequest", *draft.key)
    return None if stored is None or stored.get("status") in OVER else stored


def _is_of(sample: Sample, samples: Samples, at: int) -> bool:
    """Tell whether results of this time can be of a sample."""
    skew = samples.skew_us if sample.surely else DAY_US
    return sample.low - skew <= at <= sample.high + samples.within_us


def _heir(desk: Desk, patient: str) -> str:
    stored = desk.read("Patient", patient)
    return patient if stored is None else heir(desk, stored)
