"""ValueSet: read, search, $expand and $validate-code (R4 ValueSet, §4.9.17-18)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import artefact, operation
from gateway.api.context import NotFound
from gateway.api.interaction import Interaction, Served
from gateway.errors import Rejected
from gateway.validation.terminology import Members, Terminology
from gateway.validation.terminology.checks import check
from gateway.validation.terminology.operations import expand as expanding
from gateway.validation.terminology.operations import validate_code as validating
from gateway.validation.terminology.operations.coding import asked

KIND = "ValueSet"
EXPAND: dict[str, operation.Kind] = {
    "url": "text",
    "valueSet": "object",
    "valueSetVersion": "text",
    "filter": "text",
    "offset": "integer",
    "count": "integer",
    "includeDesignations": "boolean",
    "activeOnly": "boolean",
    "excludeNested": "boolean",
    "displayLanguage": "text",
}
VALIDATE: dict[str, operation.Kind] = {
    "url": "text",
    "valueSet": "object",
    "valueSetVersion": "text",
    "code": "text",
    "system": "text",
    "systemVersion": "text",
    "display": "text",
    "coding": "object",
    "codeableConcept": "object",
    "abstract": "boolean",
}


async def expand(request: Request) -> Response:
    """Answer with the codes of a value set."""
    terminology = artefact.terminology_of(request)
    given, pretty = await operation.given(request, EXPAND)

    def work() -> dict[str, Any]:
        definition, members = _asked_set(request, terminology, given)
        wish = expanding.Wish(
            given.get("filter", ""),
            given.get("offset", 0),
            given.get("count"),
            given.get("includeDesignations", False),
            given.get("activeOnly", False),
            given.get("displayLanguage", ""),
        )
        with terminology.snapshot():
            page = expanding.expand(members, wish)
        return expanding.resource(definition, page, wish, datetime.now(UTC))

    return await operation.answer(request, pretty, work)


async def validate_code(request: Request) -> Response:
    """Answer whether a code is in a value set."""
    terminology = artefact.terminology_of(request)
    given, pretty = await operation.given(request, VALIDATE)

    def work() -> dict[str, Any]:
        _, members = _asked_set(request, terminology, given)
        version = {"version": given["systemVersion"]} if "systemVersion" in given else {}
        found = asked({**given, **version})
        answer = validating.in_value_set(terminology, members, found, abstract=given.get("abstract", False))
        return validating.parameters(answer)

    return await operation.answer(request, pretty, work)


def _asked_set(
    request: Request, terminology: Terminology, given: Mapping[str, Any]
) -> tuple[dict[str, Any], Members]:
    """Return the value set that an operation is about: by id, by ``url``, or the one that comes along."""
    if "valueSet" in given:
        own = given["valueSet"]
        if "url" in given or "id" in request.path_params or own.get("resourceType") != KIND:
            raise Rejected("give one value set: an id, a url or a ValueSet", code="invalid", where="valueSet")
        _check_own(own)
        return own, terminology.compose(own)
    url = artefact.canonical(request, terminology, KIND, given)
    if "valueSetVersion" in given:
        url = f"{url.partition('|')[0]}|{given['valueSetVersion']}"
    definition, members = terminology.value_set(url), terminology.members(url)
    if definition is None or members is None:
        raise NotFound("this value set is not known here", code="not-found")
    return definition | {"id": terminology.id_of(KIND, definition["url"])}, members


def _check_own(own: dict[str, Any]) -> None:
    """A stranger's value set must be whole, and its expressions would run here without a limit of time."""
    check({"url": "urn:uuid:0"} | own, "valueSet")
    compose = own.get("compose", {})
    includes = [*compose.get("include", []), *compose.get("exclude", [])]
    if any(one.get("op") == "regex" for each in includes for one in each.get("filter", [])):
        raise Rejected("a filter by regular expression needs an imported value set", code="not-supported")


SERVED = Served(
    KIND,
    (
        Interaction("", "GET", "/ValueSet/$expand", expand, "The codes of a value set"),
        Interaction("", "POST", "/ValueSet/$expand", expand, "The codes of a value set that comes along"),
        Interaction("", "GET", "/ValueSet/$validate-code", validate_code, "Check a code"),
        Interaction("", "POST", "/ValueSet/$validate-code", validate_code, "Check a code, coding or concept"),
        Interaction("", "GET", "/ValueSet/{id}/$expand", expand, "The codes of one value set"),
        Interaction("", "POST", "/ValueSet/{id}/$expand", expand, "The codes of one value set"),
        Interaction(
            "", "GET", "/ValueSet/{id}/$validate-code", validate_code, "Check a code by one value set"
        ),
        Interaction(
            "", "POST", "/ValueSet/{id}/$validate-code", validate_code, "Check codes by one value set"
        ),
        *artefact.interactions(KIND, "One value set", "The value sets"),
    ),
    ("expand", "validate-code"),
)
