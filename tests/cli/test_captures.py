"""``qiao convert`` of what was recorded of an analyser's line: framed, noisy, bare, spelled out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import captures, main
from gateway.wire.astm.frame import ACK, ENQ, EOT, frames

SAMPLES = Path(__file__).parents[2] / "adapters" / "lis" / "astm" / "samples"


def message(sample: str, value: str = "5.60") -> bytes:
    lines = (
        "H|\\^&|||TEST-1|||||||P|LIS2-A2|20260307104500",
        "P|1",
        f"O|1|{sample}||^^^GLU",
        f"R|1|^^^GLU|{value}|mmol/L|3.9 to 6.1|N||F||||20260307104400",
        "L|1|N",
    )
    return "".join(f"{one}\r" for one in lines).encode()


def framed(raw: bytes) -> bytes:
    return ENQ + ACK + b"".join(one + ACK for one in frames(raw)) + EOT


def spelled(raw: bytes, *, ends: bool) -> bytes:
    names = {2: "<STX>", 3: "<ETX>", 4: "<EOT>", 5: "<ENQ>", 6: "<ACK>", 23: "<ETB>"}
    names |= {13: "<CR>", 10: "<LF>"} if ends else {}
    return "".join(names.get(one, chr(one)) for one in raw).replace("<LF>", "<LF>\n").encode()


def logged(raw: bytes, *, checksums: bool) -> bytes:
    """Return frames as a log shows them that drops control characters."""
    lines = [one.strip(b"\x02\r\n").partition(b"\r\x03") for one in frames(raw)]
    return b"".join(text + b"\r\n" + (end + b"\r\n" if checksums else b"") for text, _, end in lines)


def converted(tmp_path: Path, raw: bytes, capsys: Any) -> tuple[int, list[Any], dict[str, Any]]:
    """Return exit code, the values of all observations, and the figures."""
    file, out = tmp_path / "line.log", tmp_path / "out.ndjson"
    file.write_bytes(raw)
    code = main(["convert", str(file), "-o", str(out), "--json"])
    figures = json.loads(capsys.readouterr().out)
    bundles = [json.loads(line) for line in out.read_text().splitlines()]
    found = [entry["resource"] for one in bundles for entry in one.get("entry", ())]
    values = [one["valueQuantity"]["value"] for one in found if one["resourceType"] == "Observation"]
    return code, values, figures


A, B = message("A", "5.61"), message("B", "5.62")


@pytest.mark.parametrize(
    "raw",
    [
        framed(A) + framed(B),
        b"\x00\xff line noise \r\n" + framed(A) + b"#!?" * 9 + framed(B),
        A + B,
        A.replace(b"\r", b"\r\n") + b"\r\n" + B.replace(b"\r", b"\n"),
        b"\xef\xbb\xbf" + A + B,
        spelled(framed(A) + framed(B), ends=True),
        spelled(framed(A) + framed(B), ends=False),
        b"2026-03-07 10:45:01 RX " + framed(A) + b"\r\n2026-03-07 10:45:09 RX " + framed(B),
        b"".join(frames(A)) + b"".join(frames(B)),
        framed(A + B),
        logged(A, checksums=False) + logged(B, checksums=False),
        logged(A, checksums=True) + logged(B, checksums=True),
    ],
    ids=["framed", "noise", "bare", "line ends", "byte order mark", "spelled out", "spelled, with line ends",
         "a log", "without ENQ", "one session", "a log of frames", "with checksums"],
)  # fmt: skip
def test_a_recording_becomes_its_messages(tmp_path: Path, capsys: Any, raw: bytes) -> None:
    code, values, figures = converted(tmp_path, raw, capsys)
    assert (code, values) == (0, [5.61, 5.62])
    assert (figures["messages"], figures["unmapped"]) == (2, {})


def test_each_sample_of_a_message_is_converted_by_itself(tmp_path: Path, capsys: Any) -> None:
    rack = A.replace(b"L|1|N\r", b"O|2|B||^^^GLU\rR|1|^^^GLU|5.62|mmol/L||N||F\rL|1|N\r")
    _, values, figures = converted(tmp_path, rack, capsys)
    assert (values, figures["messages"]) == ([5.61, 5.62], 2)


def test_a_frame_that_was_repeated_counts_once(tmp_path: Path, capsys: Any) -> None:
    cut = frames(A)
    bad = cut[2].replace(b"^^^GLU", b"^^^GLX")
    raw = ENQ + b"".join([cut[0], cut[1], bad, cut[2], cut[2], *cut[3:]]) + EOT
    assert converted(tmp_path, raw, capsys)[1] == [5.61]


def test_a_recording_whose_checksums_are_all_wrong_was_written_by_hand(tmp_path: Path, capsys: Any) -> None:
    raw = b"".join(one[:-4] + b"00\r\n" for one in (*frames(A), *frames(B)))
    assert converted(tmp_path, raw, capsys)[1] == [5.61, 5.62]


def test_a_message_without_its_end_is_told(tmp_path: Path, capsys: Any) -> None:
    code, values, figures = converted(tmp_path, ENQ + b"".join(frames(A)[:3]), capsys)
    assert (code, values, figures["quarantined"]) == (1, [], 1)


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (b"H|\\^&|||X\r", True), (b"\x05\x021H|\\^&|||X\r", True), (b"H@\\^&@@@X\r", True),
        (b"\n\nH|\\^&\r", True),
        (b"<ENQ>\n<STX>1H|\\^&|||X<CR>", True), (b"[STX]1H|\\^&|||X[CR]", True), (b"1H|\\^&|||X\r", True),
        (b"MSH|^~\\&|A\r", False), (b"\x0bMSH|^~\\&|A\rOBX|1|ST|H|\\^&", False),
        (b"Hallo, Welt", False), (b"", False),
        (b"H;code;name\n", False),
    ],
)  # fmt: skip
def test_what_is_such_a_recording(head: bytes, is_one: bool) -> None:
    assert captures.is_one(head) is is_one


def test_a_folder_of_samples_is_converted(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out.ndjson"
    assert main(["convert", str(SAMPLES), "-o", str(out), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["messages"] == figures["converted"] == len(list(SAMPLES.glob("*.astm")))
