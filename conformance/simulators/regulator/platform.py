"""Owns what the platform does with a request, whatever it came over: verdicts, counts, serials, findings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.simulators.exact import Resource, dumps, loads
from conformance.simulators.jws import Key
from conformance.simulators.regulator import envelope, ledger, message
from conformance.simulators.regulator.book import SERIALLED, Book, Entry, Result
from conformance.simulators.regulator.envelope import Reply
from conformance.simulators.regulator.mischief import Mischief, Mode

FHIR, FHIR_XML = "application/fhir+json", "application/fhir+xml"


@dataclass(slots=True)
class Platform:
    """One platform.

    Attributes:
        keys: of the encrypted form.
        key: with which heads are countersigned, None: they are not.
    """

    book: Book
    mischief: Mischief
    checks: message.Checks
    keys: envelope.Keys = field(default_factory=envelope.Keys)
    key: Key | None = None

    def process_message(self, data: bytes, mode: Mode = "") -> Reply:
        """Take a FHIR message, and answer with one."""
        try:
            found = message.read(data)
        except message.Unread as error:
            return _refusal(422, str(error))
        self.book.count("messages")
        xml = found.bundle is None
        if mode == "batch" and len(found.entries) > 1 and any(self._unwanted(one) for one in found.entries):
            return _refusal(422, "one of the documents is not as it should be")
        results = self.taken(found, "xml" if xml else "message", mode)
        if mode == "duplicate":
            results = [*results, *results]
        told = message.answer(found, results)
        return Reply(200, message.to_xml(told), FHIR_XML) if xml else Reply(200, dumps(told).encode(), FHIR)

    def taken(self, found: message.Message, wire: str, mode: Mode = "") -> list[Result]:
        """Take the entries of a message one by one, but for those that are wrong or not wanted."""
        with self.book.lock:
            wrong = self.checks.refused(found)
            return [
                self._take(one, at, wrong.get(one.n, ""), wire, mode) for at, one in enumerate(found.entries)
            ]

    def _take(self, entry: Entry, at: int, wrong: str, wire: str, mode: Mode) -> Result:
        if wrong:
            return self.book.refuse(entry, wrong)
        if mode == "half" and at % 2:
            return Result(entry.n, "transient-error", reason="not now")
        if mode in ("refuse", "batch") and self._unwanted(entry):
            return Result(entry.n, "fatal-error", reason="the platform will not have this document")
        return self.book.take(entry, wire)

    def _unwanted(self, entry: Entry) -> bool:
        """Tell whether an entry is of a seventh document; what was taken once is not refused later."""
        return int(_hash(entry.document), 16) % 7 == 0 and not self.book.has(entry)

    def transaction(self, data: bytes) -> Reply:
        """Take a FHIR transaction of updates and deletions."""
        try:
            bundle = loads(data)
        except ValueError:
            return _refusal(400, "it is no JSON")
        if not isinstance(bundle, dict) or bundle.get("type") != "transaction":
            return _refusal(422, "it is no transaction")
        self.book.count("transactions")
        answers = [{"response": self._stored(one)} for one in bundle.get("entry", [])]
        told = {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}
        return Reply(200, dumps(told).encode(), FHIR)

    def _stored(self, one: Resource) -> Resource:
        resource = one.get("resource")
        if resource is None:
            return {"status": "204 No Content"}
        version = str(resource.get("meta", {}).get("versionId", "1"))
        name = f"{resource['resourceType']}/{resource.get('id')}/_history/{version}"
        new = self.book.keep("transaction", name, resource["resourceType"], _day(), resource)
        return {"status": "201 Created" if new else "200 OK", "location": name, "etag": f'W/"{version}"'}

    def records(self, data: bytes, headers: dict[str, str], path: str, mode: Mode = "") -> Reply:
        """Take records of the platform's own form; the answer has a code for all, and one for each."""
        wire = "records" if data.lstrip()[:1] == b"<" else "list"
        try:
            found = envelope.opened(data, self.keys)
            if envelope.digest_fits(headers, data, self.keys) is False:
                raise envelope.Sealed("the SM3 of the body is not the one that was sent")
        except envelope.Sealed as error:
            self.book.fault("sealed", str(error))
            return envelope.answer(wire, "refused", str(error), [])
        self.book.count("lists")
        kept = [
            self._kept(one, at, wire, path.strip("/"), mode)
            for at, one in enumerate(found)
            if isinstance(one, dict)
        ]
        return envelope.answer(wire, "ok", "ok", kept * 2 if mode == "duplicate" else kept)

    def _kept(self, record: Resource, at: int, wire: str, kind: str, mode: Mode) -> envelope.Item:
        key = str(record.get("bussKey") or record.get("key") or "") or _hash(dumps(record, ordered=True))
        serial = str(record.get("recipeUniqueID") or record.get("serial") or "")
        if serial and not ledger.check_character(serial):
            self.book.fault("refused", f"{key}: check character")
            return envelope.Item(key, "refused", text="the check character of the serial is wrong")
        if mode == "half" and at % 2:
            return envelope.Item(key, "again", text="not now")
        if mode in ("refuse", "batch") and int(_hash(serial or key), 16) % 7 == 0:
            return envelope.Item(key, "refused", text="the platform will not have this document")
        new = self.book.keep(wire, key, kind, _day(), record)
        return envelope.Item(key, "ok" if new else "repeat", receipt=f"P-{_hash(key)[:12]}")

    def counts(self, day: str = "", *, named: bool = False) -> Reply:
        """Say how many documents of a kind it has of each day, ``named`` with their serials."""
        said = [
            {"day": when, "kind": kind, "receiver": "regulator", "count": number}
            | ({"numbers": self.book.serials(when, kind)} if named and kind in SERIALLED else {})
            for when, kinds in sorted(self.book.counts(day).items())
            for kind, number in sorted(kinds.items())
        ]
        return Reply(200, dumps({"counts": said}).encode())

    def serial(self, data: bytes) -> Reply:
        """Give a document a serial: ``{"tenant", "document"}``."""
        try:
            said = loads(data)
            found = self.book.give(f"{said['tenant']}/{said['document']}")
        except (ValueError, KeyError, TypeError):
            return Reply(400, b'{"code": "400", "message": "tenant and document"}')
        return Reply(200, dumps({"code": "0", "serial": found}).encode())

    def sign_in(self, tenant: str, day: str) -> Reply:
        """Note that a hospital is there today."""
        self.book.sign_in(tenant or "default", day or _day())
        return envelope.answer("list", "ok", "ok", [])

    def state(self) -> dict[str, Any]:
        """Return how everything stands."""
        return {**self.book.state(), "misbehaving": self.mischief.as_json()}


def finding(serial: str, document: str, text: str, due: int = 7) -> list[Resource]:
    """Return what a regulator holds against a document: a DetectedIssue, and a Task to answer to it.

    Args:
        serial: of the document, ``""`` where it has none.
        document: ``"Type/id"`` of it, ``""`` where the serial says it.
        due: days until it must have been answered.
    """
    now = datetime.now(UTC)
    key = _hash(f"{serial}{document}{text}")[:16]
    said: Resource = {"reference": document} if document else {}
    if serial:
        said["identifier"] = {"system": "urn:qiao:id:serial", "value": serial}
    issue = {
        "resourceType": "DetectedIssue",
        "id": f"finding-{key}",
        "status": "final",
        "severity": "moderate",
        "identifiedDateTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "detail": text,
    }
    code = {"system": "urn:qiao:codes:task-code", "code": "feedback", "display": "监管反馈"}
    task = {
        "resourceType": "Task",
        "id": f"finding-{key}",
        "identifier": [{"system": "urn:qiao:simulator:regulator", "value": key}],
        "status": "requested",
        "intent": "order",
        "code": {"coding": [code]},
        "description": text,
        **({"focus": said} if said else {}),
        "authoredOn": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "restriction": {"period": {"end": (now + timedelta(days=due)).strftime("%Y-%m-%dT%H:%M:%SZ")}},
    }
    return [issue, task]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(status: int, text: str) -> Reply:
    issue = {"severity": "error", "code": "invalid", "diagnostics": text}
    return Reply(status, dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode(), FHIR)


def _day() -> str:
    return f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"
