"""The DICOM JSON Model: what a header says and what JSON says is the same."""

from __future__ import annotations

import json
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file

from gateway.errors import Rejected
from gateway.wire.dicom import Limits, header_of
from gateway.wire.dicom.json_model import as_json, from_json, parsed
from tests.wire.dicom.bundled import read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["vr", "Value", "00100010", "00081115", "x"]), inner, max_size=3)
    ),
)


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "chrH31.dcm", "chrX1.dcm", "liver_1frame.dcm", "reportsi.dcm"]
)
def test_every_value_comes_back_from_json(name: str) -> None:
    said = as_json(header_of(read(name)))
    assert as_json(from_json(parsed(json.dumps(said).encode()))) == said


def test_it_says_what_pydicom_says() -> None:
    found = get_testdata_file("CT_small.dcm")
    theirs = dcmread(str(found), stop_before_pixels=True).to_json_dict(bulk_data_threshold=0)
    ours = as_json(header_of(read("CT_small.dcm")))
    for tag in ("00080060", "00100010", "00100020", "0020000D", "00280010", "00080022"):
        assert ours[tag]["Value"] == theirs[tag]["Value"]


def test_the_groups_of_a_chinese_name_stand_apart() -> None:
    said = as_json(header_of(read("chrX1.dcm")), [0x00100010])
    assert said["00100010"]["Value"] == [{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小東"}]
    again = from_json(said)
    assert again.get("PatientName.ideographic") == "王^小東"
    assert again.get("PatientName.family") == "王"


def test_decimals_keep_their_digits() -> None:
    raw = b'{"00181050": {"vr": "DS", "Value": [1.50]}, "00181063": {"vr": "DS", "Value": ["0.10"]}}'
    header = from_json(parsed(raw))
    assert header.get("SpatialResolution") == "1.50"
    assert header.get("FrameTime") == "0.10"


def test_values_by_reference_are_known_and_left_out() -> None:
    header = from_json({"00420011": {"vr": "OB", "BulkDataURI": "https://pacs.example/bulk/1"}})
    assert list(header.left()) == [("EncapsulatedDocument", 0)]


def test_only_what_is_wanted_is_told() -> None:
    header = header_of(read("CT_small.dcm"))
    assert list(as_json(header, [0x00100020, 0x00400275])) == ["00100020"]


def test_what_cannot_be_told_is_a_flaw() -> None:
    header = header_of(
        pack("<HH2sH8s", 0x0008, 0x0020, b"DA", 8, b"20261399")
        + pack("<HH2sH4s", 0x0008, 0x0060, b"CS", 4, b"CT  ")
    )
    assert as_json(header) == {"00080060": {"vr": "CS", "Value": ["CT"]}}
    assert header.flaws == {"StudyDate": "malformed"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[",
        b"[1]",
        b'{"x": {}}',
        b'{"00100010": 1}',
        b'{"00100010": {"vr": 5}}',
        b'{"00100010": {"Value": 5}}',
        b'{"00280010": {"vr": "US", "Value": ["many"]}}',
        b'{"00280010": {"vr": "US", "Value": [70000]}}',
        b'{"00081115": {"vr": "SQ", "Value": [null]}}',
        b'{"00080060": {"vr": "CS", "Value": [[]]}}',
    ],
)
def test_what_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        from_json(parsed(raw))
    assert refused.value.code == "not-dicom-json"


def test_its_size_and_depth_are_bounded() -> None:
    deep: object = {}
    for _ in range(40):
        deep = {"00081115": {"vr": "SQ", "Value": [deep]}}
    wide = {f"{tag:08X}": {"vr": "LO", "Value": ["x"]} for tag in range(0x00100010, 0x00100020)}
    for data in (deep, wide):
        with pytest.raises(Rejected) as refused:
            from_json(data, Limits(elements=10 if data is wide else 1000))
        assert refused.value.code == "too-large"


@given(JSON)
def test_any_json_is_read_or_refused(data: object) -> None:
    try:
        header = from_json(data)
    except Rejected:
        return
    as_json(header)
