"""Owns the order in which url, params, targetId and resource make an address (R4 TestScript.operation)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.testscript.content import Content
from conformance.testscript.identity import Identity
from conformance.testscript.identity import identity as who
from conformance.testscript.operation_codes import Interaction
from conformance.testscript.script import Operation
from conformance.testscript.unusable import Unusable


@dataclass(slots=True, frozen=True)
class Sources:
    """Where a request takes its parts from.

    Attributes:
        fill: replaces ``${name}``.
        content: what an id stands for.
        identity: who the resource is that an id stands for.
    """

    fill: Callable[[str], str]
    content: Callable[[str], Content]
    identity: Callable[[str], Identity]


def address(
    operation: Operation, what: Interaction, base: str, source: Content | None, sources: Sources
) -> str:
    """Return the whole address, not yet encoded.

    Raises:
        Unusable: a part that the interaction needs is given nowhere.
    """
    if operation.url:
        url = sources.fill(operation.url)
        return url if urlsplit(url).scheme else f"{base}/{url.lstrip('/')}"
    resource = sources.fill(operation.resource)
    if operation.params:
        params = sources.fill(operation.params)
        params = params if params.startswith(("/", "?")) else f"/{params}"
        return f"{base}{_with_params(what, resource, params, source)}"
    if operation.target_id:
        found = sources.identity(operation.target_id)
        return f"{base}{_of(what, Identity(resource or found.type, found.id, found.version))}"
    return f"{base}{_bare(what, resource, source)}"


def _with_params(what: Interaction, resource: str, params: str, source: Content | None) -> str:
    if what.form == "metadata":
        return f"/metadata{params}"
    if what.form == "operation" and "$" not in params:
        path, sign, query = params.partition("?")
        return f"{_type(resource, source, what)}{path}/{what.name}{sign}{query}"
    if what.form == "base":
        return params
    return f"{_type(resource, source, what)}{params}"


def _of(what: Interaction, found: Identity) -> str:
    if what.form in ("type", "base", "metadata"):
        return _bare(what, found.type, None)
    if not (found.type and found.id):
        raise Unusable("targetId 没有资源类型或 id", "what targetId names has no resource type, or no id")
    place = f"/{found.type}/{found.id}"
    if what.form == "version":
        if not found.version:
            raise Unusable("targetId 没有版本号", "what targetId names has no version")
        return f"{place}/_history/{found.version}"
    return f"{place}{ {'history': '/_history', 'operation': f'/{what.name}'}.get(what.form, '') }"


def _bare(what: Interaction, resource: str, source: Content | None) -> str:
    """Without params and targetId: on the server or a type; an update goes where its source belongs."""
    if what.form == "base":
        return ""
    if what.form == "metadata":
        return "/metadata"
    place = _type(resource, source, what)
    if what.form in ("history", "operation"):
        return f"{place}/{'_history' if what.form == 'history' else what.name}"
    if what.form == "type":
        if not place and what.method != "GET":
            raise Unusable("没有资源类型", "there is no resource type")
        return place
    found = who(source) if source and what.method != "PATCH" else Identity()
    if not found.id:
        raise Unusable(
            "没有 params、targetId 或 url，也不能由 sourceId 得出地址",
            "there is no params, targetId or url, nor an id in what sourceId names",
        )
    return f"/{resource or found.type}/{found.id}"


def _type(resource: str, source: Content | None, what: Interaction) -> str:
    """What is written goes to its own type unless another is named; operations go to the server."""
    writes = what.method in ("POST", "PUT", "PATCH") or what.name == "$validate"
    type_ = resource or (source.type if source and writes else "")
    return f"/{type_}" if type_ else ""
