"""Content: exactly what a signature covers of each document, and its canonical bytes (docs/signatures.md).

R4 datatypes.html#Signature, canonicalization ``json#static``: members in order, without narrative and meta;
and without what the gateway itself adds after the signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.canonical import json
from gateway.canonical.resource import Resource
from gateway.errors import Rejected

CANONICALIZATION = "urn:qiao:canonicalization:1"
"""Name of these rules; a change of them, or of the table, is another name."""

_EVERYWHERE = frozenset({"meta", "text"})
"""Of every resource: versions, tags and the narrative, which repeats the content (``json#static``)."""

LEFT_OUT: Mapping[str, frozenset[str]] = {
    "RequestGroup": _EVERYWHERE | {"groupIdentifier", "status"},
    "MedicationRequest": _EVERYWHERE
    | {"groupIdentifier", "status", "statusReason", "detectedIssue", "eventHistory"},
    "ServiceRequest": _EVERYWHERE | {"requisition", "status", "relevantHistory"},
    "Composition": _EVERYWHERE | {"status"},
    "Consent": _EVERYWHERE | {"status"},
    "MedicationDispense": _EVERYWHERE | {"status", "detectedIssue", "eventHistory"},
    "Task": _EVERYWHERE | {"groupIdentifier", "lastModified", "relevantHistory"},
}
"""By type, the elements that no signature covers, because the gateway writes them later: serial, status,
what a review or a flag adds. A Task keeps its status: of a review, it is the verdict. Of all other types:
meta and text."""

_LEFT_OUT = {kind: names | {f"_{name}" for name in names} for kind, names in LEFT_OUT.items()}
_OTHERS = _EVERYWHERE | {f"_{name}" for name in _EVERYWHERE}


def signed_content(resource: Resource) -> Resource:
    """Return exactly the content of a resource that a signature covers; the values are those of
    ``resource``."""
    left_out = _LEFT_OUT.get(resource.get("resourceType", ""), _OTHERS)
    return {name: value for name, value in resource.items() if name not in left_out}


def canonical(documents: Sequence[Resource]) -> bytes:
    """Return the bytes that a signature over ``documents`` covers: a JSON array in the order of type and id.

    Raises:
        Rejected: a document has no type and id, is there twice, or is no JSON.
    """
    try:
        return json.ordered([signed_content(one) for one in in_order(documents)])
    except TypeError:
        raise Rejected(
            "a document cannot be written as the JSON that is signed", code="signature-form"
        ) from None


def in_order(documents: Sequence[Resource]) -> list[Resource]:
    """Return the documents in canonical order. Raises ``Rejected``."""
    places = {place(one): one for one in documents}
    if len(places) != len(documents):
        raise Rejected("a signature covers a document twice", code="signature-form")
    return [places[name] for name in sorted(places)]


def place(document: Mapping[str, Any]) -> str:
    """Return ``"Type/id"`` of a document. Raises ``Rejected``: it has none."""
    kind, name = document.get("resourceType"), document.get("id")
    if not (isinstance(kind, str) and isinstance(name, str) and kind and name):
        raise Rejected("a signed document needs its type and id", code="signature-form")
    return f"{kind}/{name}"


def version(document: Mapping[str, Any]) -> str:
    """Return ``"Type/id/_history/version"`` of a document; one that says no version is the first."""
    meta = document.get("meta")
    number = meta.get("versionId", "1") if isinstance(meta, dict) else "1"
    return f"{place(document)}/_history/{number}"


def check_whole(documents: Sequence[Resource]) -> None:
    """Refuse a prescription of which a drug is missing: it is signed as a whole. Raises ``Rejected``."""
    given = {place(one) for one in documents}
    for group in documents:
        if group["resourceType"] == "RequestGroup" and not _named(group) <= given:
            raise Rejected(
                "a signature covers a prescription without all of its drugs", code="signature-part"
            )


def _named(group: Resource) -> set[str]:
    actions = group.get("action")
    return {
        "/".join(str(reference).split("/_history/")[0].split("/")[-2:])
        for one in (actions if isinstance(actions, list) else ())
        if isinstance(one, dict)
        and isinstance(one.get("resource"), dict)
        and (reference := one["resource"].get("reference"))
    }
