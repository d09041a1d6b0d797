"""The key ``sample`` of a profile, and what stands for a patient of whom an analyser knows no number."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import registry
from gateway.canonical import Envelope, Quarantined, Translation
from gateway.canonical.moments import moment
from gateway.canonical.sample import DAY_US, MINUTE_US
from gateway.errors import Misconfigured
from gateway.mapping import load_maps
from gateway.mapping.senders import profile_file
from gateway.pipeline import steps
from gateway.pipeline.steps import Result

HEAD = "MSH|^~\\&|Mindray|BS-480|||20260306133000||ORU^R01|1|P|2.3.1||||0||UTF-8\r"
BODY = "OBR|1|{bar}|7|X|N||20260306125000\rOBX|1|NM|2|GLU|7.93|mmol/L||N|||F||7.93|20260306132800\r"


def made(text: str, received: str = "2026-03-06T15:00:00+08:00") -> Result:
    spec, maps = registry.find()["lis/hl7v2"], load_maps()
    at = moment(received) or 0
    envelope = Envelope("0" * 32, "default", spec.id, "", at, spec.content_type, "", text.encode())
    return steps.translate(maps, envelope, steps.read(spec, maps, envelope))


@pytest.mark.parametrize(
    "pid", ["", "PID|1\r", "PID|1||||顾长亭||19631104|M\r"], ids=["none", "empty", "name"]
)
def test_somebody_stands_for_a_patient_without_a_number(pid: str) -> None:
    one, other = (made(HEAD + pid + BODY.format(bar=bar)) for bar in ("BC1", "BC2"))
    assert isinstance(one, Translation)
    assert isinstance(other, Translation)
    assert one.samples is not None
    (unnamed,) = one.samples.unnamed
    assert {draft.subject for draft in one.drafts if draft.type in ("Observation", "Specimen")} == {unnamed}
    ids = [{draft.id for draft in each.drafts if draft.type != "Provenance"} for each in (one, other)]
    assert ids[0].isdisjoint(ids[1]), "nothing of one sample passes for that of another"


def test_a_patient_with_a_number_stands_for_themselves() -> None:
    found = made(HEAD + "PID|1||2000311^^^^MR\r" + BODY.format(bar="BC1"))
    assert isinstance(found, Translation)
    assert found.samples is not None
    assert found.samples.unnamed == frozenset()


def test_without_patient_and_sample_there_is_nobody() -> None:
    found = made(HEAD + BODY.format(bar=""))
    assert isinstance(found, Quarantined)
    assert found.reason == "no-patient"


def test_results_are_as_new_as_they_were_measured() -> None:
    found = made(HEAD + BODY.format(bar="BC1"))
    assert isinstance(found, Translation)
    assert found.event_at == moment("2026-03-06T13:28:00+08:00"), "not MSH-7, nor when the sample was taken"


def test_what_a_clock_has_ahead_counts_as_now() -> None:
    found = made(HEAD + BODY.format(bar="BC1"), "2026-03-05T13:00:00+08:00")
    assert isinstance(found, Translation)
    assert found.event_at == moment("2026-03-05T13:00:00+08:00")
    assert "clock" in [issue.rule for issue in found.issues if issue.severity == "warning"]


def profile(folder: Path, said: str) -> object:
    path = folder / "one.yaml"
    path.write_text(f"sender: one\n{said}\n", "utf-8")
    return profile_file(path).sample


def test_the_key_of_a_profile(tmp_path: Path) -> None:
    assert profile(tmp_path, "") is None
    assert profile(tmp_path, "sample: false") is None
    said = "{within: 36h, skew: 5m, by: [patient, sample], compare: [], validated: true, clock: false}"
    profile(tmp_path, f"sample: {said}")
    found = profile_file(tmp_path / "one.yaml").sample
    assert found is not None
    assert (found.within_us, found.skew_us) == (DAY_US * 3 // 2, 5 * MINUTE_US)
    assert (found.by, found.compare) == (("sample", "patient"), ())
    assert (found.validated, found.clock) == (True, False)


@pytest.mark.parametrize(
    "said",
    [
        "sample: true",
        "sample: {window: 1d}",
        "sample: {within: 14}",
        "sample: {by: [barcode]}",
        "sample: [x]",
        "sample: {clock: local}",
    ],
)
def test_a_wrong_key_is_refused_with_its_file(tmp_path: Path, said: str) -> None:
    with pytest.raises(Misconfigured, match="sample") as error:
        profile(tmp_path, said)
    assert error.value.where == "one.yaml:2"
