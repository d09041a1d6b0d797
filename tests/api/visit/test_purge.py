"""$purge, and DELETE of what makes up the record of a visit: SC-34, SC-35 (docs/ledger.md)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical.actor import Principal
from gateway.canonical.json import loads
from gateway.feed.document import Documents
from gateway.feed.governors import Governors
from gateway.feed.purging import RECORDS, Retention, draw, purge
from gateway.feed.visit.governor import Visits
from gateway.settings import TenantSettings
from gateway.store import Transact
from gateway.store.direct import execute
from tests.api.visit.conftest import Clinic, Resource, at, rules

SICHUAN = TenantSettings(organization="990101001", jurisdiction=("cn-sichuan",))
SHORT = TenantSettings(organization="990101001", parameters={"record-years": -1})
"""A hospital whose records may go at once."""


def asked(clinic: Clinic, *names: str, **more: Any) -> Any:
    said = [{"name": "document", "valueString": name} for name in names]
    said += [
        {"name": name, "valueBoolean" if isinstance(value, bool) else "valueString": value}
        for name, value in more.items()
    ]
    return clinic.ask("POST", "$purge", {"resourceType": "Parameters", "parameter": said})


def parts(answer: Any, name: str) -> list[Any]:
    found = [part for one in answer.json()["parameter"] for part in one["part"] if part["name"] == name]
    return [next(value for key, value in part.items() if key != "name") for part in found]


def media(**changes: Any) -> Resource:
    return {
        "resourceType": "Media", "id": "x1", "status": "completed",
        "encounter": {"reference": "Encounter/v1"}, "subject": {"reference": "Patient/p1"},
        "createdDateTime": at(-60),
        "content": {"contentType": "video/mp4", "url": "Binary/film"}, **changes,
    }  # fmt: skip


def old(**changes: Any) -> Resource:
    return {
        "resourceType": "Composition", "id": "old", "status": "final", "date": "2009-03-06T09:00:00+08:00",
        "type": {"text": "门诊病历"}, "title": "门诊病历", "author": [{"reference": "Practitioner/w1"}],
        "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/v1"}, **changes,
    }  # fmt: skip


FILM: Resource = {"resourceType": "Binary", "id": "film", "contentType": "video/mp4", "data": "ZmlsbQ=="}


@pytest.fixture
def retaining(admitted: Clinic, tenant: TenantSettings, signatures: Any) -> Clinic:
    visits = Visits(lambda _tenant: tenant, signatures)
    first, last = Retention(visits.hospitals, RECORDS), Retention(visits.hospitals)
    admitted.store.govern(Governors(first, visits, last))
    return admitted


@pytest.mark.parametrize("tenant", [SHORT])
def test_a_prescription_goes_with_all_that_is_its_own(admitted: Clinic) -> None:
    serial = admitted.approved(lines=2)["serial"]
    other = admitted.submitted("g2", "CF2")["serial"]
    whole = draw(admitted.store, "default", serial)
    before = admitted.store.ledger.of_serial("default", serial)
    dry = asked(admitted, serial, dryRun=True)
    assert (dry.status_code, parts(dry, "purged")) == (200, [False]), dry.text
    assert admitted.read("RequestGroup/g1")["status"] == "active"
    done = asked(admitted, serial, reason="list of 2041")
    assert (done.status_code, parts(done, "purged")) == (200, [True]), done.text
    for name, own in whole.versions.items():
        assert admitted.ask("GET", name).status_code == 410, name
        for one in own:
            found = admitted.store.vread("default", one.type, one.id, one.ver)
            assert found is not None
            assert (found.deleted, found.body) == (True, b"")
    said = [one for one in admitted.store.ledger.of_serial("default", serial) if one.event == "purged"]
    assert {(one.back, one.sha) for one in said} == {(one.n, one.sha) for one in before}
    verified = admitted.store.ledger.verify("default")
    assert (verified.ok, verified.purged) == (True, len(before)), verified.reason
    assert admitted.read("RequestGroup/g2")["groupIdentifier"]["value"] == other
    (audit,) = admitted.ask("GET", "AuditEvent").json()["entry"]
    assert audit["resource"]["outcomeDesc"] == "list of 2041"
    assert "RequestGroup/g1" in str(audit["resource"]["entity"])
    seqs = [one.seq for own in whole.versions.values() for one in own]
    with admitted.store._session.reading() as connection:
        for table in ("sx", "sx_range", "sx_str", "sx_number"):
            sql = f"SELECT COUNT(*) FROM {table} WHERE seq IN ({','.join(map(str, seqs))})"
            assert execute(connection, sql).fetchone()[0] == 0, table
    told = admitted.ask("GET", "RequestGroup/g1/_history").json()["entry"]
    assert {one["request"]["method"] for one in told} == {"DELETE"}
    assert not any("resource" in one for one in told)
    for one in Documents(admitted.store).of(admitted.store.ledger.entries("default", 0, 999)):
        assert one.resource("RequestGroup/g1") is None, one.entry.n
    again = asked(admitted, serial)
    assert (again.status_code, parts(again, "versions")) == (200, [0]), again.text
    assert admitted.store.ledger.verify("default").ok


@pytest.mark.parametrize("tenant", [SHORT])
def test_what_another_document_has_too_stays(admitted: Clinic) -> None:
    serials = [admitted.submitted(id_, number)["serial"] for id_, number in (("g1", "CF1"), ("g2", "CF2"))]
    gone = asked(admitted, serials[0])
    assert parts(gone, "kept") == [{"reference": "Condition/c1"}], gone.text
    assert admitted.ask("GET", "Condition/c1").status_code == 200
    assert admitted.store.ledger.verify("default").ok
    assert parts(asked(admitted, serials[1]), "kept") == []
    assert admitted.ask("GET", "Condition/c1").status_code == 410, "nobody has it any more"
    assert admitted.store.ledger.verify("default").ok


@pytest.mark.parametrize("tenant", [SHORT])
def test_what_changed_since_the_plan_is_not_purged(admitted: Clinic) -> None:
    serial = admitted.submitted()["serial"]
    plan = draw(admitted.store, "default", serial)
    admitted.review(f"Task/{_task(admitted)}")
    hospitals = Visits(lambda _tenant: SHORT).hospitals
    act = Transact("default", "t", [], act=lambda desk: purge(desk, hospitals, plan, Principal("t")))
    (done,) = admitted.store.write([act])
    assert done.error is not None
    assert done.error.code == "conflict"
    assert admitted.read("RequestGroup/g1")["status"] == "active"


def _task(clinic: Clinic) -> str:
    (entry,) = clinic.ask("GET", "Task").json()["entry"]
    return str(entry["resource"]["id"])


@pytest.mark.parametrize("tenant", [SICHUAN])
def test_records_films_and_what_is_sealed_must_be_kept(retaining: Clinic) -> None:
    clinic = retaining
    sealed = {"meta": {"security": [{"code": "sealed"}]}}
    clinic.file(FILM, media(), media(id="x2", createdDateTime="2020-03-06T09:00:00+08:00", content={}),
                old(), old(id="sealed", **sealed), old(id="new", date=at()))  # fmt: skip
    for name, rule in (
        ("Media/x1", "sc-35-media"),
        ("Composition/new", "sc-35-records"),
        ("Composition/new", "nat-21-kept"),
        ("Composition/sealed", "sc-34-sealed"),
    ):
        for said in (asked(clinic, name), clinic.ask("DELETE", name)):
            assert said.status_code in (403, 422), (name, said.text)
            assert rule in rules(said), name
            assert "条" in said.text
        assert clinic.ask("GET", name).status_code == 200, name
    both = asked(clinic, "Composition/old", "Media/x1")
    assert (both.status_code, clinic.ask("GET", "Composition/old").status_code) == (422, 200), "all or none"
    assert clinic.ask("DELETE", "Media/x2").status_code == 204
    for name in ("Media/x2", "Composition/old"):
        done = asked(clinic, name)
        assert (done.status_code, len(parts(done, "entry"))) == (200, 1), done.text
        assert clinic.ask("GET", name).status_code == 410
    assert clinic.store.ledger.verify("default").ok


@pytest.mark.parametrize("tenant", [SICHUAN])
def test_a_new_date_makes_nothing_older(retaining: Clinic) -> None:
    retaining.file(media(content={}))
    retaining.file(media(content={}, createdDateTime="2001-03-06"))
    assert rules(asked(retaining, "Media/x1")) == ["sc-35-media"]


@pytest.mark.parametrize("tenant", [SICHUAN])
def test_wards_and_drafts_are_deleted_as_ever(retaining: Clinic) -> None:
    ward = {"resourceType": "Encounter", "id": "ward", "status": "in-progress", "class": {"code": "IMP"}}
    retaining.file(ward, media(encounter={"reference": "Encounter/ward"}, content={}),
                   old(id="draft", status="preliminary", date=at()))  # fmt: skip
    assert retaining.ask("DELETE", "Media/x1").status_code == 204
    assert retaining.ask("DELETE", "Composition/draft").status_code == 204


def test_a_film_goes_with_its_bytes_unless_another_has_them(admitted: Clinic) -> None:
    admitted.file(FILM, media(), media(id="x2"))
    assert asked(admitted, "Media/x1").status_code == 200
    assert admitted.ask("GET", "Binary/film").status_code == 200
    done = asked(admitted, "Media/x2")
    assert {"reference": "Binary/film"} in parts(done, "resource")
    assert admitted.ask("GET", "Binary/film").status_code == 410
    assert "ZmlsbQ==" not in "".join(
        str(one.body) for one in admitted.store.versions("default", "Binary", "film")
    )


def test_what_is_no_document(admitted: Clinic) -> None:
    for name, status in (("Patient/p1", 400), ("Nothing/1", 400), ("CQP000", 404), ("Media/none", 404)):
        assert asked(admitted, name).status_code == status, name
    assert asked(admitted).status_code == 400
    said = loads(admitted.ask("GET", "OperationDefinition/qiao-purge").content)
    assert (said["system"], said["parameter"][0]["name"]) == (True, "document")


def chat(**changes: Any) -> Resource:
    return {
        "resourceType": "Communication", "id": "k1", "status": "completed", "sent": at(-60),
        "encounter": {"reference": "Encounter/v1"}, "subject": {"reference": "Patient/p1"},
        "payload": [{"contentString": "您好"}], **changes,
    }  # fmt: skip


@pytest.mark.parametrize("tenant", [SICHUAN])
def test_chats_and_results_of_a_visit_are_not_deleted_either(retaining: Clinic) -> None:
    clinic = retaining
    own = {"encounter": {"reference": "Encounter/v1"}, "subject": {"reference": "Patient/p1"}}
    result = {"status": "final", "code": {"text": "血脂四项"}, **own}
    clinic.file(
        chat(), chat(id="old", sent="2020-03-06T09:00:00+08:00"),
        chat(id="ward", encounter={"reference": "Encounter/none"}),
        {"resourceType": "Observation", "id": "o1", "effectiveDateTime": at(-60), **result},
        {"resourceType": "DiagnosticReport", "id": "d1", "issued": at(-60), **result},
        {"resourceType": "Condition", "id": "free", "code": {"text": "x"}, "recordedDate": at(), **own},
        {"resourceType": "Procedure", "id": "sealed", "meta": {"security": [{"code": "sealed"}]}, **result},
        {"resourceType": "Provenance", "id": "s1", "target": [{"reference": "Observation/o1"}],
         "recorded": at(), "agent": [{"who": {"reference": "Practitioner/w1"}}]},
    )  # fmt: skip
    for name, rule in (
        ("Communication/k1", "sc-35-media"),
        ("Observation/o1", "sc-35-records"),
        ("DiagnosticReport/d1", "nat-21-kept"),
        ("Condition/free", "nat-21-kept"),
        ("Provenance/s1", "nat-21-kept"),
        ("Procedure/sealed", "sc-34-sealed"),
    ):
        said = clinic.ask("DELETE", name)
        assert said.status_code in (403, 422), (name, said.text)
        assert rule in rules(said), name
        assert clinic.ask("GET", name).status_code == 200, name
    patient = clinic.ask("DELETE", "Communication?subject=Patient/p1&status=completed")
    assert patient.status_code == 422, "one of them must be kept"
    for name in ("Communication/old", "Communication/ward"):
        assert clinic.ask("DELETE", name).status_code == 204, name
    drafts = clinic.draft("g9", "CF9")
    clinic.write(drafts)
    for one in drafts:
        assert clinic.ask("DELETE", f"{one['resourceType']}/{one['id']}").status_code == 204, "a draft"
