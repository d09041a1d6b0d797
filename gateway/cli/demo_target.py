"""The demo as a target of `qiao conformance`: who may ask it, and the file by which a run finds it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.cli.demo_settings import NAME, WORK, Branch, Lines
from gateway.security.client import DEFAULT_TENANT, Client, digest, new_token

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway

PHYSICIAN, PHARMACIST = "Practitioner/iw1", "Practitioner/iy1"
PATIENT = "Patient/i-patient"
"""Whom the simulated front end has signed in (`conformance/simulators/internet/hospital.py`)."""
EAST = "east"
"""The second tenant."""
SIGNERS = ("physician", "pharmacist", "regulator")
"""Whose keys the harness may use."""
DOORS = {"his/hl7v2": "his", "lis/hl7v2": "lis", "pacs/ris_hl7v2": "ris"}
"""Adapter → what the file calls its door."""
ANALYSERS = {
    "lis_astm": ("lis/astm", "astm"),
    "lis_counter": ("lis/hl7v2", "counter"),
    "lis_chemistry": ("lis/hl7v2", "chemistry"),
    "lis_law": ("lis/law", "law"),
}
"""What the file calls the doors of analysers → adapter, protocol."""
_PAST = datetime(2020, 1, 1, tzinfo=UTC)

CLIENTS = (
    Client("operator", b"", "operator"),
    Client("front-end", b"", "write", asserts=True),
    Client("bound", b"", "write", practitioner=PHYSICIAN),
    Client("read", b"", "read"),
    Client("write", b"", "write"),
    Client("regulator", b"", "regulator"),
    Client("portal", b"", "patient", asserts=True),
    Client("foreign", b"", "operator", EAST),
    Client("expired", b"", "operator", expires=_PAST),
    Client("revoked", b"", "operator"),
)
"""Who may ask, once each has got a token."""


@dataclass(slots=True, frozen=True)
class Guests:
    """The clients of one demo.

    Attributes:
        file: ``clients.toml`` that the gateway reads; not that of `qiao client`, which stays as it is.
        tokens: by name of the client.
        tenants: the hospitals that they belong to.
    """

    file: Path
    tokens: dict[str, str]
    tenants: tuple[str, ...] = (DEFAULT_TENANT, EAST)

    @classmethod
    def admitted(cls, folder: Path) -> Guests:
        """Give everybody a new token; those of an earlier demo are none any more."""
        from gateway.security import clients_file

        file = folder / "target-clients.toml"
        tokens = {one.name: new_token() for one in CLIENTS}
        file.unlink(missing_ok=True)
        for one in CLIENTS:
            clients_file.add(file, _with(one, tokens[one.name]))
        clients_file.revoke(file, "revoked")
        return cls(file, tokens)


def _with(client: Client, token: str) -> Client:
    return replace(client, digest=digest(token.encode()), added=datetime.now(UTC).replace(microsecond=0))


def described(
    gateway: Gateway, guests: Guests, platform: str, folder: Path, jurisdiction: Sequence[str], lines: Lines
) -> dict[str, Any]:
    """Return what the target's file says (its form: `conformance/harness/target_file.py`)."""
    ca, root = (folder / "ca").absolute(), gateway.url.removesuffix("/fhir")
    said: dict[str, Any] = {
        "extends": "qiao",
        "name": NAME,
        "fhir": gateway.url,
        "jurisdiction": list(jurisdiction),
        "identities": _identities(guests.tokens, root),
        "doors": _over_tls(
            {**_doors(gateway.addresses, Branch.within(folder)), **_lines(gateway.addresses, lines)}, lines
        ),
        "signing": {"keys": str(ca / "keys"), **{name: name for name in SIGNERS}},
        "platform": {"url": platform, "kind": "simulator"},
        "feed": {"hospital": root, "tenant": "default"},
    }
    return {**said, "tls": {"ca": str(ca / "tls.pem")}} if root.startswith("https:") else said


def _identities(tokens: dict[str, str], root: str) -> dict[str, dict[str, Any]]:
    front_end: dict[str, Any] = {"token": tokens["front-end"], "asserts": True}
    people = {
        "physician": {**front_end, "practitioner": PHYSICIAN},
        "pharmacist": {**front_end, "practitioner": PHARMACIST},
        "bound": {"token": tokens["bound"], "asserts": False, "practitioner": PHYSICIAN},
        "foreign": {"token": tokens["foreign"], "fhir": f"{root}/t/{EAST}/fhir"},
    }
    people["public"] = {"fhir": f"{root}/public/{DEFAULT_TENANT}"}
    people["patient"] = {"token": tokens["portal"], "headers": {"X-Qiao-Patient": PATIENT}}
    plain = {name: {"token": token} for name, token in tokens.items() if name not in ("front-end", "portal")}
    return {**plain, **people}


def _doors(addresses: Mapping[str, str], branch: Branch) -> dict[str, dict[str, Any]]:
    """Return the doors: those of HL7 v2, and where the HIS without it meets the gateway."""
    told = (
        "SELECT i.drug_name FROM qiao_prescription p JOIN qiao_prescription_item i ON i.msg_key = p.msg_key"
    )
    return {
        **{name: _door(addresses[adapter]) for adapter, name in DOORS.items()},
        **{name: _door(addresses[adapter], protocol) for name, (adapter, protocol) in ANALYSERS.items()},
        "his_views": {"protocol": "sql", "url": branch.database, "deletions": 10},
        "his_xml": {"protocol": "soap", "url": f"http://{addresses['his/xml_http']}/"},
        "his_documents": {"protocol": "cda", "url": f"http://{addresses['his/cda']}/cda"},
        "his_files": {"protocol": "files", "folder": str(branch.drop)},
        "his_tables": {
            "protocol": "interface",
            "url": branch.interface,
            "prescription": f"{told} WHERE p.serial_no = :serial",
        },
    }


def _lines(addresses: Mapping[str, str], lines: Lines) -> dict[str, dict[str, Any]]:
    """Return the serial line, and the analyser that takes its work at a port of its own."""
    found: dict[str, dict[str, Any]] = {}
    if lines.analyser is not None:
        found["lis_serial"] = {"protocol": "astm", "device": str(lines.analyser), "charset": "UTF-8"}
    if lines.work:
        law = _door(addresses["lis/law"], "law")
        found["lis_law_work"] = {**law, "sender": WORK, "work": lines.work}
    return found


def _over_tls(doors: dict[str, dict[str, Any]], lines: Lines) -> dict[str, dict[str, Any]]:
    """Return the doors, those that only analysers use with the authority of their certificate."""
    for said in doors.values() if lines.tls else ():
        if said["protocol"] in ("astm", "law") and "device" not in said:
            said["ca"] = str(lines.tls[0].absolute())
    return doors


def _door(address: str, protocol: str = "mllp") -> dict[str, Any]:
    host, _, port = address.rpartition(":")
    return {"protocol": protocol, "host": host.strip("[]"), "port": int(port), "charset": "UTF-8"}


@contextmanager
def standing(file: Path, said: dict[str, Any]) -> Iterator[None]:
    """Let the file be there, for nobody else to read, as long as the target stands."""
    import yaml

    handle, draft = tempfile.mkstemp(
        prefix=f".{file.name}.", dir=file.absolute().parent
    )  # 0600 from the beginning
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            yaml.safe_dump(said, out, allow_unicode=True, sort_keys=False)
        Path(draft).replace(file)
        yield
    finally:
        for one in (Path(draft), file):
            one.unlink(missing_ok=True)
