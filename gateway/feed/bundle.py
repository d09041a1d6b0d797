"""Bundle: entries of the ledger as one signed FHIR message (profiles feed-bundle and feed-header).

R4 messaging.html; docs/profiles.md. A message has its MessageHeader, a Parameters ``ledger`` that says each
entry line by line (docs/ledger.md), the institution, the versions that the entries are about and what they
refer to. Resources are those of the store, unchanged: their hashes can be computed from what is sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.feed.document import Document, name_in
from gateway.security.signature import Signatures, sign_bundle
from gateway.store import Entered
from gateway.store.clock import instant

RANGE = "urn:qiao:extension:ledger-range"
EVENTS = "urn:qiao:codes:feed-event"
SEVERAL = "several"
"""Event of a message whose entries have different ones; each entry says its own."""
IDENTIFIER = "urn:qiao:id:feed"
ALGORITHMS = {"sm3": "SM3", "sha256": "SHA-256"}
"""How the ledger's algorithm is called outside."""

_NAMESPACE = uuid.UUID("5f6f4f5e-5a3a-5d0e-9a52-0c1b7d3e9f21")


@dataclass(slots=True, frozen=True)
class Destination:
    """Who a message is for.

    Attributes:
        name: the receiver as people call it.
        endpoint: its address, or ``urn:qiao:receiver:NAME``.
    """

    name: str
    endpoint: str


@dataclass(slots=True, frozen=True)
class Seal:
    """With what a message is signed: a key of ``[signatures]`` by its name."""

    signatures: Signatures
    key: str


class Bundler:
    """Makes messages; for any thread.

    Args:
        base: gives the URL of the FHIR API by the tenant's name; ``fullUrl`` is below it.
        institution: gives the Organization that sends, by the tenant's name: the whole resource.
        seal: gives by the tenant's name with what is signed; None: messages go unsigned.
    """

    def __init__(
        self,
        base: Callable[[str], str],
        institution: Callable[[str], Resource],
        seal: Callable[[str], Seal | None] = lambda _: None,
    ) -> None:
        self._base, self._institution, self._seal = base, institution, seal

    def message(self, documents: Sequence[Document], destination: Destination, at_us: int) -> Resource:
        """Return the message that says some entries of one tenant, one at least, in the ledger's order.

        The same entries make the same MessageHeader.id and Bundle.identifier, whenever they are sent.

        Args:
            at_us: moment of sending, microseconds since 1970: ``Bundle.timestamp`` and that of the signature.

        Raises:
            Misconfigured: there is no such key.
            Retry: the signature server does not answer.
        """
        tenant = documents[0].entry.tenant
        base, institution = self._base(tenant), self._institution(tenant)
        sender = f"{base}/{name_in(institution)}"
        name = named(documents)
        header = self._header(documents, destination, base, sender, message_id(documents))
        first = [
            {"fullUrl": f"urn:uuid:{header['id']}", "resource": header},
            {
                "fullUrl": f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{name}-ledger')}",
                "resource": ledger(documents),
            },
            {"fullUrl": sender, "resource": institution},
        ]
        bundle: Resource = {
            "resourceType": "Bundle",
            "identifier": {"system": IDENTIFIER, "value": name},
            "type": "message",
            "timestamp": instant(at_us),
            "entry": [*first, *resources(documents, base, without=name_in(institution))],
        }
        seal = self._seal(tenant)
        if seal is None:
            return bundle
        return sign_bundle(seal.signatures, bundle, seal.key, {"reference": sender}, at_us)

    def _header(
        self, documents: Sequence[Document], to: Destination, base: str, sender: str, id_: str
    ) -> Resource:
        events = {document.entry.event for document in documents}
        code = events.pop() if len(events) == 1 else SEVERAL
        focus = {f"{base}/{one.entry.type}/{one.entry.id}": None for one in documents}
        return {
            "resourceType": "MessageHeader",
            "id": id_,
            "extension": [ledger_range([document.entry for document in documents])],
            "eventCoding": {"system": EVENTS, "code": code},
            "destination": [{"name": to.name, "endpoint": to.endpoint}],
            "sender": {"reference": sender},
            "source": {"software": "qiao", "endpoint": base},
            "focus": [{"reference": one} for one in focus],
        }


def named(documents: Sequence[Document]) -> str:
    """Return the name of a message of these entries: ``"default-41-42-2-9f…"``."""
    entries = [document.entry for document in documents]
    digest = uuid.uuid5(_NAMESPACE, "\n".join(document.key for document in documents)).hex[:12]
    return f"{entries[0].tenant}-{entries[0].n}-{entries[-1].n}-{len(entries)}-{digest}"


def message_id(documents: Sequence[Document]) -> str:
    """Return the MessageHeader.id of a message of these entries."""
    return str(uuid.uuid5(_NAMESPACE, named(documents)))


def ledger_range(entries: Sequence[Entered]) -> Resource:
    """Return the extension that says which entries a message carries."""
    first, last = entries[0], entries[-1]
    return {
        "url": RANGE,
        "extension": [
            {"url": "first", "valuePositiveInt": first.n},
            {"url": "last", "valuePositiveInt": last.n},
            {"url": "count", "valueUnsignedInt": len(entries)},
            {"url": "algorithm", "valueCode": ALGORITHMS[last.algorithm]},
            {"url": "head", "valueString": last.hash.hex()},
        ],
    }


def ledger(documents: Sequence[Document]) -> Resource:
    """Return the Parameters ``ledger``: a parameter ``entry`` for each, with the lines of docs/ledger.md."""
    return {
        "resourceType": "Parameters",
        "id": "ledger",
        "parameter": [{"name": "entry", "part": list(_parts(document))} for document in documents],
    }


def resources(documents: Sequence[Document], base: str, without: str = "") -> Iterator[Resource]:
    """Yield the entries of a Bundle: every version once, then what is sent along, where it is not there yet.

    Args:
        without: ``"Type/id"`` of what stands in the Bundle already.
    """
    told = {without}
    seen: set[tuple[str, str]] = set()
    for document in documents:
        for one in document.members:
            name = name_in(one)
            version = (name, str(one.get("meta", {}).get("versionId", "")))
            if version not in seen:
                seen.add(version)
                told.add(name)
                yield {"fullUrl": f"{base}/{name}", "resource": one}
    for document in documents:
        for name, one in document.context.items():
            if name not in told:
                told.add(name)
                yield {"fullUrl": f"{base}/{name}", "resource": one}


def _parts(document: Document) -> Iterator[Resource]:
    entry = document.entry
    yield {"name": "n", "valuePositiveInt": entry.n}
    yield {"name": "time", "valueInstant": instant(entry.ts_us)}
    yield {"name": "kind", "valueCode": entry.kind}
    yield {"name": "event", "valueCode": entry.event}
    if entry.serial:
        yield {"name": "serial", "valueString": entry.serial}
    yield {"name": "about", "valueString": entry.reference}
    for version in document.versions:
        yield {"name": "member", "valueString": f"{version.type}/{version.id}/_history/{version.ver}"}
    yield {"name": "sha", "valueString": entry.sha.hex()}
    yield {"name": "back", "valueUnsignedInt": entry.back}
    yield {"name": "prev", "valueString": entry.prev.hex()}
    yield {"name": "hash", "valueString": entry.hash.hex()}
    yield {"name": "tenant", "valueString": entry.tenant}
    yield {"name": "algorithm", "valueCode": entry.algorithm}
