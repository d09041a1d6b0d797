"""Caller: who asks; put into the scope of a request before the API sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.security.roles import ROLES, Right, Role

CALLER = "qiao.caller"
"""Key of a request's scope: its Caller."""


Sees = Literal["visits", "all"]


@dataclass(slots=True, frozen=True)
class Caller:
    """One client, as its token says.

    Attributes:
        client: its name in ``clients.toml``; ``"local"`` for anybody on loopback where there is no such file.
        tenant: the hospital whose resources it sees, and no other's.
        role: what it may do.
        practitioner: the one person who uses it, ``"Practitioner/id"`` or ``"SYSTEM|VALUE"``; else ``""``.
        asserts: it is trusted to say with each request which person acts (``X-Qiao-Practitioner``).
        patient: whose record it reads, ``"Patient/id"``, where its role is ``patient``; ``""``: each request
            says it.
        arrived: it is trusted to bring orders that took effect elsewhere (``effective_orders``).
        sees: ``visits``: of the tenant only what belongs to the supervised business.
    """

    client: str
    tenant: str
    role: Role
    practitioner: str = ""
    asserts: bool = False
    sees: Sees = "all"
    arrived: bool = False
    patient: str = ""

    def may(self, right: Right) -> bool:
        """Tell whether it has a right."""
        return right in ROLES[self.role]

    @property
    def source(self) -> str:
        """Who wrote a version, for ``Transact.source``."""
        return f"client:{self.client}"


LOCAL = Caller("local", "default", "operator", asserts=True)
"""Anybody, where there are no clients: only loopback is served then."""

ANONYMOUS = Caller("anonymous", "default", "read")
"""Somebody without a token, at one of the addresses that need none."""


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Return who asks; an application that nobody guards is asked by :data:`LOCAL`."""
    found: Caller = scope.get(CALLER, LOCAL)
    return found
