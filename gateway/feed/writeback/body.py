"""Body: an entry as the body of an HTTP request: JSON, XML or a document of WS/T 500, in SOAP or without."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from gateway.errors import Misconfigured, Rejected
from gateway.feed.document import Document
from gateway.feed.receiver.wire import Reply, Request, Verdict, by_status, not_understood
from gateway.feed.writeback import soap
from gateway.feed.writeback.person import OfPerson
from gateway.feed.writeback.wire import Teller, Telling
from gateway.mapping.outbound import Answer, Saying, as_json, said_body
from gateway.wire import xml
from gateway.wire.xml.write import write

JSON, XML = "application/json", "application/xml; charset=utf-8"


class Posting(Telling):
    """Bodies that are posted.

    Args:
        headers: name and value of each, credentials among them.
    """

    def __init__(self, teller: Teller, headers: Sequence[tuple[str, str]]) -> None:
        super().__init__(teller)
        self._headers = tuple(headers)

    def request(self, documents: Sequence[Document], at_us: int) -> Request:
        """Return the request for one document. Raises ``Rejected``: it cannot be said."""
        saying, person, facts = self.told(documents[0])
        body, dress = self._body(saying, person, facts), self.teller.set.soap
        kind: tuple[tuple[str, str], ...] = (("Content-Type", JSON if saying.map.form == "json" else XML),)
        if dress is not None:
            kind, body = soap.headers(dress), soap.dressed(dress, body, facts)
        return Request("POST", self.teller.address, (*kind, *self._headers), body)

    def _body(self, saying: Saying, person: OfPerson, facts: Mapping[str, str]) -> bytes:
        said = said_body(saying.map, person, self.teller.dialect, facts)
        if saying.map.form == "json":
            return json.dumps(as_json(said), ensure_ascii=False).encode()
        return write(saying.map.root, said, saying.map.namespace)

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return what the answer says: a Fault, its status, its body where the map says where to look."""
        if self.teller.set.soap is not None and (found := self._fault(reply)) is not None:
            return [found] if found.state == "refused" else found
        verdict = by_status(reply)
        if verdict is not None:
            return [verdict] if verdict.state == "refused" else verdict
        answer = self.teller.set.answer
        if answer is None:
            return [Verdict("acknowledged")]
        if not reply.whole:
            return not_understood("it is too long")
        try:
            return self._judged(answer, _text(reply))
        except (Rejected, ValueError, Misconfigured, RecursionError):
            return not_understood()

    def _judged(self, answer: Answer, body: str) -> Verdict | list[Verdict]:
        if answer.without and not body.strip():
            return [Verdict("acknowledged")]
        found = _Reader(body)
        if answer.inside:
            found = _Reader(found(answer.inside))
        codes = [code for code in map(found, answer.code) if code]
        if codes:
            code = next((one for one in codes if one not in answer.ok | answer.repeat), codes[0])
            return [_verdict(answer, code, found(answer.reason), found(answer.receipt))]
        if answer.without and found.form == self.teller.set.form:
            return [Verdict("acknowledged", receipt=found(answer.receipt))]
        return not_understood("it has no code")

    @staticmethod
    def _fault(reply: Reply) -> Verdict | None:
        try:
            return soap.fault(_parsed(_text(reply)))
        except (Rejected, UnicodeError):
            return None


_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"\A\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def _text(reply: Reply) -> str:
    """Return the text of an answer: in the charset that it names, else UTF-8 (-16, -32), else GB 18030.

    What its byte order mark says goes before what is named, as in XML 1.0 §F.1; ISO 8859-1 names nothing.

    Raises:
        UnicodeDecodeError: it is in none of them.
    """
    marked = next((charset for mark, charset in _MARKS if reply.body.startswith(mark)), None)
    if marked:
        return reply.body.decode(marked)
    named = _CHARSET.search(reply.headers.get("content-type", ""))
    within = _DECLARED.match(reply.body)
    said = (named[1] if named else "", within[1].decode("ascii", "replace") if within else "")
    chosen = next((one for name in said if (one := name.lower()) and one not in _DEFAULTS), "")
    for charset in (_OTHERS.get(chosen, chosen), json.detect_encoding(reply.body)):
        with suppress(LookupError, UnicodeDecodeError):
            return reply.body.decode(charset)
    if any(name.lower() in _DEFAULTS for name in said):  # it may be what it says
        with suppress(UnicodeDecodeError):
            return reply.body.decode("gb18030")
        return reply.body.decode("iso-8859-1")
    return reply.body.decode("gb18030")


_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
"""Byte order marks; that of UTF-32 begins as that of UTF-16."""

_DEFAULTS = frozenset(("iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "us-ascii", "ascii"))
"""What servers name where nobody has said anything; no Chinese is in them."""

_OTHERS = dict.fromkeys(("gbk", "gb2312", "gb_2312-80", "gb18030", "x-gbk", "cp936"), "gb18030")
"""What is called by one of these is often one of the others."""


def _parsed(text: str) -> xml.Document:
    """Return XML whose bytes were decoded already. Raises ``Rejected``: it is none."""
    return xml.parse(_DECLARATION.sub("", text, count=1).lstrip("\ufeff").encode())


def _verdict(answer: Answer, code: str, reason: str, receipt: str) -> Verdict:
    if code in answer.ok or code in answer.repeat:
        return Verdict("acknowledged", receipt=receipt)
    told = f"{code}: {reason}" if reason else code
    return Verdict("again" if code in answer.again else "refused", reason=told, code=code)


class _Reader:
    """Reads texts of an answer by an XPath or a dotted path; ``""`` for nothing.

    Raises:
        Rejected, ValueError: it is neither XML nor JSON.
    """

    def __init__(self, body: str) -> None:
        self._xml = _parsed(body) if body.lstrip("\ufeff \t\r\n")[:1] == "<" else None
        self._json = None if self._xml else json.loads(body.lstrip("\ufeff"))
        self.form = "xml" if self._xml else "json"

    def __call__(self, path: str) -> str:
        if not path:
            return ""
        if self._xml is not None:
            return self._xml.get(path) or ""
        here: Any = self._json
        for name in path.split("."):
            here = here.get(name) if isinstance(here, Mapping) else None
        if isinstance(here, bool):
            return "true" if here else "false"
        return "" if here is None or isinstance(here, dict | list) else str(here)
