"""$translate: one code by the code tables in force and by ConceptMaps (R4 ConceptMap-operation-translate)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body as bodies
from gateway.api import negotiation
from gateway.api.artefact import terminology_of
from gateway.api.concept_map import tables_of
from gateway.api.context import NotFound, context
from gateway.api.interaction import Interaction
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.mapping.codes import Table
from gateway.mapping.translate import Match, choose, find
from gateway.mapping.translate import translate as matches_of
from gateway.validation.terminology.operations import coding
from gateway.validation.terminology.operations.translate import NO_TRANSLATION
from gateway.validation.terminology.operations.translate import Match as Mapped
from gateway.validation.terminology.operations.translate import translate as mapped

_TEXTS = ("url", "conceptMapVersion", "code", "system", "version", "source", "target", "targetsystem")


@dataclass(slots=True, frozen=True)
class Asked:
    """The in-parameters that are served; ``codings`` are (code, system), ``sets`` the value sets by side."""

    url: str
    codings: Sequence[tuple[str, str]]
    target: str
    reverse: bool
    sets: Mapping[str, str] = field(default_factory=dict)


async def translate(request: Request) -> Response:
    """Answer the operation by GET, of the type or of one ConceptMap."""
    tables = tables_of(request)
    pretty = negotiation.check(request, allowed=(*_TEXTS, "reverse"))
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise Rejected("it may be given once only", code="value", where=name)
        given[name] = value
    return _answer(request, tables, _asked(given), pretty)


async def translate_post(request: Request) -> Response:
    """The same with a Parameters resource as the body."""
    tables = tables_of(request)
    pretty = negotiation.check(request)
    body = await bodies.json_of(request, context(request).options.max_form)
    return _answer(request, tables, _asked(_parameters(body)), pretty)


def _parameters(body: bytes) -> dict[str, Any]:
    """Return the values of a Parameters resource by name.

    Raises:
        Rejected: it is none, or a parameter is there twice, unknown or without a value.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("the body is not JSON", code="invalid") from None
    parameters = data.get("parameter", []) if isinstance(data, dict) else None
    if not isinstance(parameters, list) or data.get("resourceType") != "Parameters":
        raise Rejected("the body must be a Parameters resource", code="invalid")
    given: dict[str, Any] = {}
    for one in parameters:
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or not name:
            raise Rejected("a parameter without a name", code="invalid", where="parameter")
        if name not in (*_TEXTS, "reverse", "coding", "codeableConcept"):
            raise Rejected(
                "this operation does not take such a parameter", code="not-supported", where=name[:64]
            )
        values = [value for key, value in one.items() if key.startswith("value")]
        if len(values) != 1 or name in given:
            raise Rejected("it must be given once, with one value", code="value", where=name)
        given[name] = values[0]
    return given


def _asked(given: Mapping[str, Any]) -> Asked:
    """Return what is asked for.

    Raises:
        Rejected: not exactly one of code, coding and codeableConcept, or one without code and system.
    """
    for name in _TEXTS:
        if not isinstance(given.get(name, ""), str):
            raise Rejected("it must be a text", code="value", where=name)
    kinds = [name for name in ("code", "coding", "codeableConcept") if name in given]
    if len(kinds) != 1:
        raise Rejected("give one of code with system, coding, codeableConcept", code="invalid", where="code")
    reverse = given.get("reverse", False)
    if reverse not in (True, False, "true", "false"):
        raise Rejected("it must be true or false", code="value", where="reverse")
    codings = _codings(kinds[0], given)
    target = given.get("targetsystem", "")
    sets = {side: given[side] for side in ("source", "target") if given.get(side)}
    return Asked(given.get("url", ""), codings, target, reverse in (True, "true"), sets)


def _codings(kind: str, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    value = given[kind]
    if kind == "code":
        codings: Any = [{"code": value, "system": given.get("system", "")}]
    else:
        codings = value.get("coding") if kind == "codeableConcept" and isinstance(value, dict) else [value]
    if not isinstance(codings, list) or not codings:
        raise Rejected("it has no coding", code="value", where=kind)
    found = []
    for one in codings:
        parts = (one.get("code"), one.get("system")) if isinstance(one, dict) else ()
        if len(parts) != 2 or not all(isinstance(part, str) and part for part in parts):
            raise Rejected(
                "a code needs its system", code="invalid", where="system" if kind == "code" else kind
            )
        found.append((str(parts[0]), str(parts[1])))
    return found


def _maps(request: Request, asked: Asked, system: str) -> list[dict[str, Any]]:
    """Return the terminology's ConceptMaps to ask: that of the path, of ``url``, or all of the system."""
    if context(request).terminology is None:
        return []
    terminology = terminology_of(request)
    if "id" in request.path_params or asked.url:
        name = asked.url or terminology.of_id("ConceptMap", request.path_params["id"])
        found = terminology.concept_map(name) if name else None
        return [found] if found else []
    maps = [terminology.concept_map(url) or {} for url in terminology.urls("ConceptMap")]
    return [
        one
        for one in maps
        if any(group.get("source") == system for group in one.get("group", ()))
        and all(value_set in _sets(one, side) for side, value_set in asked.sets.items())
    ]


def _sets(concept_map: Mapping[str, Any], side: str) -> tuple[str, ...]:
    """Return the value set of one side of a ConceptMap (``"target"``), as it is written and bare."""
    named = str(concept_map.get(f"{side}Canonical") or concept_map.get(f"{side}Uri") or "")
    return named, named.partition("|")[0]


def _by_maps(request: Request, asked: Asked, code: str, system: str) -> list[Match] | None:
    """Return the matches of the terminology's ConceptMaps, None where there is none to ask."""
    maps = _maps(request, asked, system)
    if not maps:
        return [] if asked.sets else None
    known = terminology_of(request).concept_map
    wanted = coding.Asked(code, system)
    return [
        Match(one.equivalence, _coding(one), one.source)
        for each in maps
        for one in mapped(each, wanted, target=asked.target, reverse=asked.reverse, known=known)
    ]


def _coding(one: Mapped) -> dict[str, str]:
    parts = {"system": one.system, "code": one.code, "display": one.display}
    return {name: value for name, value in parts.items() if value}


def _tables(request: Request, tables: Mapping[str, Table], asked: Asked, system: str) -> Sequence[Table]:
    """Return the tables to ask: that of the path, of ``url``, or all that name the system."""
    id_ = request.path_params.get("id")
    name = id_ or asked.url
    if not name:
        return [] if asked.reverse else list(choose(tables, system))
    found = tables.get(name) if id_ else find(tables, name)
    if found is None:
        raise NotFound("there is no such ConceptMap", code="not-found")
    if id_ and asked.url and asked.url != found.url:
        raise Rejected("it is not the url of this ConceptMap", code="value", where="url")
    return [found]


def _answer(request: Request, tables: Mapping[str, Table], asked: Asked, pretty: bool) -> Response:
    if asked.reverse and not (asked.url or "id" in request.path_params):
        raise Rejected("reverse needs the url of a ConceptMap", code="invalid", where="url")
    matches: list[Match] = []
    for code, system in asked.codings:
        more = _by_maps(request, asked, code, system)
        if more is None or _has_table(request, tables, asked, system):
            chosen = _tables(request, tables, asked, system)
            matches += matches_of(chosen, code, system, target=asked.target, reverse=asked.reverse)
        matches += more or []
    return negotiation.answer(dumps(parameters(matches)), pretty)


def _has_table(request: Request, tables: Mapping[str, Table], asked: Asked, system: str) -> bool:
    """Return whether a code table is to be asked too."""
    if "id" in request.path_params:
        return request.path_params["id"] in tables
    if asked.url:
        return find(tables, asked.url) is not None
    return any(system in one.source_systems for one in tables.values())


def parameters(matches: Sequence[Match]) -> dict[str, Any]:
    """Return the out-parameters: ``result``, ``message`` where there is no match, one ``match`` for each."""
    # R4: true only where at least one match is neither unmatched nor disjoint.
    result = any(one.equivalence not in NO_TRANSLATION for one in matches)
    made: list[dict[str, Any]] = [{"name": "result", "valueBoolean": result}]
    if not result:
        made.append(
            {"name": "message", "valueString": "no table has a map for this code; it keeps its coding"}
        )
    for one in matches:
        parts = [
            {"name": "equivalence", "valueCode": one.equivalence},
            {"name": "concept", "valueCoding": dict(one.coding)},
            {"name": "source", "valueUri": one.source},
        ]
        if not one.coding.get("code"):
            del parts[1]
        made.append({"name": "match", "part": parts})
    return {"resourceType": "Parameters", "parameter": made}


OPERATIONS = (
    Interaction("", "GET", "/ConceptMap/$translate", translate, "Translate a code"),
    Interaction("", "POST", "/ConceptMap/$translate", translate_post, "Translate a code, coding or concept"),
    Interaction("", "GET", "/ConceptMap/{id}/$translate", translate, "Translate a code by one code table"),
    Interaction("", "POST", "/ConceptMap/{id}/$translate", translate_post, "Translate by one code table"),
)
