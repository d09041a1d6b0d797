"""What a target answered, over HTTP, in FHIR or in a form of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.harness.media import read
from conformance.harness.paths import each
from conformance.simulators.exact import Resource, loads


@dataclass(slots=True, frozen=True)
class Answer:
    """What came back.

    Attributes:
        headers: by lower-case name.
        evidence: number of the exchange.
        undone: an action that was answered in a form of the target's own, and says that it was not done.
        why: why it was refused, in that form.
    """

    status: int
    headers: Mapping[str, str]
    raw: bytes
    evidence: int
    seconds: float = 0.0
    told: Mapping[str, Any] = field(default_factory=dict)
    undone: bool = False
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300 and not self.undone

    @property
    def body(self) -> Resource:
        """The resource; ``{}`` where there is none, or what came is no JSON object."""
        found = _read(self.raw, loads)
        return found if isinstance(found, dict) else {}

    @property
    def content(self) -> Any:
        """What came in whatever form: JSON, a list, or XML (:func:`~conformance.harness.media.read`)."""
        return _read(self.raw, read)

    @property
    def kind(self) -> str:
        """The resource's type, ``""`` without one."""
        return str(self.body.get("resourceType") or "")

    @property
    def type(self) -> str:
        """Media type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def refused(self) -> bool:
        """Whether it was refused as R4 asks (http §3.1.0.1.5): 4xx, an OperationOutcome with an error.

        An action in a form of the target's own is refused where it says so there, and why.
        """
        if self.why and (self.undone or 400 <= self.status < 500):
            return True
        return 400 <= self.status < 500 and bool(self.errors)

    @property
    def errors(self) -> list[Resource]:
        """Issues of an OperationOutcome with the severity error or fatal."""
        if self.kind != "OperationOutcome":
            return []
        return [one for one in _listed(self.body, "issue") if one.get("severity") in ("error", "fatal")]

    @property
    def rules(self) -> list[str]:
        """Codes and texts of rules that the errors name."""
        named = [*each(self.errors, "details.coding.code"), *each(self.errors, "details.text")]
        return [*([self.why] if self.why else []), *(str(one) for one in named)]

    @property
    def entries(self) -> list[Resource]:
        """Resources of a Bundle."""
        return [one for one in each(self.body, "entry.resource") if isinstance(one, dict)]

    def link(self, relation: str) -> str:
        """Return a link of a Bundle, ``""`` where there is none."""
        found = [one.get("url") for one in _listed(self.body, "link") if one.get("relation") == relation]
        return str(found[0]) if found and found[0] else ""


def _read(raw: bytes, reader: Callable[[bytes], Any]) -> Any:
    try:
        return reader(raw) if raw else {}
    except (ValueError, RecursionError):  # a foreign answer may nest as deep as it likes
        return {}


def _listed(body: Resource, name: str) -> list[Resource]:
    found = body.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
