"""Signatures of an operation are verified before it begins, so that the writer does not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.requests import Request

from gateway.api.context import context
from gateway.canonical import Resource
from gateway.canonical.elements import first, references
from gateway.canonical.json import loads
from gateway.canonical.moments import moment
from gateway.feed.visit.governor import Visits
from gateway.store.model import Version

_MOST = 8
"""Signatures on file that are verified in advance; the act verifies whichever it takes itself."""


async def prepare(request: Request, tenant: str, type_: str, id_: str, given: Mapping[str, Any]) -> None:
    """Verify the signatures over what stands now that an operation may take: the one that comes with it, the
    one that it names, or those on file. The act reads them once more.

    Raises:
        Retry: a signature server verifies, and does not answer.
    """
    visits = context(request).visits
    documents = await _documents(request, tenant, type_, id_) if visits is not None else []
    if visits is None or not documents:
        return
    said = given.get("signature")
    if isinstance(said, dict) and "resourceType" in said:
        await _beside(visits, said, documents, None)
        return
    for one in await _on_file(request, tenant, said, documents[0]):
        await _beside(visits, one, documents, moment(first(one, "meta.lastUpdated")))


async def _beside(visits: Visits, provenance: Resource, documents: list[Resource], at_us: int | None) -> None:
    work = partial(visits.checked.prepare, provenance, documents, at_us)
    await asyncio.get_running_loop().run_in_executor(visits.checked.threads, work)


async def _on_file(request: Request, tenant: str, said: Any, about: Resource) -> list[Resource]:
    """Return the Provenance that is named, else those over a document, the newest first."""
    if isinstance(said, dict):
        type_, _, id_ = str(said.get("reference", "")).partition("/")
        named = await _current(request, tenant, type_, id_) if type_ == "Provenance" else None
        return [named] if named else []
    here = context(request)
    pairs = [("target", f"{about['resourceType']}/{about['id']}"), ("_count", str(_MOST))]
    work = partial(here.store.search, tenant, "Provenance", pairs)
    page = await asyncio.get_running_loop().run_in_executor(here.threads, work)
    return [one for one in map(_read, page.matches) if "signature" in one]


async def _documents(request: Request, tenant: str, type_: str, id_: str) -> list[Resource]:
    about = await _current(request, tenant, type_, id_)
    if about is not None and type_ == "Task":
        focus = (references(about, "focus") or ["/"])[0]
        about = await _current(request, tenant, *focus.split("/")[:2])
    if about is None:
        return []
    lines = [
        await _current(request, tenant, *name.split("/")) for name in references(about, "action.resource")
    ]
    return [about, *(one for one in lines if one is not None)]


async def _current(request: Request, tenant: str, type_: str, id_: str) -> Resource | None:
    found = await context(request).reads.current(tenant, type_, id_) if type_ and id_ else None
    return None if found is None or found.deleted else _read(found)


def _read(version: Version) -> Resource:
    found: Resource = loads(version.body)
    return found
