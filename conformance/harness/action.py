"""Actions: what a visit needs done, and how a target wants to be asked for it; data of its profile, no code.

A template's ``{name}`` is replaced by what the check gives; where the whole text is one name, by the value
itself (a resource, a list). An element whose value is not given is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from conformance.harness.paths import each, pick
from conformance.simulators.exact import Resource

_NAME = re.compile(r"\{([a-z_]+)\}")
_ABSENT: Any = object()


@dataclass(slots=True, frozen=True)
class Action:
    """How a target is asked for something.

    Attributes:
        name: ``submit``, ``review``, ``cancel``…
        identity: who asks, unless the check says otherwise.
        path: below the FHIR base; with a leading ``//`` below the target's host.
        answer: what is told → path of it in the answer.
        done: path → what stands there where it was done; for calls that answer 200 to what they refuse.
        refusal: path of why it was refused; for calls that do not answer with an OperationOutcome.
    """

    name: str
    method: str
    path: str
    identity: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    answer: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""

    def request(self, given: Mapping[str, Any]) -> tuple[str, str, dict[str, str], Any]:
        """Return method, path, headers and body for what is given."""
        path = _NAME.sub(lambda found: quote(str(given.get(found[1], "")), safe="/|:"), self.path)
        headers = {name: filled(value, given) for name, value in self.headers.items()}
        body = filled(self.body, given)
        kept = {name: str(value) for name, value in headers.items() if value is not _ABSENT}
        return self.method, path, kept, None if body is _ABSENT else body

    def undone(self, body: Resource) -> bool:
        """Tell whether the answer itself says that it was not done, whatever its status."""
        return any(str(pick(body, path)) != wanted for path, wanted in self.done.items())

    def why(self, body: Resource) -> str:
        """Return why it was refused, as the answer says it in its own form; ``""`` where it does not."""
        return str(pick(body, self.refusal) or "") if self.refusal else ""

    def told(self, body: Resource) -> dict[str, Any]:
        """Return what the answer says; what it does not say is not there."""
        found = {name: pick(body, path) for name, path in self.answer.items()}
        return {name: value for name, value in found.items() if value is not None}


def filled(template: Any, given: Mapping[str, Any]) -> Any:
    """Return a template with its names replaced."""
    if isinstance(template, str):
        return _text(template, given)
    if isinstance(template, dict):
        members = {name: filled(value, given) for name, value in template.items()}
        if any(value is _ABSENT for value in members.values()) and len(members) <= 2:
            return _ABSENT
        return {name: value for name, value in members.items() if value is not _ABSENT}
    if isinstance(template, list):
        found = [filled(one, given) for one in template]
        return [
            each
            for one in found
            if one is not _ABSENT
            for each in (one if isinstance(one, Several) else [one])
        ]
    return template


class Several(list[Any]):
    """Elements that take the place of one in a list of a template."""


def _text(template: str, given: Mapping[str, Any]) -> Any:
    whole = _NAME.fullmatch(template)
    if whole:
        value = given.get(whole[1])
        return _ABSENT if value is None else value
    if any(given.get(name) is None for name in _NAME.findall(template)):
        return _ABSENT
    return _NAME.sub(lambda found: str(given[found[1]]), template)


__all__ = ["Action", "Several", "each", "filled", "pick"]
