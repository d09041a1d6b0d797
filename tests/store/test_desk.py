"""The desk: what code inside the write transaction sees and does, and that its fault costs it alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import orjson

from gateway.canonical import Draft
from gateway.errors import Rejected
from gateway.store import Change, Desk, DeskFacts, Entry, Transact, Transacted, open_store

MRN = "urn:oid:2.16.156.990101.1"
Make = Callable[..., Draft]
Act = Callable[[Desk], object]


def acting(act: Act, tenant: str = "default") -> Transact:
    return Transact(tenant, "request-1", [], act=act)


def run(desk: Any, *acts: Act, tenant: str = "default") -> list[Transacted]:
    """Let several acts share a batch."""
    found: list[Transacted] = desk.store.write([acting(act, tenant) for act in acts])
    return found


def answer(desk: Any, act: Act, tenant: str = "default") -> Any:
    (done,) = run(desk, act, tenant=tenant)
    assert done.error is None, done.error
    return done.answer


def order(id_: str = "m1", subject: str = "p1", **elements: Any) -> dict[str, Any]:
    body = {"resourceType": "MedicationRequest", "id": id_, "status": "draft"}
    return {**body, "subject": {"reference": f"Patient/{subject}"}, **elements}


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in found]


def test_it_sees_what_is_committed_and_what_it_has_written(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1", gender="male"))

    def act(inside: Desk) -> object:
        before = inside.read("Patient", "p1")
        assert before is not None
        assert before["meta"]["versionId"] == "1"
        assert inside.named("Patient", MRN, "1") == before
        made = inside.write({**before, "gender": "female"})
        assert (made.ver, inside.version("Patient", "p1")) == (2, made)
        again = inside.write({**before, "gender": "female"})
        assert again.ver == 2
        after = inside.read("Patient", "p1")
        assert after is not None
        return after["gender"]

    assert answer(desk, act) == "female"
    found = desk.store.read("default", "Patient", "p1")
    assert (found.ver, orjson.loads(found.body)["gender"]) == (2, "female")


def test_the_next_of_a_batch_sees_what_the_one_before_wrote(desk: Any) -> None:
    def write(inside: Desk) -> object:
        return inside.write(order(identifier=[{"system": "urn:n", "value": "1"}])).ver

    def read(inside: Desk) -> object:
        assert ids(inside.referring("MedicationRequest", "Patient/p1")) == ["m1"]
        assert inside.named("MedicationRequest", "urn:n", "1") == inside.read("MedicationRequest", "m1")
        inside.write(order("m2"))
        inside.write(order("m1", "p2"))
        return ids(inside.referring("MedicationRequest", "Patient/p1"))

    done = run(desk, write, read, read)
    assert [one.answer for one in done[:2]] == [1, ["m2"]]
    assert isinstance(done[2].error, Rejected), "an assertion is a fault of that one"
    assert answer(desk, lambda inside: ids(inside.referring("MedicationRequest", "Patient/p1"))) == ["m2"]


def test_what_refers_is_found_by_any_element_and_only_while_it_stands(desk: Any) -> None:
    for body in (
        order("m1", "p1"),
        order("m2", "p2", reportedReference={"reference": "Patient/p1"}),
        order("m3", "p1"),
    ):
        desk.transact(Change("update", "MedicationRequest", body["id"], body))
    desk.transact(Change("delete", "MedicationRequest", "m3"))
    asked = ("MedicationRequest", "Patient/p1")
    assert answer(desk, lambda inside: ids(inside.referring(*asked))) == ["m1", "m2"]
    assert answer(desk, lambda inside: ids(inside.referring(*asked, most=1))) == ["m2"]
    assert answer(desk, lambda inside: inside.referring("Task", "Patient/p1")) == []

    def ended(inside: Desk) -> object:
        inside.delete("MedicationRequest", "m1")
        return ids(inside.referring(*asked))

    assert answer(desk, ended) == ["m2"]


def test_what_refers_by_another_element_takes_no_place(desk: Any) -> None:
    hospital = {"reference": "Organization/o1"}
    own = {"resourceType": "DocumentReference", "id": "own", "status": "current", "content": []}
    desk.transact(
        Change("update", "DocumentReference", "own", {**own, "context": {"related": [hospital]}}),
        *(
            Change("update", "DocumentReference", f"d{n}", {**own, "id": f"d{n}", "custodian": hospital})
            for n in range(3)
        ),
    )
    asked = ("DocumentReference", "Organization/o1")
    assert answer(desk, lambda inside: ids(inside.referring(*asked, most=1))) == ["d2"]
    assert answer(desk, lambda inside: ids(inside.referring(*asked, "subject", "related", most=1))) == ["own"]
    assert answer(desk, lambda inside: ids(inside.referring(*asked, "custodian"))) == ["d0", "d1", "d2"]
    assert answer(desk, lambda inside: ids(list(DeskFacts(inside).referring(*asked, "related")))) == ["own"]


def test_a_fault_costs_its_act_alone_and_leaves_no_gap(desk: Any) -> None:
    def good(inside: Desk) -> object:
        made = inside.write(order(f"m{inside.ts_us}"))
        serial = inside.mint("prescription", "990101001", made.id)
        return inside.append(Entry("prescription", "submitted", made, serial=serial.value)).n

    def bad(inside: Desk) -> object:
        good(inside)
        inside.write(order("never"))
        raise ValueError("a bug")

    done = run(desk, good, bad, good, bad, good)
    assert [one.answer for one in done if one.error is None] == [1, 2, 3]
    assert desk.store.read("default", "MedicationRequest", "never") is None
    serials = [one.serial for one in desk.store.ledger.entries("default")]
    assert [serial[-7:-1] for serial in serials] == ["000001", "000002", "000003"]
    seqs = [seq for (seq,) in desk.execute("SELECT seq FROM version ORDER BY seq")]
    assert seqs == list(range(seqs[0], seqs[0] + 3))
    assert desk.store.ledger.verify("default").ok


def test_a_bad_neighbour_in_sql_does_not_double_an_act(desk: Any, patient: Make) -> None:
    """A batch that SQL refuses is tried again in halves: what was given out then is given out once."""
    called: list[int] = []

    def act(inside: Desk) -> object:
        called.append(1)
        made = inside.write(order())
        return inside.append(Entry("prescription", "submitted", made, serial="S1")).n

    nul = desk.receive(control_id="\x001")
    batch = [acting(act), nul, desk.receive(nul.envelope)]
    done = desk.store.write(batch)
    assert done[0].answer == 1
    assert len(desk.store.ledger.entries("default")) == 1
    assert desk.store.ledger.verify("default").ok


def test_plain_changes_and_acts_share_a_batch(desk: Any) -> None:
    body = {"resourceType": "Patient", "active": True}
    plain = Transact("default", "request-2", [Change("update", "Patient", "p1", body)])

    def act(inside: Desk) -> object:
        found = inside.read("Patient", "p1")
        return found and found["active"]

    done = desk.store.write([plain, acting(act)])
    assert done[1].answer is True


def test_tenants_do_not_see_each_other(desk: Any) -> None:
    answer(desk, lambda inside: inside.write(order()).ver, tenant="one")

    def other(inside: Desk) -> object:
        assert inside.read("MedicationRequest", "m1") is None
        assert inside.referring("MedicationRequest", "Patient/p1") == []
        return inside.version("MedicationRequest", "m1")

    assert answer(desk, other, tenant="two") is None


def test_what_is_no_resource_is_refused(desk: Any) -> None:
    for body in (order("a b"), {"resourceType": "Nothing", "id": "1"}, {"resourceType": "Patient"}):
        (done,) = run(desk, lambda inside, body=body: inside.write(body))  # type: ignore[misc]
        assert done.error is not None
        assert done.error.code == "value"


def test_facts_are_asked_by_reference(desk: Any) -> None:
    def act(inside: Desk) -> object:
        inside.write(order(identifier=[{"system": "urn:n", "value": "1"}]))
        facts = DeskFacts(inside)
        assert facts.now_us <= inside.ts_us
        assert facts.read("MedicationRequest/m1/_history/1") == facts.named("MedicationRequest", "urn:n", "1")
        return ids(list(facts.referring("MedicationRequest", "Patient/p1")))

    assert answer(desk, act) == ["m1"]


def test_a_created_resource_gets_an_id(desk: Any) -> None:
    made = answer(desk, lambda inside: inside.write(order("mine"), "create"))
    assert made.id != "mine"
    assert desk.store.read("default", "MedicationRequest", made.id) == made


def test_a_body_that_is_undone_is_not_remembered(desk: Any) -> None:
    """The ``seq`` of what was undone is given to the next one."""

    def bad(inside: Desk) -> object:
        inside.write(order(priority="stat"))
        assert inside.read("MedicationRequest", "m1") is not None
        raise Rejected("no")

    def good(inside: Desk) -> object:
        inside.write(order(priority="routine"))
        found = inside.read("MedicationRequest", "m1")
        return found and found["priority"]

    assert [one.answer for one in run(desk, bad, good)] == [None, "routine"]
    found = answer(desk, lambda inside: inside.read("MedicationRequest", "m1"))
    assert found["priority"] == "routine"


def test_another_writer_is_noticed(desk: Any) -> None:
    def append(inside: Desk) -> object:
        made = inside.write(order(f"m{inside.ts_us}"))
        return inside.append(Entry("prescription", "submitted", made)).n

    assert answer(desk, append) == 1
    with closing(open_store(desk.url)) as other:
        assert other.write([acting(append)])[0].answer == 2
    assert answer(desk, append) == 3
    assert desk.store.ledger.verify("default").ok


def test_what_a_resource_was_since_a_moment(desk: Any) -> None:
    def write(status: str) -> int:
        made: int = answer(desk, lambda inside: inside.write(order(status=status)).ts_us)
        return made

    first, second = write("draft"), write("on-hold")
    answer(desk, lambda inside: inside.delete("MedicationRequest", "m1"))
    last = write("active")

    def since(moment: int) -> list[str]:
        def act(inside: Desk) -> object:
            inside.write(order(status="completed"))
            found = inside.since("MedicationRequest", "m1", moment)
            assert [made for made, _ in found] == sorted((made for made, _ in found), reverse=True)
            inside.write(order(status="active"))
            return [body.get("status", "-") for _, body in found]

        found: list[str] = answer(desk, act)
        return found

    assert since(last) == ["completed", "active"]
    assert since(second)[-3:] == ["active", "-", "on-hold"]
    assert since(second - 1)[-3:] == ["-", "on-hold", "draft"]
    assert since(first - 1)[-1] == since(0)[-1] == "draft"
    assert answer(desk, lambda inside: inside.since("MedicationRequest", "none", 0)) == []
