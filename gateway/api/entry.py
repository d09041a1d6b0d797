"""Entries of a batch or transaction: what each asks for (R4 http.html#transaction, Bundle.entry.request)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import unquote

from gateway.api.context import MethodNotAllowed
from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.security.caller import Caller
from gateway.security.rights import right_of

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_CONDITIONS = {
    "ifMatch": "if-match",
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
    "ifNoneExist": "if-none-exist",
}
JSON_PATCH = "application/json-patch+json"


class EntryFailed(Rejected):
    """One entry is the reason why a transaction was not made.

    Attributes:
        at: its index.
        error: what is wrong with it.
    """

    def __init__(self, at: int, error: Rejected) -> None:
        super().__init__(error.reason, code=error.code, where=f"Bundle.entry[{at}]")
        self.at = at
        self.error = error


@dataclass(slots=True, frozen=True)
class Entry:
    """One entry.

    Attributes:
        at: its index in the Bundle.
        url: below the base, without a slash in front: ``"Patient/1"``, ``"Patient?identifier=x"``.
        headers: its conditions as HTTP headers, names in lower case.
        resource: None where there is none.
    """

    at: int
    method: Method
    url: str
    full_url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    resource: Resource | None = None

    @property
    def parts(self) -> list[str]:
        """The parts of the path."""
        return unquote(self.url.partition("?")[0]).split("/")

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.url.partition("?")[2]

    @property
    def writes(self) -> bool:
        """Whether it is a create, update, patch or delete, and no read and no operation."""
        called = any(part.startswith(("$", "_")) for part in self.parts)
        return self.method not in ("GET", "HEAD") and not called


def entries(bundle: Resource, base: str, most: int) -> Iterator[Entry | EntryFailed]:
    """Yield the entries of a Bundle, or what is wrong with one.

    Args:
        base: the server's own base URL, taken off absolute URLs.
        most: entries that are taken.

    Raises:
        Rejected: they are too many, or no list.
    """
    listed = bundle.get("entry", [])
    if type(listed) is not list:
        raise Rejected("is a list", code="invalid", where="Bundle.entry")
    if len(listed) > most:
        raise Rejected(f"has {most} entries at most", code="too-long", where="Bundle.entry")
    for at, one in enumerate(listed):
        try:
            yield _entry(at, one, base)
        except Rejected as error:
            yield EntryFailed(at, error)


def _entry(at: int, entry: Any, base: str) -> Entry:
    request = entry.get("request") if type(entry) is dict else None
    request = request if type(request) is dict else {}
    method, url = request.get("method"), request.get("url")
    if method not in METHODS or type(url) is not str or not url:
        raise Rejected("an entry needs request.method and request.url", code="invalid")
    headers = {name: request[key] for key, name in _CONDITIONS.items() if type(request.get(key)) is str}
    full_url, resource = entry.get("fullUrl", ""), entry.get("resource")
    if resource is not None and type(resource) is not dict:
        raise Rejected("its resource is no object", code="invalid")
    return Entry(
        at,
        cast(Method, method),
        relative(url, base),
        full_url if type(full_url) is str else "",
        headers,
        resource,
    )


def relative(url: str, base: str) -> str:
    """Return a URL below the base.

    Raises:
        Rejected: it is one of another server.
    """
    url = url.removeprefix(base + "/").removeprefix("/")
    if "://" in url.partition("?")[0] or not url.isprintable():
        raise Rejected("request.url is one of another server", code="value")
    return url


def check_right(caller: Caller, entry: Entry) -> None:
    """Make sure that the client may do outside of a Bundle, too, what an entry asks for.

    Raises:
        Rejected: code ``forbidden``.
    """
    path = "/".join(["", *(part for part in entry.parts if part)])
    if not caller.may(right_of(entry.method, path)):
        raise Rejected("this client may not do that", code="forbidden")
    if path == "" and entry.method == "POST":
        raise MethodNotAllowed("a Bundle is no entry of a batch", code="not-supported")


def patch_of(entry: Entry) -> tuple[Any, bool]:
    """Return the patch of an entry, and whether it is a JSON Patch: those come in a Binary.

    Raises:
        Rejected: there is none.
    """
    given = entry.resource or {}
    if given.get("resourceType") != "Binary":
        return given, False
    if given.get("contentType") != JSON_PATCH:
        raise Rejected(f"a Binary with a patch is {JSON_PATCH}", code="value")
    try:
        return base64.b64decode(str(given.get("data", "")), validate=True), True
    except ValueError:  # not of the alphabet, or not even ASCII
        raise Rejected("the data of the Binary is no base64", code="value") from None
