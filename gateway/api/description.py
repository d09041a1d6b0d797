"""The description of the API, made from its routes: /docs and /openapi.json (OpenAPI 3.1)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.api.context import STORED
from gateway.api.interaction import Body, Interaction
from gateway.api.outcome import FHIR_JSON
from gateway.api.routes import PATCHES
from gateway.canonical.json import dumps
from gateway.canonical.logical_id import ID

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]

FHIR_XML = "application/fhir+xml"
BASE = "/fhir"
_PLACES = re.compile(r"\{(\w+)\}").findall
_ID = {"type": "string", "pattern": f"^{ID}$"}
_PATH: Json = {
    "type": {"type": "string", "enum": sorted(STORED)},
    "member": {"type": "string", "enum": ["*", *sorted(STORED)]},
    "ver": {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"},
}
_GENERAL: Json = {
    "_format": {"type": "string", "enum": ["json", "xml", FHIR_JSON, FHIR_XML]},
    "_pretty": {"type": "string", "enum": ["true", "false"]},
}
_RESOURCE = {"$ref": "#/components/schemas/Resource"}
_BODIES: dict[Body, tuple[str, ...]] = {
    "resource": (FHIR_JSON, FHIR_XML),
    "patch": PATCHES,
    "form": ("application/x-www-form-urlencoded",),
    "ndjson": ("application/fhir+ndjson",),
}
_SCHEMAS: Json = {
    "Resource": {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"type": "string"}, "id": _ID},
    },
    "JsonPatch": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["op", "path"],
            "properties": {
                "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                "path": {"type": "string"},
                "from": {"type": "string"},
                "value": {},
            },
        },
    },
    "Form": {"type": "object", "additionalProperties": {"type": "string"}},
}
_SEARCHES = ("search-type", "search-system")
_WRITES: dict[str, tuple[str, ...]] = {
    "POST": ("If-None-Exist",),
    "PUT": ("If-Match", "If-None-Match"),
    "PATCH": ("If-Match",),
    "DELETE": ("If-Match",),
}


def openapi(interactions: Sequence[Interaction], version: str) -> Handler:
    """Return the handler of /openapi.json."""
    body = dumps(described(interactions, version))

    async def answer(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return answer


def described(interactions: Sequence[Interaction], version: str) -> Json:
    """Return the OpenAPI description of what is served below the default tenant's base."""
    paths: Json = {}
    for one in interactions:
        item = paths.setdefault(BASE + one.path, {})
        item.setdefault(one.method.lower(), _operation(one))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "qiao",
            "version": version,
            "description": "HL7 FHIR R4 (4.0.1). /fhir/metadata says which types, parameters and operations "
            "there are. Other tenants are below /t/{tenant}/fhir.",
        },
        "paths": paths,
        "components": {"schemas": _SCHEMAS},
    }


def _operation(one: Interaction) -> Json:
    made: Json = {
        "summary": one.summary,
        "operationId": f"{one.method.lower()}{one.path.replace('/', '_').replace('{', '').replace('}', '')}",
        "parameters": [*_in_path(one), *_in_query(one), *_in_header(one)],
        "responses": _responses(one),
    }
    if one.body:
        made["requestBody"] = {
            "required": True,
            "content": {media: {"schema": _schema(media)} for media in _BODIES[one.body]},
        }
    return made


def _in_path(one: Interaction) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH.get(name, _ID)}
        for name in _PLACES(one.path)
    ]


def _in_query(one: Interaction) -> list[Json]:
    """Return the parameters; what a search takes besides depends on the type, see metadata."""
    named = {name: {"type": "string"} for name in one.parameters} | _GENERAL
    made: list[Json] = [{"name": name, "in": "query", "schema": schema} for name, schema in named.items()]
    if (
        one.code in _SEARCHES
        or one.path in ("/{type}/{id}/{member}", "/Observation/$lastn")
        or one.writes_by_search
    ):
        free = {"type": "object", "additionalProperties": {"type": "string"}}
        made.append({"name": "search", "in": "query", "style": "form", "explode": True, "schema": free})
    return made


def _in_header(one: Interaction) -> list[Json]:
    names: tuple[str, ...] = ()
    if one.code in ("read", "vread"):
        names = ("If-None-Match", "If-Modified-Since")
    elif one.writes_by_search or one.code in ("create", "update", "patch", "delete"):
        names = _WRITES[one.method]
    return [{"name": name, "in": "header", "schema": {"type": "string"}} for name in (*names, "Prefer")]


def _responses(one: Interaction) -> Json:
    resource = {media: {"schema": _RESOURCE} for media in (FHIR_JSON, FHIR_XML)}
    good: Json = {media: {} for media in one.media} or resource
    made: Json = {"200": {"description": "As R4 says", "content": good}}
    if one.code in ("create", "update") or one.writes_by_search:
        made["201"] = {"description": "A new resource", "content": resource}
    if one.method == "DELETE":
        made["204"] = {"description": "It is deleted"}
    if one.code in ("read", "vread"):
        made["304"] = {"description": "The client has this version already"}
    made["default"] = {"description": "An OperationOutcome says why not", "content": resource}
    return made


def _schema(media: str) -> Json:
    if media == PATCHES[0]:
        return {"$ref": "#/components/schemas/JsonPatch"}
    if media in _BODIES["ndjson"]:
        return {"type": "string"}
    return {"$ref": "#/components/schemas/Form"} if media == _BODIES["form"][0] else _RESOURCE


def docs(interactions: Sequence[Interaction]) -> Handler:
    """Return the handler of /docs: a page that needs nothing from elsewhere, hospitals have no internet."""
    rows = "".join(
        f"<tr><td>{one.method}<td><code>{escape(BASE + one.path)}</code><td>{escape(one.summary)}"
        for one in interactions
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>qiao</title>'
        "<style>body{font:15px/1.5 sans-serif;margin:2em auto;max-width:60em}"
        "td{padding:.2em 1em .2em 0;vertical-align:top}</style>"
        "<h1>qiao: HL7 FHIR R4</h1><p><a href=openapi.json>openapi.json</a> · "
        "<a href=fhir/metadata>CapabilityStatement</a></p>"
        f"<table>{rows}</table></html>"
    )

    async def answer(_request: Request) -> Response:
        return HTMLResponse(page)

    return answer
