"""The dialects for which profiles ship: which profile a sample gets, what is repaired, what is set aside."""

from __future__ import annotations

from functools import cache

import pytest

from gateway import registry
from gateway.canonical import Envelope, Quarantined, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps

ADAPTERS = registry.find()
ROOT = registry.one_root() / "adapters"


@cache
def maps() -> Maps:
    return load_maps()


def sample(name: str) -> tuple[str, bytes]:
    (path,) = ROOT.glob(f"*/*/samples/{name}.hl7")
    return "/".join(path.parts[-4:-2]), path.read_bytes()


def ended(adapter: str, raw: bytes, number: int = 0) -> tuple[Envelope, steps.Result]:
    spec = ADAPTERS[adapter]
    envelope = Envelope(
        f"{number:032x}", "default", adapter, "", 1_775_000_000_000_000, spec.content_type, "", raw
    )
    return envelope, steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))


@pytest.mark.parametrize(
    ("name", "profile", "repairs"),
    [
        ("50-legacy-id-in-pid19-byte-order-mark", "his-legacy",
         {"name-order", "id-card", "class", "attending", "service", "diagnosis"}),
        ("51-legacy-only-id-card-gbk-undeclared", "his-legacy",
         {"facility", "country", "id-card-type", "id-card-authority", "patient-number", "birth-date", "class",
          "attending"}),
        ("50-legacy-columns-shifted-status", "lis-legacy",
         {"status-place", "order-columns", "collector", "orderer", "units", "number", "normal-flag"}),
        ("51-legacy-qualitative-titre-no-code", "lis-legacy",
         {"country", "order-columns", "test-name", "number"}),
        ("52-unnamed-device-line-feeds", "lis-unnamed", {"application", "facility", "country", "number"}),
        ("53-mindray-bc-blood-count", "mindray-bc", set()),
        ("54-mindray-bs-glucose", "mindray-bs",
         {"test-name", "test-system", "panel", "panel-system", "sample"}),
        ("56-ihe-law-results", "ihe-law", set()),
        ("50-legacy-code-and-name-gbk", "ris-legacy",
         {"country", "class", "attending", "orderer", "finding-name", "status-place"}),
    ],
)  # fmt: skip
def test_a_dialect_gets_its_profile_and_the_account_names_each_repair(
    name: str, profile: str, repairs: set[str]
) -> None:
    envelope, made = ended(*sample(name))
    assert envelope.sender == profile
    assert isinstance(made, Translation)
    told = [issue for issue in made.issues if issue.severity == "information"]
    assert {issue.rule for issue in told} == {f"{profile}/{one}" for one in repairs}


@pytest.mark.parametrize(
    ("name", "before", "after", "reason"),
    [
        ("53-mindray-bc-blood-count", b"00001^Automated Count", b"00003^LJ QCR", "quality-control"),
        ("53-mindray-bc-blood-count", b"|1|P|2.3.1", b"|1|Q|2.3.1", "not-production"),
        ("54-mindray-bs-glucose", b"||||0||ASCII", b"||||2||ASCII", "quality-control"),
        ("54-mindray-bs-glucose", b"||||0||ASCII", b"||||1||ASCII", "calibration"),
    ],
)
def test_what_is_no_patients_sample_is_set_aside(name: str, before: bytes, after: bytes, reason: str) -> None:
    adapter, raw = sample(name)
    assert raw.count(before) == 1
    _, made = ended(adapter, raw.replace(before, after))
    assert isinstance(made, Quarantined)
    assert made.reason == reason


def test_a_control_without_a_patient_is_named_as_what_it_is() -> None:
    adapter, raw = sample("54-mindray-bs-glucose")
    lines = [
        line for line in raw.replace(b"||||0||ASCII", b"||||2||ASCII").split(b"\r") if line[:3] != b"PID"
    ]
    _, made = ended(adapter, b"\r".join(lines))
    assert isinstance(made, Quarantined)
    assert made.reason == "quality-control"


def test_the_tests_of_one_bar_code_share_its_report_and_its_sample() -> None:
    made = [ended(*sample(name))[1] for name in ("54-mindray-bs-glucose", "55-mindray-bs-same-sample-urea")]
    reports = [draft for one in made if isinstance(one, Translation) for draft in one.drafts
               if draft.type == "DiagnosticReport"]  # fmt: skip
    assert len({draft.id for draft in reports}) == 1
    assert len({draft.body["result"][0]["reference"] for draft in reports}) == 2
    assert len({draft.body["specimen"][0]["reference"] for draft in reports}) == 1
    assert all("basedOn" not in draft.body for draft in reports), "the bar code is no order's number"


@pytest.mark.parametrize(("said", "kept_apart"), [(b"Q", True), (b"T", False), (b"D", False), (b"P", False)])
def test_a_control_is_nobodys_result_where_nothing_is_stored_either(said: bytes, kept_apart: bool) -> None:
    adapter, raw = sample("53-mindray-bc-blood-count")
    spec = ADAPTERS[adapter]
    raw = raw.replace(b"|1|P|2.3.1", b"|1|" + said + b"|2.3.1")
    envelope = Envelope("", "default", adapter, "", 0, spec.content_type, "", raw)
    made = steps.translate(maps(), envelope, steps.read(spec, maps(), envelope, records=False))
    assert isinstance(made, Quarantined) == kept_apart


def test_profiles_without_overrides_share_the_maps() -> None:
    assert {name for name, one in maps().profiles.items() if one.overrides is not None} == set(
        maps().variants
    )
    assert {"default", "his", "lis", "pacs", "ris"}.isdisjoint(maps().variants)
    assert all(maps().profiles[name].repairs is None for name in ("default", "his", "pacs", "ris"))
    made = maps().profiles["lis"].repairs
    assert made is not None
    kept_apart = {"control", "calibration", "pool", "control-type"}
    assert {one.id for one in made.repairs} == {f"lis/{one}" for one in kept_apart}


def test_a_hospital_information_system_decides_about_all_that_it_sends_but_reports() -> None:
    made = {
        step.make
        for plan in maps().messages.values()
        for step in plan.file.steps
        if step.make and not step.owns
    }
    of_a_message = {"Bundle", "MessageHeader"}  # written once
    for name in ("his", "his-legacy"):
        owns = set(maps().profiles[name].owns)
        assert made - owns - of_a_message == {"DiagnosticReport", "Specimen"}
