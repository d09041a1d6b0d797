"""$subsumes: how two codes of one code system stand to each other (R4 CodeSystem-operation-subsumes)."""

from __future__ import annotations

from gateway.errors import Rejected
from gateway.validation.terminology.concepts import Json
from gateway.validation.terminology.expansion import Terminology
from gateway.validation.terminology.filters import above
from gateway.validation.terminology.operations.coding import Asked


def subsumes(terminology: Terminology, first: Asked, second: Asked) -> str:
    """Return ``equivalent``, ``subsumes``, ``subsumed-by`` or ``not-subsumed`` (ConceptSubsumptionOutcome).

    Raises:
        Rejected: two systems, one that is not known here, one whose hierarchy does not subsume, or a code
            that it does not have.
    """
    if first.system != second.system:
        raise Rejected("both codes must be of one code system", code="invalid", where="codingB")
    concepts = terminology.code_system(first.canonical)
    if concepts is None:
        raise Rejected("this code system is not known here", code="not-found", where="system")
    codes = []
    for one, where in ((first, "codeA"), (second, "codeB")):
        spelled = concepts.spelling(one.code)
        if spelled is None:
            raise Rejected("this code system has no such code here", code="not-found", where=where)
        codes.append(spelled)
    if codes[0] == codes[1]:
        return "equivalent"
    if concepts.count is None or not concepts.hierarchy:
        raise Rejected("the codes of this code system do not subsume", code="not-supported", where="system")
    with terminology.snapshot():
        if codes[0] in above(concepts, codes[1]):
            return "subsumes"
        return "subsumed-by" if codes[1] in above(concepts, codes[0]) else "not-subsumed"


def parameters(outcome: str) -> Json:
    """Return the out-parameters."""
    return {"resourceType": "Parameters", "parameter": [{"name": "outcome", "valueCode": outcome}]}
