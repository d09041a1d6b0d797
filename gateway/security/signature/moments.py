"""Moments: how far time of signing, time of arrival and the dates of the documents may be apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.canonical.resource import Resource
from gateway.errors import Rejected

_WRITTEN = {
    "RequestGroup": "authoredOn",
    "MedicationRequest": "authoredOn",
    "ServiceRequest": "authoredOn",
    "Composition": "date",
    "Consent": "dateTime",
    "Task": "authoredOn",
}
"""Where a type says when it was written; it cannot have been signed before."""


@dataclass(slots=True, frozen=True)
class Limits:
    """Bounds on times.

    Attributes:
        tolerance: seconds that clocks may differ.
        max_age: seconds from signing to arrival at most, 0 for any.
    """

    tolerance: int = 300
    max_age: int = 86400

    def check(self, signed: datetime, arrived: datetime) -> None:
        """Refuse a signature of the future, and one that comes too late.

        Raises:
            Rejected: one of these.
        """
        slack = timedelta(seconds=self.tolerance)
        if signed > arrived + slack:
            raise _time("the time of signing is in the future")
        if self.max_age and signed < arrived - timedelta(seconds=self.max_age) - slack:
            raise _time("the time of signing is too long ago")


def check_written(signed: int, documents: Sequence[Resource], limits: Limits) -> None:
    """Refuse a signature (seconds since 1970) that is older than what it signs. Raises ``Rejected``."""
    for one in documents:
        written = seconds(one.get(_WRITTEN.get(one["resourceType"], "")))
        if written is not None and written > signed + limits.tolerance:
            raise _time("a document was written after it was signed")


def seconds(text: object) -> int | None:
    """Return seconds since 1970 of a FHIR dateTime or instant that has a time and a zone; None: it has
    not."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(moment.timestamp() // 1) if moment.tzinfo else None


def _time(reason: str) -> Rejected:
    return Rejected(reason, code="signature-time")
