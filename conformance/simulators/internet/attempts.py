"""Owns what must be refused: attempts by name, each a visit in which one thing is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.simulators.exact import Resource
from conformance.simulators.internet import documents, orders
from conformance.simulators.internet.api import Answer
from conformance.simulators.internet.course import Desk, expect
from conformance.simulators.internet.documents import Visit, with_
from conformance.simulators.internet.hospital import EXPIRED, PHARMACY, PHYSICIAN
from conformance.simulators.jws import AUTHOR, Key, sign
from conformance.simulators.people import resident_id

Attempt = Callable[[Desk, Visit], Answer]


def _begun(desk: Desk, visit: Visit) -> None:
    expect("visit", desk.admit(visit))
    desk.examine(visit)


def _drug(name: str) -> Attempt:
    def attempt(desk: Desk, visit: Visit) -> Answer:
        _begun(desk, visit)
        group, line = orders.prescription(visit, drugs=1)
        return _submitted(desk, [group, with_(line, medicationCodeableConcept={"text": name})])

    return attempt


def _submitted(desk: Desk, parts: list[Resource]) -> Answer:
    """Write and submit; either may be refused."""
    written = desk.write(parts)
    return desk.submit(parts) if written.ok else written


def _without(element: str) -> Attempt:
    def attempt(desk: Desk, visit: Visit) -> Answer:
        _begun(desk, visit)
        group, line = orders.prescription(visit, drugs=1)
        return _submitted(desk, [group, with_(line, **{element: None})])

    return attempt


def _no_consent(desk: Desk, visit: Visit) -> Answer:
    answer = desk.admit(visit, agreed=False)
    if not answer.ok:
        return answer
    desk.examine(visit)
    return _submitted(desk, orders.prescription(visit))


def _first_visit(desk: Desk, visit: Visit) -> Answer:
    return desk.admit(visit, extension=None)


def _emergency(desk: Desk, visit: Visit) -> Answer:
    urgent = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActPriority", "code": "EM"}
    return desk.admit(visit, priority={"coding": [urgent]})


def _other_category(desk: Desk, visit: Visit) -> Answer:
    expect("visit", desk.admit(visit))
    desk.examine(visit, code="E11.900", text="2型糖尿病")
    return _submitted(desk, orders.prescription(visit))


def _child(desk: Desk, visit: Visit) -> Answer:
    """A child on its sixth birthday; nobody with it."""
    now = documents.today().date()
    birth = now.replace(year=now.year - 6) if (now.month, now.day) != (2, 29) else now - timedelta(days=2192)
    number = resident_id("990101", birth, 17 if visit.person.sex == "M" else 18)
    child = Visit(visit.number, replace(visit.person, birth=birth, resident_id=number))
    answer = desk.admit(child)
    if not answer.ok:
        return answer
    desk.examine(child)
    return _submitted(desk, orders.prescription(child))


def _expired(desk: Desk, visit: Visit) -> Answer:
    """A physician whose licence ended last month attends."""
    body = documents.encounter(visit)
    who = [{**body["participant"][0], "individual": {"reference": EXPIRED}}]
    return desk.admit(visit, participant=who)


def _edited(desk: Desk, visit: Visit) -> Answer:
    """The dose is changed after the physician signed."""
    _begun(desk, visit)
    parts = orders.prescription(visit)
    expect("prescription", desk.write(parts))
    signature = desk.signed(parts)
    more = {
        **parts[1],
        "dispenseRequest": {**parts[1]["dispenseRequest"], "quantity": {"value": 280, "unit": "片"}},
    }
    expect("edit", desk.api.put(more, PHYSICIAN))
    return desk.submit(parts, signature)


def _foreign(desk: Desk, visit: Visit) -> Answer:
    """A certificate that nobody here knows."""
    _begun(desk, visit)
    parts = orders.prescription(visit)
    expect("prescription", desk.write(parts))
    return desk.submit(parts, sign(parts, _own_certificate(), PHYSICIAN, AUTHOR))


def _own_certificate() -> Key:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "自签证书")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return Key(key, (made.public_bytes(serialization.Encoding.DER),))


def _replayed(desk: Desk, visit: Visit) -> Answer:
    """The signature under another prescription is used again."""
    _begun(desk, visit)
    one, other = orders.prescription(visit, 1, "-1"), orders.prescription(visit, 1, "-2")
    expect("prescriptions", desk.write([*one, *other]))
    return desk.submit(other, desk.signed(one))


def _unsigned(desk: Desk, visit: Visit) -> Answer:
    _begun(desk, visit)
    parts = orders.prescription(visit)
    expect("prescription", desk.write(parts))
    return desk.api.call(f"RequestGroup/{parts[0]['id']}", "submit", PHYSICIAN)


def _machine(desk: Desk, visit: Visit) -> Answer:
    """A machine writes the prescription."""
    _begun(desk, visit)
    device = {"reference": "Device/i-assistant"}
    group, line = orders.prescription(visit, drugs=1)
    return _submitted(desk, [with_(group, author=device), with_(line, requester=device)])


def _another(desk: Desk, visit: Visit) -> Answer:
    """Somebody else is logged in than the one who signs."""
    _begun(desk, visit)
    parts = orders.prescription(visit)
    expect("prescription", desk.write(parts))
    return desk.submit(parts, by=EXPIRED)


def _own_serial(desk: Desk, visit: Visit) -> Answer:
    _begun(desk, visit)
    serial = {"use": "official", "system": "urn:qiao:id:serial", "value": "CQP000990101001202601010000017X"}
    return desk.write([with_(one, groupIdentifier=serial) for one in orders.prescription(visit)])


def _changed_later(desk: Desk, visit: Visit) -> Answer:
    """A drug is changed after the prescription was submitted."""
    _begun(desk, visit)
    parts = orders.prescription(visit)
    expect("prescription", desk.write(parts))
    desk.count(desk.submit(parts))
    return desk.api.put(with_(parts[1], medicationCodeableConcept={"text": "缬沙坦胶囊 160mg"}), PHYSICIAN)


def _dispensed_early(desk: Desk, visit: Visit) -> Answer:
    _begun(desk, visit)
    parts = orders.prescription(visit)
    expect("prescription", desk.write(parts))
    desk.count(desk.submit(parts))
    given = orders.dispenses(visit, parts[1:])
    pharmacy = {"reference": PHARMACY}
    return desk.api.call(f"RequestGroup/{parts[0]['id']}", "redeem", "", pharmacy=pharmacy, dispense=given)


def _after_the_end(desk: Desk, visit: Visit) -> Answer:
    """Orders of a visit that was broken off."""
    _begun(desk, visit)
    expect("terminate", desk.api.call(visit.encounter, "terminate", PHYSICIAN, reason="需到实体医院面诊"))
    return _submitted(desk, orders.prescription(visit))


ATTEMPTS: Mapping[str, Attempt] = {
    "narcotic": _drug("枸橼酸芬太尼透皮贴剂"),
    "narcotic in full-width letters": _drug("Ｆｅｎｔａｎｙｌ　透皮贴剂"),
    "brand of a narcotic": _drug("多瑞吉"),
    "narcotic in traditional characters": _drug("鹽酸嗎啡片"),
    "psychotropic": _drug("咪 达 唑 仑 片"),
    "no usage": _without("dosageInstruction"),
    "no validity": _without("dispenseRequest"),
    "no diagnosis": _without("reasonReference"),
    "no consent": _no_consent,
    "first visit": _first_visit,
    "emergency": _emergency,
    "other ICD category": _other_category,
    "six years old today, alone": _child,
    "expired licence": _expired,
    "edited after signing": _edited,
    "foreign certificate": _foreign,
    "signature of another prescription": _replayed,
    "not signed": _unsigned,
    "written by a machine": _machine,
    "another is logged in": _another,
    "serial brought along": _own_serial,
    "changed after submission": _changed_later,
    "dispensed before approval": _dispensed_early,
    "ordered after termination": _after_the_end,
}
"""Name → what is done; the last answer must be a refusal."""


def attempt(desk: Desk, visit: Visit, name: str) -> None:
    """Try what must be refused, and count by which rule it was."""
    answer = ATTEMPTS[name](desk, visit)
    if answer.status in (401, 403, 409, 422) and answer.rules:
        rule = answer.rules[0]
        desk.tally.refused[rule] = desk.tally.refused.get(rule, 0) + 1
    else:
        desk.tally.unexpected.append(f"{name}: {answer.status}")
