"""Whose results are: of whom sample, order or number tell; never guessed."""

from __future__ import annotations

import pytest

from gateway.canonical import Outcome, Quarantined, Stored
from gateway.wire import er7
from tests.store.samples.laboratory import ADT, ORDER, Laboratory, clock, held

LAW = (
    "MSH|^~\\&|AN7000|DQRM|QIAO|DQRM|20260306141000+0800||OUL^R22^OUL_R22|{control}|P|2.5.1|||NE|AL|CHN|"
    "UNICODE UTF-8|||LAB-29^IHE\rSPM|1|{bar}||SER^Serum^HL70487\rOBR|1|{order}||2823-3^Potassium^LN\r"
    "ORC|OK||||CM\rOBX|1|NM|2823-3^Potassium^LN|1|4.21|mmol/L^^UCUM|3.50-5.30|N|||F|||||||AN7000|20260306140800\r"
)
RUN = "MSH|^~\\&|Mindray|BC-5390|||20260306133000||ORU^R01|{control}|P|2.3.1||||||UNICODE UTF-8\r"
TUBE = (
    "OBR|1|{order}|{bar}|00001^Automated Count^99MRC||20260306125000|20260306130000\r"
    "OBX|1|NM|6690-2^WBC^LN||{value}|10*9/L|4-10|N|||F\r"
)


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


WHOLE = (
    "MSH|^~\\&|AN7000|DQRM|QIAO|DQRM|20260306141000+0800||OUL^R22^OUL_R22|9|P|2.5.1\r"
    "SPM|1|BC1||SER^Serum^HL70487\rOBR|1|{placer}|{filler}|2823-3^Potassium^LN\r"
    "ORC|OK|{placer}|{filler}||CM\rOBX|1|NM|2823-3^Potassium^LN|1|4.21|mmol/L|3.5-5.3|N|||F|||20260306140800\r"
)


@pytest.mark.parametrize(
    ("placer", "filler"), [("JY2", ""), ("", "8600002"), ("JY1", "8600002")], ids=["order", "tube", "both"]
)
def test_a_tube_beside_what_is_somebody_elses_waits(lab: Laboratory, placer: str, filler: str) -> None:
    lab.order()
    lab.order(order="JY2", patient="2000999", name="王五", bar="8600002")
    text = WHOLE.format(placer=placer, filler=filler)
    assert held(lab.send("lis/hl7v2", text, clock("20260306", "1410"))) == "sample-of-several-patients"
    assert lab.all("Observation") == []


@pytest.mark.parametrize(("placer", "filler"), [("JY1", ""), ("JY9", "7"), ("", "8600009")])
def test_a_tube_beside_a_number_that_is_nobodys_does(lab: Laboratory, placer: str, filler: str) -> None:
    lab.order()
    lab.order(order="JY2", patient="2000999", name="王五", bar="7")  # a running number is nobody's tube
    lab.order("20250306", order="JY9", patient="2000888", name="赵六", bar="8600009")  # a year ago
    text = WHOLE.format(placer=placer, filler=filler)
    assert isinstance(lab.send("lis/hl7v2", text, clock("20260306", "1410")), Stored)
    (patient,) = [one for one in lab.all("Patient") if one["name"][0]["text"] == "顾长亭"]
    assert lab.all("Observation")[0]["subject"] == {"reference": f"Patient/{patient['id']}"}


def test_a_contradiction_of_tube_and_order_ends_when_the_order_is_put_right(lab: Laboratory) -> None:
    lab.order()
    lab.order(order="JY2", patient="2000999", name="王五", bar="BC2")
    text = WHOLE.format(placer="JY2", filler="")
    assert held(lab.send("lis/hl7v2", text, clock("20260306", "1410"))) == "sample-of-several-patients"
    merge = ADT.replace("ADT^A08", "ADT^A40").replace("EVN|A08", "EVN|A40").replace("PV1|1|O\r", "")
    said = {"patient": "2000311", "name": "顾长亭", "sex": "M", "control": "m"}
    text = merge.format(day="20260306", **said) + "MRG|2000999^^^DQRM^MR\r"
    assert isinstance(lab.send("his/hl7v2", text, clock("20260306", "1500")), Stored)
    assert [type(one) for one in lab.work_off()] == [Stored]
