"""Writing messages: versions, unchanged content, ownership, event order, identities, merges."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from gateway.canonical import Draft, Merge, Quarantined
from gateway.canonical.json import loads
from gateway.store import Change, Version

MRN = "urn:oid:2.16.156.990101.1"
Make = Callable[..., Draft]


def read(desk: Any, type_: str, id_: str) -> dict[str, Any]:
    found = desk.store.read("default", type_, id_)
    assert isinstance(found, Version)
    body: dict[str, Any] = json.loads(found.body)
    return body


def test_a_new_resource_is_its_draft_with_the_stores_meta(desk: Any, patient: Make) -> None:
    assert desk.stored(patient(name=[{"text": "张三"}])) == ["Patient/p1/_history/1"]
    version = desk.store.read("default", "Patient", "p1")
    body = json.loads(version.body)
    assert body["meta"].keys() == {"versionId", "lastUpdated"}
    assert body["meta"]["versionId"] == "1"
    assert body["name"] == [{"text": "张三"}]
    assert (version.type, version.id, version.ver, version.deleted) == ("Patient", "p1", 1, False)


def test_own_meta_and_source_are_kept_and_source_is_no_difference(desk: Any, patient: Make) -> None:
    meta = {"profile": ["http://example.org/p"], "source": "urn:a"}
    assert desk.stored(patient(meta=meta))
    assert read(desk, "Patient", "p1")["meta"]["profile"] == ["http://example.org/p"]
    assert read(desk, "Patient", "p1")["meta"]["source"] == "urn:a"
    assert desk.stored(patient(meta={**meta, "source": "urn:b"})) == []


def test_the_same_content_writes_no_version(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="male"))
    assert desk.stored(patient(gender="male")) == []
    assert desk.stored(patient(gender="female")) == ["Patient/p1/_history/2"]


def test_the_same_content_writes_no_version_after_a_restart(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="male"))
    desk.reopen()
    assert desk.stored(patient(gender="male")) == []
    assert desk.stored(patient(gender="female")) == ["Patient/p1/_history/2"]


def test_the_same_resource_twice_in_a_message_is_one_version(desk: Any, patient: Make) -> None:
    assert desk.stored(patient(gender="male"), patient(active=True)) == ["Patient/p1/_history/1"]
    assert read(desk, "Patient", "p1")["gender"] == "male"
    assert read(desk, "Patient", "p1")["active"] is True


def test_history_is_kept_and_read_back(desk: Any, patient: Make) -> None:
    for gender in ("male", "female", "other"):
        desk.stored(patient(gender=gender))
    bodies = [json.loads(desk.store.vread("default", "Patient", "p1", n).body) for n in (1, 2, 3)]
    assert [body["gender"] for body in bodies] == ["male", "female", "other"]
    assert [body["meta"]["versionId"] for body in bodies] == ["1", "2", "3"]
    assert desk.store.vread("default", "Patient", "p1", 4) is None
    assert desk.store.vread("default", "Patient", "p1", 0) is None


def test_decimals_keep_their_digits_through_a_merge(desk: Any, observation: Make) -> None:
    desk.stored(observation(valueQuantity={"value": Decimal("6.50")}))
    desk.stored(observation(note=[{"text": "x"}]))
    assert b'"value":6.50' in desk.store.read("default", "Observation", "o1").body
    assert loads(desk.store.read("default", "Observation", "o1").body)["note"]


def test_who_does_not_own_fills_gaps_only(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="male"))
    desk.stored(patient(gender="female", birthDate="1990-03-07", owns=False))
    assert read(desk, "Patient", "p1")["gender"] == "male"
    assert read(desk, "Patient", "p1")["birthDate"] == "1990-03-07"


def test_an_owner_overwrites_a_stub_even_with_an_earlier_event(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="unknown", owns=False), event_at=200)
    desk.stored(patient(gender="male"), event_at=100)
    assert read(desk, "Patient", "p1")["gender"] == "male"


def test_an_older_event_overwrites_nothing(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="female"), event_at=200)
    assert desk.stored(patient(gender="male"), event_at=100) == []
    told = patient(gender="male", active=True)
    assert desk.stored(told, event_at=100) == ["Patient/p1/_history/2"], "it fills a gap"
    assert desk.stored(told, event_at=100) == []
    body = read(desk, "Patient", "p1")
    assert (body["gender"], body.get("active")) == ("female", True)
    assert desk.stored(patient(active=False), event_at=90) == [], "nor what an older one has filled"
    assert desk.stored(patient(gender="male"), event_at=300) == ["Patient/p1/_history/3"]


def deleting(draft: Draft, *cleared: str) -> Draft:
    return replace(draft, cleared=cleared)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_late_event_does_not_bring_back_what_was_deleted(
    desk: Any, patient: Make, there: bool, restarted: bool
) -> None:
    """Also where the deletion came before the value that it deletes."""
    phone = {"telecom": [{"system": "phone", "value": "13900010002"}]}
    if there:
        desk.stored(patient(**phone), event_at=50)
    desk.stored(deleting(patient(gender="female"), "telecom"), event_at=200)
    if restarted:
        desk.reopen()
    desk.stored(patient(birthDate="1990-01-01", **phone), event_at=100)
    body = read(desk, "Patient", "p1")
    assert (body.get("telecom"), body["birthDate"]) == (None, "1990-01-01")
    desk.stored(patient(**phone), event_at=300)
    assert read(desk, "Patient", "p1")["telecom"] == phone["telecom"], "a newer one may say it again"


def test_a_late_event_does_not_bring_back_what_a_client_took_away(desk: Any, patient: Make) -> None:
    desk.stored(patient(birthDate="1990-01-01"), event_at=50)
    whole = {"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:x", "value": "9"}]}
    assert desk.transact(Change("update", "Patient", "p1", whole)).error is None
    late = patient(birthDate="1990-01-01", gender="female")
    desk.stored(replace(late, key=None), event_at=100)
    body = read(desk, "Patient", "p1")
    assert (body.get("birthDate"), body["gender"]) == (None, "female")
    assert body["identifier"] == whole["identifier"]


def test_who_does_not_own_fills_no_other_gap_and_marks_nothing(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="female"), event_at=200)
    desk.stored(deleting(patient(owns=False), "telecom"), event_at=300)
    desk.stored(patient(telecom=[{"value": "1"}]), event_at=100)
    assert read(desk, "Patient", "p1")["telecom"] == [{"value": "1"}]


def visit(**elements: Any) -> Draft:
    body = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "IMP"},
        **elements,
    }
    return Draft("Encounter", "e1", body, key=("urn:v", "1"))


def test_a_late_event_fills_the_parts_of_a_period(desk: Any) -> None:
    desk.stored(visit(period={"end": "2026-03-09"}), event_at=200)
    desk.stored(visit(period={"start": "2026-03-07", "end": "2026-03-08"}), event_at=100)
    assert read(desk, "Encounter", "e1")["period"] == {"start": "2026-03-07", "end": "2026-03-09"}
    desk.stored(visit(period={"start": "2026-03-10"}), event_at=150)
    assert read(desk, "Encounter", "e1")["period"]["start"] == "2026-03-07"


def test_a_deleted_part_stays_away(desk: Any) -> None:
    desk.stored(deleting(visit(period={"start": "2026-03-07"}), "period.end"), event_at=200)
    desk.stored(visit(period={"start": "2026-03-06", "end": "2026-03-08"}, language="zh"), event_at=100)
    body = read(desk, "Encounter", "e1")
    assert (body["period"], body["language"]) == ({"start": "2026-03-07"}, "zh")


def test_a_late_row_of_who_was_merged_describes_nobody_else(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1"), patient("p2", mrn="2"), event_at=200)
    desk.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (MRN, "1"), "p1", "p2")], event_at=300)
    desk.stored(patient("p1", mrn="1", birthDate="1990-01-01"), event_at=100)
    desk.stored(patient("p2", mrn="2", gender="female"), event_at=100)
    body = read(desk, "Patient", "p2")
    assert (body.get("birthDate"), body["gender"]) == (None, "female")


PIECES: dict[str, tuple[int | None, dict[str, Any], tuple[str, ...]]] = {
    "hl7": (400, {"name": [{"text": "林一"}], "gender": "male"}, ()),
    "row": (100, {"name": [{"text": "林"}], "birthDate": "1980-05-06", "address": [{"text": "x"}]}, ()),
    "cda": (300, {"maritalStatus": {"text": "y"}, "gender": "female"}, ()),
    "deletes": (350, {"name": [{"text": "林"}]}, ("telecom", "photo")),
    "phone": (200, {"telecom": [{"value": "1"}], "active": True}, ()),
}


def test_every_order_of_arrival_leaves_the_same(desk: Any) -> None:
    """What one event alone names, what the newest of several names, and what a newer one deletes."""
    seen = set()
    for at, order in enumerate(permutations(PIECES)):
        for n, name in enumerate(order):
            event_at, elements, cleared = PIECES[name]
            if name == "deletes" and "phone" in order[:n] and "hl7" in order[:n]:
                break  # a deletion that comes late deletes nothing
            number = [{"system": MRN, "value": str(at)}, {"system": f"urn:{name}", "value": "1"}]
            body = {"resourceType": "Patient", "id": f"p{at}", "identifier": number, **elements}
            draft = Draft("Patient", f"p{at}", body, key=(MRN, str(at)), cleared=cleared)
            desk.stored(draft, event_at=event_at)
        else:
            stored = read(desk, "Patient", f"p{at}")
            del stored["meta"], stored["id"]
            systems = {one["system"] for one in stored.pop("identifier")}
            assert systems == {MRN, *(f"urn:{name}" for name in PIECES)}, order
            seen.add(json.dumps(stored, sort_keys=True))
    assert len(seen) == 1, seen
    (left,) = (json.loads(one) for one in seen)
    assert left["gender"] == "male"
    assert left.keys() == {
        "resourceType", "name", "gender", "birthDate", "address", "maritalStatus", "active",
    }  # fmt: skip


def test_an_older_event_does_not_bring_back_what_a_newer_one_took_away(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="female", birthDate="1990-01-01"), event_at=100)
    without = patient(gender="female")
    without.cleared = ("birthDate",)
    desk.stored(without, event_at=200)
    desk.stored(patient(gender="female", birthDate="1990-01-01"), event_at=150)
    assert "birthDate" not in read(desk, "Patient", "p1")


def test_an_event_that_confirmed_the_state_outranks_a_late_one(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="female"), event_at=100)
    assert desk.stored(patient(gender="female"), event_at=300) == []
    assert desk.stored(patient(gender="male"), event_at=200) == []


def test_a_confirmed_state_outranks_a_late_event_after_a_restart(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="female"), event_at=100)
    assert desk.stored(patient(gender="female"), event_at=300) == []
    desk.reopen()
    assert desk.stored(patient(gender="male"), event_at=200) == []
    assert desk.stored(patient(gender="other"), event_at=300) == ["Patient/p1/_history/2"]


def test_an_older_event_that_loses_is_told(desk: Any, patient: Make) -> None:
    def told(event_at: int, *drafts: Draft) -> list[tuple[str, str, str, str]]:
        written = desk.put(*drafts, event_at=event_at)
        issues = desk.store.inbox_show(written.envelope_id).issues
        assert list(issues) == written.outcome.issues
        return [(issue.severity, issue.code, issue.where, issue.rule) for issue in issues]

    late = [("information", "business-rule", "Patient", "older-event")]
    male = patient(gender="male")
    assert told(200, patient(gender="female")) == []
    assert told(100, male) == late
    assert told(100, male) == late, "what is remembered of it is told too"
    assert told(100, male, patient(gender="other")) == late, "once for a message and type"
    assert told(100, patient(gender="female")) == [], "it says nothing else"
    assert told(100, patient(gender="female", active=True)) == [], "all that it says is taken"
    assert told(100, patient(gender="male", owns=False)) == [], "who does not own could not have changed it"
    assert told(300, male) == []
    assert told(100, male) == []


def test_a_message_that_takes_back_what_it_said_confirms_the_state(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="female"), event_at=100)
    assert desk.stored(patient(gender="male"), patient(gender="female"), event_at=300) == []
    assert desk.stored(patient(gender="male"), event_at=200) == []


def test_a_message_without_event_time_counts_as_new(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="female"), event_at=200)
    assert desk.stored(patient(gender="male")) == ["Patient/p1/_history/2"]


def test_the_ident_table_decides_and_references_follow(desk: Any, patient: Make, observation: Make) -> None:
    desk.stored(patient("first", mrn="7"))
    refs = desk.stored(patient("second", mrn="7", active=True), observation(subject="second"))
    assert refs == ["Patient/first/_history/2", "Observation/o1/_history/1"]
    assert read(desk, "Observation", "o1")["subject"] == {"reference": "Patient/first"}
    assert desk.store.read("default", "Patient", "second") is None


def test_a_recycled_number_is_quarantined_and_changes_nothing(
    desk: Any, patient: Make, observation: Make
) -> None:
    desk.stored(patient("p1", mrn="1"), observation(subject="p1"))
    written = desk.put(patient("p2", mrn="2"), observation(subject="p2", code="777-3"))
    assert isinstance(written.outcome, Quarantined)
    assert written.outcome.reason == "key-of-another-patient"
    assert written.answer == b"MSA|Quarantined"
    assert desk.store.read("default", "Patient", "p2") is None, "the message is stored whole or not at all"
    assert desk.store.counts("default").quarantine == {"key-of-another-patient": 1}
    assert desk.stored(patient("p2", mrn="2")) == ["Patient/p2/_history/1"]


def test_a_subject_that_was_merged_is_the_same_patient(desk: Any, patient: Make, observation: Make) -> None:
    desk.stored(patient("p1", mrn="1"), observation(subject="p1"))
    desk.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (MRN, "1"), "p1", "p2")])
    assert desk.stored(patient("p2", mrn="2"), observation(subject="p2")) == [], "the merge has moved it"
    again = observation(subject="p2", status="amended")
    assert desk.stored(patient("p2", mrn="2"), again) == ["Observation/o1/_history/3"]


def test_a_merge_links_both_and_moves_the_key(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1", gender="male"))
    desk.stored(patient("p2", mrn="2"))
    merge = Merge("Patient", (MRN, "1"), "p1", "p2")
    assert desk.stored(patient("p2", mrn="2"), merges=[merge]) == [
        "Patient/p1/_history/2",
        "Patient/p2/_history/2",
    ]
    retired, survivor = read(desk, "Patient", "p1"), read(desk, "Patient", "p2")
    assert retired["active"] is False
    assert retired["link"] == [{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]
    assert survivor["link"] == [{"other": {"reference": "Patient/p1"}, "type": "replaces"}]
    assert desk.stored(patient("p2", mrn="2"), merges=[merge]) == [], "replayed"
    assert desk.stored(patient("p1", mrn="1", gender="female")) == ["Patient/p2/_history/3"]
    assert desk.store.vread("default", "Patient", "p1", 1) is not None, "history is kept"


A_TO_B = Merge("Patient", (MRN, "1"), "p1", "p2")
B_TO_C = Merge("Patient", (MRN, "2"), "p2", "p3")


def links(desk: Any, id_: str) -> list[tuple[str, str]]:
    found = read(desk, "Patient", id_).get("link", [])
    return [(link["type"], link["other"]["reference"]) for link in found]


@pytest.mark.parametrize("restart", [False, True])
def test_a_chain_of_merges_ends_at_the_living(desk: Any, patient: Make, restart: bool) -> None:
    for n in "123":
        desk.stored(patient(f"p{n}", mrn=n))
    desk.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    desk.stored(patient("p3", mrn="3"), merges=[B_TO_C])
    if restart:
        desk.reopen()
    assert desk.stored(patient("p1", mrn="1", gender="female")) == ["Patient/p3/_history/3"]
    assert desk.stored(patient("p2", mrn="2", gender="male")) == ["Patient/p3/_history/4"]
    assert desk.stored(patient("p2", mrn="2", gender="male"), merges=[A_TO_B]) == [], "replayed"
    assert links(desk, "p1") == [("replaced-by", "Patient/p2")]
    assert links(desk, "p2") == [("replaces", "Patient/p1"), ("replaced-by", "Patient/p3")]


@pytest.mark.parametrize("merges", [[A_TO_B, B_TO_C], [B_TO_C, A_TO_B]])
def test_a_chain_of_merges_in_one_message(desk: Any, patient: Make, merges: list[Merge]) -> None:
    for n in "123":
        desk.stored(patient(f"p{n}", mrn=n))
    desk.stored(patient("p2", mrn="2"), patient("p3", mrn="3"), merges=merges)
    assert read(desk, "Patient", "p1")["active"] is False
    assert read(desk, "Patient", "p2")["active"] is False
    assert "active" not in read(desk, "Patient", "p3")
    assert desk.stored(patient("p1", mrn="1", gender="female")) == ["Patient/p3/_history/3"]


def test_a_merge_into_somebody_who_ended_goes_to_the_living(desk: Any, patient: Make) -> None:
    for n in "123":
        desk.stored(patient(f"p{n}", mrn=n))
    desk.stored(patient("p3", mrn="3"), merges=[B_TO_C])
    desk.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    assert links(desk, "p1") == [("replaced-by", "Patient/p3")]
    assert desk.stored(patient("p1", mrn="1", gender="female")) == ["Patient/p3/_history/4"]


def test_a_merge_back_makes_no_circle(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1"))
    desk.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    back = Merge("Patient", (MRN, "2"), "p2", "p1")
    desk.stored(patient("p1", mrn="1"), merges=[back])
    assert links(desk, "p1") == [("replaces", "Patient/p2")], "who is named last goes on"
    assert links(desk, "p2") == [("replaced-by", "Patient/p1")]
    assert [desk.stored(patient(f"p{n}", mrn=n, gender=n))[0][:11] for n in "12"] == ["Patient/p1/"] * 2


def test_the_survivor_of_a_merge_is_whom_its_key_belongs_to(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1"))
    desk.stored(patient("first", mrn="2"))
    desk.stored(patient("p2", mrn="2"), merges=[A_TO_B])
    assert links(desk, "p1") == [("replaced-by", "Patient/first")]


def test_a_merge_with_an_order_of_who_ended_is_no_recycled_number(
    desk: Any, patient: Make, observation: Make
) -> None:
    desk.stored(patient("p1", mrn="1"), observation(subject="p1"))
    desk.stored(patient("p2", mrn="2"), observation(subject="p2"), merges=[A_TO_B])
    assert read(desk, "Observation", "o1")["subject"] == {"reference": "Patient/p2"}


def test_a_merge_of_somebody_unknown_only_moves_the_key(desk: Any, patient: Make) -> None:
    desk.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (MRN, "1"), "p1", "p2")])
    assert "link" not in read(desk, "Patient", "p2")
    assert desk.stored(patient("p1", mrn="1", gender="male")) == ["Patient/p2/_history/2"]


def test_tenants_do_not_see_each_other(desk: Any, patient: Make) -> None:
    desk.stored(patient(gender="male"))
    assert desk.store.read("other", "Patient", "p1") is None
    assert desk.stored(patient(gender="female"), tenant="other") == ["Patient/p1/_history/1"]
    assert read(desk, "Patient", "p1")["gender"] == "male"
    assert desk.store.search("other", "Patient", []).matches[0].ver == 1
    assert len(desk.store.search("default", "Patient", []).matches) == 1


def test_counts_follow_what_is_there(desk: Any, patient: Make, observation: Make) -> None:
    desk.stored(patient(), observation())
    desk.stored(patient(gender="male"))
    counts = desk.store.counts("default")
    assert counts.resources == {"Patient": 1, "Observation": 1}
    assert counts.inbox == {"stored": 2}
    assert desk.store.counts("nobody").resources == {}


def test_an_id_that_is_none_is_quarantined(desk: Any, patient: Make) -> None:
    written = desk.put(patient('p"1'))
    assert isinstance(written.outcome, Quarantined)
    assert written.outcome.reason == "bad-id"


LINK = Merge("Patient", (MRN, "2"), "p2", "p1", "link")
UNLINK = Merge("Patient", (MRN, "2"), "p2", "p1", "unlink")


def test_a_link_is_written_on_both_sides_and_an_unlink_removes_it(desk: Any, patient: Make) -> None:
    both = patient("p1", mrn="1"), patient("p2", mrn="2")
    desk.stored(*both, merges=[LINK], event_at=10)
    assert links(desk, "p1") == [("seealso", "Patient/p2")]
    assert links(desk, "p2") == [("seealso", "Patient/p1")]
    assert desk.stored(*both, merges=[LINK], event_at=10) == [], "replayed"
    desk.stored(*both, merges=[UNLINK], event_at=20)
    assert "link" not in read(desk, "Patient", "p1")
    assert "link" not in read(desk, "Patient", "p2")
    assert desk.store.vread("default", "Patient", "p1", 1) is not None, "history is kept"


def test_a_late_link_does_not_undo_an_unlink(desk: Any, patient: Make) -> None:
    both = patient("p1", mrn="1"), patient("p2", mrn="2")
    desk.stored(*both, merges=[LINK], event_at=10)
    desk.stored(*both, merges=[UNLINK], event_at=20)
    outcome = desk.put(*both, merges=[LINK], event_at=10).outcome
    assert outcome.refs == []
    assert [issue.rule for issue in outcome.issues] == ["older-event"]


def test_an_unlink_leaves_the_links_of_merges(desk: Any, patient: Make) -> None:
    for n in "123":
        desk.stored(patient(f"p{n}", mrn=n))
    desk.stored(patient("p1", mrn="1"), merges=[Merge("Patient", (MRN, "3"), "p3", "p1")])
    desk.stored(patient("p1", mrn="1"), patient("p2", mrn="2"), merges=[LINK])
    desk.stored(patient("p1", mrn="1"), patient("p2", mrn="2"), merges=[UNLINK])
    assert links(desk, "p1") == [("replaces", "Patient/p3")]


def test_a_link_of_merged_records_is_one_with_the_living(desk: Any, patient: Make) -> None:
    for n in "123":
        desk.stored(patient(f"p{n}", mrn=n))
    desk.stored(patient("p3", mrn="3"), merges=[Merge("Patient", (MRN, "2"), "p2", "p3")])
    desk.stored(patient("p1", mrn="1"), patient("p2", mrn="2"), merges=[LINK])
    assert links(desk, "p1") == [("seealso", "Patient/p3")]
    assert ("seealso", "Patient/p1") not in links(desk, "p2")


def test_a_changed_number_names_what_the_old_one_named(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1", gender="male"))
    change = Merge("Patient", (MRN, "1"), "p1", "p9", "change")
    assert desk.stored(patient("p9", mrn="9"), merges=[change]) == ["Patient/p1/_history/2"]
    assert [one["value"] for one in read(desk, "Patient", "p1")["identifier"]] == ["1", "9"]
    assert desk.stored(patient("p9", mrn="9"), merges=[change]) == [], "replayed"
    assert desk.stored(patient("p9", mrn="9", gender="female")) == ["Patient/p1/_history/3"]
    assert "link" not in read(desk, "Patient", "p1")


def account(id_: str, number: str) -> Draft:
    body = {
        "resourceType": "Account",
        "id": id_,
        "status": "active",
        "subject": [{"reference": "Patient/p1"}],
    }
    return Draft("Account", id_, body, key=("urn:an", number))


def test_an_account_that_was_merged_ends_and_its_number_moves(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1"), account("a1", "1"), account("a2", "2"))
    desk.stored(account("a2", "2"), merges=[Merge("Account", ("urn:an", "1"), "a1", "a2")])
    assert read(desk, "Account", "a1")["status"] == "inactive"
    assert "link" not in read(desk, "Account", "a1")
    assert read(desk, "Account", "a2")["status"] == "active"
    ended = replace(account("a1", "1"), body={**account("a1", "1").body, "status": "on-hold"})
    assert desk.stored(ended) == ["Account/a2/_history/2"]


def test_what_a_message_moves_to_another_patient_is_no_recycled_number(
    desk: Any, patient: Make, observation: Make
) -> None:
    desk.stored(patient("p1", mrn="1"), observation(subject="p1"))
    moved = replace(observation(subject="p2"), moves=True)
    desk.stored(patient("p2", mrn="2"), moved)
    assert read(desk, "Observation", "o1")["subject"] == {"reference": "Patient/p2"}
