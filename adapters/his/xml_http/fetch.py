"""Fetch: one question to a service, over plain HTTP or SOAP, and what is in its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
import orjson
from lxml import etree

from adapters.his.xml_http.opened import SOAP, charset_of, text_in
from adapters.his.xml_http.polls import Poll
from gateway.errors import Misconfigured, Rejected
from gateway.wire import rows, xml
from gateway.wire.text import decode
from gateway.wire.xml.document import path_of

_SPACES = {version: space for space, version in SOAP.items()}
_TYPES = {
    "": "application/xml; charset=utf-8",
    "1.1": "text/xml; charset=utf-8",
    "1.2": "application/soap+xml; charset=utf-8",
}


class Failed(Exception):
    """A service did not answer as it should; asked again later, nothing is lost. No patient data in it.

    Attributes:
        reason: what happened, for people.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, frozen=True)
class Item:
    """What is delivered by itself."""

    raw: bytes
    content_type: str


@dataclass(slots=True, frozen=True)
class Question:
    """What is sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Service:
    """One service that can be asked.

    Args:
        poll: what the operator says of it.
    """

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        names = tuple(sorted(poll.namespaces.items()))
        self._items = path_of(poll.items, names) if poll.items else None
        self._good = path_of(poll.good, names) if poll.good else None
        self._soap: Any = None
        auth = (poll.user, _secret(poll.password_file)) if poll.user else None
        self._client = httpx.AsyncClient(
            timeout=poll.timeout, auth=auth, verify=poll.ca or True, follow_redirects=False, trust_env=False
        )

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def ask(self, values: Mapping[str, str]) -> list[Item]:
        """Return what a service answers.

        Args:
            values: of ``{since}`` and the others.

        Raises:
            Failed: no answer, or none that can be taken.
        """
        try:
            question = await self._question(values)
            async with asyncio.timeout(self._poll.timeout):
                status, content_type, raw = await self._sent(question)
        except TimeoutError:
            raise Failed(f"no answer within {self._poll.timeout:g} seconds") from None
        except httpx.HTTPError as error:
            raise Failed(f"cannot be reached ({type(error).__name__})") from None
        return self._read(status, content_type, raw)

    async def _sent(self, question: Question) -> tuple[int, str, bytes]:
        method = "POST" if question.body else self._poll.method
        made = bytearray()
        async with self._client.stream(
            method, question.url, headers=dict(question.headers), content=question.body or None
        ) as answer:
            async for part in answer.aiter_bytes():
                made += part
                if len(made) > self._poll.most:
                    raise Failed(f"the answer is longer than {self._poll.most} bytes; ask for less at a time")
            return answer.status_code, answer.headers.get("content-type", ""), bytes(made)

    async def _question(self, values: Mapping[str, str]) -> Question:
        poll = self._poll
        if poll.wsdl:
            if self._soap is None:
                self._soap = await asyncio.to_thread(_client_of, poll)
            return _called(self._soap, poll, values)
        headers = dict(poll.headers)
        if not poll.body:
            said = {name: filled(text, values) for name, text in poll.parameters.items()}
            return Question(str(httpx.URL(poll.url).copy_merge_params(said)), headers, b"")
        body = filled(poll.body, {name: escape(value) for name, value in values.items()})
        if poll.soap:
            space = _SPACES[poll.soap]
            body = f'<soap:Envelope xmlns:soap="{space}"><soap:Body>{body}</soap:Body></soap:Envelope>'
            if poll.soap == "1.1":
                headers["SOAPAction"] = f'"{poll.action}"'
        headers.setdefault("Content-Type", _TYPES[poll.soap])
        return Question(poll.url, headers, body.encode())

    def _read(self, status: int, content_type: str, raw: bytes) -> list[Item]:
        if self._poll.rows:
            if status != 200:
                raise Failed(f"HTTP {status}")
            return self._rows(raw, charset_of(content_type))
        try:
            document = xml.parse(
                raw, charset=charset_of(content_type), limits=xml.Limits(size=self._poll.most)
            )
            document = _inside(document)
        except Rejected as error:
            raise Failed(f"HTTP {status}" if status != 200 else f"no XML ({error.code})") from None
        if status != 200:
            raise Failed(f"HTTP {status}")
        if etree.QName(document.root).localname.lower() == "html":
            raise Failed("the answer is a web page")
        if self._good is not None and not self._good(document.root):
            raise Failed("the service says that it could not answer (good is not true)")
        found: Any = [document.root] if self._items is None else self._items(document.root)
        nodes = found if isinstance(found, list) else []
        if not all(map(etree.iselement, nodes)):
            raise Failed("items finds no elements")
        made = [etree.tostring(one, encoding="utf-8", with_tail=False) for one in nodes]
        return [Item(bytes(one), "application/xml") for one in made]

    def _rows(self, raw: bytes, charset: str) -> list[Item]:
        try:
            found: Any = orjson.loads(decode(raw, charset).text)
        except (Rejected, orjson.JSONDecodeError):
            raise Failed("no JSON") from None
        for name in self._poll.rows.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise Failed(f"no rows at {self._poll.rows}")
        written = [
            rows.written(self._poll.view, self._poll.name, [{"row": {k: _value(v) for k, v in one.items()}}])
            for one in found
        ]
        return [Item(one, rows.CONTENT_TYPE) for one in written]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a template with its values."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _value(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _inside(document: xml.Document) -> xml.Document:
    """Return the answer inside an envelope, as XML or as a text.

    Raises:
        Failed: it is a SOAP fault. Rejected: as ``xml.parse``.
    """
    name = etree.QName(document.root)
    if name.namespace not in SOAP:
        return document
    body = document.root.find(f"{{{name.namespace}}}Body")
    first = None if body is None else next(body.iterchildren(etree.Element), None)
    if first is None:
        raise Failed("the SOAP envelope is empty")
    if etree.QName(first).localname == "Fault":
        code = next((one.text for one in first.iter("faultcode", f"{{{name.namespace}}}Value")), "") or ""
        raise Failed(f"SOAP fault {code[:40]}".strip())
    inner = text_in(first)
    return document if inner is None else xml.parse(inner)


def _client_of(poll: Poll) -> Any:
    """Read a WSDL: no entities, DTDs, or networks beyond it. Raises ``Failed``."""
    import requests
    import zeep
    from zeep.transports import Transport

    session = requests.Session()
    session.trust_env = False
    session.verify = poll.ca or True
    if poll.user:
        session.auth = (poll.user, _secret(poll.password_file))
    settings = zeep.Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    made: Any = Transport  # zeep has no types
    transport = made(session=session, timeout=poll.timeout, operation_timeout=poll.timeout)
    try:
        made = zeep.Client
        client = made(poll.wsdl, transport=transport, settings=settings)
        client.service._binding.get(poll.operation)  # noqa: SLF001 -- zeep has no other way to ask
    except (ValueError, AttributeError):
        raise Failed(f"the WSDL has no operation {poll.operation}") from None
    except Exception as error:  # noqa: BLE001 -- whatever a foreign WSDL does to the reader, it is asked again
        raise Failed(f"the WSDL cannot be read ({type(error).__name__})") from None
    return client


def _called(client: Any, poll: Poll, values: Mapping[str, str]) -> Question:
    said = {name: filled(text, values) for name, text in poll.parameters.items()}
    try:
        made = client.create_message(client.service, poll.operation, **said)
        operation = client.service._binding.get(poll.operation)  # noqa: SLF001
        address = client.service._binding_options["address"]  # noqa: SLF001
    except Exception as error:  # noqa: BLE001 -- zeep raises its own, and TypeError for a wrong parameter
        raise Failed(f"the parameters do not fit the WSDL ({type(error).__name__})") from None
    version = SOAP.get(etree.QName(made).namespace or "", "1.1")
    headers = {**poll.headers, "Content-Type": _TYPES[version]}
    if version == "1.1":
        headers["SOAPAction"] = f'"{operation.soapaction}"'
    return Question(poll.url or address, headers, bytes(etree.tostring(made)))


def _secret(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").partition("\n")[0].strip()
    except OSError as error:
        raise Misconfigured(f"password_file cannot be read ({error.strerror})", where=path) from None
