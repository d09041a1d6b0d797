"""Fetch: one question to a service, over plain HTTP or SOAP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from adapters.his.xml_http.answered import Answered, Item
from adapters.his.xml_http.exchange import CODINGS, Inflater, Refused
from adapters.his.xml_http.failed import Failed
from adapters.his.xml_http.opened import SOAP
from adapters.his.xml_http.polls import Poll
from gateway.errors import Misconfigured

_SPACES = {version: space for space, version in SOAP.items()}
_TYPES = {
    "": "application/xml; charset=utf-8",
    "1.1": "text/xml; charset=utf-8",
    "1.2": "application/soap+xml; charset=utf-8",
}
_TAKEN = {"Accept-Encoding": "gzip, deflate"}
"""Taken out of its coding by ourselves, and bounded: a small answer may unfold to gigabytes."""


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
        self._answered = Answered(poll)
        self._soap: Any = None
        import httpx  # only where something is asked: it takes a tenth of a second

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
        import httpx

        try:
            question = await self._question(values)
            async with asyncio.timeout(self._poll.timeout):
                status, content_type, raw = await self._sent(question)
        except TimeoutError:
            raise Failed(f"no answer within {self._poll.timeout:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Failed(f"cannot be reached ({type(error).__name__})") from None
        return await asyncio.to_thread(self._answered.items, status, content_type, raw)

    async def _sent(self, question: Question) -> tuple[int, str, bytes]:
        method = "POST" if question.body else self._poll.method
        made, most = bytearray(), self._poll.most
        too_long = f"the answer is longer than {most} bytes; ask for less at a time"
        async with self._client.stream(
            method,
            question.url,
            headers={**_TAKEN, **question.headers},
            content=question.body or None,
        ) as answer:
            coding = answer.headers.get("content-encoding", "").strip().lower()
            if coding not in ("", "identity", *CODINGS):
                raise Failed("the answer is compressed in a way that was not asked for")
            inflater = Inflater(coding, most) if coding in CODINGS else None
            async for part in answer.aiter_raw():
                try:
                    made += part if inflater is None else inflater.take(part)
                except Refused as error:
                    raise Failed(
                        too_long if error.status == 413 else "the answer is not well compressed"
                    ) from None
                if len(made) > most:
                    raise Failed(too_long)
            if inflater is not None and not inflater.whole:
                raise Failed("the answer is not well compressed")
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
            return Question(_with(poll.url, said), headers, b"")
        body = filled(poll.body, {name: escape(value) for name, value in values.items()})
        if poll.soap:
            space = _SPACES[poll.soap]
            body = f'<soap:Envelope xmlns:soap="{space}"><soap:Body>{body}</soap:Body></soap:Envelope>'
            if poll.soap == "1.1":
                headers["SOAPAction"] = f'"{poll.action}"'
        headers.setdefault("Content-Type", _TYPES[poll.soap])
        return Question(poll.url, headers, body.encode())


def _with(url: str, parameters: Mapping[str, str]) -> str:
    """Return a URL with further parameters behind its own."""
    from httpx import URL

    return str(URL(url).copy_merge_params(parameters))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a template with its values."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


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
