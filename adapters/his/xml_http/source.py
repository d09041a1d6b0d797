"""Where the bytes come from: an HTTP port that takes XML by POST, bare or in SOAP."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from lxml import etree

from adapters.his.xml_http.answer import Said, busy, read
from adapters.his.xml_http.answered import Item
from adapters.his.xml_http.answering import found, refused
from adapters.his.xml_http.dress import dressed, fault, read_reply
from adapters.his.xml_http.exchange import Request, Response
from adapters.his.xml_http.listener import Limits, Listener
from adapters.his.xml_http.marks import Marks
from adapters.his.xml_http.opened import Opened, Style, charset_of, open_message, style_of
from adapters.his.xml_http.parse import NO_QUERIES
from adapters.his.xml_http.polling import Polling
from adapters.his.xml_http.polls import read_polls
from adapters.his.xml_http.services import ANSWERED
from adapters.his.xml_http.wsdl import wsdl
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Misconfigured, Rejected, Retry
from gateway.spec import Answer, Ask, Deliver, Question
from gateway.wire.tls import server_context
from gateway.wire.xml.v3 import carried, document_in

NAME = "his/xml_http"
CONTENT_TYPE = "application/xml"

Settings = Mapping[str, str | int | float | bool]

_LOG = logging.getLogger("qiao.xml")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")
_WORST = ("AA", "AE", "AR")
_REFUSALS = {
    400: ("not-http", "this is no HTTP request", "不是 HTTP 请求"),
    401: ("unauthorized", "user and password, or the token, are wrong", "用户名密码或令牌错误"),
    405: ("method", "POST a message, or GET ?wsdl", "请用 POST 提交消息，或 GET ?wsdl"),
    408: ("timeout", "the request takes too long", "请求超时"),
    413: ("too-large", "the message is too long", "消息过大"),
    415: ("encoding", "only gzip and deflate are taken", "仅支持 gzip、deflate 压缩"),
    431: ("too-large", "the headers are too long", "请求头过大"),
    503: ("busy", "too many requests; come again", "请求过多，请稍后重发"),
}


class XmlDoor:
    """A ``gateway.spec.Source``: HTTP POST and SOAP 1.1 and 1.2.

    Args:
        settings: of the adapter's ``fields``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._deliver: Deliver
        self._ask: Ask | None = None
        most = int(settings["max_message"])
        self._reply = read_reply(str(settings["reply"]))
        self._answers: Counter[str] = Counter()
        self._polls: list[Polling] = []
        self._tasks: list[asyncio.Task[None]] = []
        limits = Limits(
            max_body=most,
            max_bodies=max(10 * most, 50_000_000),
            max_connections=int(settings["max_connections"]),
            head_timeout=float(settings["head_timeout"]),
            body_timeout=float(settings["body_timeout"]),
            idle_timeout=float(settings["idle_timeout"]),
        )
        self._listener = Listener(
            self._handle, self._refusal,
            str(settings["host"]), int(settings["port"]), limits, server_context(NAME, settings),
        )  # fmt: skip

    def answered_by(self, ask: Ask) -> None:
        """Take what answers queries."""
        self._ask = ask

    async def start(self, deliver: Deliver) -> None:
        """Bind and begin to receive. Raises ``Misconfigured`` where the port cannot be bound."""
        self._deliver = deliver
        polls = read_polls(Path(str(self._settings["polls"]))) if self._settings["polls"] else []
        marks = Marks(Path(str(self._settings["state"]))) if polls else None
        self._polls = [Polling(one, marks, self._hand) for one in polls if marks is not None]
        try:
            await self._listener.start()
        except Misconfigured as error:
            where = f'[adapters."{NAME}"]'
            raise Misconfigured(f"{error.reason}; set another port", code=error.code, where=where) from None
        self._tasks = [asyncio.create_task(one.run()) for one in self._polls]

    async def stop(self) -> None:
        """Accept and ask nothing new, answer what is under way, close; a poll under way comes again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._listener.stop()

    def status(self) -> Mapping[str, int | str]:
        """Return the bound address, the counters of the port, and how often each code was answered."""
        host, port = self._listener.address
        codes = {code: self._answers[code] for code in (*_WORST, "fault")}
        told: dict[str, int | str] = {"address": f"{host}:{port}", **asdict(self._listener.counters), **codes}
        for one in self._polls:
            told |= one.status()
        return told

    async def _hand(self, items: Sequence[Item], name: str) -> list[bytes]:
        """Deliver what a service answered; answers to nobody, but they say how each item ended.

        A document that an item carries is delivered by itself, after all items; the answer is the worse one.

        Raises:
            Retry: one of them could not be kept; the others are, and are known when they come again.
        """
        metas = [{"poll": name, "control": one.control} for one in items]
        said = await self._kept(
            [
                self._envelope(one.raw, "", meta, one.content_type)
                for one, meta in zip(items, metas, strict=True)
            ]
        )
        inner = {
            at: self._envelope(raw, "", {**metas[at], "inside": said[at].inbox})
            for at, one in enumerate(items)
            if said[at].code == "AA" and one.content_type == CONTENT_TYPE
            if (raw := document_in(one.raw)) is not None
        }
        for at, other in zip(inner, await self._kept([*inner.values()]), strict=True):
            said[at] = _worse(said[at], other)
        return [one.written for one in said]

    async def _kept(self, envelopes: Sequence[Envelope]) -> list[Said]:
        """Deliver what belongs together; return what is said of each. Raises ``Retry``."""
        said = []
        for answer in await self._deliver.many(envelopes) if envelopes else ():
            if isinstance(answer, Retry):
                raise answer
            said.append(read(answer))
        return said

    async def _handle(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except Exception as error:  # noqa: BLE001 -- a fault of ours: the sender keeps it and hears so
            _LOG.error("%s: %s while a request was answered", NAME, type(error).__name__)
            self._answers["fault"] += 1
            style = style_of(bytes(request.body), request.headers.get("content-type", ""))
            return fault(busy(Retry("no answer could be made: send it again")), style, 503, self._reply)

    async def _answer(self, request: Request) -> Response:
        if not self._allowed(request.headers.get("authorization", "")):
            answer = self._refusal(401)
            return Response(401, answer.body, answer.content_type, {"WWW-Authenticate": 'Basic realm="qiao"'})
        path, _, query = request.target.partition("?")
        if request.method == "GET" and "wsdl" in query.lower().split("&")[:4]:
            return Response(200, wsdl(self._url(request, path)), "text/xml; charset=utf-8")
        if request.method != "POST":
            answer = self._refusal(405)
            return Response(405, answer.body, answer.content_type, {"Allow": "POST, GET"})
        return await self._message(request, path)

    async def _message(self, request: Request, path: str) -> Response:
        raw, content_type = bytes(request.body), request.headers.get("content-type", "")
        named = request.headers.get("soapaction", "") or _action(content_type) or path
        meta = {"peer": request.peer[0], "port": str(request.peer[1]), "service": named.strip('" ')[:200]}
        if request.subject:
            meta["subject"] = request.subject
        charset = charset_of(content_type)
        try:
            if content_type.strip().lower().startswith("multipart/"):
                reason = "parts (multipart, MTOM) are not taken; send the envelope by itself"
                raise Rejected(reason, code="multipart")
            opened = open_message(raw, charset, meta["service"])
        except Rejected as error:
            return self._no_message(error, style_of(raw, content_type))
        envelope, answer = self._envelope(raw, charset, meta), None
        try:
            said = read(await self._deliver(envelope))
            if etree.QName(opened.document.root).localname in ANSWERED:
                said, answer = await self._answered(said, opened, envelope)
            else:
                said = await self._with_document(said, opened, meta)
        except Retry as error:
            return self._busy(error, opened)
        self._answers[said.code] += 1
        return dressed(said, opened, reply=self._reply, answer=answer)

    async def _answered(self, said: Said, opened: Opened, envelope: Envelope) -> tuple[Said, Answer | None]:
        """Return the answer to a query that is committed. Raises ``Retry``: it cannot be found now."""
        if said.code != "AA" or said.reason or self._ask is None:
            return Said("AE", said.inbox, said.reason or NO_QUERIES, said.text), None
        asker = envelope.meta.get("subject") or str(self._settings["user"])
        question = Question(envelope.tenant, NAME, opened.document, envelope.sender, asker)
        try:
            answer = await self._ask(question)
        except Rejected as error:
            return refused(error, said.inbox), None
        return found(answer, said.inbox), answer

    def _no_message(self, error: Rejected, style: Style) -> Response:
        self._answers["fault"] += 1
        _LOG.warning("%s: not kept: %s", NAME, error.code)
        text = ": ".join(part for part in (error.where, error.reason) if part)
        return fault(Said("AR", "", error.code, text), style, 400, self._reply)

    def _busy(self, error: Retry, opened: Opened) -> Response:
        self._answers["fault"] += 1
        if opened.style.soap and not opened.style.v3:
            return fault(busy(error), opened.style, 503)
        return dressed(busy(error), opened, 503, self._reply)

    def _envelope(
        self, raw: bytes, charset: str, meta: Mapping[str, str], content_type: str = CONTENT_TYPE
    ) -> Envelope:
        moment = now_us()
        tenant = str(self._settings["tenant"])
        return Envelope(new_envelope_id(moment), tenant, NAME, "", moment, content_type, charset, raw, meta)

    async def _with_document(self, said: Said, opened: Opened, meta: Mapping[str, str]) -> Said:
        """Hand on the clinical document that a message carries; the answer is the worse of both."""
        inner = carried(opened.document.root) if said.code == "AA" else None
        if inner is None:
            return said
        told = {**meta, "service": "", "inside": said.inbox}
        return _worse(said, read(await self._deliver(self._envelope(inner, "", told))))

    def _allowed(self, given: str) -> bool:
        user, password, token = (str(self._settings[name]) for name in ("user", "password", "token"))
        if not (password or token):
            return True
        scheme, _, value = given.partition(" ")
        if scheme.lower() == "bearer" and token:
            return hmac.compare_digest(value.strip().encode(), token.encode())
        if scheme.lower() != "basic" or not password:
            return False
        try:
            decoded = base64.b64decode(value.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(decoded, f"{user}:{password}".encode())

    def _refusal(self, status: int) -> Response:
        reason, text, text_zh = _REFUSALS.get(status, _REFUSALS[400])
        return fault(Said("AR", "", reason, f"{text} {text_zh}"), Style(), status, self._reply)

    def _url(self, request: Request, path: str) -> str:
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            host = ":".join(map(str, self._listener.address))
        return f"{'https' if self._settings['tls_cert'] else 'http'}://{host}{path or '/'}"


def _worse(said: Said, other: Said) -> Said:
    """Return what is said of a message and of the document that it carries."""
    if _WORST.index(other.code) <= _WORST.index(said.code) and not other.reason:
        return said
    code = max(said.code, other.code, key=_WORST.index)
    return Said(code, said.inbox, other.reason or said.reason, f"{said.text}; document 文档: {other.text}")


def _action(content_type: str) -> str:
    """Return the action that SOAP 1.2 names in its Content-Type."""
    found = re.search(r'action\s*=\s*"([^"]{1,200})"', content_type)
    return found[1] if found else ""


def source(settings: Settings) -> XmlDoor:
    """Return the door, not yet open."""
    return XmlDoor(settings)
