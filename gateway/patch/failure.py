"""Failure: why a patch was not applied, and which of its operations says so (RFC 5789 §2.2)."""

from __future__ import annotations

from typing import Self

from gateway.errors import Rejected


class PatchFailed(Rejected):
    """A patch cannot be applied; nothing was changed.

    Args:
        reason: one English sentence without patient data: neither the path nor a value of the patch.
        code: the type of the issue (R4 ValueSet issue-type).
        operation: which operation, from 0 in the order of the patch; None for the patch as a whole.
    """

    def __init__(self, reason: str, *, code: str = "invalid", operation: int | None = None) -> None:
        super().__init__(reason, code=code, where="" if operation is None else f"operation[{operation}]")
        self.operation = operation

    def of(self, operation: int) -> Self:
        """Return the same failure as one of an operation."""
        return type(self)(self.reason, code=self.code, operation=operation)


class MalformedPatch(PatchFailed):
    """The document is no patch, whatever the resource is: HTTP 400."""


class Unprocessable(PatchFailed):
    """The resource does not take the patch: no such path, a wrong type, a failed test: HTTP 422."""
