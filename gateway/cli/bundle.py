"""Bundle: what a message became as one FHIR Bundle (R4 §2.36.5): to send, to read, or as a FHIR message.

A transaction (§3.1.0.11) puts every resource under its deterministic id; a collection only holds them; a
message (§2.4) is what the rows of the form ``message`` made of the header, its MessageHeader first; a
document (§3.3) is a Composition with all that it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.canonical import Merge, Resource, Translation
from gateway.canonical.json import line

_UNKNOWN = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    ]
}
"""Offline nobody knows when a message came in; where it does not say so itself, ``recorded`` has no value."""


def entries(translation: Translation, base: str) -> list[Resource]:
    """Return the entries of one message, dependencies first.

    Args:
        base: URL before ``/Patient/…``, the same for all, so that relative references resolve.
    """
    linked = _links(translation.merges)
    unnamed = {f"Patient/{one}" for one in translation.samples.unnamed} if translation.samples else set()
    drafts = [one for one in translation.drafts if f"{one.type}/{one.id}" not in unnamed]
    made = [
        _entry(
            base,
            draft.type,
            draft.id,
            {**draft.body, "link": linked[draft.id]} if draft.id in linked else _told(draft.body, unnamed),
        )
        for draft in drafts
    ]
    present = {draft.id for draft in drafts}
    made += [
        _entry(base, merge.type, merge.retired, _retired(merge))
        for merge in translation.merges
        if merge.retired not in present
    ]
    return made


def _told(body: Resource, unnamed: set[str]) -> Resource:
    """Return a resource as it is; of a patient without a number it says that nobody knows who it is."""
    told: Resource = _of_nobody(body, unnamed) if unnamed else body
    return told


def _of_nobody(node: Any, unnamed: set[str]) -> Any:
    if isinstance(node, dict):
        parts = {name: _of_nobody(value, unnamed) for name, value in node.items()}
        return _UNKNOWN if _names(node, unnamed) else parts
    if isinstance(node, list):
        return [_of_nobody(one, unnamed) for one in node if not _names(one, unnamed)]
    return node


def _names(node: Any, names: set[str]) -> bool:
    return isinstance(node, dict) and node.get("reference") in names


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
    return line(_bundle("transaction", made))


def collection(made: list[Resource]) -> bytes:
    """Return the Bundle as one line of JSON: the same resources, and nothing to do with them."""
    held = [{"fullUrl": one["fullUrl"], "resource": one["resource"]} for one in made]
    return line(_bundle("collection", held))


def _bundle(type_: str, held: list[Resource]) -> Resource:
    """Return a Bundle; of a question, which makes nothing, without ``entry``: an empty list is not FHIR."""
    return {"resourceType": "Bundle", "type": type_} | ({"entry": held} if held else {})


def message(made: list[Resource]) -> bytes:
    """Return the FHIR message as one line of JSON, nothing of what makes nothing (a question).

    Its entries are known by their ids alone (``urn:uuid:…``), whatever server they go to, and refer to one
    another so (bdl-4, bdl-7, bdl-12).

    Args:
        made: entries of a message whose maps were loaded with the form ``message``.
    """
    if not made:
        return b""
    resources = [one["resource"] for one in made]
    bundle = next(one for one in resources if one["resourceType"] == "Bundle")
    inside = [one for one in resources if one is not bundle]
    inside.sort(key=lambda one: one["resourceType"] != "MessageHeader")
    names = {f"{one['resourceType']}/{one['id']}": f"urn:uuid:{one['id']}" for one in inside}
    held = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": _referring(one, names)} for one in inside]
    return line({**bundle, "entry": held})


def document(made: list[Resource]) -> bytes:
    """Return the FHIR document as one line of JSON: its Composition, then all that can be reached from it.

    Args:
        made: entries with a Composition among them.
    """
    by_name = {f"{one['resource']['resourceType']}/{one['resource']['id']}": one for one in made}
    composition = next(one for one in made if one["resource"]["resourceType"] == "Composition")
    reached, waiting = {id(composition): composition}, [composition]
    while waiting:
        for name in _named(waiting.pop(0)["resource"]):
            found = by_name.get(name)
            if found is not None and id(found) not in reached:
                reached[id(found)] = found
                waiting.append(found)
    body = composition["resource"]
    held = [{"fullUrl": one["fullUrl"], "resource": one["resource"]} for one in reached.values()]
    identifier = body.get("identifier") or {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{body['id']}"}
    if "system" not in identifier:
        identifier = {**identifier, "system": "urn:qiao:document"}
    bundle = {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": identifier,
        "timestamp": _instant(body),
    }
    return line({**bundle, "entry": held})


def _instant(composition: Resource) -> str:
    """Return when a document was made as an instant; its Composition says how exactly that is known."""
    date = str(composition.get("date", ""))
    if "T" in date:
        return date if len(date) > len("2026-03-07T10:30+08:00") else f"{date[:16]}:00{date[16:]}"
    parts = [*date.split("-"), "01", "01"] if date else ["1970", "01", "01"]
    return f"{parts[0]}-{parts[1]}-{parts[2]}T00:00:00+08:00"


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "reference" and isinstance(one, str):
                yield one
            else:
                yield from _named(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)


def _referring(value: Any, names: dict[str, str]) -> Any:
    """Return a copy of JSON in which references to the entries name their ``fullUrl``."""
    if isinstance(value, dict):
        return {
            key: names.get(one, one)
            if key == "reference" and isinstance(one, str)
            else _referring(one, names)
            for key, one in value.items()
        }
    return [_referring(one, names) for one in value] if isinstance(value, list) else value


def _entry(base: str, type_: str, id_: str, body: Resource) -> Resource:
    if type_ == "Provenance" and "recorded" not in body:
        body = {**body, "_recorded": _UNKNOWN}
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
