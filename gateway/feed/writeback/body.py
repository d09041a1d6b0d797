"""Body: an entry as the body of an HTTP request: JSON, XML or a document of WS/T 500."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import Misconfigured, Rejected
from gateway.feed.document import Document
from gateway.feed.receiver.wire import Reply, Request, Verdict, by_status, not_understood
from gateway.feed.writeback.wire import Teller, Telling
from gateway.mapping.outbound import as_json, said_body
from gateway.mapping.outbound.files import Answer
from gateway.wire.xml import parse
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
        saying, facts = self.told(documents[0])
        said = said_body(saying.map, documents[0], self.teller.dialect, facts)
        if saying.map.form == "json":
            kind, body = JSON, json.dumps(as_json(said), ensure_ascii=False).encode()
        else:
            kind, body = XML, write(saying.map.root, said, saying.map.namespace)
        return Request("POST", self.teller.settings.to, (("Content-Type", kind), *self._headers), body)

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return what the answer says: its status, and its body where the map says where to look."""
        verdict = by_status(reply)
        if verdict is not None:
            return [verdict] if verdict.state == "refused" else verdict
        answer = self.teller.set.answer
        if answer is None:
            return [Verdict("acknowledged")]
        try:
            found = _Reader(reply.body)
            code = found(answer.code)
        except (Rejected, ValueError, Misconfigured):
            return not_understood()
        if not code:
            return not_understood("it has no code")
        return [_verdict(answer, code, found(answer.reason), found(answer.receipt))]


def _verdict(answer: Answer, code: str, reason: str, receipt: str) -> Verdict:
    if code in answer.ok or code in answer.repeat:
        return Verdict("acknowledged", receipt=receipt)
    told = f"{code}: {reason}" if reason else code
    return Verdict("again" if code in answer.again else "refused", reason=told, code=code)


class _Reader:
    """Reads texts of an answer by an XPath or a dotted path; ``""`` for nothing."""

    def __init__(self, body: bytes) -> None:
        self._xml = parse(body) if body.lstrip()[:1] == b"<" else None
        self._json = None if self._xml else json.loads(body)

    def __call__(self, path: str) -> str:
        if not path:
            return ""
        if self._xml is not None:
            return self._xml.get(path) or ""
        here: Any = self._json
        for name in path.split("."):
            here = here.get(name) if isinstance(here, Mapping) else None
        return "" if here is None or isinstance(here, dict | list) else str(here)
