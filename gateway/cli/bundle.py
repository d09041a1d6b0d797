"""Bundle: one message's resources as a FHIR transaction (R4 §2.36.5, §3.1.0.11)."""

from __future__ import annotations

from gateway.canonical import Merge, Resource, Translation
from gateway.canonical.json import dumps


def entries(translation: Translation, base: str) -> list[Resource]:
    """Return the entries of one message, dependencies first.

    Args:
        base: URL before ``/Patient/…``, the same for all, so that relative references resolve.
    """
    linked = _links(translation.merges)
    made = [
        _entry(
            base,
            draft.type,
            draft.id,
            {**draft.body, "link": linked[draft.id]} if draft.id in linked else draft.body,
        )
        for draft in translation.drafts
    ]
    present = {draft.id for draft in translation.drafts}
    made += [
        _entry(base, merge.type, merge.retired, _retired(merge))
        for merge in translation.merges
        if merge.retired not in present
    ]
    return made


def _links(merges: list[Merge]) -> dict[str, list[Resource]]:
    """Return, by id, the links of patients that are only related (A24): both are in the message."""
    links: dict[str, list[Resource]] = {}
    for merge in merges:
        if merge.kind == "link":
            for id_, other in ((merge.survivor, merge.retired), (merge.retired, merge.survivor)):
                link = {"other": {"reference": f"{merge.type}/{other}"}, "type": "seealso"}
                links.setdefault(id_, []).append(link)
    return links


def transaction(made: list[Resource]) -> bytes:
    """Return the Bundle as one line of JSON; PUT under deterministic ids, so sending it twice is once."""
    return dumps({"resourceType": "Bundle", "type": "transaction", "entry": made})


def _entry(base: str, type_: str, id_: str, body: Resource) -> Resource:
    return {
        "fullUrl": f"{base}/{type_}/{id_}",
        "resource": body,
        "request": {"method": "PUT", "url": f"{type_}/{id_}"},
    }


def _retired(merge: Merge) -> Resource:
    """Return the identity that ends: a link to the one that goes on, which keeps its history."""
    system, value = merge.key
    identity: Resource = {
        "resourceType": merge.type,
        "id": merge.retired,
        "identifier": [{"system": system, "value": value} if system else {"value": value}],
    }
    if merge.type == "Account":
        return {**identity, "status": "inactive"}
    if merge.type == "Encounter":
        unknown = {
            "system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
            "code": "UNK",
            "display": "unknown",
        }
        return {**identity, "status": "entered-in-error", "class": unknown}
    return {
        **identity,
        "active": False,
        "link": [{"other": {"reference": f"{merge.type}/{merge.survivor}"}, "type": "replaced-by"}],
    }
