"""$doors: how the ways in of this process stand: addresses, lines, counters, when somebody was heard last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.visit_parameters import Parameter

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("door", "string", "A way in, in parts: its id, and every fact and counter of it", "out"),
)


async def doors(request: Request) -> Response:
    """Answer with Parameters: a ``door`` for each that is open, its facts as parts."""
    tenant_of(request)
    _, pretty = await operation.given(request, {})
    stand = context(request).doors
    if stand is None:
        raise NotFound("nothing is served at this address", code="not-found")
    return await operation.answer(request, pretty, lambda: described(stand()))


def described(stand: Mapping[str, Mapping[str, int | str]]) -> dict[str, Any]:
    """Return the facts of all doors as a Parameters resource; what says nothing is left out."""
    found = []
    for name, facts in stand.items():
        parts = [{"name": fact, **_value(said)} for fact, said in facts.items() if said != ""]
        found.append({"name": "door", "part": [{"name": "id", "valueString": name}, *parts]})
    return {"resourceType": "Parameters", **({"parameter": found} if found else {})}


def _value(said: int | str) -> dict[str, Any]:
    """R4's integer has 32 bits; a longer count is a decimal."""
    if isinstance(said, str):
        return {"valueString": said}
    return {"valueInteger": said} if -(2**31) <= said < 2**31 else {"valueDecimal": said}


INTERACTION = Interaction(
    "",
    "GET",
    "/$doors",
    doors,
    "How the ways in of this process stand",
    definition="urn:qiao:operation:doors",
)
