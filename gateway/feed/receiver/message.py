"""Message: entries as a FHIR message to ``$process-message``, in JSON or XML (R4 messaging.html)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.feed.bundle import Bundler, Destination, message_id
from gateway.feed.document import Document
from gateway.feed.receiver.fhir_answer import judged
from gateway.feed.receiver.wire import Reply, Request, Verdict
from gateway.store import Entered
from gateway.validation.xml.values import Unwritable
from gateway.validation.xml.writing import to_xml

Format = Literal["json", "xml"]


class Message:
    """See ``wire.Wire``.

    Args:
        url: base of the FHIR server.
        headers: gives what is sent besides.
    """

    narrow = False
    wanted: Sequence[tuple[str, str]] = ()

    def __init__(
        self,
        bundler: Bundler,
        destination: Destination,
        url: str,
        headers: Callable[[], tuple[tuple[str, str], ...]],
        format: Format = "json",
    ) -> None:
        self._bundler, self._destination, self._headers, self._format = bundler, destination, headers, format
        self._url = f"{url.rstrip('/')}/$process-message"

    def lane(self, entry: Entered) -> str:
        """Return the same for all."""
        return ""

    def request(self, documents: Sequence[Document], at_us: int) -> Request:
        """Return the signed message."""
        bundle = self._bundler.message(documents, self._destination, at_us)
        xml = self._format == "xml"
        kind = f"application/fhir+{self._format}; charset=utf-8; fhirVersion=4.0"
        headers = (("Content-Type", kind), ("Accept", f"application/fhir+{self._format}"), *self._headers())
        try:
            return Request("POST", self._url, headers, to_xml(bundle) if xml else dumps(bundle))
        except Unwritable:
            raise Rejected("a resource cannot be written as XML", code="not-xml") from None

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return what the answer says."""
        return judged(documents, reply, message_id(documents))

    def sign_in(self, day: str, at_us: int) -> Request | None:
        """Return None: FHIR has no such thing."""
        return None

    def signed_in(self, reply: Reply) -> Verdict:
        """Is never asked."""
        raise NotImplementedError
