"""Mapped: entries as the records of a platform's own form, in JSON or XML, as its map says (docs/feed.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.canonical.elements import each, first
from gateway.canonical.json import loads
from gateway.errors import Rejected
from gateway.feed.bundle import named
from gateway.feed.document import Document
from gateway.feed.receiver.envelope import Envelope
from gateway.feed.receiver.fields import record
from gateway.feed.receiver.map_file import AnswerMap, Items, MapFile
from gateway.feed.receiver.markup import from_markup
from gateway.feed.receiver.template import filled
from gateway.feed.receiver.wire import Reply, Request, Verdict, by_status, not_understood
from gateway.store import Entered


class Mapped:
    """See ``wire.Wire``.

    Args:
        zone: in which moments are written.
    """

    narrow = True

    def __init__(self, map_: MapFile, envelope: Envelope, zone: str, *, xml: bool = False) -> None:
        self._map, self._envelope, self._zone, self._xml = map_, envelope, zone, xml
        self.wanted: Sequence[tuple[str, str]] = tuple(
            (kind, event) for kind, one in map_.kinds.items() for event in one.events or ("",)
        )

    def lane(self, entry: Entered) -> str:
        """Return the interface; of a platform that takes one record at a time, the entry itself."""
        kind = self._map.kinds.get(entry.kind)
        found = (kind.interface if kind else "") or entry.kind
        return f"{found}#{entry.n}" if self._map.wire["single"] else found

    def request(self, documents: Sequence[Document], at_us: int) -> Request:
        """Return the records in their envelope."""
        if any(one.entry.kind not in self._map.kinds for one in documents):
            raise Rejected("the map does not say documents of this kind", code="not-mapped")
        records = self._records(documents)
        content: Any = records[0] if self._map.wire["single"] else records
        interface = self._map.kinds[documents[0].entry.kind].interface
        return self._envelope.request(content, interface, named(documents), len(records), at_us)

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return what the answer says."""
        status = by_status(reply)
        if status is not None and status.state == "again":
            return status
        answer = self._read(reply)
        if answer is None:
            return status or not_understood()
        whole = _verdict(answer, self._map.answer) or status or not_understood("no code")
        items = self._map.items
        listed = _listed(answer, items.at) if items is not None else []
        if items is None or not listed or whole.state == "again":
            return whole
        return self._each(documents, listed, items, whole)

    def sign_in(self, day: str, at_us: int) -> Request | None:
        """Return the daily sign-in, where the platform wants one."""
        said = self._map.sign_in
        if said is None:
            return None
        names = {**self._envelope.names, "day": lambda: day}
        body = filled(said.get("body", []), names)
        return self._envelope.request(body, str(said.get("interface", "")), f"sign-in-{day}", 0, at_us, day)

    def signed_in(self, reply: Reply) -> Verdict:
        """Return what the answer to that says."""
        status = by_status(reply)
        if status is not None:
            return status
        answer = self._read(reply)
        found = None if answer is None else _verdict(answer, self._map.answer)
        return found or not_understood()

    def _records(self, documents: Sequence[Document]) -> list[dict[str, Any]]:
        names = self._envelope.names
        return [record(self._map.kinds[one.entry.kind].fields, one, self._zone, names) for one in documents]

    def _read(self, reply: Reply) -> Any:
        """Return the answer as a table or list, None where it is none."""
        if not reply.whole:
            return None
        try:
            if not self._map.encrypted:
                return self._parsed(reply.body)
            if not self._map.data:
                return self._parsed(self._envelope.opened(reply.body.strip()))
            outer = self._parsed(reply.body)
            inner = first(outer, self._map.data)
            if not isinstance(inner, str) or not isinstance(outer, dict):
                return outer
            return {**outer, self._map.data.split(".")[0]: self._parsed(self._envelope.opened(inner))}
        except (ValueError, RecursionError, Rejected):
            return None

    def _parsed(self, data: bytes) -> Any:
        return from_markup(data) if self._xml else loads(data)

    def _each(
        self, documents: Sequence[Document], listed: Sequence[Any], items: Items, whole: Verdict
    ) -> list[Verdict]:
        """Return one verdict for each; where some items had a list refused, the others go again."""
        said = [_verdict(one, items.answer) for one in listed]
        if items.by:
            keys = [str(one.get(items.field, "")) for one in self._records(documents)]
            known = {
                str(first(one, items.by, "")): verdict for one, verdict in zip(listed, said, strict=True)
            }
            found: list[Verdict | None] = [known.get(key) for key in keys]
        else:
            found = [said[at] if at < len(said) else None for at in range(len(documents))]
        others = Verdict("acknowledged") if items.others == "ok" else whole
        if whole.state == "refused" and any(one is not None and one.state == "refused" for one in found):
            others = Verdict("again", reason="the list was refused for another item", after=0, code="list")
        return [one or others for one in found]


def _verdict(answer: Any, said: AnswerMap) -> Verdict | None:
    """Return what an answer, or one item of it, says; None where it has no code."""
    code = first(answer, said.code)
    if code is None:
        return None
    text = str(code).lower() if isinstance(code, bool) else str(code)
    receipt, serial, reason = (_told(answer, path) for path in (said.receipt, said.serial, said.reason))
    if text in said.ok or text in said.repeat:
        return Verdict("acknowledged", receipt, serial)
    state = "again" if text in said.again else "refused"
    return Verdict(state, reason=f"{text} {reason}".strip(), code=text)  # type: ignore[arg-type]


def _listed(answer: Any, path: str) -> list[Any]:
    """Return the list at a path; without one the answer is the list."""
    if path:
        return each(answer, path)
    return answer if isinstance(answer, list) else []


def _told(answer: Mapping[str, Any], path: str) -> str:
    found = first(answer, path) if path else None
    return "" if found is None or isinstance(found, dict) else str(found)
