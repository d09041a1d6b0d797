"""Principal: whose act a request is: of the client's own person, or of one whom it names (NAT-16.2)."""

from __future__ import annotations

from starlette.requests import Request

from gateway.canonical.actor import Principal
from gateway.errors import Rejected
from gateway.security.caller import Caller, caller_of
from gateway.security.client import check_practitioner

HEADER = "x-qiao-practitioner"
"""``Practitioner/ID``, ``PractitionerRole/ID`` or ``SYSTEM|VALUE``."""


def principal_of(request: Request, said: str = "") -> Principal:
    """Return who acts.

    Args:
        said: the person as a parameter of an operation names them; before the header.

    Raises:
        Rejected: ``forbidden``: this client may not speak for that person; ``value``: it names nobody.
    """
    caller = caller_of(request.scope)
    wanted = said or request.headers.get(HEADER, "")
    trusted = caller.may("serials"), caller.arrived
    if not wanted:
        return Principal(caller.client, caller.practitioner, "bound" if caller.practitioner else "", *trusted)
    _check(caller, wanted)
    own = wanted == caller.practitioner
    return Principal(caller.client, wanted, "bound" if own else "asserted", *trusted)


def _check(caller: Caller, wanted: str) -> None:
    try:
        check_practitioner(wanted, HEADER)
    except Rejected as error:
        raise Rejected(error.reason, code="value", where=HEADER) from None
    if wanted != caller.practitioner and not caller.asserts:
        raise Rejected(
            f"{caller.client} is not trusted to say who acts (asserts)", code="forbidden", where=HEADER
        )
