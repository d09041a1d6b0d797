"""Actor: the person who does something, as far as the door knows; shared by policy, feed and API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True, frozen=True)
class Actor:
    """Who does something.

    Attributes:
        practitioner: ``"Practitioner/<id>"``, ``""`` where no person was asserted (a machine's client).
        client: name of the client or sender, for the account.
        by: what the assertion rests on: ``bound``, the client is this person's; ``asserted``, a trusted
            client named the person; ``certificate``, nobody did, but a good signature of the person is there.
    """

    practitioner: str = ""
    client: str = ""
    by: Literal["bound", "asserted", "certificate", ""] = ""
