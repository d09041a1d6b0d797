"""A packed PDF: the same objects, found by the table of offsets; what is not understood stays as it is."""

from __future__ import annotations

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.packed import packed

PAGE = b"<</Type /Page /Parent 2 0 R>>"
CONTENT = b"<</Length 8>> stream\nq 1 0 Q\nendstream"


def pdf(bodies: list[bytes], trailer: bytes = b"") -> bytes:
    """A document of these objects, numbered from 1, as browsers write it."""
    data, offsets = b"%PDF-1.4\n%\xd3\xeb\xe9\xe1\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % one for one in offsets)
    end = b"trailer\n<</Size %d\n/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n"
    return data + b"xref\n0 %d\n" % (len(bodies) + 1) + rows + end % (len(bodies) + 1, trailer, len(data))


def stream(data: bytes, at: int) -> tuple[bytes, bytes]:
    """The dictionary and what is packed of the stream object at an offset."""
    found = re.compile(rb"\d+ 0 obj\n(<<.*?/Length (\d+)>>)\nstream\n", re.DOTALL).match(data, at)
    assert found is not None
    return found[1], zlib.decompress(data[found.end() : found.end() + int(found[2])])


def objects(data: bytes) -> dict[int, bytes]:
    """Every object of a packed document, as a reader finds it (ISO 32000-1 §7.5.7, §7.5.8)."""
    start = re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", data)
    assert start is not None
    said, table = stream(data, int(start[1]))
    assert b"/Root 1 0 R" in said
    assert b"/Size %d" % (len(table) // 7) in said
    found = {}
    for number in range(len(table) // 7):
        row = table[7 * number : 7 * number + 7]
        where, place = int.from_bytes(row[1:5], "big"), int.from_bytes(row[5:], "big")
        if row[0] == 1:
            body = re.compile(rb"%d 0 obj\n(.*?)\nendobj\n" % number, re.DOTALL).match(data, where)
            assert body is not None
            found[number] = body[1]
        elif row[0] == 2:
            at = re.search(rb"(?m)^%d 0 obj\n" % where, data)
            assert at is not None
            head, inside = stream(data, at.start())
            first = int(re.findall(rb"/First (\d+)", head)[0])
            index = list(map(int, inside[:first].split()))
            assert index[2 * place] == number
            ends = [*index[1::2], len(inside) - first + 1]
            found[number] = inside[first + ends[place] : first + ends[place + 1] - 1]
    return found


@given(
    st.lists(st.sampled_from([PAGE, CONTENT, b"[1 0 R 2 0 R]", b"(a \xff text)"]), min_size=1, max_size=450)
)
def test_every_object_is_found_where_the_table_says(bodies: list[bytes]) -> None:
    found = objects(packed(pdf(bodies)))
    assert [found[number] for number in range(1, len(bodies) + 1)] == bodies


def test_a_document_of_many_small_objects_becomes_small() -> None:
    before = pdf([b"<</Type /StructElem\n/S /NonStruct\n/P %d 0 R>>" % n for n in range(1, 2001)])
    after = packed(before)
    assert len(after) < len(before) / 6
    assert after.startswith(b"%PDF-1.5\n%\xd3")


WHOLE = pdf([PAGE, CONTENT])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.4",
        WHOLE[:-20],
        WHOLE + b"more",
        WHOLE.replace(b"1 0 obj", b"1 0 Obj"),
        pdf([PAGE], b" /Prev 12"),
        pdf([PAGE], b" /Encrypt 1 0 R"),
    ],
)
def test_what_is_not_known_here_stays_as_it_is(data: bytes) -> None:
    assert packed(data) == data
