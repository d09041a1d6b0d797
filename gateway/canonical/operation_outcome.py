"""OperationOutcome: how every layer builds one (R4 operationoutcome.html)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def operation_outcome(issues: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return an OperationOutcome of its issues, of which there is at least one."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def issue(severity: str, code: str, diagnostics: str, expression: str = "") -> dict[str, object]:
    """Return one issue.

    Args:
        code: of the R4 ValueSet issue-type.
        expression: path of the element, ``""`` for none.
    """
    made: dict[str, object] = {"severity": severity, "code": code, "diagnostics": diagnostics}
    return {**made, "expression": [expression]} if expression else made
