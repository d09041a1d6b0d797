"""URLs, forms and headers: parameters of FHIR searches, of OAuth and of others that hold what is masked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.evidence.codings import quoted, unquoted
from conformance.evidence.marks import Kind
from conformance.evidence.opened import Learner
from conformance.evidence.places import PARTS, PEOPLE, belongs, kind_of, part

_PARAMETER = re.compile(r"([?&;#]|^)([^=&;#?\s]+)=([^&;#\s]*)")
_PERSON = re.compile(
    r"(?:patient|subject|practitioner|performer|author|requester|recorder|asserter|individual|general-practitioner"
    r"|participant|responsible)(?::\w+)?\.name$",
    re.IGNORECASE,
)
_OAUTH = frozenset(("code", "assertion", "code_verifier", "username", "device_code"))
_COOKIE = re.compile(r"(?<![^=;,\s])([^=;,\s]++)=([^;,\s]*)")
_ATTRIBUTES = frozenset(("path", "domain", "expires", "max-age", "samesite", "version", "priority"))
_AUTHORIZATION = re.compile(r"(?i)^(bearer|basic|digest|negotiate|apikey)\s+(.+)$", re.DOTALL)
_TELECOM_SYSTEM = re.compile(r"^(?:[a-z]+)?\|")


def mask_url(url: str, learner: Learner) -> str:
    """Return a URL, or a query, with its parameters masked; of its other parts nothing is changed yet."""
    head, mark, query = url.partition("?")
    if not mark:
        return url
    people = bool(PEOPLE.search(f"{head}/"))
    return head + mark + mask_form(query, learner, people=people)


def mask_form(form: str, learner: Learner, *, people: bool = False) -> str:
    """Return parameters with those masked that hold what is masked.

    Args:
        people: whether ``name`` is a person's, as in a search of patients.
    """
    oauth = "grant_type=" in form or "client_assertion" in form

    def masked(found: re.Match[str]) -> str:
        name, value = unquoted(found[2]), unquoted(found[3])
        kind = _kind(name, people=people, oauth=oauth)
        if not value or not kind or not belongs(kind, value):
            return found[0]
        new = _value(kind, name, value, learner)
        return found[0] if new == value else f"{found[1]}{found[2]}={quoted(new)}"

    return _PARAMETER.sub(masked, form)


def _kind(name: str, *, people: bool, oauth: bool) -> Kind | None:
    bare = name.rsplit(".", 1)[-1].partition(":")[0]
    if oauth and name in _OAUTH:
        return "name" if name == "username" else "secret"
    if _PERSON.search(name.partition("=")[0]) or (people and bare in ("name", "phonetic")):
        return "name"
    return kind_of(bare)


def _value(kind: Kind, name: str, value: str, learner: Learner) -> str:
    """Mask each of the values of a parameter, which commas part (R4 search §3.1.1.3.7)."""
    if kind == "secret":
        return learner.learn(kind, value)
    bare = name.rpartition(".")[2].partition(":")[0]
    masked = []
    for one in value.split(","):
        system = _TELECOM_SYSTEM.match(one)
        head, rest = (system[0], one[system.end() :]) if system else ("", one)
        masked.append(head + (learner.mark(part(bare), rest) if bare in PARTS else learner.learn(kind, rest)))
    return ",".join(masked)


def mask_headers(headers: Mapping[str, str], learner: Learner) -> dict[str, str]:
    """Return headers with credentials and cookies masked; schemes and names of cookies stay."""
    return {name: _header(name.lower(), value, learner) for name, value in headers.items()}


def _header(name: str, value: str, learner: Learner) -> str:
    if name in ("cookie", "set-cookie"):
        return _COOKIE.sub(lambda found: _cookie(found, learner), value)
    if kind_of(name) != "secret":
        return mask_url(value, learner) if "?" in value else value
    found = _AUTHORIZATION.match(value)
    return f"{found[1]} {learner.learn('secret', found[2])}" if found else learner.learn("secret", value)


def _cookie(found: re.Match[str], learner: Learner) -> str:
    if found[1].lower() in _ATTRIBUTES or not found[2]:
        return found[0]
    return f"{found[1]}={learner.learn('secret', found[2])}"
