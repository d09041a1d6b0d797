"""Front: what stands around the interactions of a served application: who may pass, and the quick read."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware import Middleware

from gateway.api.own import Own
from gateway.api.patient_access import PatientAccess
from gateway.api.quick import Quick
from gateway.api.supervised import Supervised
from gateway.security import Access, Clients


def protect(app: FastAPI, clients: Clients, *, nameless: bool = False) -> Quick:
    """Return the application for clients only, each in its tenant and with what its role may do.

    The check stands inside of the outermost layer, so that a refusal has a request id and the format that was
    asked for; the quick read stands before everything, FastAPI too, and asks ``clients`` itself.

    Args:
        nameless: see :class:`gateway.security.Access`.
    """
    public = bool(app.state.context.options.public)
    app.user_middleware.append(Middleware(Access, clients=clients, nameless=nameless, public=public))
    app.user_middleware.append(Middleware(PatientAccess, context=app.state.context))
    app.user_middleware.append(Middleware(Own, context=app.state.context))
    app.user_middleware.append(Middleware(Supervised, context=app.state.context))
    return Quick(app, app.state.context, clients, nameless=nameless)
