"""healthz and readyz: is the process alive, and can it serve (outside FHIR)."""

from __future__ import annotations

import asyncio

from anyio import to_thread
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.api.context import context
from gateway.store import Store

PATIENCE = 2.0
"""Seconds that the store may take: a database that hangs never answers, and a probe gives up soon."""


async def healthz(_request: Request) -> Response:
    """The event loop answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The store answers too, in time."""
    look = _look(request.app.state, context(request).store)
    done, _ = await asyncio.wait([look], timeout=PATIENCE)
    if done and look.result():
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready"}, 503, {"Retry-After": "1"})


def _look(state: State, store: Store) -> asyncio.Task[bool]:
    """Return the look at the store that is under way, or a new one: while one hangs no other is begun."""
    look: asyncio.Task[bool] | None = getattr(state, "look", None)
    if look is None or look.done() or look.get_loop() is not asyncio.get_running_loop():
        look = state.look = asyncio.create_task(_answers(store))
    return look


async def _answers(store: Store) -> bool:
    try:
        return await to_thread.run_sync(store.ready, abandon_on_cancel=True)
    except Exception:  # noqa: BLE001  whatever keeps the store from answering: it is not ready
        return False
