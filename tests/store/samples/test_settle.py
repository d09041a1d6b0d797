"""Results that must belong to a sample: found by barcode, order or number; held, released, never guessed."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Outcome, Quarantined, Stored, new_envelope_id
from gateway.canonical.moments import moment
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.pipeline.recovery import as_received, finish_unsettled, replay
from gateway.settings import PipelineSettings
from gateway.store import Receive, Settle, Walk, direct
from gateway.wire import er7

Desk = Any  # tests/store/conftest.py

RESULT = (
    "MSH|^~\\&|Mindray|BS-480|||{day}133000||ORU^R01|{control}|P|2.3.1||||0||UTF-8\r{pid}"
    "OBR|1|{bar}|7|Mindray^BS-480|N|{day}130000|{day}125000|||||||{day}125500|serum\r"
    "OBX|1|NM|{test}|{name}|{value}|mmol/L|3.90-6.10|N|||{status}||{value}|{at}\r"
)
ORDER = (
    "MSH|^~\\&|HIS|DQRM|LIS|DQRM|{day}120000||OML^O21|{control}|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||{patient}^^^DQRM^MR||{name}||19631104|M\r"
    "ORC|NW|{order}|||||||{day}120000\r"
    "OBR|1|{order}||CHEM^生化^99LIS\r"
    "SPM|1|{bar}||SER^血清^99LIS|||||||||||||{day}124500\r"
)
ADT = (
    "MSH|^~\\&|HIS|DQRM|LIS|DQRM|{day}110000||ADT^A08|{control}|P|2.5.1||||||UNICODE UTF-8\r"
    "EVN|A08|{day}110000\rPID|1||{patient}^^^DQRM^MR||{name}||19631104|{sex}\rPV1|1|O\r"
)


@lru_cache(maxsize=1)
def maps() -> Maps:
    return load_maps()


class Laboratory:
    """Sends what an analyser and the HIS send, on a day of their own."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.count = desk, 0

    def send(self, adapter: str, text: str, clock: str, part: str = "") -> Outcome:
        self.count += 1
        spec = registry.find()[adapter]
        at = (moment(clock) or 0) + self.count
        raw = text.encode()
        envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
        envelope = replace(envelope, meta={"part": part} if part else {})
        made = steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))
        settle = Settle(envelope, made, lambda _: b"")
        receive = Receive(envelope, str(self.count), b"%016d" % self.count, self.count)
        outcome: Outcome | None = self.desk.store.write([receive, settle])[1].outcome
        assert outcome is not None
        return outcome

    def result(self, day: str = "20260306", **said: str) -> Outcome:
        known = {"bar": "BC1", "test": "2", "name": "GLU", "value": "7.93", "status": "F", "pid": ""}
        known |= {"at": f"{day}132800", "control": str(self.count)}
        return self.send("lis/hl7v2", RESULT.format(day=day, **known | said), clock(day, "1330"))

    def order(self, day: str = "20260306", **said: str) -> Outcome:
        known = {
            "bar": "BC1",
            "patient": "2000311",
            "name": "顾长亭",
            "order": "JY1",
            "control": str(self.count),
        }
        return self.send("his/hl7v2", ORDER.format(day=day, **known | said), clock(day, "1200"))

    def register(self, day: str = "20260306", **said: str) -> Outcome:
        known = {"patient": "2000311", "name": "顾长亭", "sex": "M", "control": str(self.count)}
        return self.send("his/hl7v2", ADT.format(day=day, **known | said), clock(day, "1100"))

    def work_off(self) -> list[Outcome]:
        """Do what the pipeline does when something was released."""
        assert self.desk.store.released()
        ended, later = finish_unsettled(self.desk.store, maps(), registry.find(), PipelineSettings())
        assert not later
        return ended

    def all(self, type_: str) -> list[dict[str, Any]]:
        found = self.desk.store.search("default", type_, [("_sort", "_lastUpdated")]).matches
        return [json.loads(one.body) for one in found]

    def states(self) -> dict[str, int]:
        return {name: n for name, n in self.desk.store.counts("default").inbox.items() if n}


def clock(day: str, hour: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{hour[:2]}:{hour[2:]}:00+08:00"


@pytest.fixture
def lab(desk: Desk) -> Laboratory:
    return Laboratory(desk)


def held(outcome: Outcome) -> str:
    assert isinstance(outcome, Quarantined), outcome
    return outcome.reason


def test_a_result_of_an_unknown_sample_waits_and_is_taken_in_when_its_order_comes(lab: Laboratory) -> None:
    assert held(lab.result()) == "unknown-sample"
    assert held(lab.result(test="5", name="UREA")) == "unknown-sample"
    assert (lab.all("Patient"), lab.all("Specimen"), lab.all("Observation")) == ([], [], [])
    assert isinstance(lab.order(), Stored)
    assert [type(one) for one in lab.work_off()] == [Stored, Stored]
    (report,) = lab.all("DiagnosticReport")
    (patient,), (order,), (specimen,) = (lab.all(one) for one in ("Patient", "ServiceRequest", "Specimen"))
    assert report["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{order['id']}"}]
    assert report["specimen"] == [{"reference": f"Specimen/{specimen['id']}"}]
    assert len(report["result"]) == len(lab.all("Observation")) == 2
    assert lab.states() == {"stored": 3}
    assert lab.desk.store.counts("default").quarantine.get("unknown-sample", 0) == 0
    assert lab.desk.execute("SELECT COUNT(*) FROM awaited")[0][0] == 0


def test_what_was_released_is_unfinished_after_a_crash_and_ended_by_the_next_start(lab: Laboratory) -> None:
    lab.result()
    lab.order()
    lab.desk.reopen()  # the pipeline never came to it
    assert lab.states() == {"received": 1, "stored": 1}
    ended, _ = finish_unsettled(lab.desk.store, maps(), registry.find(), PipelineSettings())
    assert [type(one) for one in ended] == [Stored]


def test_an_order_that_failed_releases_nobody(lab: Laboratory) -> None:
    lab.order("20260301", patient="9", name="王五")
    lab.result("20260306", bar="BC1", pid="PID|1||||李四\r")
    assert not lab.desk.store.released()
    refused = lab.order("20260306", order="JY2")  # a barcode of another patient five days ago: a mistake
    assert held(refused) == "key-of-another-patient"
    assert not lab.desk.store.released()
    assert lab.states() == {"quarantined": 2, "stored": 1}


def test_a_patient_number_does_where_no_sample_is_known_and_the_patient_is_there(lab: Laboratory) -> None:
    said = "PID|1||2000311^^^^MR||GU CHANGTING||19631104|M\r"
    assert held(lab.result(bar="BC9", pid=said)) == "unknown-sample"
    lab.register()
    assert [type(one) for one in lab.work_off()] == [Stored]
    (patient,) = lab.all("Patient")
    assert patient["name"][0]["text"] == "顾长亭", "what the analyser says of a patient is not written"
    assert lab.all("Specimen")[0]["identifier"][0]["value"] == "BC9"
    assert isinstance(lab.order(bar="BC9"), Stored), "the order finds the sample of the analyser"
    assert len(lab.all("Specimen")) == 1


@pytest.mark.parametrize(
    "said",
    ["PID|1||||李四\r", "PID|1||||||19640101|M\r", "PID|1|||||||F\r", "PID|1||2000999^^^^MR\r"],
    ids=["name", "birth", "sex", "number"],
)
def test_a_patient_who_contradicts_the_sample_is_held(lab: Laboratory, said: str) -> None:
    lab.register(patient="2000999", name="王五")
    lab.order()
    assert held(lab.result(pid=said)) == "contradicting-patient"
    assert lab.all("Observation") == []


def test_a_contradiction_ends_when_the_register_is_put_right(lab: Laboratory) -> None:
    lab.order(name="顾长停")
    assert held(lab.result(pid="PID|1||||顾长亭\r")) == "contradicting-patient"
    lab.register("20260307")
    assert [type(one) for one in lab.work_off()] == [Stored]


def test_letters_do_not_contradict_characters(lab: Laboratory) -> None:
    lab.order()
    assert isinstance(lab.result(pid="PID|1||||GU CHANGTING||19631104|U\r"), Stored)


def test_a_re_run_goes_over_the_earlier_value_and_does_not_lose_it(lab: Laboratory) -> None:
    lab.order()
    lab.result()
    lab.result(value="8.10", at="20260306140000")
    (now,) = lab.all("Observation")
    assert (str(now["valueQuantity"]["value"]), now["status"]) == ("8.1", "amended")
    before = lab.desk.store.vread("default", "Observation", now["id"], 1)
    assert json.loads(before.body)["valueQuantity"]["value"] == 7.93
    assert len(lab.all("DiagnosticReport")[0]["result"]) == 1


def test_a_memory_that_is_sent_again_changes_nothing(lab: Laboratory) -> None:
    lab.order()
    lab.result()
    lab.result(value="8.10", at="20260306140000")
    lab.result(control="again")  # the earlier value, as it was
    lab.result(test="5", name="UREA", status="C", value="5.0")
    lab.result(test="5", name="UREA", status="F", value="9.0")  # what the correction put right
    values = {one["code"]["text"]: one["valueQuantity"]["value"] for one in lab.all("Observation")}
    assert values == {"GLU": 8.1, "UREA": 5.0}


def test_last_years_results_never_go_to_this_years_sample(lab: Laboratory) -> None:
    lab.order()
    assert held(lab.result(at="20250306132800")) == "older-than-sample"
    assert lab.all("Observation") == []


def test_somebody_who_has_looked_may_say_that_the_clock_was_wrong(lab: Laboratory) -> None:
    lab.order()
    assert held(lab.result(at="20250306132800")) == "older-than-sample"
    (kept,) = lab.desk.store.inbox_walk(Walk(states=("quarantined",)), 5)
    settle = replay(maps(), registry.find(), kept.envelope)
    (done,) = lab.desk.store.write([as_received(settle)])
    assert isinstance(done.outcome, Stored)
    (result,) = lab.all("Observation")
    assert result["effectiveDateTime"].startswith("2025-03-06"), "its time stays as sent"
    assert lab.states() == {"stored": 2}


def test_for_how_long_a_number_is_of_one_tube_the_settings_say(lab: Laboratory) -> None:
    lab.order()
    lab.desk.store.pass_on_barcodes(3 * 86_400_000_000)
    assert isinstance(lab.order("20260310", patient="2000999", name="王五", order="JY2"), Stored)
    assert len(lab.all("Specimen")) == 2
    soon = lab.order("20260311", patient="3000999", name="李四", order="JY3")
    assert held(soon) == "key-of-another-patient"


def test_a_barcode_that_is_used_again_is_another_sample(lab: Laboratory) -> None:
    lab.order()
    lab.result()
    assert held(lab.result("20270306", value="4.4")) == "unknown-sample", "nobody has ordered that one yet"
    assert isinstance(lab.order("20270306", patient="2000999", name="王五", order="JY2"), Stored)
    assert [type(one) for one in lab.work_off()] == [Stored]
    lab.result(control="memory")
    one, other = lab.all("DiagnosticReport")
    assert one["subject"] != other["subject"]
    assert one["specimen"] != other["specimen"]
    assert sorted(each["valueQuantity"]["value"] for each in lab.all("Observation")) == [4.4, 7.93]
    assert len(lab.all("Specimen")) == 2


def test_a_clock_that_is_ahead_does_not_lock_the_results(lab: Laboratory) -> None:
    lab.order()
    ahead = lab.result(at="20290306132800")
    assert isinstance(ahead, Stored)
    assert [one.rule for one in ahead.issues if one.severity == "warning"] == ["clock"]
    lab.result(value="5.00", at="20260306134000")
    (now,) = lab.all("Observation")
    assert now["valueQuantity"]["value"] == 5


def test_a_clock_a_little_behind_is_no_older_result(lab: Laboratory) -> None:
    lab.order()
    assert isinstance(lab.result(at="20260306115000"), Stored)


def test_two_patients_with_one_number_at_a_time_are_told_apart_by_nobody(lab: Laboratory) -> None:
    for order, patient, name in (("12", "2000311", "顾长亭"), ("12^^L", "2000999", "王五")):
        said = {"patient": patient, "name": name, "order": order, "control": patient, "bar": ""}
        text = ORDER.replace("SPM|1|{bar}|", "SPM|1||").format(day="20260306", **said)
        assert isinstance(lab.send("his/hl7v2", text, clock("20260306", "1200")), Stored)
    assert len({one["subject"]["reference"] for one in lab.all("ServiceRequest")}) == 2
    assert held(lab.result(bar="12")) == "sample-of-several-patients"


def test_a_barcode_that_is_the_order_number_of_somebody_else_says_nothing(lab: Laboratory) -> None:
    lab.order(order="10023", bar="S7")
    assert held(lab.result(bar="10023")) == "unknown-sample"
    assert isinstance(lab.result(bar="S7"), Stored)


def test_order_and_result_in_one_batch_meet(lab: Laboratory) -> None:
    assert held(lab.result(bar="B7")) == "unknown-sample"
    lab.order(bar="B7")
    lab.result(bar="B7", test="5", name="UREA")
    assert [type(one) for one in lab.work_off()] == [Stored]
    assert len(lab.all("DiagnosticReport")) == 1
    assert len(lab.all("DiagnosticReport")[0]["result"]) == 2


def test_a_report_is_partial_until_somebody_answers_for_all_that_was_ordered(lab: Laboratory) -> None:
    lab.order()
    lab.result()
    (report,) = lab.all("DiagnosticReport")
    assert report["status"] == "partial", "nobody has verified it"
    lab.result(test="5", name="UREA", status="P")
    assert lab.all("DiagnosticReport")[0]["status"] == "partial"


def test_what_is_measured_first_and_comes_last_completes_its_report() -> None:
    from gateway.store.merge import belated

    stored = {"resourceType": "DiagnosticReport", "id": "r", "status": "partial"}
    assert belated(stored, {**stored, "status": "final"})["status"] == "final"
    assert belated({**stored, "status": "amended"}, {**stored, "status": "final"})["status"] == "amended"


def test_a_barcode_that_is_the_number_of_the_orders_does(lab: Laboratory) -> None:
    sheet = ORDER.replace("ORC|NW|{order}|", "ORC|NW|{order}||SHEET7").replace("SPM|1|{bar}|", "SPM|1||")
    for number in ("JY1", "JY2"):
        said = {"patient": "2000311", "name": "顾长亭", "order": number, "control": number, "bar": ""}
        text = sheet.format(day="20260306", **said).replace("||SHEET7||", "||SHEET7|")
        assert isinstance(lab.send("his/hl7v2", text, clock("20260306", "1200")), Stored)
    assert isinstance(lab.result(bar="SHEET7"), Stored)
    (report,) = lab.all("DiagnosticReport")
    orders = {f"ServiceRequest/{one['id']}" for one in lab.all("ServiceRequest")}
    assert {one["reference"] for one in report["basedOn"]} == orders
    analysers = next(one for one in lab.all("Specimen") if one.get("identifier"))
    assert {one["reference"] for one in analysers["request"]} == orders


COUNT = (
    "MSH|^~\\&|Mindray|BC-6800|||20260306130500||ORU^R01|{control}|P|2.3.1||||||UNICODE\r"
    "OBR|1||BC1|00001^Automated Count^99MRC||20260306125000|20260306130000|||||||||||||||||||||||||{who}\r"
    "OBX|1|NM|6690-2^WBC^LN||{value}|10*9/L|3.50-9.50||||{status}\r"
)


def test_a_report_goes_through_its_states(lab: Laboratory) -> None:
    lab.order()

    def state(status: str, who: str = "审核技师", value: str = "11.6") -> str:
        text = COUNT.format(control=lab.count, status=status, who=who, value=value)
        assert isinstance(lab.send("lis/hl7v2", text, clock("20260306", "1305")), Stored)
        (report,) = lab.all("DiagnosticReport")
        return str(report["status"])

    assert state("I", who="", value="") == "registered"
    assert state("F", who="") == "partial"
    assert state("P") == "preliminary"
    assert state("F") == "final"
    assert state("C", value="10.6") == "corrected"
    assert state("X") == "cancelled"
    assert state("W") == "entered-in-error"
    (found,) = lab.all("Observation")
    values = [one.body for one in lab.desk.store.versions("default", "Observation", found["id"])]
    assert any(b'"value":11.6' in one for one in values), "no earlier value is lost"


def test_the_barcode_of_the_tube_does(lab: Laboratory) -> None:
    text = ORDER + "SAC|||TUBE7\r"
    said = {"patient": "2000311", "name": "顾长亭", "order": "JY1", "control": "1", "bar": "S1"}
    assert held(lab.result(bar="TUBE7")) == "unknown-sample"
    assert isinstance(
        lab.send("his/hl7v2", text.format(day="20260306", **said), clock("20260306", "1200")), Stored
    )
    assert [type(one) for one in lab.work_off()] == [Stored]
    (specimen,) = lab.all("Specimen")
    assert {one["value"] for one in specimen["identifier"]} == {"S1", "TUBE7"}


def test_a_visit_that_is_known_is_named_and_another_is_not_made(lab: Laboratory) -> None:
    admission = ADT.replace("PV1|1|O", "PV1|1|O|||||||||||||||||MZ1^^^DQRM^VN")
    known = {"patient": "2000311", "name": "顾长亭", "sex": "M", "control": "1"}
    lab.send("his/hl7v2", admission.format(day="20260306", **known), clock("20260306", "1100"))
    for number, visits in (("MZ1", 1), ("MZ2", 1)):
        said = f"PID|1||2000311^^^^MR\rPV1|1|O|||||||||||||||||{number}^^^DQRM^VN\r"
        assert isinstance(lab.result(bar=f"B-{number}", pid=said), Stored)
        assert len(lab.all("Encounter")) == visits
    found = {one["specimen"][0]["reference"]: "encounter" in one for one in lab.all("DiagnosticReport")}
    assert sorted(found.values()) == [False, True]


def test_the_account_says_what_told_whose_results_they_are(lab: Laboratory) -> None:
    def told(outcome: Outcome) -> list[str]:
        assert isinstance(outcome, Stored)
        return [one.text[:18] for one in outcome.issues if one.rule == "sample"]

    lab.order()
    assert told(lab.result()) == ["its sample tells w"]
    assert told(lab.result(bar="B5", pid="PID|1||2000311^^^^MR\r")) == ["no sample is known"]


LAW = (
    "MSH|^~\\&|AN7000|DQRM|QIAO|DQRM|20260306141000+0800||OUL^R22^OUL_R22|{control}|P|2.5.1|||NE|AL|CHN|"
    "UNICODE UTF-8|||LAB-29^IHE\rSPM|1|{bar}||SER^Serum^HL70487\rOBR|1|{order}||2823-3^Potassium^LN\r"
    "ORC|OK||||CM\rOBX|1|NM|2823-3^Potassium^LN|1|4.21|mmol/L^^UCUM|3.50-5.30|N|||F|||||||AN7000|20260306140800\r"
)


def test_the_number_of_an_order_does_where_the_sample_is_unknown(lab: Laboratory) -> None:
    lab.order(order="JY7", bar="")
    for control, order, bar in (("1", "JY7", "T1"), ("2", "JY8", "T2")):
        outcome = lab.send(
            "lis/hl7v2", LAW.format(control=control, order=order, bar=bar), clock("20260306", "1410")
        )
        assert isinstance(outcome, Stored if order == "JY7" else Quarantined)
    (report,), (order_,) = lab.all("DiagnosticReport"), lab.all("ServiceRequest")
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{order_['id']}"}]
    tube = next(one for one in lab.all("Specimen") if one.get("identifier"))
    assert tube["request"] == report["basedOn"]
    assert report["status"] == "partial"


RUN = "MSH|^~\\&|Mindray|BC-5390|||20260306133000||ORU^R01|{control}|P|2.3.1||||||UNICODE UTF-8\r"
TUBE = (
    "OBR|1|{order}|{bar}|00001^Automated Count^99MRC||20260306125000|20260306130000\r"
    "OBX|1|NM|6690-2^WBC^LN||{value}|10*9/L|4-10|N|||F\r"
)


@pytest.mark.parametrize("order", ["", "JY2"])
def test_an_order_tells_nothing_of_the_tube_beside_its_own(lab: Laboratory, order: str) -> None:
    lab.order()
    run = [("JY1", "BC1", "5.1"), (order, "BC2", "9.9"), ("JY1", "BC1", "5.2")]  # BC1 twice: stays whole
    text = RUN + "".join(TUBE.format(order=one, bar=bar, value=value) for one, bar, value in run)
    assert (
        held(lab.send("lis/hl7v2", text.format(control="1"), clock("20260306", "1330"))) == "unknown-sample"
    )
    assert lab.all("Observation") == []
    lab.order(bar="BC2", order="JY2", patient="2000999", name="王五")
    assert [held(one) for one in lab.work_off()] == ["sample-of-several-patients"]


def test_a_known_order_tells_nothing_of_an_unknown_one(lab: Laboratory) -> None:
    lab.order()
    run = [("JY1", "", "5.1"), ("JY7", "", "9.9"), ("JY1", "", "5.2")]
    text = RUN + "".join(TUBE.format(order=one, bar=bar, value=value) for one, bar, value in run)
    assert (
        held(lab.send("lis/hl7v2", text.format(control="1"), clock("20260306", "1330"))) == "unknown-sample"
    )


def test_each_part_of_a_message_says_of_itself_where_its_results_are_from(lab: Laboratory) -> None:
    lab.order()
    lab.order(bar="BC2", order="JY2", patient="2000999", name="王五")
    run = "".join(TUBE.format(order="", bar=bar, value="5.1") for bar in ("BC1", "BC2"))
    parts = er7.apart((RUN.format(control="1") + run).encode())
    for _ in range(2):  # the whole came again
        for at, raw in enumerate(parts, 1):
            assert isinstance(lab.send("lis/hl7v2", raw.decode(), clock("20260306", "1330"), str(at)), Stored)
    told = [one["reference"] for origin in lab.all("Provenance") for one in origin["target"]]
    reports = [f"DiagnosticReport/{one['id']}" for one in lab.all("DiagnosticReport")]
    assert [told.count(one) for one in reports] == [1, 1]


def test_a_number_that_only_the_analyser_knows_begins_a_new_report_when_it_comes_again(
    lab: Laboratory,
) -> None:
    lab.register()
    said = "PID|1||2000311^^^^MR\r"
    for day, value in (("20260306", "5.0"), ("20270306", "6.0"), ("20280306", "7.0")):
        assert isinstance(lab.result(day, bar="17", pid=said, value=value), Stored)
        assert isinstance(lab.result(day, bar="17", pid=said, test="5", name="UREA", value=value), Stored)
    reports = lab.all("DiagnosticReport")
    assert [len(one["result"]) for one in reports] == [2, 2, 2]
    assert len({one["specimen"][0]["reference"] for one in reports}) == len(lab.all("Specimen")) == 3
    assert sorted({one["valueQuantity"]["value"] for one in lab.all("Observation")}) == [5, 6, 7]
    lab.result("20270306", bar="17", pid=said, value="6.0", control="memory")
    assert len(lab.all("DiagnosticReport")) == 3


def test_one_more_of_many_results_is_stored_without_asking_for_the_others(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report of n results that come one by one must not cost n statements for each."""
    lab.order()
    asked: list[str] = []
    for name in ("for_sqlite", "for_postgresql", "for_libpq"):
        spelt = getattr(direct, name)
        monkeypatch.setattr(direct, name, lambda sql, spelt=spelt: asked.append(sql) or spelt(sql))
    counts = []
    for n in range(2, 22):
        asked.clear()
        assert isinstance(lab.result(test=str(n), name=f"T{n}"), Stored)
        counts.append(sum(sql.lstrip().startswith(("SELECT", "WITH")) for sql in asked))
    assert len(lab.all("DiagnosticReport")[0]["result"]) == 20
    assert max(counts[4:]) <= counts[3], counts
