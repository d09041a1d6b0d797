"""Transaction: entries as a FHIR transaction of updates and deletions (R4 http.html#transaction).

It may be sent again as often as needed: the same updates make the same resources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gateway.canonical import Resource
from gateway.canonical.json import dumps
from gateway.feed.document import Document, name_in
from gateway.feed.receiver.fhir_answer import transacted
from gateway.feed.receiver.wire import Reply, Request, Verdict
from gateway.store import Entered


class Transaction:
    """See ``wire.Wire``.

    Args:
        url: base of the FHIR server.
        base: gives the URL of our own API by the tenant's name: ``fullUrl`` is below it.
        headers: gives what is sent besides.
    """

    narrow = False
    wanted: Sequence[tuple[str, str]] = ()

    def __init__(
        self, url: str, base: Callable[[str], str], headers: Callable[[], tuple[tuple[str, str], ...]]
    ) -> None:
        self._url, self._base, self._headers = url.rstrip("/"), base, headers

    def lane(self, entry: Entered) -> str:
        """Return the same for all."""
        return ""

    def request(self, documents: Sequence[Document], at_us: int) -> Request:
        """Return the transaction; of what several documents have, the last version goes."""
        found = dict(self._entries(documents))
        body: Resource = {"resourceType": "Bundle", "type": "transaction", "entry": list(found.values())}
        kind = "application/fhir+json; charset=utf-8; fhirVersion=4.0"
        headers = (("Content-Type", kind), ("Accept", "application/fhir+json"), *self._headers())
        return Request("POST", self._url, headers, dumps(body))

    def _entries(self, documents: Sequence[Document]) -> Iterator[tuple[str, Resource]]:
        base = self._base(documents[0].entry.tenant)
        for document in documents:  # what is sent along first: where it is a document too, that comes over it
            for name, one in document.context.items():
                yield name, _put(base, one)
        for document in documents:
            for one in document.members:
                yield name_in(one), _put(base, one)
            for version in document.versions:
                if version.deleted:
                    name = f"{version.type}/{version.id}"
                    yield name, {"request": {"method": "DELETE", "url": name}}

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return what the answer says."""
        return transacted(documents, reply)

    def sign_in(self, day: str, at_us: int) -> Request | None:
        """Return None: FHIR has no such thing."""
        return None

    def signed_in(self, reply: Reply) -> Verdict:
        """Is never asked."""
        raise NotImplementedError


def _put(base: str, resource: Resource) -> Resource:
    name = name_in(resource)
    return {
        "fullUrl": f"{base}/{name}",
        "resource": resource,
        "request": {"method": "PUT", "url": name},
    }
