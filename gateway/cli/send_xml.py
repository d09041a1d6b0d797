"""``qiao send xml``: a test client; posts XML files, bare or in SOAP, and shows the answers."""

from __future__ import annotations

import argparse
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from gateway.cli.output import Commands, print_json, progress
from gateway.cli.words import say
from gateway.errors import Misconfigured, Rejected, Retry
from gateway.wire.text import decode

if TYPE_CHECKING:
    import httpx

SPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_TYPES = {
    "": "application/xml",
    "1.1": "text/xml; charset=utf-8",
    "1.2": "application/soap+xml; charset=utf-8",
}
_GOOD = ("AA", "CA")
_MOST = 1_000_000
"""Bytes of an answer that are read."""


@dataclass(slots=True, frozen=True)
class Said:
    """What an answer says: ``code`` of the acknowledgement, ``fault`` for a SOAP fault, else ``?``."""

    code: str
    text: str


def add(formats: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = formats.add_parser("xml", help=say("send.xml"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("convert.files"))
    parser.add_argument("--to", required=True, metavar="URL", type=_url, help=say("send.xml.to"))
    parser.add_argument("--soap", choices=tuple(SPACES), default="", help=say("send.xml.soap"))
    parser.add_argument("--service", metavar="NAME", default="", help=say("send.xml.service"))
    parser.add_argument("--user", metavar="NAME", default="", help=say("send.xml.user"))
    parser.add_argument("--password-file", metavar="FILE", type=Path, help=say("send.xml.password"))
    parser.add_argument("--token-file", metavar="FILE", type=Path, help=say("send.xml.token"))
    parser.add_argument("--ca", metavar="FILE", type=Path, help=say("send.xml.ca"))
    parser.add_argument("--cert", metavar="FILE", type=Path, help=say("send.xml.cert"))
    parser.add_argument("--key", metavar="FILE", type=Path, help=say("send.xml.key"))
    parser.add_argument("--timeout", type=float, default=30.0, help=say("send.timeout"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Post every message and print one line for each answer; 1 if any was not accepted."""
    from gateway.cli.gather import messages, paths

    refused, total = 0, None if "-" in options.files else len(paths(options.files))
    with _client(options) as client, progress(say("send.xml.progress"), total) as advance:
        for item in messages(options.files):
            status, said = 0, Said("?", item.flaw)
            if not item.flaw:
                status, said = _posted(client, options, item.raw)
            refused += said.code not in _GOOD or status >= 400
            line = {"file": item.file, "message": item.index, "status": status, "code": said.code}
            if options.json:
                print_json({**line, "text": said.text})
            else:
                print(say("send.line", file=item.file, index=item.index, code=said.code, text=said.text))
            advance(1)
    return 1 if refused else 0


def enveloped(raw: bytes, soap: str, service: str) -> bytes:
    """Return the body that is posted for a message.

    Args:
        soap: version of the envelope around it, ``""`` for none.
        service: code of the service that is called; in an envelope the message stands as a text beside it.
    """
    if not soap:
        return raw
    text = decode(raw).text.lstrip("\ufeff \r\n\t")
    if text.startswith("<?xml"):
        text = text.partition("?>")[2].strip()
    if service:
        inside = f"<action>{escape(service)}</action><message>{escape(text)}</message>"
        text = f'<HIPMessageServer xmlns="urn:hl7-org:v3">{inside}</HIPMessageServer>'
    body = f'<soap:Envelope xmlns:soap="{SPACES[soap]}"><soap:Body>{text}</soap:Body></soap:Envelope>'
    return body.encode()


def _posted(client: httpx.Client, options: argparse.Namespace, raw: bytes) -> tuple[int, Said]:
    """Return the status and what the answer says.

    Raises:
        Retry: there is none.
    """
    import httpx

    headers = {"Content-Type": _TYPES[options.soap]}
    if options.soap != "1.2" and (options.service or options.soap):
        headers["SOAPAction"] = f'"{options.service}"'
    answer = bytearray()
    try:
        body = enveloped(raw, options.soap, options.service)
        with client.stream("POST", options.to, headers=headers, content=body) as found:
            for part in found.iter_bytes():
                answer += part
                if len(answer) > _MOST:
                    break
            return found.status_code, read(bytes(answer), found.status_code)
    except httpx.HTTPError as error:
        address, why = httpx.URL(options.to).netloc.decode(), str(error) or type(error).__name__
        said = "cannot connect to" if isinstance(error, httpx.ConnectError) else "no answer from"
        raise Retry(f"{said} {address}: {why}") from None


def read(raw: bytes, status: int = 200) -> Said:
    """Return what an answer says: an HL7 v3 acknowledgement, a response or a SOAP fault."""
    from lxml import etree

    from gateway.wire import xml

    def inside(root: etree._Element, *names: str) -> list[str]:
        found = (one for one in root.iter(etree.Element) if etree.QName(one).localname in names)
        return [text for one in found if (text := one.get("value") or (one.text or "").strip())]

    try:
        root = xml.parse(raw).root
        texts = (one.text or "" for one in root.iter(etree.Element))
        inner = next((text for text in texts if text.lstrip().startswith("<")), None)
        root = root if inner is None else xml.parse(inner.encode()).root
    except Rejected as error:
        return Said("?", f"HTTP {status}: {error.reason}")
    given = next(root.iter("{urn:hl7-org:v3}acknowledgement"), None)
    if given is not None:
        return Said(given.get("typeCode", "?"), "; ".join(inside(given, "text")))
    if any(etree.QName(one).localname == "Fault" for one in root.iter(etree.Element)):
        return Said("fault", next(iter(inside(root, "faultstring", "Text")), f"HTTP {status}"))
    code, text = inside(root, "code", "Code"), inside(root, "text", "msg", "message")
    return Said(next(iter(code), "?"), next(iter(text), f"HTTP {status}"))


@contextmanager
def _client(options: argparse.Namespace) -> Iterator[httpx.Client]:
    """Lend a client with the identity that the options name.

    Raises:
        Misconfigured: a file cannot be read.
    """
    import httpx

    headers: Mapping[str, str] = {}
    try:
        if options.token_file:
            headers = {"Authorization": f"Bearer {_first_line(options.token_file)}"}
        password = _first_line(options.password_file) if options.password_file else ""
        context = ssl.create_default_context(cafile=options.ca and str(options.ca))
        if options.cert:
            context.load_cert_chain(options.cert, options.key)
    except OSError as error:
        named = error.filename or options.cert or options.ca
        raise Misconfigured(f"cannot be read: {error.strerror}", where=str(named)) from None
    auth = (options.user, password) if options.user else None
    with httpx.Client(
        timeout=options.timeout, auth=auth, headers=headers, verify=context, trust_env=False
    ) as client:
        yield client


def _first_line(path: Path) -> str:
    return path.read_text("utf-8").partition("\n")[0].strip()


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError("http://HOST:PORT/PATH")
    return text
