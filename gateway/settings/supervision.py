"""Supervision: ``[supervision.NAME]``, how a tenant handles what its regulator asks (docs/feedback.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.errors import Misconfigured
from gateway.settings.casting import cast, listed
from gateway.settings.source import SourceSettings, read_sources


@dataclass(slots=True, frozen=True)
class SupervisionSettings:
    """``[supervision.NAME]``: one hospital.

    Attributes:
        owner: who handles findings (CQ49-5.3): ``"SYSTEM|VALUE"`` or ``"Type/id"`` of a practitioner or
            department; ``""``: whoever accepts one says it.
        remind_hours: before a deadline when somebody is reminded.
        deadlines: hours by name (``"finding-high"``) instead of those that are shipped.
        authorities: ``competent``, ``issuing``, ``province`` → ``"Organization/id"`` or a name.
        sources: the systems that are asked how many documents they have made, by name.
    """

    owner: str = ""
    remind_hours: int = 24
    deadlines: Mapping[str, int] = field(default_factory=dict)
    authorities: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)


def read_supervision(table: object, origin: str) -> dict[str, SupervisionSettings]:
    """Return what a file says, by tenant.

    Raises:
        Misconfigured: names file, tenant and key.
    """
    if not isinstance(table, dict):
        raise Misconfigured("must be tables like [supervision.NAME]", where=f"{origin} [supervision]")
    return {str(name): _tenant(said, f"{origin} [supervision.{name}]") for name, said in table.items()}


def _tenant(table: object, where: str) -> SupervisionSettings:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    valid = ("owner", "remind_hours", "deadlines", "authorities", "sources")
    if unknown := sorted(set(table) - set(valid)):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {listed(valid)}", where=where)
    hours = _table(table, "deadlines", where)
    names = _table(table, "authorities", where)
    if any(type(one) is not int or one < 1 for one in hours.values()):
        raise Misconfigured("must be whole hours, 1 or more", where=f"{where} deadlines")
    if not all(isinstance(one, str) for one in names.values()):
        raise Misconfigured("must be names", where=f"{where} authorities")
    default = SupervisionSettings()
    return SupervisionSettings(
        cast(str, table.get("owner", default.owner), f"{where} owner"),  # type: ignore[arg-type]
        cast(int, table.get("remind_hours", default.remind_hours), f"{where} remind_hours"),  # type: ignore[arg-type]
        {str(name): int(one) for name, one in hours.items()},  # type: ignore[call-overload]
        {str(name): str(one) for name, one in names.items()},
        read_sources(table.get("sources", {}), where.removesuffix("]") + ".sources"),
    )


def _table(table: Mapping[str, object], key: str, where: str) -> dict[object, object]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise Misconfigured("must be a table", where=f"{where} {key}")
    return found
