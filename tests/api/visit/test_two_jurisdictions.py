"""Two jurisdictions at once through one gate: the same prescription, in two tenants of one gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.api import Context, Options, create_app
from gateway.feed.visit.governor import Visits
from gateway.feed.visit.hospital import bookkeeping_of
from gateway.security.signature import Signatures
from gateway.settings import TenantSettings
from gateway.store import Store, Transact, Transacted
from tests.api.visit.conftest import PHYSICIAN, Clinic, Resource, rules, told

TENANTS = {
    "default": TenantSettings(organization="990101001", jurisdiction=("cn-chongqing",)),
    "east": TenantSettings(organization="990101001", jurisdiction=("cn-yunnan",)),
}


@pytest.fixture
def chongqing(
    store: Store,
    scene: dict[str, Resource],
    signatures: Signatures,
    writes: Callable[[Transact], Awaitable[Transacted]],
) -> Clinic:
    """A hospital of one gateway; the other one is ``replace(it, tenant="east")``."""
    visits = Visits(TENANTS.__getitem__, signatures)
    for name, said in TENANTS.items():
        store.keep_books(name, bookkeeping_of(said))
    store.govern(visits)
    options = Options(tenants=frozenset(TENANTS), validate="off")
    app = create_app(Context(store, options, write=writes, visits=visits), "1.2.3")
    return Clinic(app, store, scene, signatures)


def test_the_same_prescription_is_refused_in_one_and_accepted_in_the_other(chongqing: Clinic) -> None:
    """A physician of Chongqing who never registered in Yunnan (YN-26)."""
    yunnan = replace(chongqing, tenant="east")
    documents = chongqing.draft()
    signature = chongqing.sign(documents)
    answers: dict[str, Any] = {}
    for clinic in (yunnan, chongqing):
        clinic.admit()
        clinic.file(clinic.body("PractitionerRole/w1", extension=None))
        clinic.write(documents)
        answers[clinic.tenant] = clinic.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signature)
    assert answers["east"].status_code in (403, 422), answers["east"].text
    assert "yn-26-province" in rules(answers["east"])
    assert answers["default"].status_code == 200, answers["default"].text
    assert told(answers["default"])["serial"].startswith("CQP")
    assert yunnan.read("RequestGroup/g1").get("groupIdentifier") is None
    assert [one for one in yunnan.entries() if one[0] == "prescription"] == []
    assert chongqing.entries()[-1] == ("prescription", "submitted", "RequestGroup/g1")


def test_each_numbers_and_enters_by_itself(chongqing: Clinic) -> None:
    yunnan = replace(chongqing, tenant="east")
    given = {}
    for clinic in (yunnan, chongqing):
        clinic.admit()
        given[clinic.tenant] = clinic.approved()["serial"]
    assert given["default"].startswith("CQP") and given["east"].startswith("YN")
    assert yunnan.entries() == chongqing.entries()
    for name in TENANTS:
        assert chongqing.store.ledger.verify(name).ok
        assert {one.serial for one in chongqing.store.ledger.of_serial(name, given[name])} == {given[name]}
    other = chongqing.store.ledger.of_serial("default", given["east"])
    assert other == [], "what one has entered the other does not know"
