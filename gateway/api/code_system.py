"""CodeSystem: read, search, $validate-code, $lookup and $subsumes (R4 CodeSystem, §4.8.18-20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import artefact, operation
from gateway.api.interaction import Interaction, Served
from gateway.errors import Rejected
from gateway.validation.terminology import Terminology
from gateway.validation.terminology.operations import lookup as looking_up
from gateway.validation.terminology.operations import subsumes as subsuming
from gateway.validation.terminology.operations import validate_code as validating
from gateway.validation.terminology.operations.coding import Asked, asked, codings

KIND = "CodeSystem"
VALIDATE: dict[str, operation.Kind] = {
    "url": "text",
    "version": "text",
    "code": "text",
    "display": "text",
    "coding": "object",
    "codeableConcept": "object",
}
LOOKUP: dict[str, operation.Kind] = {
    "system": "text",
    "version": "text",
    "code": "text",
    "coding": "object",
    "displayLanguage": "text",
    "property": "texts",
}
SUBSUMES: dict[str, operation.Kind] = {
    "system": "text",
    "version": "text",
    "codeA": "text",
    "codeB": "text",
    "codingA": "object",
    "codingB": "object",
}


async def validate_code(request: Request) -> Response:
    """Answer whether a code stands in a code system."""
    terminology = artefact.terminology_of(request)
    given, pretty = await operation.given(request, VALIDATE)

    def work() -> dict[str, Any]:
        system = _system(request, terminology, given)
        found = [_of(one, system, given) for one in asked(given, system)]
        return validating.parameters(validating.in_code_system(terminology, found))

    return await operation.answer(request, pretty, work)


async def lookup(request: Request) -> Response:
    """Answer with what a code system says of a code."""
    terminology = artefact.terminology_of(request)
    given, pretty = await operation.given(request, LOOKUP)

    def work() -> dict[str, Any]:
        (one,) = asked(given, kinds=())
        if not one.system:
            raise Rejected("a code needs its system", code="invalid", where="system")
        properties, language = given.get("property", []), given.get("displayLanguage", "")
        return looking_up.parameters(looking_up.lookup(terminology, one), properties, language)

    return await operation.answer(request, pretty, work)


async def subsumes(request: Request) -> Response:
    """Answer how two codes stand to each other."""
    terminology = artefact.terminology_of(request)
    given, pretty = await operation.given(request, SUBSUMES)

    def work() -> dict[str, Any]:
        system = given.get("system", "")
        if "id" in request.path_params:
            system = artefact.canonical(request, terminology, KIND, {"url": system})
        first, second = (_one(given, side, system) for side in "AB")
        return subsuming.parameters(subsuming.subsumes(terminology, first, second))

    return await operation.answer(request, pretty, work)


def _one(given: Mapping[str, Any], side: str, system: str) -> Asked:
    """Return code and system of one side of $subsumes."""
    if (f"code{side}" in given) == (f"coding{side}" in given):
        raise Rejected(f"give one of code{side}, coding{side}", code="invalid", where=f"code{side}")
    if f"code{side}" in given:
        found = Asked(given[f"code{side}"], system, given.get("version", ""))
    else:
        found = codings(given[f"coding{side}"], f"coding{side}")[0]
    if not found.system:
        raise Rejected("a code needs its system", code="invalid", where="system")
    return found


def _system(request: Request, terminology: Terminology, given: Mapping[str, Any]) -> str:
    """Return the system that is asked about, ``""`` where the codings name theirs."""
    if "id" in request.path_params or "url" in given:
        return artefact.canonical(request, terminology, KIND, given)
    if "code" in given:
        raise Rejected("say which code system by its url", code="invalid", where="url")
    return ""


def _of(one: Asked, system: str, given: Mapping[str, Any]) -> Asked:
    if system and one.system and one.system != system:
        raise Rejected("the coding is of another code system", code="value", where="coding")
    version = given.get("version", one.version)
    return Asked(one.code, system or one.system, version, one.display)


SERVED = Served(
    KIND,
    (
        Interaction("", "GET", "/CodeSystem/$validate-code", validate_code, "Check a code"),
        Interaction(
            "", "POST", "/CodeSystem/$validate-code", validate_code, "Check a code, coding or concept"
        ),
        Interaction("", "GET", "/CodeSystem/$lookup", lookup, "What a code means"),
        Interaction("", "POST", "/CodeSystem/$lookup", lookup, "What a code or coding means"),
        Interaction("", "GET", "/CodeSystem/$subsumes", subsumes, "How two codes stand to each other"),
        Interaction("", "POST", "/CodeSystem/$subsumes", subsumes, "How two codings stand to each other"),
        Interaction(
            "", "GET", "/CodeSystem/{id}/$validate-code", validate_code, "Check a code of one system"
        ),
        Interaction(
            "", "POST", "/CodeSystem/{id}/$validate-code", validate_code, "Check codes of one system"
        ),
        Interaction("", "GET", "/CodeSystem/{id}/$subsumes", subsumes, "How two codes of one system stand"),
        Interaction(
            "", "POST", "/CodeSystem/{id}/$subsumes", subsumes, "How two codings of one system stand"
        ),
        *artefact.interactions(KIND, "One code system", "The code systems"),
    ),
    ("validate-code", "lookup", "subsumes"),
)
