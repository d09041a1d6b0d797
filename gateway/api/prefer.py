"""Prefer: what a client would like back, and how strictly it wants to be taken (R4 http.html, RFC 7240)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

Returns = Literal["minimal", "representation", "OperationOutcome", ""]
_RETURNS: dict[str, Returns] = {
    "minimal": "minimal",
    "representation": "representation",
    "operationoutcome": "OperationOutcome",
}


@dataclass(slots=True, frozen=True)
class Prefer:
    """Preferences; one that is not known is left out, as RFC 7240 §2 says.

    Attributes:
        returns: what an answer to a change has as its body, ``""`` where the client leaves it to the server.
        lenient: a search parameter that is not known is a warning, no error.
    """

    returns: Returns = ""
    lenient: bool = False


_NONE = Prefer()


def prefer(request: Request) -> Prefer:
    """Return the preferences of a request; of one that is there twice the first counts."""
    given = request.headers.getlist("prefer")
    if not given:
        return _NONE
    told: dict[str, str] = {}
    for one in ",".join(given).replace(";", ",").split(","):
        name, _, value = one.partition("=")
        told.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    return Prefer(_RETURNS.get(told.get("return", ""), ""), told.get("handling") == "lenient")
