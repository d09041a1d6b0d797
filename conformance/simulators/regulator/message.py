"""Owns FHIR messages: reads one in JSON or XML, checks all that can be, answers for each entry."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from cryptography import x509

from conformance.simulators import jws
from conformance.simulators.exact import Resource, dumps, loads
from conformance.simulators.regulator import ledger
from conformance.simulators.regulator.book import Book, Entry, Result

_FHIR = "{http://hl7.org/fhir}"
_RANGE = "urn:qiao:extension:ledger-range"
_TEXTS = ("tenant", "algorithm", "time", "kind", "event", "about", "sha", "prev")


class Unread(Exception):
    """What came is no message of a ledger; says why."""


@dataclass(slots=True)
class Message:
    """A message of a hospital.

    Attributes:
        id: ``MessageHeader.id``.
        entries: of the ledger, in the order in which they stand there.
        members: by the number of an entry, the versions that it is about (``Type/id/_history/n``).
        bodies: JSON of the versions that came along by their name; empty where it came as XML.
        bundle: as JSON, None where it came as XML.
        announced: what the header says of its entries: first, last, count, head.
    """

    id: str
    entries: list[Entry]
    members: dict[int, list[str]]
    bodies: Mapping[str, bytes]
    bundle: Resource | None
    announced: Mapping[str, Any]


class Checks:
    """Looks at messages before they are taken.

    Args:
        authorities: to whom certificates must lead; none: that is not asked.
    """

    def __init__(self, book: Book, authorities: Sequence[x509.Certificate]) -> None:
        self._book, self._authorities = book, authorities

    def refused(self, message: Message) -> dict[int, str]:
        """Return why entries cannot be taken, by their number; what cannot be checked is counted."""
        self._announced(message)
        self._sealed(message)
        wrong = {one.n: reason for one in message.entries if (reason := self._members(message, one))}
        self._signatures(message)
        return wrong

    def _announced(self, message: Message) -> None:
        said, entries = message.announced, message.entries
        wanted = {
            "first": entries[0].n,
            "last": entries[-1].n,
            "count": len(entries),
            "head": entries[-1].hash,
        }
        for name, value in wanted.items():
            if said.get(name) not in (None, value):
                self._book.fault("range", f"{message.id}: {name} is {said[name]}, came {value}")

    def _members(self, message: Message, entry: Entry) -> str:
        names = message.members[entry.n]
        if len(names) != int(entry.values["members"]):
            return "the number of members is not the one that was entered"
        bodies = [message.bodies.get(name) for name in names]
        found = [one for one in bodies if one is not None]
        if len(found) < len(bodies):
            self._book.count("sha not checked")
            return ""
        if ledger.members_hash(str(entry.values["algorithm"]), found) != entry.values["sha"]:
            return "the hash over the members is not the one that was entered"
        self._book.count("sha checked")
        return ""

    def _sealed(self, message: Message) -> None:
        """Look at the signature over the message as a whole."""
        signature = (message.bundle or {}).get("signature")
        if message.bundle is None or not signature:
            self._book.count(
                "message signature not checked" if message.bundle is None else "message not signed"
            )
            return
        payload = {
            name: value for name, value in message.bundle.items() if name not in ("id", "meta", "signature")
        }
        self._count("message signature", signature.get("data", ""), dumps(payload, ordered=True).encode())

    def _signatures(self, message: Message) -> None:
        """Look at the signatures under documents whose signed versions, or later ones, came along."""
        found = [loads(body) for body in message.bodies.values()]
        documents = {jws.place(one): one for one in found if one["resourceType"] != "Provenance"}
        for one in found:
            if one["resourceType"] != "Provenance" or not one.get("signature"):
                continue
            data = one["signature"][0].get("data", "")
            try:
                targets = jws.check(data, b"").targets
            except ValueError:
                self._book.fault("signature", f"{jws.place(one)} is none")
                continue
            signed = [documents.get(name.partition("/_history/")[0]) for name in targets]
            if all(signed):
                self._count("signature", data, jws.canonical([each for each in signed if each]))

    def _count(self, what: str, data: str, payload: bytes) -> None:
        try:
            found = jws.check(data, payload)
        except ValueError:
            self._book.fault(what, "is none")
            return
        if found.good is None:
            self._book.count(f"{what} not checked ({found.algorithm})")
        elif not found.good:
            self._book.fault(what, f"of {found.subject} does not fit")
        elif self._authorities and not jws.trusted(found.chain, self._authorities):
            self._book.fault(what, f"of {found.subject} is by nobody known")
        else:
            self._book.count(f"{what} checked")


def read(data: bytes) -> Message:
    """Return the message that some bytes are.

    Raises:
        Unread: they are none.
    """
    if data.lstrip()[:1] == b"<":
        return _of_xml(data)
    try:
        bundle = loads(data)
    except ValueError:
        raise Unread("it is no JSON") from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Unread("it is no Bundle")
    return of_bundle(bundle)


def of_bundle(bundle: Resource) -> Message:
    """Return the message that a Bundle is. Raises :class:`Unread`."""
    found = [one["resource"] for one in bundle.get("entry", []) if "resource" in one]
    header = next((one for one in found if one["resourceType"] == "MessageHeader"), None)
    told = next(
        (one for one in found if one["resourceType"] == "Parameters" and one.get("id") == "ledger"), None
    )
    if header is None or told is None:
        raise Unread("it has no MessageHeader or no ledger")
    entries, members = _ledger(_parts(one) for one in told.get("parameter", []))
    bodies = {
        f"{one['resourceType']}/{one['id']}/_history/{one['meta']['versionId']}": dumps(one).encode()
        for one in found
        if one.get("meta", {}).get("versionId")
    }
    said: Resource = next((one for one in header.get("extension", []) if one["url"] == _RANGE), {})
    announced = {one["url"]: _value(one) for one in said.get("extension", [])}
    return Message(str(header.get("id", "")), entries, members, bodies, bundle, announced)


def _ledger(told: Iterator[list[tuple[str, Any]]]) -> tuple[list[Entry], dict[int, list[str]]]:
    entries: list[Entry] = []
    members: dict[int, list[str]] = {}
    for parts in told:
        said = dict(parts)
        own = [str(value) for name, value in parts if name == "member"]
        try:
            values = {
                **{name: said[name] for name in _TEXTS},
                "n": int(said["n"]),
                "back": int(said["back"]),
                "serial": said.get("serial", ""),
                "members": len(own),
            }
            entry = Entry(values, str(said["hash"]), str(said["about"]).partition("/_history/")[0])
        except (KeyError, ValueError) as error:
            raise Unread(f"an entry of the ledger lacks {error}") from None
        entries.append(entry)
        members[entry.n] = own
    if not entries:
        raise Unread("it has no entries")
    return entries, members


def _parts(parameter: Resource) -> list[tuple[str, Any]]:
    return [(str(one.get("name")), _value(one)) for one in parameter.get("part", [])]


def _value(element: Resource) -> Any:
    return next((value for name, value in element.items() if name.startswith("value")), None)


def _of_xml(data: bytes) -> Message:
    """Return the ledger of a message in XML; the JSON of its documents is not there to be hashed."""
    if b"<!DOCTYPE" in data[:2000] or b"<!ENTITY" in data:
        raise Unread("a document type is not taken")
    try:
        bundle = ET.fromstring(data)  # noqa: S314
    except ET.ParseError:
        raise Unread("it is no XML") from None
    header, told = bundle.find(f".//{_FHIR}MessageHeader"), bundle.find(f".//{_FHIR}Parameters")
    if header is None or told is None:
        raise Unread("it has no MessageHeader or no ledger")
    entries, members = _ledger(_xml_parts(one) for one in told.iter(f"{_FHIR}parameter"))
    id_ = header.find(f"{_FHIR}id")
    return Message("" if id_ is None else id_.get("value", ""), entries, members, {}, None, {})


def _xml_parts(parameter: ET.Element) -> list[tuple[str, Any]]:
    found = []
    for part in parameter.iter(f"{_FHIR}part"):
        values = {child.tag.removeprefix(_FHIR): child.get("value", "") for child in part}
        found.append(
            (values["name"], next((value for name, value in values.items() if name.startswith("value")), ""))
        )
    return found


def answer(message: Message, results: Sequence[Result]) -> Resource:
    """Return the response message: what became of the whole, and of each entry."""
    worst = next(
        (code for code in ("fatal-error", "transient-error") if any(one.code == code for one in results)),
        "ok",
    )
    header = {
        "resourceType": "MessageHeader",
        "id": str(uuid.uuid4()),
        "eventCoding": {"system": "urn:qiao:codes:feed-event", "code": "several"},
        "source": {"name": "监管平台（模拟）", "endpoint": "urn:qiao:simulator:regulator"},
        "response": {"identifier": message.id, "code": worst},
    }
    told = {
        "resourceType": "Parameters",
        "parameter": [{"name": "result", "part": _told(one)} for one in results],
    }
    return {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "entry": [
            {"fullUrl": f"urn:uuid:{header['id']}", "resource": header},
            {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": told},
        ],
    }


def _told(result: Result) -> list[Resource]:
    said: list[Resource] = [
        {"name": "entry", "valueInteger": result.n},
        {"name": "code", "valueCode": result.code},
    ]
    words = (("receipt", result.receipt), ("serial", result.serial), ("reason", result.reason))
    return said + [{"name": name, "valueString": value} for name, value in words if value]


def to_xml(resource: Resource) -> bytes:
    """Return a resource of ours as FHIR XML; its members stand in FHIR's order already."""
    root = ET.Element(resource["resourceType"], {"xmlns": "http://hl7.org/fhir"})
    _fill(root, resource)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _fill(element: ET.Element, value: Mapping[str, Any]) -> None:
    for name, said in value.items():
        for one in said if isinstance(said, list) else [said]:
            if name == "resourceType":
                continue
            if name == "resource":
                inner = ET.SubElement(ET.SubElement(element, name), one["resourceType"])
                _fill(inner, one)
            elif isinstance(one, dict):
                _fill(ET.SubElement(element, name), one)
            else:
                ET.SubElement(element, name, {"value": str(one)})
