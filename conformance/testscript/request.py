"""Makes the request that an operation asks for: address, headers, body (R4 TestScript.operation)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from conformance.testscript.address import Sources, address
from conformance.testscript.content import MEDIA, Content
from conformance.testscript.operation_codes import Interaction, interaction
from conformance.testscript.script import Operation
from conformance.testscript.unusable import Unusable

_authority = re.compile(r"https?://[^/?#]*").match
_METHODS = frozenset({"DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT", "HEAD"})
_SAFE = "/?:@!$&'()*+,;=-._~%"


@dataclass(slots=True)
class Request:
    """A request that is ready to be sent; headers by the name that they are sent with."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def set(self, name: str, value: str) -> None:
        """Set a header in place of one with the same name; ``""`` takes it away."""
        for one in [each for each in self.headers if each.lower() == name.lower()]:
            del self.headers[one]
        if value:
            self.headers[name] = value

    def content(self) -> Content:
        """Return it as assertions look at it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Content(self.body or b"", headers, method=self.method, url=self.url)


def build(operation: Operation, base: str, sources: Sources) -> Request:
    """Return the request of an operation at a server.

    Raises:
        Unusable: the code is unknown, a part is missing, or the body cannot be written in the form asked for.
    """
    what = _interaction(operation)
    source = sources.content(operation.source_id) if operation.source_id else None
    method = operation.method or what.method or ("POST" if source else "GET")
    if method not in _METHODS:
        raise Unusable(f"R4 没有 HTTP 方法 {method}", f"R4 has no HTTP method {method}")
    url = address(operation, what, base, source, sources)
    made = Request(method, url)
    _body(made, operation, source)
    if method == "POST" and operation.code.startswith("search") and source is None:
        _posted_search(made)
    _headers(made, operation, source, sources.fill)
    if operation.encode:
        made.url = encoded(made.url)
    return made


def encoded(url: str) -> str:
    """Return an address with what may not stand in it percent-encoded; ``%2F`` stays what it is."""
    host = _server(url)
    pieces = url.removeprefix(host).split("%")
    whole = [pieces[0]] + [f"{'%' if _is_hex(one[:2]) else '%25'}{one}" for one in pieces[1:]]
    return f"{host}{quote(''.join(whole), safe=_SAFE)}"


def _server(url: str) -> str:
    """``http://[::1]:8080`` has signs that may not stand in a path."""
    found = _authority(url)
    return found[0] if found else ""


def _is_hex(text: str) -> bool:
    return len(text) == 2 and all(one in "0123456789abcdefABCDEF" for one in text)


def _interaction(operation: Operation) -> Interaction:
    if not operation.code:
        if not operation.method:
            raise Unusable("操作没有类型，也没有方法", "the operation has neither a type nor a method")
        return Interaction(operation.method, "instance")
    found = interaction(operation.system, operation.code)
    if found is None:
        raise Unusable(f"R4 没有操作代码 {operation.code}", f"R4 has no operation code {operation.code}")
    return found


def _posted_search(made: Request) -> None:
    """R4 http §3.1.0.9: parameters go into the body as a form, the address gets ``_search``."""
    path, _, query = made.url.partition("?")
    made.url = path if path.endswith("/_search") else f"{path.rstrip('/')}/_search"
    made.body = encoded(query).encode()


def _body(made: Request, operation: Operation, source: Content | None) -> None:
    if source is None:
        return
    if operation.code == "patch" and source.type == "Binary":
        made.body = _data(source)
        return
    form = _form(operation.content_type)
    made.body = source.written(form) if form and source.format else source.body


def _data(source: Content) -> bytes:
    """A patch is no resource: scripts put it into a Binary."""
    try:
        return base64.b64decode(str(source.resource.get("data", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unusable("Binary.data 不是 base64", "Binary.data is not base64") from error


def _form(content_type: str) -> str:
    return next((form for form, media in MEDIA.items() if content_type in (form, media)), "")


def _headers(made: Request, operation: Operation, source: Content | None, fill: Callable[[str], str]) -> None:
    made.set("Accept", _media(operation.accept or (source.format if source else "") or "json"))
    made.set("Content-Type", _content_type(made, operation, source))
    for name, value in operation.request_headers:
        made.set(name, fill(value))


def _content_type(made: Request, operation: Operation, source: Content | None) -> str:
    if operation.content_type:
        return _media(operation.content_type)
    if source is None:
        return "application/x-www-form-urlencoded" if made.body is not None else ""
    if operation.code == "patch":
        return str(source.resource.get("contentType", "")) if source.type == "Binary" else _patch(source)
    return MEDIA.get(source.format, "application/octet-stream")


def _patch(source: Content) -> str:
    return MEDIA[source.format] if source.type else "application/json-patch+json"


def _media(code: str) -> str:
    """``json`` and ``xml`` are short for FHIR's media types, ``none`` for no header (R4 mimetypes)."""
    return "" if code == "none" else MEDIA.get(code, code)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port. Raises ``Unusable``: the address is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        return parts.scheme, (parts.hostname or "").lower(), port
    except ValueError as error:
        raise Unusable(f"网址无效：{url}", f"no address: {url}") from error
