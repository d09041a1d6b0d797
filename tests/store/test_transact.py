"""What the API writes: each interaction by itself, its conditions, and what it leaves for messages."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from gateway.canonical import Draft
from gateway.errors import Rejected
from gateway.store import Change, Result, Settle, Transact, Transacted, Version, transact
from gateway.store.model import ANY_VERSION
from gateway.store.search import Allowance

MRN = "urn:oid:2.16.156.990101.1"
DraftMaker = Callable[..., Draft]


def person(mrn: str = "1", **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": MRN, "value": mrn}], **elements}


def create(body: dict[str, Any], mrn: str = "") -> Change:
    condition = (("identifier", f"{MRN}|{mrn}"),) if mrn else None
    return Change("create", body["resourceType"], body=body, condition=condition)


def update(id_: str, body: dict[str, Any], **more: Any) -> Change:
    return Change("update", body["resourceType"], id_, body, **more)


def only(done: Transacted) -> Result:
    assert done.error is None, done.error
    assert len(done.results) == 1
    return done.results[0]


def version(done: Transacted) -> Version:
    found = only(done).version
    assert found is not None
    return found


def refused(done: Transacted) -> str:
    assert done.error is not None
    assert not done.results
    return done.error.code


def test_an_identifier_longer_than_an_index_row_is_kept_and_found(desk: Any) -> None:
    """2704 bytes are PostgreSQL's limit, after compression."""
    long = "".join(chr(each) for each in random.Random(2).sample(range(0x4E00, 0x9FFF), 5000))
    made, again = (desk.transact(create(person(long), long)) for _ in range(2))
    assert (only(made).status, only(again).status) == ("created", "unchanged")
    assert version(again).id == version(made).id
    assert only(desk.transact(Change("delete", "Patient", version(made).id))).status == "deleted"
    assert only(desk.transact(create(person(long), long))).status == "created"


def test_a_create_gets_an_id_of_the_server_and_is_read_back(desk: Any) -> None:
    done = desk.transact(create({**person(), "id": "mine", "meta": {"versionId": "9", "source": "urn:app"}}))
    made = version(done)
    assert only(done).status == "created"
    assert made.id != "mine"
    assert made.ver == 1
    assert desk.store.read("default", "Patient", made.id) == made
    body = orjson.loads(made.body)
    assert body["id"] == made.id
    assert body["meta"]["versionId"] == "1"
    assert body["meta"]["source"] == "urn:app"
    assert desk.store.counts("default").resources == {"Patient": 1}


def test_an_update_makes_the_next_version_and_keeps_the_clients_meta(desk: Any) -> None:
    made = version(desk.transact(create(person())))
    tag = {"tag": [{"system": "urn:t", "code": "x"}]}
    done = desk.transact(update(made.id, person(active=True, meta=tag)))
    assert only(done).status == "updated"
    body = orjson.loads(version(done).body)
    assert body["meta"]["versionId"] == "2"
    assert body["meta"]["tag"] == tag["tag"]
    assert desk.store.vread("default", "Patient", made.id, 1) == made


def test_an_update_of_what_is_not_there_creates_it_under_the_clients_id(desk: Any) -> None:
    done = desk.transact(update("A-1.b", person()))
    assert only(done).status == "created"
    assert version(done).id == "A-1.b"
    assert refused(desk.transact(update("a_b", person()))) == "value"
    assert refused(desk.transact(update("x" * 65, person()))) == "value"
    assert refused(desk.transact(update("a\0b", person()))) == "value"


def test_the_same_content_makes_no_version(desk: Any) -> None:
    body = person(active=True, multipleBirthInteger=2)
    made = version(desk.transact(update("p1", body)))
    turned = {name: body[name] for name in reversed(body)}
    for again in (body, turned, {**body, "meta": {"versionId": "7", "lastUpdated": "2020-01-01T00:00:00Z"}}):
        done = desk.transact(update("p1", again))
        assert only(done).status == "unchanged"
        assert version(done) == made
    assert desk.store.newest("default") == made.seq
    assert only(desk.transact(update("p1", person(active=True, multipleBirthInteger=3)))).status == "updated"


def test_digits_are_content(desk: Any) -> None:
    from decimal import Decimal

    def weight(value: Decimal, unit: str) -> dict[str, Any]:
        return {"resourceType": "Observation", "valueQuantity": {"value": value, "unit": unit}}

    desk.transact(update("o1", weight(Decimal("5.6"), "kg")))
    assert only(desk.transact(update("o1", weight(Decimal("5.60"), "kg")))).status == "updated"


@pytest.mark.parametrize("method", ["update", "delete", "patch"])
def test_if_match_must_name_the_current_version(desk: Any, method: Any) -> None:
    def change(id_: str, match: int) -> Change:
        versions = frozenset((match,))
        return Change(method, "Patient", id_, person(active=True), patch=lambda body: body, if_match=versions)

    desk.transact(update("p1", person()))
    assert refused(desk.transact(change("p1", 2))) == "precondition"
    assert refused(desk.transact(change("nobody", 1))) == "precondition"
    assert refused(desk.transact(change("nobody", 0))) == "precondition"
    assert desk.transact(change("p1", 1)).error is None


def test_if_none_match_meets_no_resource(desk: Any) -> None:
    anything = frozenset((ANY_VERSION,))
    assert only(desk.transact(update("p1", person(), if_none_match=anything))).status == "created"
    assert refused(desk.transact(update("p1", person(active=True), if_none_match=anything))) == "precondition"


def test_a_deleted_resource_is_a_tombstone_until_an_update_revives_it(desk: Any) -> None:
    desk.transact(update("p1", person()))
    done = desk.transact(Change("delete", "Patient", "p1"))
    assert (only(done).status, only(done).deleted) == ("deleted", 1)
    gone = desk.store.read("default", "Patient", "p1")
    assert gone is not None
    assert (gone.deleted, gone.ver, gone.body) == (True, 2, b"")
    assert desk.store.vread("default", "Patient", "p1", 2) == gone
    assert desk.store.search("default", "Patient", [("identifier", f"{MRN}|1")]).matches == []
    assert desk.store.search("default", "Patient", []).matches == []
    assert desk.store.counts("default").resources == {}
    assert only(desk.transact(Change("delete", "Patient", "p1"))).status == "none"
    assert only(desk.transact(Change("delete", "Patient", "nobody"))).status == "none"
    again = desk.transact(update("p1", person()))
    assert only(again).status == "created"
    assert version(again).ver == 3
    assert [found.ver for found in desk.store.search("default", "Patient", []).matches] == [3]
    assert desk.store.counts("default").resources == {"Patient": 1}


def test_a_patch_makes_a_version_of_the_current_one(desk: Any) -> None:
    desk.transact(update("p1", person()))

    def active(body: dict[str, Any]) -> dict[str, Any]:
        assert body["meta"]["versionId"] == "1"
        return {**body, "active": True}

    done = desk.transact(Change("patch", "Patient", "p1", patch=active))
    assert only(done).status == "updated"
    assert orjson.loads(version(done).body)["active"] is True
    assert (
        only(desk.transact(Change("patch", "Patient", "p1", patch=lambda body: body))).status == "unchanged"
    )


def test_a_patch_that_does_not_fit_changes_nothing(desk: Any) -> None:
    desk.transact(update("p1", person()))

    def unfit(body: dict[str, Any]) -> dict[str, Any]:
        raise Rejected("no such path", code="unprocessable")

    patches: list[tuple[Any, str]] = [
        (unfit, "unprocessable"),
        (lambda body: {**body, "id": "other"}, "value"),
        (lambda body: {**body, "resourceType": "Person"}, "value"),
        (lambda body: [], "value"),
    ]
    for patch, code in patches:
        assert refused(desk.transact(Change("patch", "Patient", "p1", patch=patch))) == code
    assert refused(desk.transact(Change("patch", "Patient", "nobody", patch=unfit))) == "not-found"
    desk.transact(Change("delete", "Patient", "p1"))
    assert refused(desk.transact(Change("patch", "Patient", "p1", patch=unfit))) == "deleted"


def test_a_conditional_create_makes_one(desk: Any) -> None:
    first = desk.transact(create(person(), "1"))
    assert only(first).status == "created"
    again = desk.transact(create(person(active=True), "1"))
    assert only(again).status == "unchanged"
    assert version(again) == version(first)
    desk.transact(create(person()))
    assert refused(desk.transact(create(person(), "1"))) == "multiple-matches"
    assert refused(desk.transact(Change("create", "Patient", body=person(), condition=()))) == "precondition"


def test_many_that_ask_for_the_same_in_one_batch_make_one(desk: Any) -> None:
    asked = [Transact("default", "r", [create(person(), "1")]) for _ in range(16)]
    done = desk.store.write(asked)
    assert [only(one).status for one in done] == ["created"] + ["unchanged"] * 15
    assert len({version(one).id for one in done}) == 1


def test_a_conditional_update_finds_creates_or_refuses(desk: Any) -> None:
    where = (("identifier", f"{MRN}|1"),)

    def put(body: dict[str, Any]) -> Transacted:
        done: Transacted = desk.transact(Change("update", "Patient", body=body, condition=where))
        return done

    made = put(person())
    assert only(made).status == "created"
    found = put(person(active=True))
    assert only(found).status == "updated"
    assert version(found).id == version(made).id
    assert only(put({**person(active=True), "id": version(made).id})).status == "unchanged"
    assert refused(put({**person(), "id": "another"})) == "value"
    desk.transact(create(person()))
    assert refused(put(person())) == "multiple-matches"


def test_a_conditional_update_that_finds_nothing_takes_the_clients_id_if_it_is_free(desk: Any) -> None:
    def put(mrn: str) -> Transacted:
        body = {**person(mrn), "id": "mine"}
        done: Transacted = desk.transact(
            Change("update", "Patient", body=body, condition=(("identifier", f"{MRN}|{mrn}"),))
        )
        return done

    assert version(put("1")).id == "mine"
    assert refused(put("2")) == "conflict"


def test_a_conditional_patch_needs_one_match(desk: Any) -> None:
    change = Change(
        "patch", "Patient", patch=lambda body: {**body, "active": True}, condition=(("_tag", "t"),)
    )
    assert refused(desk.transact(change)) == "not-found"
    tagged = {"meta": {"tag": [{"code": "t"}]}}
    desk.transact(create(person("1", **tagged)))
    assert only(desk.transact(change)).status == "updated"
    desk.transact(create(person("2", **tagged)))
    assert refused(desk.transact(change)) == "multiple-matches"


def test_a_conditional_delete_takes_one_or_where_it_may_many(desk: Any) -> None:
    def delete(*, many: bool) -> Change:
        return Change("delete", "Patient", condition=(("gender", "male"),), many=many)

    assert only(desk.transact(delete(many=False))).status == "none"
    desk.transact(create(person("1", gender="male")))
    assert only(desk.transact(delete(many=False))).deleted == 1
    for number in range(3):
        desk.transact(create(person(str(number), gender="male")))
    desk.transact(create(person("9", gender="female")))
    assert refused(desk.transact(delete(many=False))) == "multiple-matches"
    assert only(desk.transact(delete(many=True))).deleted == 3
    assert desk.store.counts("default").resources == {"Patient": 1}


def test_what_no_json_can_hold_costs_only_itself(desk: Any) -> None:
    done = desk.store.write(
        [
            Transact("default", "r", [create(person("1"))]),
            Transact("default", "r", [create(person("\ud800"))]),
            Transact("default", "r", [update("p\ud800", person())]),
            Transact("default", "r", [create(person("2"))]),
        ]
    )
    assert [one.error and one.error.code for one in done] == [None, "value", "value", None]
    assert desk.store.counts("default").resources == {"Patient": 2}


def test_a_message_finds_what_the_api_wrote(desk: Any, patient: DraftMaker) -> None:
    made = version(desk.transact(create(person("77"))))
    assert desk.stored(patient("seed", mrn="77", active=True)) == [f"Patient/{made.id}/_history/2"]


def test_message_and_interaction_in_one_batch_see_each_other(desk: Any, patient: DraftMaker) -> None:
    from gateway.canonical import Stored, Translation

    first, second = desk.envelope(), desk.envelope()
    asked = [
        Transact("default", "r", [create(person("77"), "77")]),
        Settle(first, Translation([patient("seed", mrn="77", active=True)]), desk.ack),
        Transact("default", "r", [create(person("77"), "77")]),
        Settle(second, Translation([patient("seed", mrn="78")]), desk.ack),
        Transact("default", "r", [create(person("78"), "78")]),
    ]
    made, told, found, other, same = desk.store.write(asked)
    assert isinstance(told.outcome, Stored)
    assert told.outcome.refs == [f"Patient/{version(made).id}/_history/2"]
    assert version(found).ver == 2
    assert other.outcome.refs == ["Patient/seed/_history/1"]
    assert version(same).id == "seed"


def test_a_key_stays_with_the_resource_that_has_it(desk: Any, patient: DraftMaker) -> None:
    desk.stored(patient("p1", mrn="77"))
    desk.transact(create(person("77")))
    assert desk.stored(patient("other", mrn="77", active=True)) == ["Patient/p1/_history/2"]


def test_the_key_of_what_is_deleted_goes_to_who_is_made_next(desk: Any, patient: DraftMaker) -> None:
    desk.stored(patient("p1", mrn="77"))
    desk.transact(Change("delete", "Patient", "p1"))
    made = version(desk.transact(create(person("77"), "77")))
    assert made.id != "p1"
    assert desk.stored(patient("p1", mrn="77", active=True)) == [f"Patient/{made.id}/_history/2"]
    desk.reopen()
    assert desk.stored(patient("p1", mrn="77", active=False)) == [f"Patient/{made.id}/_history/3"]
    assert desk.store.counts("default").resources == {"Patient": 1}


def test_the_key_of_what_is_deleted_goes_to_who_has_it_already(desk: Any, patient: DraftMaker) -> None:
    """Two doubles, of which somebody deletes the one that messages are about."""
    desk.stored(patient("p1", mrn="A77"))
    desk.transact(update("other-case", person("a77")))
    desk.transact(update("gone", person("A77")))
    desk.transact(update("changed", person("A77")))
    desk.transact(update("changed", person("78")))
    made = version(desk.transact(create(person("A77"))))
    desk.transact(Change("delete", "Patient", "p1"), Change("delete", "Patient", "gone"))
    desk.reopen()
    assert desk.stored(patient("p1", mrn="A77", active=True)) == [f"Patient/{made.id}/_history/2"]


def test_a_late_message_does_not_make_anew_what_was_deleted(desk: Any, patient: DraftMaker) -> None:
    made = version(desk.transact(create(person("77"))))
    desk.transact(Change("delete", "Patient", made.id))
    assert desk.stored(patient("seed", mrn="77"), event_at=1_000_000) == []
    assert desk.store.counts("default").resources == {}


def test_the_same_within_one_transaction(desk: Any, patient: DraftMaker) -> None:
    desk.stored(patient("p1", mrn="77"))
    done = desk.transact(create(person("77"), "77"), Change("delete", "Patient", "p1"))
    made = done.results[0].version
    assert made.id != "p1"
    assert desk.stored(patient("p1", mrn="77", active=True)) == [f"Patient/{made.id}/_history/2"]


def test_a_late_message_overwrites_nothing_that_the_api_wrote(desk: Any, patient: DraftMaker) -> None:
    desk.transact(update("p1", person("1", active=True)))
    assert desk.stored(patient("p1", active=False), event_at=1_000_000) == []
    desk.transact(Change("delete", "Patient", "p1"))
    assert desk.stored(patient("p1", active=False), event_at=1_000_000) == []
    found = desk.store.read("default", "Patient", "p1")
    assert found is not None
    assert found.deleted


def test_a_message_about_a_deleted_resource_revives_it(desk: Any, patient: DraftMaker) -> None:
    desk.stored(patient("p1", active=True))
    desk.transact(Change("delete", "Patient", "p1"))
    assert desk.stored(patient("p1", active=True)) == ["Patient/p1/_history/3"]
    assert desk.store.counts("default").resources == {"Patient": 1}
    desk.reopen()
    desk.transact(Change("delete", "Patient", "p1"))
    assert desk.stored(patient("p1", active=True)) == ["Patient/p1/_history/5"]


def test_tenants_do_not_meet(desk: Any) -> None:
    first = version(desk.transact(create(person(), "1"), tenant="a"))
    second = version(desk.transact(create(person(), "1"), tenant="b"))
    assert first.id != second.id
    assert only(desk.transact(Change("delete", "Patient", first.id), tenant="b")).status == "none"
    assert desk.store.read("b", "Patient", first.id) is None


def test_a_commit_tells_how_far_it_went(desk: Any, patient: DraftMaker) -> None:
    told: list[dict[str, int]] = []

    def broken(_: object) -> None:
        raise RuntimeError("must not hurt the writer")

    desk.store.on_commit(broken)
    desk.store.on_commit(told.append)
    made = version(desk.transact(create(person()), tenant="a"))
    desk.stored(patient("p1"))
    desk.transact(update("p1", person("2"), if_match=frozenset((9,))))
    desk.transact(Change("delete", "Patient", "nobody"))
    assert told == [{"a": made.seq}, {"default": desk.store.newest("default")}]
    assert desk.store.newest("nobody") == 0


def test_what_the_database_refuses_costs_only_itself(desk: Any, patient: DraftMaker) -> None:
    from gateway.canonical import Translation

    envelope = desk.envelope()
    first, bad, told, last = desk.store.write(
        [
            Transact("default", "r", [create(person("1"), "1")]),
            Transact("default", "\ud800", [create(person("2")), create(person("3"))]),
            Settle(envelope, Translation([patient("seed", mrn="1", active=True)]), desk.ack),
            Transact("default", "r", [create(person("1"), "1")]),
        ]
    )
    assert refused(bad) == "exception"
    assert told.outcome.refs == [f"Patient/{version(first).id}/_history/2"]
    assert version(last).ver == 2
    assert desk.store.counts("default").resources == {"Patient": 1}
    desk.transact(create(person("4")))
    assert desk.store.history("default", count=0).total == 3


@pytest.mark.parametrize(
    ("before", "condition", "status"),
    [
        (create(person("A1")), (("identifier", f"{MRN}|A1"),), "unchanged"),
        (create(person("A1")), (("identifier", "a1"),), "unchanged"),
        (create(person("A1")), (("identifier", "A2,A1"),), "unchanged"),
        (create(person("A1", gender="male")), (("gender", "male"), ("identifier", "A1")), "unchanged"),
        (create(person("A1", gender="male")), (("gender", "male"),), "unchanged"),
        (create(person("A1")), (("identifier", f"{MRN}|A2"),), "created"),
        (create(person("A1")), (("identifier", "urn:other|A1"),), "created"),
        (update("p1", person("new")), (("identifier", f"{MRN}|old"),), "created"),
        (Change("delete", "Patient", "p1"), (("identifier", f"{MRN}|old"),), "created"),
        (update("p2", person("2")), (("identifier", f"{MRN}|old"),), "unchanged"),
    ],
)
def test_a_condition_sees_what_came_before_in_its_batch(
    desk: Any, before: Change, condition: tuple[tuple[str, str], ...], status: str
) -> None:
    desk.transact(update("p1", person("old")))
    asked = Change("create", "Patient", body=person("x"), condition=condition)
    first, second = desk.store.write([Transact("default", "r", [before]), Transact("default", "r", [asked])])
    assert first.error is None
    assert only(second).status == status


def test_a_condition_that_no_posting_answers_is_refused(desk: Any) -> None:
    desk.transact(update("p1", person("1")))
    for condition in ((("_content", "word"),), (("general-practitioner:Practitioner._content", "word"),)):
        one = Change("create", "Patient", body=person("2"), condition=condition)
        assert refused(desk.transact(one)) == "too-costly"
    linked = {"resourceType": "Basic", "subject": {"reference": "Patient?_content=word"}}
    assert refused(desk.transact(create(linked))) == "too-costly"
    narrowed = (("identifier", f"{MRN}|1"), ("_content", "word"))
    one = Change("create", "Patient", body=person("1"), condition=narrowed)
    assert only(desk.transact(one)).status == "created", "few resources are tested"


def test_the_conditions_of_one_transact_share_what_they_may_work(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.transact(*(update(f"p{n}", person(str(n))) for n in range(5)))
    monkeypatch.setattr(transact, "Allowance", lambda: Allowance(60.0, bodies=3))

    def tested(n: int) -> Change:
        condition = (("identifier", f"{MRN}|{n}"), ("_content", MRN))
        return Change("create", "Patient", body=person(str(n)), condition=condition)

    assert desk.transact(*map(tested, range(3))).error is None
    done = desk.transact(*map(tested, range(5)))
    assert (refused(done), done.at) == ("too-costly", 3)
    assert desk.transact(*(create(person(str(n)), str(n)) for n in range(5))).error is None


def numbered(id_: str, *values: str) -> dict[str, Any]:
    said = [{"system": MRN, "value": value} for value in values]
    return {"resourceType": "Patient", "id": id_, "identifier": said}


def put(desk: Any, id_: str, *values: str) -> None:
    told = desk.transact(Change("update", "Patient", id_, body=numbered(id_, *values)))
    assert told.error is None


@pytest.mark.parametrize("fresh", [False, True])
def test_an_identifier_that_is_corrected_is_the_patients_no_more(
    desk: Any, patient: Any, fresh: bool
) -> None:
    """Else the next message about whoever really has it would be written into the wrong record."""
    put(desk, "p1", "A", "C")
    put(desk, "p1", "B", "C")
    if fresh:
        desk.reopen()
    assert desk.stored(patient("m1", mrn="A", gender="male")) == ["Patient/m1/_history/1"]
    assert desk.stored(patient("m2", mrn="B", gender="male")) == ["Patient/p1/_history/3"]
    assert desk.stored(patient("m3", mrn="C", birthDate="1990")) == ["Patient/p1/_history/4"]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("order", [("p1", "p2"), ("p2", "p1")])
def test_an_identifier_goes_to_who_has_it_after_a_correction(
    desk: Any, patient: Any, order: tuple[str, str], together: bool
) -> None:
    put(desk, "p1", "A")
    after = {"p1": numbered("p1", "B"), "p2": numbered("p2", "A")}
    changes = [Change("update", "Patient", id_, body=after[id_]) for id_ in order]
    for some in [changes] if together else [[one] for one in changes]:
        assert desk.transact(*some).error is None
    assert desk.stored(patient("m1", mrn="A", gender="male")) == ["Patient/p2/_history/2"]
    assert desk.stored(patient("m2", mrn="B", gender="male")) == ["Patient/p1/_history/3"]


def test_an_update_that_fails_lets_no_identifier_go(desk: Any, patient: Any) -> None:
    put(desk, "p1", "A")
    bad = Change("create", "Patient", body={"resourceType": "Observation"})
    assert desk.transact(Change("update", "Patient", "p1", body=numbered("p1", "B")), bad).error is not None
    assert desk.stored(patient("m1", mrn="A", gender="male")) == ["Patient/p1/_history/2"]
