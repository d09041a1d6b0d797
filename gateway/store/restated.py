"""Restated: what a document says no more, in a new version or by one that replaces it (CDA R2 §4.2.3).

A document is whole. What only this document has ever said, and now says no more, was entered in error; what
another message or document has said too stays as it is: that is told as a remark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from gateway.canonical import Draft, Issue, Resource
from gateway.store.body import resource
from gateway.store.changes import Changes
from gateway.store.direct import execute
from gateway.store.identity import ident_key
from gateway.store.interaction import Interactions
from gateway.store.lookup import ResourceKey
from gateway.store.message import Message
from gateway.store.referrers import referrers
from gateway.store.types import NUMBER

_ERROR: Final = "entered-in-error"
_STATUS: Final = frozenset(
    {"DiagnosticReport", "MedicationRequest", "MedicationStatement", "Observation", "Procedure"}
)
_VERIFIED: Final = {
    "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
    "Condition": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
}
_COMPOSITION, _DOCUMENT = NUMBER["Composition"], NUMBER["DocumentReference"]
_MOST = 32
"""Documents that are looked at whether they say the same."""

_SOURCES = (
    "WITH RECURSIVE chain(seq) AS (SELECT CAST(? AS BIGINT) UNION ALL "
    "SELECT v.prev_seq FROM chain JOIN version v ON v.seq = chain.seq WHERE v.prev_seq IS NOT NULL) "
    "SELECT v.source FROM chain JOIN version v ON v.seq = chain.seq"
)


class Restated:
    """Takes back what the documents in one message do not say any more.

    Args:
        message: its drafts are merged, their versions not yet made.
    """

    def __init__(
        self, tenant: int, event_us: int | None, message: Message, interactions: Interactions
    ) -> None:
        self._tenant, self._event_us = tenant, event_us
        self._message, self._interactions = message, interactions

    def settle(self, drafts: Sequence[Draft]) -> None:
        """Compare the Compositions that the message writes with what they and those before them said."""
        for draft in drafts:
            key = self._key(f"Composition/{draft.id}") if draft.type == "Composition" else None
            pending = None if key is None else self._message.pending.get(key)
            if key is None or pending is None:
                continue
            said = set(_entries(pending.body))
            before = [(key, self._message.stored(key))]
            before += [(one, self._replace(one)) for one in self._replaced(draft, pending.body, key)]
            before = [(one, body) for one, body in before if body]
            former = [name for _, body in before for name in _entries(body)]
            if former:
                self._retract(dict.fromkeys(name for name in former if name not in said), before, drafts)
                self._say_again(said.difference(_entries(before[0][1])), drafts)

    def _key(self, reference: str) -> ResourceKey:
        type_, _, id_ = reference.partition("/")
        return self._tenant, NUMBER[type_], id_

    def _replaced(self, draft: Draft, body: Resource, key: ResourceKey) -> Iterator[ResourceKey]:
        """Yield the Compositions that this one says it replaces, as far as they are here."""
        for one in body.get("relatesTo", ()):
            target = one.get("targetIdentifier", {})
            if one.get("code") == "replaces" and target.get("value"):
                system = target.get("system") or (draft.key[0] if draft.key else "")
                found = self._message.belongs(
                    ident_key(self._tenant, "Composition", (system, target["value"] + _scope(draft)))
                )
                if found is not None and found != key[2]:
                    yield (*key[:2], found)

    def _replace(self, key: ResourceKey) -> Resource:
        """Return what a replaced Composition said; it and its document are current no more."""
        body = self._message.stored(key)
        if body:
            self._change(key, {"status": "amended"}, only=("final", "preliminary"))
            for one in self._referring(_DOCUMENT, f"Composition/{key[2]}"):
                self._change(
                    (self._tenant, _DOCUMENT, one["id"]), {"status": "superseded"}, only=("current",)
                )
        return body

    def _change(self, key: ResourceKey, said: Resource, only: Sequence[str]) -> None:
        self._message.restate(
            key, lambda body: {**body, **said} if body.get("status") in only else body, self._event_us
        )

    def _retract(
        self, gone: dict[str, None], before: Sequence[tuple[ResourceKey, Resource]], drafts: Sequence[Draft]
    ) -> None:
        """Write what is gone as entered in error, and take it out of the reports of the message."""
        here = {f"{one.type}/{one.id}" for one in drafts}
        documents = {key[2] for key, _ in before}
        sources = {one for key, _ in before for one in self._sources(key)}
        taken: set[str] = set()
        kept = 0
        for name in gone:
            if name in here or name.partition("/")[0] not in _STATUS | _VERIFIED.keys():
                continue
            key = self._key(name)
            if not self._message.stored(key):
                continue
            others = any(one["id"] not in documents for one in self._referring(_COMPOSITION, name))
            if others or not sources.issuperset(self._sources(key)):
                kept += 1
                continue
            self._message.restate(key, _in_error, self._event_us)
            taken.add(name)
        for draft in drafts:
            if draft.type == "DiagnosticReport" and taken:
                report = self._key(f"DiagnosticReport/{draft.id}")
                self._message.restate(report, lambda body: _without(body, taken), self._event_us)
        self._tell(len(taken), kept)

    def _say_again(self, names: set[str], drafts: Sequence[Draft]) -> None:
        """Let what was taken back and is said again stand: no draft says that it was verified after all."""
        for draft in drafts:
            if draft.type not in _VERIFIED or f"{draft.type}/{draft.id}" not in names:
                continue
            if "verificationStatus" not in draft.body:
                key = self._key(f"{draft.type}/{draft.id}")
                self._message.restate(key, partial(_valid, said=draft.body), self._event_us)

    def _referring(self, type_no: int, name: str) -> list[Resource]:
        found = referrers(self._interactions, self._tenant, type_no, name, _MOST)
        reading = self._interactions.reading
        return [resource(reading.version(seq) if body is None else body) for seq, body in found]

    def _sources(self, key: ResourceKey) -> Iterator[str]:
        """Yield the messages that have written the versions of a resource."""
        changes: Changes = self._interactions.changes
        at: int | None = self._message.entry(key).seq
        while at and (row := changes.waiting_version(at)) is not None:
            yield row[7]
            at = row[6]
        if at:
            yield from (row[0] for row in execute(self._interactions.connection, _SOURCES, (at,)).fetchall())

    def _tell(self, taken: int, kept: int) -> None:
        if taken:
            self._message.issues["restated"] = Issue(
                "information", "business-rule", "Composition", "restated",
                f"the document says {taken} things no more: entered-in-error",
                f"文书不再包含先前的 {taken} 项内容，已标记为 entered-in-error",
            )  # fmt: skip
        if kept:
            self._message.issues["restated.kept"] = Issue(
                "information", "business-rule", "Composition", "restated",
                f"the document says {kept} things no more that others have said too: left as they are",
                f"文书不再包含先前的 {kept} 项内容，但其他消息或文书也有记载，保持不变",
            )  # fmt: skip


def _scope(draft: Draft) -> str:
    """Return what the sender's profile puts behind the number of a document, so of what it replaces too."""
    number = draft.body.get("identifier", {}).get("value", "")
    return draft.key[1].removeprefix(number) if draft.key and number else ""


def _entries(part: Resource) -> Iterator[str]:
    """Yield what the sections of a Composition speak of."""
    for section in part.get("section", ()):
        yield from (entry["reference"] for entry in section.get("entry", ()) if "reference" in entry)
        yield from _entries(section)


def _in_error(body: Resource) -> Resource:
    system = _VERIFIED.get(body["resourceType"])
    if system is None:
        return {**body, "status": _ERROR}
    left = {name: value for name, value in body.items() if name != "clinicalStatus"}  # con-5, ait-2
    return {**left, "verificationStatus": {"coding": [{"system": system, "code": _ERROR}]}}


def _valid(body: Resource, *, said: Resource) -> Resource:
    codings: list[Any] = body.get("verificationStatus", {}).get("coding", [])
    if not any(one.get("code") == _ERROR for one in codings):
        return body
    left = {name: value for name, value in body.items() if name != "verificationStatus"}
    return {**left, "clinicalStatus": said["clinicalStatus"]} if "clinicalStatus" in said else left


def _without(report: Resource, taken: set[str]) -> Resource:
    there = report.get("result", [])
    left = [one for one in there if one.get("reference") not in taken]
    if len(left) == len(there):
        return report
    rest = {name: value for name, value in report.items() if name != "result"}
    return {**rest, "result": left} if left else rest
