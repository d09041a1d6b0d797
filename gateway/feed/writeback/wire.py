"""Wire: what every language of a HIS has in common: the map of an entry, its facts, one request for each."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from gateway.errors import Rejected
from gateway.feed.document import Document
from gateway.feed.receiver.wire import Reply, Request, Verdict
from gateway.feed.writeback.numbered import numbered
from gateway.feed.writeback.person import OfPerson
from gateway.mapping.codes import Table
from gateway.mapping.outbound import Dialect, OutSet, Saying
from gateway.mapping.outbound.ending import ENDS
from gateway.mapping.outbound.moments import in_digits
from gateway.mapping.outbound.ordered import in_codes
from gateway.settings import WritebackSettings
from gateway.store import Entered
from gateway.store.clock import instant

LABORATORY = "lab"
"""Kind of the documents that order tests."""


def control_id(entry: Entered) -> str:
    """Return what is the same whenever an entry is told, and of no other entry: 20 characters (MSH-10).

    Its hash is in it: two corrections of one version, of which only a diagnosis has changed, are two.
    """
    said = f"{entry.tenant}\n{entry.reference}\n{entry.kind}\n{entry.event}\n{entry.hash.hex()}"
    return "Q" + b32encode(sha256(said.encode()).digest()[:15]).decode()[:19]


@dataclass(slots=True)
class Teller:
    """What a wire is made of.

    Attributes:
        name: of the HIS.
        organization: code of the institution, MSH-4 where the settings say no other.
        address: where it is, its secrets read.
        tests: code table (``orders`` of its profile) in whose codes tests go out; None: as they were ordered.
    """

    name: str
    settings: WritebackSettings
    set: OutSet
    dialect: Dialect
    organization: str = ""
    address: str = ""
    tests: Table | None = None

    def saying(self, entry: Entered) -> Saying:
        """Return how an entry is told. Raises ``Rejected``: the map has no word for it any more."""
        found = self.set.kinds.get(entry.kind, {}).get(entry.event)
        if found is None:
            raise Rejected(f"the map has no {entry.kind} {entry.event}", code="unmapped")
        return found

    def facts(self, document: Document, saying: Saying) -> dict[str, str]:
        """Return what rows may name with ``$``."""
        entry = document.entry
        moment = in_digits(instant(entry.ts_us), self.dialect.zone) or ""
        return {
            **{f"value_{name}": value for name, value in self.settings.values.items()},
            **self.settings.values,
            "key": control_id(entry),
            "kind": entry.kind,
            "happened": entry.event,
            "serial": entry.serial,
            "moment": moment[:14],
            "today": moment[:8],
            "tenant": entry.tenant,
            "organization": self.settings.facility or self.organization,
            "number": str(entry.n),
            **of_version(self.settings.version),
            **saying.facts,
        }


def of_version(version: str) -> dict[str, str]:
    """Return what is said in another place in an older HL7 v2: O11 since 2.4, TQ1 since 2.5."""
    parts = tuple(int(one) for one in version.split(".") if one.isdigit())
    order = "O11" if parts >= (2, 4) else "O01"
    return {"order": order, "orders": f"RDE_{order}", "before25": "1" if parts < (2, 5) else ""}


class Telling:
    """What every wire of a HIS does: one request for each entry, and no signing in."""

    narrow = True

    def __init__(self, teller: Teller) -> None:
        self.teller = teller

    @property
    def wanted(self) -> Sequence[tuple[str, str]]:
        """Kinds and events that can be told."""
        kinds = self.teller.settings.kinds
        said = self.teller.set.kinds.items()
        return [(kind, event) for kind, events in said if not kinds or kind in kinds for event in events]

    def lane(self, entry: Entered) -> str:
        """Return the entry itself: each is told on its own."""
        return str(entry.n)

    def sign_in(self, day: str, at_us: int) -> Request | None:
        """Return None: a HIS is not told that we are there."""
        return None

    def signed_in(self, reply: Reply) -> Verdict:
        """Return that all is well."""
        return Verdict("acknowledged")

    def told(self, document: Document) -> tuple[Saying, OfPerson, Mapping[str, str]]:
        """Return how a document is told, of whom, and with which facts.

        Raises:
            Rejected: the map has no word for it any more, the HIS does not know the patient any more, or who
                makes the test has no code for it.
        """
        saying, known = self.teller.saying(document.entry), numbered(document)
        if self.teller.tests is not None and document.entry.kind == LABORATORY:
            ends = document.entry.event in ENDS
            known = replace(known, members=tuple(in_codes(known.members, self.teller.tests, end=ends)))
        person = OfPerson(known, self.teller.dialect)
        return saying, person, self.teller.facts(document, saying)
