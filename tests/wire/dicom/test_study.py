"""The record of a study: composed of what is filed of its objects."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.wire.dicom import Header, header_of
from gateway.wire.dicom.json_model import from_json
from gateway.wire.dicom.study import Entry, compose, entry_of, study_of
from tests.wire.dicom.bundled import read

STUDY = "1.2.826.0.1.3680043.10.1"


def entry(series: int, instance: int, **said: str) -> Entry:
    """Return what is filed of one small object; what is said is by keyword."""
    return entry_of(_object(series, instance, said))


def _object(series: int, instance: int, said: dict[str, str]) -> Header:
    of = {
        "PatientID": "P1",
        "PatientName": "Zhang^San=张^三",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": f"{STUDY}.{series}",
        "SOPInstanceUID": f"{STUDY}.{series}.{instance}",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "Modality": "CT",
        "SeriesNumber": str(series),
        "InstanceNumber": str(instance),
    } | said
    return from_json({TAGS[name]: _attribute(name, value) for name, value in of.items() if value})


TAGS = {
    "PatientID": "00100020",
    "PatientName": "00100010",
    "PatientBirthDate": "00100030",
    "IssuerOfPatientID": "00100021",
    "StudyInstanceUID": "0020000D",
    "SeriesInstanceUID": "0020000E",
    "SOPInstanceUID": "00080018",
    "SOPClassUID": "00080016",
    "Modality": "00080060",
    "SeriesNumber": "00200011",
    "InstanceNumber": "00200013",
    "StudyDescription": "00081030",
    "StudyDate": "00080020",
}


def _attribute(name: str, value: str) -> dict[str, Any]:
    if name != "PatientName":
        return {"Value": [value]}
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), value.split("="), strict=False)
    return {"vr": "PN", "Value": [dict(groups)]}


def test_series_and_instances_stand_in_their_order_with_their_counts() -> None:
    study = study_of(compose([entry(2, 10), entry(1, 2), entry(2, 9), entry(1, 1), entry(10, 1)]))
    assert list(study.each("ReferencedSeriesSequence.SeriesNumber")) == ["1", "2", "10"]
    assert list(study.each("ReferencedSeriesSequence[2].ReferencedSOPSequence.InstanceNumber")) == ["9", "10"]
    assert list(study.each("ReferencedSeriesSequence.NumberOfSeriesRelatedInstances")) == ["2", "2", "1"]
    assert (study.get("NumberOfStudyRelatedSeries"), study.get("NumberOfStudyRelatedInstances")) == ("3", "5")
    assert study.get("PatientName.ideographic") == "张^三"


def test_an_object_that_comes_again_counts_once_in_any_order() -> None:
    came = [entry(1, 1), entry(1, 2), entry(2, 1)]
    whole = compose(came)
    for order in permutations(came):
        assert compose([*order, came[0], came[2]]) == whole


def test_an_object_that_was_moved_is_in_its_newer_series_alone() -> None:
    moved = entry(2, 1, SOPInstanceUID=f"{STUDY}.1.1")
    study = study_of(compose([entry(1, 1), moved]))
    assert list(study.each("ReferencedSeriesSequence.SeriesInstanceUID")) == [f"{STUDY}.2"]
    assert study.get("NumberOfStudyRelatedInstances") == "1"


def test_the_later_of_two_is_believed_and_the_difference_told() -> None:
    study = study_of(compose([entry(1, 1, StudyDescription="Head"), entry(1, 2, StudyDescription="头颅 CT")]))
    assert study.get("StudyDescription") == "头颅 CT"
    assert study.flaws == {"StudyDescription": "differs"}


def test_what_only_one_object_says_is_kept() -> None:
    study = study_of(compose([entry(1, 1, StudyDescription="Head"), entry(1, 2)]))
    assert study.get("StudyDescription") == "Head"
    assert study.flaws == {}


def test_the_modalities_of_all_series_are_told() -> None:
    study = study_of(compose([entry(1, 1), entry(2, 1, Modality="SR"), entry(3, 1)]))
    assert list(study.each("ModalitiesInStudy")) == ["CT", "SR"]


@pytest.mark.parametrize(
    "other",
    [
        {"PatientID": "P2"},
        {"PatientID": "", "PatientName": "Li^Si"},
        {"PatientID": "", "PatientBirthDate": "19700101"},
    ],
)
def test_objects_of_several_patients_make_no_study(other: dict[str, str]) -> None:
    with pytest.raises(Rejected) as refused:
        compose([entry(1, 1, PatientBirthDate="19800101"), entry(1, 2, **other)])
    assert refused.value.code == "several-patients"


def test_the_same_number_of_two_issuers_is_two_patients() -> None:
    with pytest.raises(Rejected) as refused:
        compose([entry(1, 1, IssuerOfPatientID="A"), entry(1, 2), entry(1, 3, IssuerOfPatientID="B")])
    assert refused.value.code == "several-patients"


@pytest.mark.parametrize(
    "other", [{"IssuerOfPatientID": "HIS"}, {"PatientName": "ZHANG SAN"}, {"PatientID": ""}]
)
def test_a_patient_of_whom_one_object_says_less_is_the_same(other: dict[str, str]) -> None:
    study = study_of(compose([entry(1, 1), entry(1, 2, **other)]))
    assert study.get("PatientID") == "P1"
    assert study.get("NumberOfStudyRelatedInstances") == "2"


def test_objects_of_several_studies_are_none() -> None:
    with pytest.raises(Rejected) as refused:
        compose([entry(1, 1), entry(1, 2, StudyInstanceUID="1.2.3")])
    assert refused.value.code == "several-studies"


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("uid", ["", "1." * 40 + "1", "A.1"])
def test_an_object_without_a_uid_is_refused(keyword: str, uid: str) -> None:
    with pytest.raises(Rejected) as refused:
        entry(1, 1, **{keyword: uid})
    assert (refused.value.code, refused.value.where) == ("missing-uid", keyword)


def test_what_could_not_be_read_is_told_of_the_study() -> None:
    study = study_of(compose([entry(1, 1), entry(1, 2, StudyDate="20261399")]))
    assert study.flaws == {"StudyDate": "malformed"}
    assert study.get("StudyDate") is None


def test_real_objects_make_a_study() -> None:
    study = study_of(compose([entry_of(header_of(read("CT_small.dcm")))]))
    assert study.get("PatientName") == "CompressedSamples^CT1"
    assert study.get("ReferencedSeriesSequence.Modality") == "CT"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"dataset": 5, "flaws": {}, "differs": []}'])
def test_what_is_no_record_of_a_study_is_refused(raw: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        study_of(raw)
    assert refused.value.code == "not-dicom-json"
