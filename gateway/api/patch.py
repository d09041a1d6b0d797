"""patch: change parts of a resource by JSON Patch or FHIRPath Patch (R4 http.html#patch, fhirpatch.html)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body, change, negotiation, resource
from gateway.api.conditional import check_versions, condition
from gateway.api.context import Context, check_id, check_type, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.canonical import Resource
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected
from gateway.patch import patched, same_resource, told_truly
from gateway.store.model import ANY_VERSION, Change, Result
from gateway.validation import Definitions, Located

if TYPE_CHECKING:
    from gateway.patch.fhirpath_patch import FHIRPathPatch

LARGEST = 4 * 1024 * 1024
"""Bytes of a patch."""
MOST_IN_WRITER = 256 * 1024
"""Bytes of a resource that may be patched while the writer waits."""
_TRIES = 8
"""How often somebody else may be quicker before the writer is asked to wait."""

Apply = Callable[[Resource], Any]
Make = Callable[[Resource], Resource]


async def patch(request: Request, type: str, id: str) -> Response:
    """Change the resource that the address names."""
    check_type(type)
    tenant_of(request)
    pretty = negotiation.check(request)
    return await _made(request, Change("patch", type, check_id(id)), pretty)


async def patch_conditional(request: Request, type: str) -> Response:
    """The same for the one resource that a search finds."""
    check_type(type)
    tenant_of(request)
    found = condition(request.url.query, "patch")
    pretty = negotiation.wished(request)
    return await _made(request, Change("patch", type, condition=found), pretty)


async def _made(request: Request, wanted: Change, pretty: bool) -> Response:
    check_versions(wanted, request.headers)
    here = context(request)
    with here.room.held() as take:
        data = await body.bytes_of(request, LARGEST, take, body.PATCH)
    document = resource.plain(data)
    issues: list[Located] = []
    made = patching(here, reading(document, body.media_of(request) == body.JSON_PATCH), issues)
    result = await _ahead(request, wanted, made, len(data)) if wanted.id else None
    if result is None:
        wanted.patch = bounded(made)
        result = await change.make(request, wanted, len(data))
    return change.answer(request, result, issues, pretty)


async def _ahead(request: Request, wanted: Change, made: Make, size: int) -> Result | None:
    """Patch the current version first, so that the writer does no work that a client can make long.

    Returns:
        None where there is nothing to patch (the writer says why), or others were quicker each time.
    """
    here, tenant = context(request), tenant_of(request)
    for _ in range(_TRIES):
        version = await here.reads.current(tenant, wanted.type, wanted.id)
        if version is None or version.deleted or not _may(wanted, version.ver):
            return None
        length = size + len(version.body)
        work = partial(_of_bytes, made, version.body)
        after = await asyncio.get_running_loop().run_in_executor(here.checker(length), work)
        result = Change("patch", wanted.type, wanted.id, after, if_match=frozenset((version.ver,)))
        try:
            return await change.make(request, result, length)
        except Rejected as error:
            if error.code != "precondition":
                raise
    return None


def _may(wanted: Change, ver: int) -> bool:
    """Tell whether its conditions let a version be patched."""
    meets = not wanted.if_match or bool(wanted.if_match & {ver, ANY_VERSION})
    return meets and not wanted.if_none_match & {ver, ANY_VERSION}


def _of_bytes(made: Make, data: bytes) -> Resource:
    return made(loads(data))


def reading(document: Any, json_patch: bool) -> Apply:
    """Return what applies a patch: an array of operations, or Parameters.

    Raises:
        Rejected: it is neither.
    """
    if json_patch:
        return lambda before: patched(before, document)
    if type(document) is not dict or document.get("resourceType") != "Parameters":
        raise Rejected("a FHIRPath Patch is a Parameters resource", code="invalid")
    return lambda before: fhirpath_patch().patched(before, document)


def bounded(made: Make) -> Make:
    """Return the same for the writer's thread, which everybody waits for: a resource must not be too long."""

    def small(before: Resource) -> Resource:
        if len(dumps(before)) > MOST_IN_WRITER:
            raise Rejected("a resource of this length is patched alone, by its id", code="too-costly")
        return made(before)

    return small


def patching(here: Context, apply: Apply, issues: list[Located]) -> Make:
    """Return the function that makes the new resource of the current one.

    Args:
        issues: gets what is wrong with the new one and no error.
    """

    def made(before: Resource) -> Resource:
        after = told_truly(before, same_resource(before, apply(before)))
        issues[:] = resource.check(here, after)
        return after

    return made


@cache
def fhirpath_patch() -> FHIRPathPatch:
    """Return what applies FHIRPath Patches; made when the first one comes."""
    from gateway.patch.fhirpath_patch import FHIRPathPatch

    return FHIRPathPatch(Definitions())


INTERACTION = Interaction("patch", "PATCH", "/{type}/{id}", patch, "Change parts of a resource", body="patch")
CONDITIONAL = Interaction(
    "", "PATCH", "/{type}", patch_conditional, "Change parts of the one that a search finds", body="patch"
)
