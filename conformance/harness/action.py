"""Actions: what a visit needs done, and how a target is asked for it; data of its profile, no code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from conformance.harness import media
from conformance.harness.paths import each, pick
from conformance.harness.template import ABSENT, PLACE, Numbered, filled, last_part, places, value
from conformance.simulators.exact import Resource

FINDINGS = "findings"
"""What an answer remarks about what was done all the same: an OperationOutcome, or a list of texts."""
FHIR_JSON, JSON = "application/fhir+json", "application/json"
WHOLE = ("https://", "http://")


@dataclass(slots=True, frozen=True)
class Action:
    """How a target is asked for something.

    Attributes:
        name: ``submit``, ``review``, ``cancel``…
        identity: who asks, unless the check says otherwise.
        path: below the FHIR base; with a leading ``//`` below the target's host; or a whole address.
        body: a :mod:`~conformance.harness.template`, as path and headers are.
        answer: what is told → path of it in the answer.
        done: path → what stands there where it was done; for calls that answer 200 to what they refuse.
        refusal: path of why it was refused; for calls that do not answer with an OperationOutcome.
        form: the body is sent as a form.
        xml: what is sent in place of a body: a template of :func:`~conformance.harness.media.xml`.
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
    form: bool = False
    xml: Any = None

    @property
    def named(self) -> set[str]:
        """Paths of what is given that its templates name."""
        return {*places(self.path), *places(dict(self.headers)), *places(self.body), *places(self.xml)}

    @property
    def names_who(self) -> bool:
        """Whether the call itself says who acts."""
        return any(one.partition(".")[0] in ("by", "practitioner") for one in self.named)

    def request(
        self,
        given: Mapping[str, Any],
        numbered: Numbered = last_part,
        renamed: Callable[[Any], Any] = lambda value: value,
    ) -> tuple[str, str, dict[str, str], Any]:
        """Return method, path, headers and body for what is given.

        Args:
            renamed: gives what is sent as bytes, a form or XML, the names that the target has for it.
        """
        path = PLACE.sub(lambda found: _quoted(value(found[1], given, numbered)), self.path)
        headers = {name: filled(one, given, numbered) for name, one in self.headers.items()}
        body = filled(self.body, given, numbered)
        kept = {name: str(one) for name, one in headers.items() if one is not ABSENT}
        said = {name.lower() for name in kept}
        kept |= {name: one for name, one in self._media(body).items() if name.lower() not in said}
        if self.xml is not None:
            return self.method, path, kept, media.xml(self.xml, given, numbered, renamed).encode()
        nothing: Resource | None = {} if isinstance(self.body, Mapping) else None
        body = nothing if body is ABSENT else body
        return self.method, path, kept, media.form(renamed(body)) if self.form else body

    def _media(self, body: Any) -> dict[str, str]:
        """Return what is sent and wanted by a call that is none of FHIR's: many take plain JSON only."""
        if self.xml is not None:
            return {"Accept": "text/xml, application/xml, */*;q=0.5", "Content-Type": media.XML}
        if self.form:
            return {"Accept": f"{JSON}, */*;q=0.5", "Content-Type": media.FORM}
        if not self.path.startswith(("//", *WHOLE)):
            return {}
        fhir = not isinstance(body, Mapping | list) or "resourceType" in body
        return {"Accept": f"{FHIR_JSON}, {JSON};q=0.9", **({} if fhir else {"Content-Type": JSON})}

    def undone(self, body: Any) -> bool:
        """Tell whether the answer itself says that it was not done, whatever its status."""
        return any(str(pick(body, path)) != wanted for path, wanted in self.done.items())

    def why(self, body: Any) -> str:
        """Return why it was refused, as the answer says it in its own form; ``""`` where it does not."""
        return str(pick(body, self.refusal) or "") if self.refusal else ""

    def told(self, body: Any) -> dict[str, Any]:
        """Return what the answer says; what it does not say is not there."""
        found: dict[str, Any] = {name: pick(body, path) for name, path in self.answer.items()}
        if isinstance(found.get(FINDINGS), str):
            found[FINDINGS] = [str(one) for one in each(body, self.answer[FINDINGS])]
        return {name: one for name, one in found.items() if one is not None}


def _quoted(found: Any) -> str:
    return "" if found is None else quote(str(found), safe="/|:")
