"""Results older than their sample, or sent again: a memory, a clock that is wrong, a number used twice."""

from __future__ import annotations

import json

from gateway import registry
from gateway.canonical import Stored
from gateway.pipeline.recovery import as_received, replay
from gateway.store import Walk
from tests.store.samples.laboratory import Laboratory, held, maps


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
