"""Claims: what a server says that it can do; skips name what it does not claim (R4 http#capabilities)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.verdict import Failed, Skipped
from conformance.simulators.exact import Resource

WRITING = ("create", "update")
_VERSIONS = ("4.0",)


@dataclass(slots=True, frozen=True)
class Claims:
    """The CapabilityStatement of a target, as the checks ask it.

    Attributes:
        statement: the whole resource.
        types: resource type → what ``rest.resource`` says of it.
    """

    statement: Resource
    rest: Resource = field(default_factory=dict)
    types: Mapping[str, Resource] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run) -> Claims:
        """Return what the target claims. Raises :class:`Failed`: it has no CapabilityStatement of R4."""
        return run.session.once("fhir.claims", lambda: cls._asked(run))

    @classmethod
    def _asked(cls, run: Run) -> Claims:
        answer = run.client().get("metadata")
        version = str(answer.body.get("fhirVersion", ""))
        if answer.status != 200 or answer.kind != "CapabilityStatement" or not version.startswith(_VERSIONS):
            raise Failed(
                f"目标没有 FHIR R4 的 CapabilityStatement（HTTP {answer.status}），无从得知其能力",
                f"the target has no CapabilityStatement of FHIR R4 (HTTP {answer.status}); R4 asks for one",
            )
        return cls.read(answer.body)

    @classmethod
    def read(cls, statement: Resource) -> Claims:
        """Return the claims of a CapabilityStatement; of several ``rest`` the server's."""
        servers = [one for one in _dicts(statement.get("rest")) if one.get("mode") == "server"]
        rest = servers[0] if servers else {}
        types = {str(one["type"]): one for one in _dicts(rest.get("resource")) if one.get("type")}
        return cls(statement, rest, types)

    def can(self, kind: str, *codes: str) -> bool:
        """Tell whether all these interactions with a type are claimed."""
        claimed = set(each(self.types.get(kind, {}), "interaction.code"))
        return claimed.issuperset(codes)

    def need(self, kind: str, *codes: str) -> None:
        """Go on only where these interactions with a type are claimed. Raises :class:`Skipped`."""
        for code in codes:
            if not self.can(kind, code):
                _skip(f"{kind} 的 {code}", f"{code} of {kind}")

    def need_system(self, *codes: str) -> None:
        """Go on only where these interactions with the whole system are claimed. Raises :class:`Skipped`."""
        claimed = set(each(self.rest, "interaction.code"))
        for code in codes:
            if code not in claimed:
                _skip(f"系统级 {code}", f"{code} of the whole system")

    def says(self, kind: str, element: str, *values: object) -> None:
        """Go on only where an element of what is claimed has one of some values. Raises :class:`Skipped`."""
        if self.types.get(kind, {}).get(element) not in values:
            _skip(f"{kind}.{element}", f"{element} of {kind}")

    def parameters(self, kind: str) -> dict[str, str]:
        """Return the search parameters of a type with their kinds, those of all types included."""
        listed = _dicts(self.rest.get("searchParam")) + _dicts(self.types.get(kind, {}).get("searchParam"))
        return {str(one.get("name")): str(one.get("type")) for one in listed}

    def need_parameters(self, kind: str, names: Iterable[str]) -> None:
        """Go on only where these search parameters are claimed. Raises :class:`Skipped`."""
        self.need(kind, "search-type")
        claimed = self.parameters(kind)
        for name in names:
            if name not in claimed:
                _skip(f"{kind} 的检索参数 {name}", f"the search parameter {name} of {kind}")

    def operation(self, name: str, kind: str = "") -> str:
        """Return the definition of a claimed operation, ``""`` where it is not claimed."""
        found = [
            str(one.get("definition") or "?")
            for place in (self.types.get(kind, {}), self.rest)
            for one in _dicts(place.get("operation"))
            if str(one.get("name", "")).lstrip("$") == name
        ]
        return found[0] if found else ""

    def need_operation(self, name: str, kind: str = "") -> None:
        """Go on only where an operation is claimed. Raises :class:`Skipped`."""
        if not self.operation(name, kind):
            _skip(f"操作 {kind and kind + '/'}${name}", f"the operation {kind and kind + '/'}${name}")

    def formats(self, wanted: str) -> bool:
        """Tell whether a format is claimed: ``json``, ``xml``."""
        return any(wanted in str(one) for one in _listed(self.statement.get("format")))

    def patches(self, media: str) -> bool:
        """Tell whether a format of patches is claimed; where none is named, JSON Patch is (R4 http#patch)."""
        claimed = [str(one).partition(";")[0] for one in _listed(self.statement.get("patchFormat"))]
        return media in claimed if claimed else media == "application/json-patch+json"


def _skip(zh: str, en: str) -> None:
    raise Skipped(
        f"目标的 CapabilityStatement 未声明{zh}", f"the target's CapabilityStatement does not claim {en}"
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[Resource]:
    return [one for one in _listed(value) if isinstance(one, dict)]
