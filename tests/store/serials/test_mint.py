"""Minting: one serial for each document, for ever; those of a platform beside our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store import Bookkeeping, Desk, Serial, Transact
from gateway.store.serials import load

Act = Callable[[Desk], Any]
ORG = "990101001"


def run(desk: Any, *acts: Act, tenant: str = "default") -> list[Any]:
    done = desk.store.write([Transact(tenant, "t", [], act=act) for act in acts])
    return [one.answer if one.error is None else one.error for one in done]


def mint(local: str, kind: str = "prescription", organisation: str = ORG) -> Act:
    return lambda inside: inside.mint(kind, organisation, local)


def known(local: str) -> Act:
    return lambda inside: inside.serial("prescription", ORG, local)


def claim(value: str, local: str, kind: str = "prescription") -> Act:
    return lambda inside: inside.claim(value, kind, ORG, local, "platform")


def test_a_document_has_one_serial_for_ever(desk: Any) -> None:
    one, again, other = run(desk, mint("1"), mint("1"), mint("2"))
    assert (one.fresh, again.fresh, other.fresh) == (True, False, True)
    assert one.value == again.value != other.value
    assert load("cn").valid(one.value)
    desk.reopen()
    (after,) = run(desk, mint("1"))
    assert (after.value, after.fresh, after.by, after.ts_us) == (one.value, False, "gateway", one.ts_us)
    assert run(desk, known("1"), known("3")) == [after, None]
    assert run(desk, lambda inside: inside.holder(one.value)) == [after]


def test_what_makes_it_another_document(desk: Any) -> None:
    desk.store.keep_books("default", Bookkeeping(serials=load("cn-chongqing")))
    acts = [mint("1"), mint("1", "exam"), mint("1", organisation="990101002")]
    values = [one.value for one in run(desk, *acts)]
    assert len(set(values)) == 3
    assert [value[-7:-1] for value in values] == ["000001"] * 3, "each scope counts by itself"


def test_two_databases_of_one_hospital_never_mint_the_same(desk: Any) -> None:
    desk.store.keep_books("default", Bookkeeping(node=1))
    (one,) = run(desk, mint("1"))
    with desk.afresh() as other:
        other.store.keep_books("default", Bookkeeping(node=2))
        (two,) = run(other, mint("1"))
    assert one.value != two.value


def test_two_tenants_never_have_the_same(desk: Any) -> None:
    (one,), (two,) = run(desk, mint("1"), tenant="one"), run(desk, mint("1"), tenant="two")
    assert one.value != two.value
    (refused,) = run(desk, lambda inside: inside.holder(one.value), tenant="two")
    assert isinstance(refused, Rejected)
    assert refused.code == "conflict"


def test_the_serial_of_a_platform(desk: Any) -> None:
    one, again = run(desk, claim("P-1", "1"), claim("P-1", "1"))
    assert (one.value, one.by, one.fresh, again.fresh) == ("P-1", "platform", True, False)
    (minted,) = run(desk, mint("1"))
    assert minted == Serial("P-1", "prescription", ORG, "1", "platform", one.ts_us)
    for act in (claim("P-1", "2"), claim("P-2", "1"), claim("P-1", "1", "exam")):
        (refused,) = run(desk, act)
        assert isinstance(refused, Rejected)
        assert refused.code == "conflict"
    (other,) = run(desk, mint("2"))
    for act in (claim(other.value, "3"), claim("P-3", "2")):
        (refused,) = run(desk, act)
        assert refused.code == "conflict"


def test_two_documents_of_one_batch_that_claim_one(desk: Any) -> None:
    one, two = run(desk, claim("P-1", "1"), claim("P-1", "2"))
    assert one.value == "P-1"
    assert two.code == "conflict"


def test_a_number_that_a_claim_has_taken_is_passed_over(desk: Any) -> None:
    def act(inside: Desk) -> object:
        scope = load("cn").scope("prescription", ORG, inside.ts_us, 0, inside.zone)
        inside.claim(load("cn").serial(scope, 1), "prescription", ORG, "strange", "platform")
        return inside.mint("prescription", ORG, "1").value[-7:-1]

    assert run(desk, act) == ["000002"]


@pytest.mark.parametrize("value", ["", "a b", "甲", "x" * 65, "a\n"])
def test_what_is_no_serial(desk: Any, value: str) -> None:
    (refused,) = run(desk, claim(value, "1"))
    assert isinstance(refused, Rejected)
    assert refused.code == "value"


@pytest.mark.parametrize("said", [("", ORG, "1"), ("exam", "", "1"), ("exam", ORG, ""), ("exam", ORG, "a\0")])
def test_what_is_no_document(desk: Any, said: tuple[str, str, str]) -> None:
    (refused,) = run(desk, lambda inside: inside.mint(*said))
    assert isinstance(refused, Rejected)
    assert refused.code == "value"
