"""Results of an unknown sample wait, and are taken in when their order comes."""

from __future__ import annotations

from gateway import registry
from gateway.canonical import Stored
from gateway.pipeline.recovery import finish_unsettled
from gateway.settings import PipelineSettings
from tests.store.samples.laboratory import Laboratory, held, maps

COUNT = (
    "MSH|^~\\&|Mindray|BC-6800|||20260306130500||ORU^R01|{control}|P|2.3.1||||||UNICODE\r"
    "OBR|1||BC1|00001^Automated Count^99MRC||20260306125000|20260306130000|||||||||||||||||||||||||{who}\r"
    "OBX|1|NM|6690-2^WBC^LN||{value}|10*9/L|3.50-9.50||||{status}\r"
)


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


def test_order_and_result_in_one_batch_meet(lab: Laboratory) -> None:
    assert held(lab.result(bar="B7")) == "unknown-sample"
    lab.order(bar="B7")
    lab.result(bar="B7", test="5", name="UREA")
    assert [type(one) for one in lab.work_off()] == [Stored]
    assert len(lab.all("DiagnosticReport")) == 1
    assert len(lab.all("DiagnosticReport")[0]["result"]) == 2
