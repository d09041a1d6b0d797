"""Which request each operation code of R4 stands for (testscript-operation-codes; R4 http, operations)."""

from __future__ import annotations

from dataclasses import dataclass

SYSTEMS = frozenset(
    {
        "",
        "http://terminology.hl7.org/CodeSystem/testscript-operation-codes",
        "http://hl7.org/fhir/testscript-operation-codes",
    }
)
"""R4's code system, and the name that it had before."""


INTERACTIONS = "http://hl7.org/fhir/restful-interaction"
"""Published suites take codes from here, too, or mean the others and name this system."""

_SAME = {
    "history-instance": "history", "history-type": "history", "history-system": "history",
    "search-type": "search", "search-system": "search",
}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Interaction:
    """What a code asks for.

    Attributes:
        form: of the address: ``base``, ``metadata``, ``type``, ``instance``, ``version``, ``history`` or
            ``operation``.
        name: of the operation, ``$expand``.
    """

    method: str
    form: str
    name: str = ""


def _words(text: str) -> list[str]:
    return text.split()


CODES: dict[str, Interaction] = {
    "read": Interaction("GET", "instance"),
    "vread": Interaction("GET", "version"),
    "update": Interaction("PUT", "instance"),
    "updateCreate": Interaction("PUT", "instance"),
    "patch": Interaction("PATCH", "instance"),
    "delete": Interaction("DELETE", "instance"),
    "deleteCondSingle": Interaction("DELETE", "type"),
    "deleteCondMultiple": Interaction("DELETE", "type"),
    "history": Interaction("GET", "history"),
    "create": Interaction("POST", "type"),
    "search": Interaction("GET", "type"),
    "batch": Interaction("POST", "base"),
    "transaction": Interaction("POST", "base"),
    "capabilities": Interaction("GET", "metadata"),
} | {
    name: Interaction("", "operation", f"${name}")
    for name in _words(
        "apply closure find-matches conforms data-requirements document evaluate evaluate-measure everything "
        "expand find graphql implements lastn lookup match meta meta-add meta-delete populate populatehtml "
        "populatelink process-message questionnaire stats subset subsumes transform translate validate "
        "validate-code"
    )
}
"""All codes of R4; operations are posted where they have a body, and read where they have none."""


def interaction(system: str, code: str) -> Interaction | None:
    """Return what a code stands for, one with ``$`` being the operation itself; ``None``: nobody knows it."""
    if code.startswith("$"):
        return Interaction("", "operation", code)
    if system in SYSTEMS or system == INTERACTIONS:
        return CODES.get(_SAME.get(code, code) if system == INTERACTIONS else code)
    return Interaction("", "operation", f"${code}") if code else None
