"""Drafts: what the maps made is checked before it is stored.

The same ward or doctor comes with every message: a draft with a mark says what one of the same mark said, and
is checked once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from gateway.canonical import Draft, Issue, Severity
from gateway.validation.faults import RANK
from gateway.validation.validator import Validator

MOST = 50
"""Issues kept of one message; the first ones say what is wrong."""
LOOK = 1.0
"""Seconds between two looks for imported codes."""
REMEMBERED = 4096
"""Marked drafts whose issues are kept."""


class DraftValidator:
    """Checks the drafts of one message at a time; called from one thread.

    Args:
        validator: the validator.
        level: the mildest severity that is kept.
        strict: whether a message with an error is refused; read by the pipeline.
        profiles: canonical URLs to check against, by resource type.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        validator: Validator,
        level: Severity = "error",
        strict: bool = False,
        profiles: Mapping[str, Sequence[str]] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._clock, self._looked = clock, clock()
        self._profiles = profiles or {}
        self._validator = validator
        self._level = level
        self._known: dict[tuple[str, bytes], list[Issue]] = {}
        self.strict = strict

    def __call__(self, drafts: Sequence[Draft]) -> list[Issue]:
        """Return the issues of all drafts; their places begin with the type (``Patient.name[0]``)."""
        if (now := self._clock()) - self._looked >= LOOK:
            self._looked = now
            if self._validator.refresh():
                self._known.clear()
        found: list[Issue] = []
        for draft in drafts:
            found += self._marked(draft) if draft.mark else self._issues(draft)
        if len(found) > MOST:  # an error is never cut off behind warnings: strict asks for it
            found.sort(key=lambda issue: RANK[issue.severity])
        return found[:MOST]

    def _marked(self, draft: Draft) -> list[Issue]:
        key = (draft.type, draft.mark)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._issues(draft)
        return known

    def _issues(self, draft: Draft) -> list[Issue]:
        profiles = self._profiles.get(draft.type, ())
        return self._validator.check(draft.body, profiles, best_practice=False, mildest=self._level)
