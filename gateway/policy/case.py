"""Case: what one decision is about: the documents, who acts, what was signed, and the facts behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from gateway.canonical.actor import Actor
from gateway.canonical.facts import Facts
from gateway.canonical.resource import Resource
from gateway.canonical.signed import Verified

Event = Literal[
    "consent",
    "visit",
    "finish",
    "terminate",
    "record",
    "prescription",
    "request",
    "transfer",
    "review",
    "redeem",
    "dispense",
    "evaluation",
    "practitioner",
    "organization",
    "readiness",
    "purge",
]
"""What is about to happen, and what ``Case.documents`` has:

- ``consent``: a Consent. ``visit``: an Encounter is opened, accepted or changed; ``finish``: it ends as
  planned; ``terminate``: it ends because the patient must go to a hospital.
- ``record``: a Composition, and the Conditions that come with it.
- ``prescription``: a RequestGroup and its MedicationRequests, before they take effect.
- ``request``: a ServiceRequest for an exam or a test; ``transfer``: for admission, transfer or referral.
- ``review``: the pharmacist's Task as it is to be (status completed or rejected).
- ``redeem``: the Task of the redemption, whose owner is the pharmacy. ``dispense``: a MedicationDispense.
- ``evaluation``: a QuestionnaireResponse.
- ``practitioner``: a Practitioner. ``organization``: an Organization is registered or changed; ``readiness``:
  asked of an Organization at any time: is all there that it needs?
- ``purge``: whatever is to be removed for good.
"""

EVENTS: tuple[Event, ...] = get_args(Event)
HOLDING: frozenset[Event] = frozenset({"prescription"})
"""Events at which a rule may hold. A prescription alone has somebody who must look at it before it takes
effect by the text, the pharmacist (NAT-20.5), who releases it; anything else nobody would release."""

Value = str | int | bool | tuple[str, ...]
"""A parameter of a pack: text, number, switch or list of texts."""


@dataclass(frozen=True)
class Case:
    """One decision to be made.

    Attributes:
        event: what is about to happen.
        documents: the resources that it is about, the unit as a whole (see :data:`Event`).
        facts: what is on file.
        actor: who does it; None where nobody is known.
        signatures: those that were checked and found good.
        parameters: instead of those of the packs, for this decision alone.
    """

    event: Event
    documents: Sequence[Resource]
    facts: Facts
    actor: Actor | None = None
    signatures: Sequence[Verified] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict)
