"""Outcome: what an operation of feedback answers, as Parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.feed.feedback.states import SYSTEM, TEXTS, State


@dataclass(slots=True, frozen=True)
class Outcome:
    """Where something stands after an operation.

    Attributes:
        tasks: ``"Task/id"`` of it; a breach has one for each authority.
        entry: number of the newest entry of the ledger about it.
        due: when it is due, a FHIR instant, ``""`` for no more.
        about: ``"Type/id"`` of what it is about, ``""`` for the institution.
    """

    state: State | str
    tasks: tuple[str, ...] = ()
    entry: int = 0
    due: str = ""
    about: str = ""

    def parameters(self) -> dict[str, Any]:
        """Return it as a Parameters resource."""
        said = [
            {"name": "status", "valueCode": self.state},
            *({"name": "task", "valueReference": {"reference": one}} for one in self.tasks),
        ]
        if self.about:
            said.append({"name": "about", "valueReference": {"reference": self.about}})
        if self.due:
            said.append({"name": "due", "valueInstant": self.due})
        if self.entry:
            said.append({"name": "entry", "valueInteger": self.entry})
        return {"resourceType": "Parameters", "parameter": said}


def business_status(state: State) -> dict[str, Any]:
    """Return ``Task.businessStatus`` of a state."""
    return {"coding": [{"system": SYSTEM, "code": state, "display": TEXTS[state][1]}]}
