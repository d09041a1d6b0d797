"""healthz and readyz: is the process alive, and can it serve (outside FHIR)."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.api.context import context


async def healthz(_request: Request) -> Response:
    """The event loop answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The store answers too."""
    try:
        ready = await run_in_threadpool(context(request).store.ready)
    except Exception:  # noqa: BLE001  whatever keeps the store from answering: it is not ready
        ready = False
    if ready:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready"}, 503, {"Retry-After": "1"})
