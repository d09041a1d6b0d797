"""Files of DICOM objects: header only, in any syntax, in any pieces, whole or broken."""

from __future__ import annotations

import io
import logging
import warnings
from pathlib import Path
from struct import pack

import pydicom
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from gateway.errors import Rejected
from gateway.wire.dicom import Header, Limits, header_of, written
from gateway.wire.dicom.element import name_of
from tests.wire.dicom.bundled import FILES, read

READ_OTHERWISE = {
    ("badVR.dcm", "NumberOfFrames"),  # 1A is no integer string
    ("ExplVR_BigEnd.dcm", "StudyDate"),  # 1997.04.24, as before DICOM 3
    ("ExplVR_BigEnd.dcm", "StudyTime"),
}
"""Where we say something else than pydicom, and mean it."""

BINARY = frozenset(("OB", "OW", "OF", "OD", "OL", "OV", "UN", "SQ", "AT", "FL", "FD"))


def of_pydicom(path: Path) -> dict[int, tuple[str, list[str]]]:
    """Return tag → VR and values as pydicom reads a file; of private ones it has a list, we not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            found = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            found.decode()
            return {
                int(one.tag): (str(one.VR), _texts(one.value))
                for one in found
                if not one.tag.is_private and one.tag.element and one.VR not in BINARY and "or" not in one.VR
            }
        finally:
            logging.disable(logging.NOTSET)


def _texts(value: object) -> list[str]:
    said = [_text(one) for one in (value if isinstance(value, (list, MultiValue)) else [value])]
    return [text for one in said if (text := one.strip(" \0").rstrip("=")) and text != "None"]


def _text(one: object) -> str:
    return str(one if hasattr(one, "ideographic") else getattr(one, "original_string", one))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_read_as_pydicom_reads_them(path: Path) -> None:
    header = header_of(path.read_bytes())
    other = {}
    for tag, (_, values) in of_pydicom(path).items():
        element = header.elements.get(tag)
        if element is not None and element.left is not None:
            continue
        mine = header.values(element) if element is not None else None
        if mine is not None:
            mine = [one.strip().rstrip("=") for one in mine]
        if mine != values and (path.name, name_of(tag)) not in READ_OTHERWISE and not _same(mine, values):
            other[name_of(tag)] = (values, mine)
    assert other == {}


def _same(mine: list[str] | None, values: list[str]) -> bool:
    try:
        return mine is not None and [float(one) for one in mine] == [float(one) for one in values]
    except ValueError:
        return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_written_is_read_again_as_it_was(path: Path) -> None:
    header = header_of(path.read_bytes())
    again = header_of(written(header))
    assert shown(again) == shown(header)
    assert written(again) == written(header)


def shown(header: Header) -> list[object]:
    """Return everything that a header says, sequences included."""
    made: list[object] = []
    for tag in sorted(header.elements):
        one = header.elements[tag]
        made.append((tag, header.values(one), one.left, [shown(item) for item in one.items or ()]))
    return made


@pytest.mark.parametrize("name", ["CT_small.dcm", "image_dfl.dcm", "MR_small_RLE.dcm", "priv_SQ.dcm"])
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_pieces_say_what_the_whole_says(name: str, size: int) -> None:
    raw = read(name)[:8192] if size == 1 else read(name)
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    assert shown(header_of(pieces)) == shown(header_of(raw))


def test_pixels_are_never_kept() -> None:
    header = header_of(read("CT_small.dcm"))
    assert dict(header.left())["PixelData"] == 32768
    assert len(written(header)) < 8192


def test_what_stands_behind_the_pixels_is_read() -> None:
    pixels = pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 4096) + bytes(4096)
    behind = pack("<HH2sH", 0xFFFA, 0x0011, b"LO", 2) + b"ok"
    header = header_of(plain(PatientName="Chen^Yi") + pixels + behind)
    assert (header.get("FFFA,0011"), dict(header.left())) == ("ok", {"PixelData": 4096})


def test_four_gigabytes_are_passed_over_in_the_memory_of_a_piece() -> None:
    length = 0xFFFFFF00
    head = plain(PatientName="Chen^Yi") + pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, length)
    piece = bytes(1 << 26)
    pieces = [head, *[piece] * (length // len(piece)), piece[: length % len(piece)]]
    header = header_of(pieces)
    assert (header.get("PatientName"), dict(header.left())["PixelData"], header.damage) == (
        "Chen^Yi",
        length,
        "",
    )


def test_a_file_that_ends_early_says_so_and_keeps_what_it_had() -> None:
    raw = plain(PatientName="Chen^Yi", PatientID="P1")
    whole = shown(header_of(raw))
    ends = {len(raw)}
    for end in range(len(raw) - 1, len(raw) - 30, -1):
        header = header_of(raw[:end])
        assert shown(header) == whole[: len(header.elements)]
        if not header.damage:
            ends.add(end)
    assert len(ends) <= 4  # where an element ends, nothing is missing that could be known


def plain(**said: str) -> bytes:
    """Return a file of a few elements, as pydicom writes it."""
    dataset = Dataset()
    for keyword, value in said.items():
        setattr(dataset, keyword, value)
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "2.25.1"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_items_are_read_by_number_or_all() -> None:
    dataset = Dataset()
    items = []
    for number in ("A1", "A2"):
        item = Dataset()
        item.AccessionNumber = number
        items.append(item)
    dataset.RequestAttributesSequence = Sequence(items)
    out = io.BytesIO()
    dataset.save_as(out, implicit_vr=False, little_endian=True)
    header = header_of(b"\0" * 128 + b"DICM" + out.getvalue())
    path = "RequestAttributesSequence.AccessionNumber"
    assert list(header.each(path)) == ["A1", "A2"]
    assert header.get("RequestAttributesSequence[2].AccessionNumber") == "A2"
    assert list(header.unread()) == []


def test_private_blocks_are_found_by_their_creator() -> None:
    header = header_of(read("CT_small.dcm"))
    assert header.get('0009,"GEMS_IDEN_01",02') == "CT01"
    assert header.get('0009,"SOMEBODY",02') is None


@pytest.mark.parametrize("raw", [b"", b"MSH|^~\\&|", b"\0" * 64, b"%PDF-1.7" * 40, b"\0" * 128 + b"DICM"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        header_of(raw)
    assert refused.value.code == "not-dicom"


def test_a_header_beyond_the_limits_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        header_of(read("CT_small.dcm"), Limits(header=1000))
    assert refused.value.code == "too-large"


def test_sequences_without_an_end_are_refused() -> None:
    deep = (pack("<HHI", 0x0040, 0xA730, 0xFFFFFFFF) + pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)) * 50
    with pytest.raises(Rejected) as refused:
        header_of(pack("<HHI", 0x0008, 0x0018, 2) + b"1\0" + deep)
    assert refused.value.code == "too-large"


@given(st.binary(max_size=400))
@example(b"\x00\x01\x00\x01\x00\x00\x00\x00")
@example(b"\x00\x08\x08\x00\x00\x00\x00\x00")
def test_any_bytes_are_an_object_or_refused(raw: bytes) -> None:
    for start in (b"", b"\0" * 128 + b"DICM", b"\x08\0\x18\0UI\x02\x001\0"):
        _read_or_refused(start + raw)


@given(st.sampled_from(["CT_small.dcm", "priv_SQ.dcm", "image_dfl.dcm", "chrH31.dcm"]), st.data())
def test_a_changed_object_is_read_or_refused(name: str, data: st.DataObject) -> None:
    raw = bytearray(read(name)[:4096])
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    _read_or_refused(bytes(raw))


def test_a_length_of_a_group_is_none_of_an_object_however_long_it_says_to_be() -> None:
    raw = pack("<HHI", 0x0004, 0, 1 << 30) + b"\0" * 64
    with pytest.raises(Rejected) as refused:
        header_of(b"\0" * 128 + b"DICM" + raw)
    assert refused.value.code == "not-dicom"


def test_half_a_number_becomes_none_when_it_is_written() -> None:
    header = header_of(
        pack("<HH2sH2s", 0x0008, 0x0018, b"UI", 2, b"1\0") + pack("<HH2sHc", 0x0028, 0x0010, b"US", 1, b"\2")
    )
    again = header_of(written(header))
    assert again.elements[0x00280010].value == b"\2"
    assert again.get("Rows") is None


def _read_or_refused(raw: bytes) -> None:
    try:
        header = header_of(raw)
    except Rejected:
        return
    shown(header)
    assert shown(header_of(written(header))) == shown(header)
