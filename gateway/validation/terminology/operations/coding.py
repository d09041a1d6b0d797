"""Asked codings: what the operations take in, whatever form it came in (R4 Coding, CodeableConcept)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import Rejected


@dataclass(slots=True, frozen=True)
class Asked:
    """One code; ``""`` is said of what was not given."""

    code: str
    system: str = ""
    version: str = ""
    display: str = ""

    @property
    def canonical(self) -> str:
        """Its code system with the version that was asked for."""
        return f"{self.system}|{self.version}" if self.version else self.system


def asked(
    given: Mapping[str, Any], system: str = "", kinds: tuple[str, ...] = ("codeableConcept",)
) -> list[Asked]:
    """Return the codings of in-parameters ``code``, ``coding`` or one of ``kinds``.

    Args:
        given: values by name.
        system: of a ``code`` that comes without one.

    Raises:
        Rejected: not exactly one of them is there, or it has no code.
    """
    there = [name for name in ("code", "coding", *kinds) if name in given]
    if len(there) != 1:
        raise Rejected(f"give one of {', '.join(('code', 'coding', *kinds))}", code="invalid", where="code")
    value = given[there[0]]
    if there[0] == "code":
        return [Asked(value, given.get("system", system), given.get("version", ""), given.get("display", ""))]
    return codings(value, there[0])


def codings(value: Any, where: str) -> list[Asked]:
    """Return the codings of a Coding or a CodeableConcept.

    Raises:
        Rejected: it has none, or one without a code.
    """
    found = value.get("coding", [value]) if isinstance(value, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise Rejected("it has no coding", code="value", where=where)
    made = []
    for one in found:
        parts = [one.get(name, "") for name in ("code", "system", "version", "display")]
        if not all(isinstance(part, str) for part in parts) or not parts[0]:
            raise Rejected("a coding needs a code", code="value", where=where)
        made.append(Asked(*parts))
    return made
