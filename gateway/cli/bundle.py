"""Bundle: one message's resources as a FHIR transaction (R4 §2.36.5, §3.1.0.11)."""

from __future__ import annotations

from gateway.canonical import Merge, Resource, Translation
from gateway.canonical.json import dumps


def entries(translation: Translation, base: str) -> list[Resource]:
    """Return the entries of one message, dependencies first.

    Args:
        base: URL before ``/Patient/…``, the same for all, so that relative references resolve.
    """
    made = [_entry(base, draft.type, draft.id, draft.body) for draft in translation.drafts]
    present = {draft.id for draft in translation.drafts}
    made += [
        _entry(base, merge.type, merge.retired, _retired(merge))
        for merge in translation.merges
        if merge.retired not in present
    ]
    return made


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
    return {
        "resourceType": merge.type,
        "id": merge.retired,
        "identifier": [{"system": system, "value": value} if system else {"value": value}],
        "active": False,
        "link": [{"other": {"reference": f"{merge.type}/{merge.survivor}"}, "type": "replaced-by"}],
    }
