"""Text of a PDF: who searches it for a word finds the word that was written."""

from __future__ import annotations

import re
import zlib

import pytest

from conformance.report.copied import searchable


def built(*maps: str) -> bytes:
    """A PDF as small as one with such maps can be; its last object is no map, and stays as it is."""
    out, head = b"%PDF-1.4\n", b"%d 0 obj\n<</Filter /FlateDecode\n/Length %d>> stream\n"
    offsets = []
    for number, told in enumerate([*maps, None], 1):
        offsets.append(len(out))
        packed = zlib.compress((told or "no map: <2F83>").encode())
        out += head % (number, len(packed)) + packed + b"\nendstream\nendobj\n"
    start = len(out)
    rows = b"".join(b"%010d 00000 n \n" % one for one in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size 9>>\n" % (len(offsets) + 1, rows)
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def told(pdf: bytes) -> list[str]:
    """What each object says, found by the table of offsets alone."""
    start = int(re.findall(rb"startxref\n(\d+)", pdf)[0])
    offsets = [int(one) for one in re.findall(rb"(\d{10}) \d{5} n", pdf[start:])]
    texts = []
    for number, offset in enumerate(offsets, 1):
        head = re.compile(rb"%d 0 obj\n<</Filter /FlateDecode\n/Length (\d+)>> stream\n" % number).match(
            pdf, offset
        )
        assert head
        stream = pdf[head.end() : head.end() + int(head[1])]
        assert pdf[head.end() + int(head[1]) :].startswith(b"\nendstream")
        texts.append(zlib.decompress(stream).decode())
    return texts


def characters(*rows: str) -> str:
    return f"begincmap\n{len(rows)} beginbfchar\n{chr(10).join(rows)}\nendbfchar\nendcmap"


def ranges(*rows: str) -> str:
    return f"begincmap\n{len(rows)} beginbfrange\n{chr(10).join(rows)}\nendbfrange\nendcmap"


@pytest.mark.parametrize(
    ("radical", "written"), [("2F83", "自"), ("2F08", "人"), ("2ED4", "门"), ("2F3E", "户"), ("2F45", "方")]
)
def test_a_radical_is_a_character_again(radical: str, written: str) -> None:
    found = told(searchable(built(characters(f"<01> <{radical}>", "<02> <6D4B>"))))
    assert f"<01><{ord(written):04X}>" in found[0]
    assert "<02> <6D4B>" in found[0]


def test_a_range_with_a_radical_names_each_of_its_characters() -> None:
    found = told(searchable(built(ranges("<01> <02> <2F83>", "<05> <09> <4E00>"))))
    assert "<01><02>[<81EA><81F3>]" in found[0]
    assert "<05> <09> <4E00>" in found[0]


def test_every_object_is_found_where_the_table_says_although_maps_grew() -> None:
    rows = [f"<{n:04X}> <{0x2F00 + n * 7 % 0xD6:04X}>" for n in range(90)]
    found = told(
        searchable(
            built(
                characters(*rows), "nothing", ranges(*(f"<{n:02X}> <{n:02X}> <2F{n:02X}>" for n in range(60)))
            )
        )
    )
    assert not re.search(r"<2F[0-9A-D]", "".join(found[:3]))
    assert found[3] == "no map: <2F83>"


def test_what_is_right_is_left_as_it_is() -> None:
    pdf = built(characters("<01> <81EA>"), "text")
    assert searchable(pdf) == pdf


@pytest.mark.parametrize(
    "pdf", [b"", b"%PDF-1.7 with a compressed table", built(characters("<01> <2F83>"))[:-9]]
)
def test_a_pdf_of_another_build_is_left_as_it_is(pdf: bytes) -> None:
    assert searchable(pdf) == pdf
