"""Unfit: a resource that is not written, and all that is wrong with it (R4 http.html#rejecting-updates)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import Rejected
from gateway.validation import Located


class Unfit(Rejected):
    """A resource breaks rules of R4; nothing was written.

    Attributes:
        issues: everything that is wrong with it, warnings too.
        malformed: it could not even be read (HTTP 400, else 422).
    """

    def __init__(self, issues: Sequence[Located], malformed: bool = False) -> None:
        super().__init__("the resource breaks rules of FHIR R4", code="unprocessable")
        self.issues = issues
        self.malformed = malformed
