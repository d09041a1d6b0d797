"""Functions for clinical documents: the sections of a Composition, which no row could write one by one."""

from __future__ import annotations

from typing import Any

from gateway.mapping.functions import FUNCTIONS, Function
from gateway.mapping.layout.cda import sections_of
from gateway.mapping.layout.laid import Laid
from gateway.mapping.run import Run


def sections(f: list[str], run: Run) -> Any:
    """All sections of a document, nested as they are: title, code, narrative → Composition.section."""
    message = run.message
    made = sections_of(message.sections) if isinstance(message, Laid) else []
    return {"section": made} if made else None


FUNCTIONS["sections"] = Function("segment", sections, "")
