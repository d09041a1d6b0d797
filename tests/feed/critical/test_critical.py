"""A critical value calls somebody as it is stored, and stays open until that one says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.canonical.actor import Principal
from gateway.canonical.json import loads
from gateway.canonical.moments import moment
from gateway.errors import Misconfigured, Refusal, Rejected
from gateway.feed.alerting import Alerting, tell_overdue
from gateway.feed.critical import UNREAD, CriticalValues, Said, acknowledge, escalations, load_rules, tasks
from gateway.feed.governors import Governors
from gateway.feed.obligations import Obligations
from gateway.feed.visit.governor import Visits
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Change, Store, Transact, Transacted, open_store
from gateway.store.clock import instant
from gateway.validation import Validator

Body = dict[str, Any]
HEAD = "critical: Observation\nminutes: 1\nrecent_hours: 1\ntests: "
MEANING = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


ANALYSED = {
    "url": "http://hl7.org/fhir/StructureDefinition/observation-analysis-date-time",
    "valueDateTime": instant(now_us()),
}


def potassium(
    value: str = "6.8", *, id: str = "o1", unit: str = "mmol/L", flag: str = "", **more: Any
) -> Body:
    """A potassium of the adult, taken now."""
    coding = [{"system": "http://loinc.org", "code": "2823-3"}, {"system": "urn:lis", "code": "K"}]
    sign = next((one for one in ("<=", ">=", "<", ">") if value.startswith(one)), "")
    quantity: Body = {"value": Decimal(value.removeprefix(sign)), "unit": unit, "code": unit}
    made: Body = {
        "resourceType": "Observation", "id": id, "status": "final", "code": {"coding": coding, "text": "钾"},
        "subject": {"reference": "Patient/adult"}, "basedOn": [{"reference": "ServiceRequest/r1"}],
        "effectiveDateTime": instant(now_us()), "valueQuantity": quantity, **more,
    }  # fmt: skip
    if sign:
        quantity["comparator"] = sign
    if flag:
        made["interpretation"] = [{"coding": [{"system": MEANING, "code": flag}]}]
    return made


class Ward:
    """Writes results and reads what came of them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(self, *bodies: Body) -> None:
        changes = [Change("update", one["resourceType"], one["id"], one) for one in bodies]
        (done,) = self.store.write([Transact("default", "client:x", changes, caller=Principal("x"))])
        if done.error is not None:
            raise done.error

    def tasks(self, *, every: bool = False) -> list[Body]:
        return list(tasks(self.store, "default", every=every))

    def acknowledge(self, task: str, by: str = "李护士", text: str = "", **more: str) -> Any:
        act = lambda desk: acknowledge(desk, task, Said(by, text, **more))  # noqa: E731
        (done,) = self.store.write([Transact("default", "x", [], act=act)])
        if done.error is not None:
            raise done.error
        return done.answer

    def all(self, type_: str) -> list[Body]:
        return [loads(one.body) for one in self.store.search("default", type_, []).matches]


@pytest.fixture
def ward(url: str) -> Iterator[Ward]:
    opened = open_store(url)
    opened.govern(Governors(Visits(lambda _: TenantSettings()), CriticalValues(load_rules())))
    made = Ward(opened)
    day = (datetime.now(UTC) - timedelta(days=5)).date().isoformat()
    subject = {"reference": "Patient/adult"}
    made.write(
        {"resourceType": "Patient", "id": "adult", "gender": "male", "birthDate": "1960-02-29"},
        {"resourceType": "Patient", "id": "newborn", "gender": "female", "birthDate": day},
        {"resourceType": "Practitioner", "id": "d1"},
        {"resourceType": "ServiceRequest", "id": "r1", "status": "active", "intent": "order",
         "subject": subject, "requester": {"reference": "Practitioner/d1", "display": "周医生"}},
    )  # fmt: skip
    yield made
    opened.close()


MINUTE = 60_000_000


@pytest.mark.parametrize(
    ("value", "more", "critical"),
    [
        ("6.2", {}, True),
        ("6.19", {}, False),
        ("2.8", {}, True),
        ("4.1", {}, False),
        (">10", {}, True),
        (">5", {}, False),
        ("<2.0", {}, True),
        ("<4.0", {}, False),
        ("6.8", {"unit": "mg/dL"}, True),
        ("24", {"unit": "mg/dL"}, False),
        ("24.5", {"unit": "mg/dL"}, True),
        ("6.3", {"unit": "meq/L"}, True),
        ("0.0061", {"unit": "mol/L"}, False),
        ("0.0063", {"unit": "mol/L"}, True),
        ("6.8", {"unit": "mmol/kg"}, False),
        ("4.1", {"flag": "HH"}, True),
        ("4.1", {"flag": "H"}, False),
        ("6.8", {"status": "preliminary"}, True),
        ("6.8", {"status": "entered-in-error"}, False),
        ("6.8", {"subject": {"reference": "Patient/newborn"}}, False),
        ("7.5", {"subject": {"reference": "Patient/newborn"}}, True),
        ("6.8", {"subject": {"reference": "Patient/newborn"}, "effectiveDateTime": "1999-01-01"}, False),
        ("7.5", {"subject": {"reference": "Patient/newborn"}, "effectiveDateTime": "2090-01-01"}, True),
        ("6.8", {"effectiveDateTime": "2020-01-01T08:00:00+08:00"}, False),
        ("6.8", {"effectiveDateTime": "1970-01-01"}, True),
        ("6.8", {"effectiveDateTime": "2020-01-01", "extension": [ANALYSED]}, True),
    ],
)
def test_what_is_critical(ward: Ward, value: str, more: dict[str, Any], critical: bool) -> None:
    ward.write(potassium(value, **more))
    assert len(ward.tasks()) == critical


def test_it_says_what_to_whom_until_when(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    assert task["description"] == "危急值：血钾 6.8 mmol/L ≥6.2"
    assert (task["focus"], task["for"]) == ({"reference": "Observation/o1"}, {"reference": "Patient/adult"})
    assert task["owner"]["reference"] == "Practitioner/d1"
    begun, due = moment(task["authoredOn"]), moment(task["restriction"]["period"]["end"])
    assert round((due - begun) / MINUTE) == 30  # type: ignore[operator]
    (notice,) = ward.all("Communication")
    assert (notice["status"], notice["recipient"][0]["reference"]) == ("in-progress", "Practitioner/d1")
    assert notice["basedOn"] == [{"reference": f"Task/{task['id']}"}]


def test_the_same_result_again_calls_nobody_twice(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    ward.write({**body, "note": [{"text": "x"}]})
    (task,) = ward.tasks()
    ward.acknowledge(task["id"])
    ward.write({**body, "note": [{"text": "y"}]})
    assert ward.tasks() == []
    assert len(ward.all("Communication")) == 1


def test_it_stays_open_until_somebody_says_so(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    done = ward.acknowledge(task["id"], "Practitioner/d1", "已复述，予葡萄糖酸钙")
    assert (done["status"], done["businessStatus"]["coding"][0]["code"]) == ("completed", "acknowledged")
    assert done["note"][0]["authorReference"] == {"reference": "Practitioner/d1"}
    (notice,) = ward.all("Communication")
    assert (notice["status"], notice["note"][0]["text"]) == ("completed", "已复述，予葡萄糖酸钙")
    assert ward.acknowledge(task["id"], "another") == ward.tasks(every=True)[0], "the first one counts"
    assert ward.tasks() == []


def test_nobody_can_write_it_away(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    with pytest.raises(Refusal):
        ward.write({**task, "status": "completed"})
    (notice,) = ward.all("Communication")
    with pytest.raises(Refusal):
        ward.write({**notice, "status": "completed"})
    assert ward.tasks() == [task]


def test_a_correction_is_noted_and_still_to_be_acknowledged(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    ward.write({**body, **potassium("4.1"), "status": "corrected"})
    (task,) = ward.tasks()
    assert task["note"][0]["text"] == "结果已更正：6.8 mmol/L → 4.1 mmol/L（不再达到危急值）"
    ward.write({**body, **potassium("7.0"), "status": "corrected"})
    (task,) = ward.tasks()
    assert task["description"] == "危急值：血钾 7.0 mmol/L ≥6.2"
    ward.write({**body, "status": "entered-in-error"})
    (task,) = ward.tasks()
    assert task["note"][-1]["text"] == "结果已撤回：7.0 mmol/L"
    assert len(ward.all("Communication")) == 1


def test_another_critical_value_after_the_acknowledgement_opens_it_again(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    (task,) = ward.tasks()
    ward.acknowledge(task["id"], "李护士", "已复述")
    ward.write({**body, **potassium("7.4"), "status": "corrected"})
    (again,) = ward.tasks()
    assert (again["id"], again["note"][0]["text"]) == (task["id"], "已复述")
    assert "output" not in again
    assert len(ward.all("Communication")) == 2


def test_overdue_is_told_once_and_over_once_it_is_acknowledged(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    subject = f"critical:Task/{task['id']}"

    def open_() -> list[str]:
        return [one.subject for one in ward.store.alerts.find(tenant="default")]

    tell_overdue(ward.store, now_us())
    assert open_() == []
    tell_overdue(ward.store, now_us() + 31 * MINUTE)
    tell_overdue(ward.store, now_us() + 90 * MINUTE)
    assert open_() == [subject]
    assert "6.8" not in ward.store.alerts.find(tenant="default")[0].detail
    ward.acknowledge(task["id"])
    tell_overdue(ward.store, now_us() + 91 * MINUTE)
    assert open_() == []


def test_what_is_no_critical_value_cannot_be_acknowledged(ward: Ward) -> None:
    for id_ in ("none", "d1"):
        with pytest.raises(Rejected, match="no such critical value"):
            ward.acknowledge(id_)
    ward.write(potassium("6.8"))
    with pytest.raises(Rejected, match="who has taken note"):
        ward.acknowledge(ward.tasks()[0]["id"], " ")


def test_a_grade_and_a_local_code_may_be_critical(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "critical: Observation\nminutes: 10\nrecent_hours: 24\ntests:\n"
        "- {test: 疟原虫, codes: ['urn:lis|MP'], grades: [positive, detected]}\n"
        "- {test: 血红蛋白, codes: [718-7], limits: [{unit: g/L, sex: female, from: 18 a, at_most: 60}]}\n",
        "utf-8",
    )
    rules = load_rules(file)
    assert rules.may_be(b'{"code":"MP"}')
    assert not rules.may_be(b'{"code":"HH"}')
    assert rules.by_code["urn:lis", "MP"].grades == {"positive", "detected"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("critical: Patient", "critical rules have"),
        ("critical: Observation\nminutes: 0\nrecent_hours: 1", "whole number"),
        (HEAD + "[{test: K, codes: [1]}]", "limits or grades"),
        (HEAD + "[{test: K, codes: [1], limits: [{unit: g}]}]", "one of them is there"),
        (HEAD + "[{test: K, codes: [1], limits: [{unit: g, at_most: 5, at_least: 2}]}]", "below at_least"),
        (HEAD + "[{test: K, codes: [1], limits: [{unit: g, at_most: 5, under: 3 weeks}]}]", "an age"),
        ("critical: [", "YAML"),
    ],
)
def test_wrong_rules_are_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured, match=said):
        load_rules(file)


def test_every_resource_is_right(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    seen = [task, *ward.all("Communication")]
    ward.write({**potassium("7.0"), "status": "corrected"})
    ward.acknowledge(task["id"], "Practitioner/d1")
    seen += [*ward.tasks(every=True), *ward.all("Communication")]
    validator = Validator()
    for body in seen:
        assert [str(one) for one in validator.check(body) if one.severity == "error"] == []


def test_a_component_may_be_critical(ward: Ward) -> None:
    whole = potassium("4.1")
    part = {
        "code": whole["code"],
        "valueQuantity": {"value": Decimal("7.1"), "unit": "mmol/L", "code": "mmol/L"},
    }
    panel = {name: value for name, value in whole.items() if name != "valueQuantity"}
    panel |= {"code": {"text": "血气"}, "component": [{"code": {"text": "pH"}, "valueString": "7.4"}, part]}
    ward.write(panel)
    (task,) = ward.tasks()
    assert task["description"] == "危急值：血钾 7.1 mmol/L ≥6.2"
    ward.write(
        {**panel, "component": [{**part, "valueQuantity": {**part["valueQuantity"], "value": Decimal(4)}}]}
    )
    (task,) = ward.tasks()
    assert task["note"][-1]["text"].endswith("钾 4 mmol/L（不再达到危急值）")


def unread(ward: Ward) -> list[str]:
    return [one["description"] for one in tasks(ward.store, "default", code=UNREAD)]


def test_what_cannot_be_held_against_the_limits_is_told_once(ward: Ward) -> None:
    ward.write(potassium("6.8", unit="g/kg"))
    ward.write(potassium("7.8", id="o2", unit="g/kg"))
    plain = potassium("6.8", id="o3")
    del plain["valueQuantity"]
    ward.write({**plain, "valueString": "6.8*"})
    ward.write({**plain, "id": "o4", "valueString": "溶血"})
    ward.write(potassium("6.8", id="o5", unit="g/kg", effectiveDateTime="2019-01-01"))
    assert ward.tasks() == []
    assert unread(ward) == ["危急值未判断：血钾 单位 g/kg 无法与界限比较", "危急值未判断：血钾 结果不是数值"]
    tell_overdue(ward.store, now_us())
    told = list(ward.store.alerts.find(tenant="default"))
    assert {(one.kind, one.detail) for one in told} == {("not-checked", "unit"), ("not-checked", "number")}
    for one in tasks(ward.store, "default", code=UNREAD):
        ward.acknowledge(one["id"], "信息科")
    ward.write(potassium("7.9", id="o6", unit="g/kg"))
    assert unread(ward) == []


def test_a_flag_of_the_laboratory_counts_in_whatever_unit(ward: Ward) -> None:
    ward.write(potassium("6.8", unit="g/kg", flag="HH"))
    assert (len(ward.tasks()), unread(ward)) == (1, [])


def test_who_told_whom_what_was_read_back_and_what_is_done(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    said = {"reported_by": "检验科 王敏", "read_back": "血钾 6.8", "treatment": "葡萄糖酸钙"}
    done = ward.acknowledge(task["id"], "Practitioner/d1", **said)
    told = {one["type"]["text"]: one.get("valueString") or one["valueReference"] for one in done["output"]}
    assert told == {
        "acknowledged-by": {"reference": "Practitioner/d1"},
        "reported-by": {"display": "检验科 王敏"},
        "read-back": "血钾 6.8",
        "treatment": "葡萄糖酸钙",
    }
    assert done["note"][-1]["text"] == "复述：血钾 6.8；处置：葡萄糖酸钙"
    (notice,) = ward.all("Communication")
    assert (notice["sender"], notice["received"]) == ({"display": "检验科 王敏"}, done["lastModified"])
    assert [str(one) for one in Validator().check(notice) if one.severity == "error"] == []


def test_what_is_done_may_be_told_later_once(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    ward.acknowledge(task["id"])
    ward.acknowledge(task["id"], "周医生", treatment="透析")
    done = ward.acknowledge(task["id"], "别人", treatment="不同")
    assert [one["text"] for one in done["note"]] == ["已确认", "处置：透析"]
    assert done["businessStatus"]["coding"][0]["code"] == "acknowledged"


def test_the_hospital_may_want_a_read_back(url: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    limit = "{test: 血钾, codes: [2823-3], limits: [{unit: mmol/L, at_least: 6}]}"
    file.write_text(HEAD.replace("tests: ", f"required: [read-back]\ntests: [{limit}]"), "utf-8")
    store = open_store(url)
    store.govern(Governors(CriticalValues(load_rules(file))))
    ward = Ward(store)
    ward.write({"resourceType": "Patient", "id": "adult"}, {**potassium("6.8"), "basedOn": []})
    (task,) = ward.tasks()
    with pytest.raises(Rejected, match="want this"):
        ward.acknowledge(task["id"])
    assert ward.acknowledge(task["id"], read_back="6.8")["status"] == "completed"
    store.close()


def test_one_that_is_overdue_is_told_once_more(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()

    def escalated(minutes: int) -> int:
        found = list(
            escalations(ward.store, "default", now_us() + minutes * MINUTE, ["医务科", "Organization/o"])
        )
        for one in found:
            (done,) = ward.store.write([one])
            assert done.error is None
        return len(found)

    assert [escalated(5), escalated(31), escalated(36)] == [0, 1, 0]
    second = next(one for one in ward.all("Communication") if "超时" in one["payload"][0]["contentString"])
    to = [one.get("reference") or one["display"] for one in second["recipient"]]
    assert to == ["Practitioner/d1", "医务科", "Organization/o"]
    (again,) = ward.tasks()
    assert again["restriction"] == task["restriction"]
    assert again["note"][-1]["text"] == "超时未确认，已再次通知"
    ward.acknowledge(task["id"])
    assert {one["status"] for one in ward.all("Communication")} == {"completed"}
    assert [str(one) for one in Validator().check(second) if one.severity == "error"] == []


def test_no_clot_is_critical(ward: Ward) -> None:
    plain = potassium("1")
    del plain["valueQuantity"]
    code = {"coding": [{"system": "http://loinc.org", "code": "5902-2"}]}
    ward.write({**plain, "code": code, "valueString": "不凝"})
    assert [one["description"] for one in ward.tasks()] == ["危急值：凝血酶原时间 不凝"]


def test_the_look_at_what_is_overdue_writes_through_the_gateways_writer(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    obligations = Obligations(ward.store, lambda _: TenantSettings(), lambda _: SupervisionSettings())
    written: list[Transact] = []

    async def write(one: Transact) -> Transacted:
        written.append(one)
        return ward.store.write([one])[0]

    async def go() -> None:
        later = lambda: now_us() + 31 * MINUTE  # noqa: E731
        alerting = Alerting(obligations, [], later, write, ["医务科"])
        alerting.start()
        await asyncio.to_thread(alerting.once)
        await asyncio.to_thread(alerting.once)
        await asyncio.to_thread(alerting.stop)

    asyncio.run(go())
    assert len(written) == 1
    assert len(ward.all("Communication")) == 2


@pytest.mark.parametrize("unit", [{}, {"unit": "pH", "code": "[pH]"}, {"unit": "1", "code": "1"}])
def test_a_ph_needs_no_unit(ward: Ward, unit: Body) -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "2744-1"}]}
    ward.write({**potassium("7.1"), "code": code, "valueQuantity": {"value": Decimal("7.1"), **unit}})
    assert (len(ward.tasks()), unread(ward)) == (1, [])


def test_a_correction_that_cannot_be_judged_does_not_say_that_all_is_well(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    ward.write({**body, **potassium("6.9", unit="g/kg"), "status": "corrected"})
    (task,) = ward.tasks()
    assert task["note"][-1]["text"] == "结果已更正：6.8 mmol/L → 6.9 g/kg（无法判断是否危急）"


def test_a_test_that_nobody_has_translated_is_told_once(ward: Ward) -> None:
    local = {"coding": [{"system": "urn:lis", "code": "k", "display": "钾"}]}
    ward.write({**potassium("6.8"), "code": local}, {**potassium("6.8", id="o2"), "code": local})
    assert (ward.tasks(), unread(ward)) == ([], ["危急值未判断：血钾 项目代码 k 未对照 LOINC"])
    urine = {
        "coding": [{"system": "http://loinc.org", "code": "2828-2"}, {"system": "urn:lis", "code": "GLU"}]
    }
    ward.write({**potassium("6.8", id="o3"), "code": urine})
    assert len(unread(ward)) == 1
    ward.write({**potassium("6.8", id="o4", flag="HH"), "code": local})
    assert len(ward.tasks()) == 1
    ward.write(
        {
            **potassium("9", id="o5"),
            "code": {"coding": [{"system": "urn:lis", "code": "17", "display": "血糖"}]},
        }
    )
    assert len(unread(ward)) == 2


@pytest.mark.parametrize("code", [
    {"coding": [{"system": "urn:lis", "code": "aPTT"}]}, {"text": " 血钾"},
    {"coding": [{"system": "urn:lis", "code": "7", "display": "T-Bil"}]},
])  # fmt: skip
def test_a_name_is_known_in_whatever_case_and_place(ward: Ward, code: Body) -> None:
    newborn = {"reference": "Patient/newborn"}
    ward.write({**potassium("120"), "code": code, "subject": newborn})
    assert len(unread(ward)) == 1


def test_a_sender_of_ever_new_units_fills_no_store_and_no_alert(ward: Ward) -> None:
    ward.write(*(potassium("6.8", id=f"o{at}", unit=f"张三{at}") for at in range(100)))
    assert 1 < len(unread(ward)) <= 64
    tell_overdue(ward.store, now_us())
    assert {one.detail for one in ward.store.alerts.find(tenant="default")} == {"unit"}


@pytest.mark.parametrize("between", [{"value": "4.1"}, {"status": "entered-in-error"}])
def test_a_value_that_comes_back_calls_again(ward: Ward, between: dict[str, str]) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    ward.acknowledge(task["id"])
    ward.write(potassium(**{"value": "6.8", "status": "corrected", **between}))
    assert ward.tasks() == []
    ward.write(potassium("6.8", status="corrected"))
    (task,) = ward.tasks()
    assert [one["authorString"] for one in task["note"]] == ["李护士"], "what was said before stays"


OTHER = {"reference": "Patient/other"}


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_result_of_another_patient_than_was_said_calls_for_that_one(ward: Ward, acknowledged: bool) -> None:
    ward.write({"resourceType": "Patient", "id": "other", "birthDate": "1970-01-01"}, potassium("6.8"))
    (task,) = ward.tasks()
    if acknowledged:
        ward.acknowledge(task["id"])
    ward.write(potassium("6.8", subject=OTHER))
    (task,) = ward.tasks()
    assert task["for"] == OTHER
    said = {one["subject"]["reference"]: one["status"] for one in ward.all("Communication")}
    assert said == {
        "Patient/adult": "completed" if acknowledged else "entered-in-error",
        "Patient/other": "in-progress",
    }
    ward.write(potassium("6.8", subject=OTHER))
    assert len(ward.all("Communication")) == 2


def test_a_result_of_another_patient_that_is_not_critical_for_that_one_stays_to_be_known(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    ward.write(potassium("6.8", subject={"reference": "Patient/newborn"}))
    (task,) = ward.tasks()
    assert task["for"] == {"reference": "Patient/newborn"}
    assert task["note"][-1]["text"].endswith("（不再达到危急值）")


def test_nothing_of_what_is_said_is_cut_off(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    with pytest.raises(Rejected, match="500 characters"):
        ward.acknowledge(task["id"], read_back="6" * 501)
    assert ward.tasks() == [task]
    ward.acknowledge(task["id"], read_back="6" * 500)
    assert ward.tasks() == []
