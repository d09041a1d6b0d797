"""Settle: results of an analyser are written about whom their sample is of.

What an analyser says of a patient is compared and never written: no Patient, visit or order comes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.canonical import Draft, Issue, Resource, Samples, Translation
from gateway.canonical.elements import each, reference, references
from gateway.mapping.sampled import analysed, measured
from gateway.store.desk import Desk
from gateway.store.samples.apart import Window, apart
from gateway.store.samples.belonging import Asked, Belonging
from gateway.store.samples.known import numbers, subject
from gateway.store.samples.report_status import reported
from gateway.store.samples.rewritten import rewritten
from gateway.store.samples.superseded import amended

_PERSONAL = frozenset(
    ("Account", "Coverage", "Encounter", "EpisodeOfCare", "Patient", "RelatedPerson", "ServiceRequest")
)
"""What an analyser may name and never writes."""

_TOLD = {
    "sample": Issue("information", "informational", "PID", "sample",
                    "its sample tells whose results these are; its patient was only compared",
                    "结果归属由标本确定；消息中的患者信息仅用于核对，未写入"),
    "order": Issue("information", "informational", "PID", "sample",
                   "its order tells whose results these are; its patient was only compared",
                   "结果归属由申请确定；消息中的患者信息仅用于核对，未写入"),
    "patient": Issue("information", "informational", "PID", "sample",
                     "no sample is known: whose results they are the number of the patient tells",
                     "标本未知：结果归属由患者编号确定"),
}  # fmt: skip
"""By which of ``Samples.by`` it was found → what is remarked."""


def settle(desk: Desk, translation: Translation, samples: Samples, received_us: int) -> Translation:
    """Return a message whose results are about whom their sample is of.

    Args:
        received_us: when it came, for results without a time.

    Raises:
        Awaiting: ``unknown-sample``, ``older-than-sample``, ``contradicting-patient``,
            ``sample-of-several-patients``.
    """
    drafts: Sequence[Draft] = translation.drafts
    told: dict[str, None] = {}
    for patient in [one for one in drafts if one.type == "Patient"]:
        about = [one for one in drafts if one.subject == patient.id]
        at = measured(about) or translation.event_at or received_us
        if received_us and (at > received_us + samples.skew_us or not samples.clock):
            at = received_us
        asked = Asked(desk, samples, patient, about, at, received_us)
        found = asked.find()
        window = Window(at, samples.within_us)
        drafts = written(desk, drafts, found, patient, translation.event_at, window)
        drafts = reported(desk, drafts, found.orders.values(), validated=samples.validated)
        told[found.by] = None
    issues = [*translation.issues, *(_TOLD[by] for by in told)]
    return replace(translation, drafts=list(drafts), issues=issues, samples=None)


def written(
    desk: Desk,
    drafts: Sequence[Draft],
    found: Belonging,
    patient: Draft,
    event_us: int | None,
    window: Window,
) -> list[Draft]:
    """Return the drafts of a message as they are written: about whom their sample is of."""
    about = [one for one in drafts if one.subject == patient.id]
    names = {f"Patient/{patient.id}": f"Patient/{found.subject}"}
    names |= {f"Specimen/{seed}": f"Specimen/{one['id']}" for seed, one in found.specimens.items()}
    names |= _known(desk, about, found)
    names |= apart(desk, about, found, names, window)
    dropped = {f"{one.type}/{one.id}" for one in (*about, patient) if one.type in _PERSONAL}
    unknown = dropped - names.keys()
    result = list[Draft]()
    for one in drafts:
        if one is patient or (one.subject == patient.id and one.type in _PERSONAL):
            continue
        if one.subject != patient.id and one.mark:  # a value that other messages share tells of nobody
            result.append(one)
            continue
        gone = dropped if one.type == "Provenance" else unknown  # it names what is written here
        body = rewritten(one.body, names, gone)
        if one.subject != patient.id:
            result.append(one if body is one.body else replace(one, body=body))
            continue
        result.append(_about(desk, one, body, found, names))
    return amended(desk, result, event_us)


def _known(desk: Desk, about: Sequence[Draft], found: Belonging) -> dict[str, str]:
    """Return what stands for the orders and visits that a message names: those of the patient."""
    numbered = {value: one for one in found.orders.values() for value in numbers(one)}
    names: dict[str, str] = {}
    for one in about:
        if one.type not in ("Encounter", "ServiceRequest"):
            continue
        stored = desk.named(one.type, *one.key) if one.key else None
        if one.type == "ServiceRequest":
            stored = next((numbered[value] for value in numbers(one.body) if value in numbered), stored)
        if stored is not None and subject(stored) == found.subject:
            names[f"{one.type}/{one.id}"] = f"{one.type}/{stored['id']}"
    return names


def _about(desk: Desk, one: Draft, body: Resource, found: Belonging, names: dict[str, str]) -> Draft:
    """Return one draft as it is written; a sample that is known is not the analyser's to describe."""
    id_ = names.get(f"{one.type}/{one.id}", f"/{one.id}").partition("/")[2]
    body = {**body, "id": id_}
    if one.type in ("DiagnosticReport", "Observation"):
        body = _completed(body, found)
    stands = one.type == "Specimen" and one.id in found.specimens
    if one.type == "Specimen" and not stands and found.orders and not body.get("request"):
        body["request"] = [{"reference": f"ServiceRequest/{order}"} for order in found.orders]
    other = one.type == "Specimen" and one.key is not None and id_ != one.id and not stands
    key = None if stands or other else one.key
    return replace(
        one, id=id_, body=body, key=key, subject=found.subject, owns=one.owns and not stands, mark=b""
    )


def _completed(body: Resource, found: Belonging) -> Resource:
    """Return a report or result with the orders and the visit of its sample, where it names none."""
    added: Resource = {}
    taken = [order for name in references(body, "specimen") for order in found.by_specimen.get(name, ())]
    orders = _matching(body, taken or list(found.orders.values()))
    if orders and not body.get("basedOn"):
        added["basedOn"] = [{"reference": f"ServiceRequest/{one['id']}"} for one in orders]
    visits = {name for one in found.orders.values() if (name := reference(one.get("encounter")))}
    if len(visits) == 1 and "encounter" not in body:
        added["encounter"] = {"reference": visits.pop()}
    if not any(name.startswith("effective") for name in body):
        added |= _taken(body, found)
    return {**body, **added} if added else body


def _taken(body: Resource, found: Belonging) -> Resource:
    """Return when what was measured was so: when the sample was taken, else when it was measured.

    R4 has ``effective[x]`` of a result of the laboratory be the time of collection.
    """
    named = set(references(body, "specimen"))
    samples = [one for one in found.specimens.values() if not named or f"Specimen/{one['id']}" in named]
    for sample in samples:
        collection = sample.get("collection") or {}
        if "collectedDateTime" in collection:
            return {"effectiveDateTime": collection["collectedDateTime"]}
        if "collectedPeriod" in collection:
            return {"effectivePeriod": collection["collectedPeriod"]}
    at = analysed(body)
    return {"effectiveDateTime": at} if at else {}


def _matching(body: Resource, orders: list[Resource]) -> list[Resource]:
    """Return the orders for what a report or result is of; all for a report that none is for."""
    codes = {(one.get("system"), one.get("code")) for one in each(body, "code.coding")}
    exact = [
        one
        for one in orders
        if any((it.get("system"), it.get("code")) in codes for it in each(one, "code.coding"))
    ]
    if exact or len(orders) == 1:
        return exact or orders
    return orders if body["resourceType"] == "DiagnosticReport" else []
