"""Actor: who does something: the principal that asks, as a door knows it, and the person on file behind."""

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


@dataclass(slots=True, frozen=True)
class Principal:
    """Who asks, for ``Transact.caller`` and for the operations; nobody has looked yet who is on file.

    Attributes:
        client: name of the client or sender.
        said: ``"Practitioner/id"``, ``"PractitionerRole/id"`` or ``"SYSTEM|VALUE"``; ``""`` for nobody.
        by: what that rests on, see ``Actor.by``.
        platform: it may give serials on behalf of a platform.
        arrived: it is trusted to bring what took effect elsewhere.
    """

    client: str = ""
    said: str = ""
    by: Literal["bound", "asserted", ""] = ""
    platform: bool = False
    arrived: bool = False
