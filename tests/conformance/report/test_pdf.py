"""The PDF: really printed, or a plain word why not."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.report.page import page
from conformance.report.pdf import find_browser, print_page, printable
from conformance.result.model import Result

Made = Callable[..., Result]


def browser(folder: Path, script: str) -> str:
    """A program that stands where a browser would; ``$OUT`` is the file that it is to print."""
    made = folder / "browser"
    out = 'for one; do case "$one" in --print-to-pdf=*) OUT="${one#--print-to-pdf=}";; esac; done\n'
    made.write_text(f"#!/bin/sh\n{out}{script}\n")
    made.chmod(0o755)
    return str(made)


@pytest.fixture(scope="module")
def html(make: Made) -> str:
    return page(make(12, 16), "zh")


def unpacked(pdf: bytes) -> list[bytes]:
    """What stands in the streams of a PDF that are packed with Flate."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\n?endstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            found.append(zlib.decompress(stream))
    return found


def said_by(pdf: bytes) -> set[str]:
    """The characters that a reader can copy out of a PDF: what its ToUnicode maps lead to."""
    maps = b"".join(unpacked(pdf))
    found = set()
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", maps, re.DOTALL):
        found |= {int(one, 16) for one in re.findall(rb"<[0-9A-F]+> ?<([0-9A-F]{4})>", block)}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", maps, re.DOTALL):
        arrays = b"".join(re.findall(rb"\[(.*?)\]", block))
        found |= {int(one, 16) for one in re.findall(rb"<([0-9A-F]{4})>", arrays)}
        for row in re.findall(rb"<([0-9A-F]+)> <([0-9A-F]+)> <([0-9A-F]{4})>", block):
            first, last, to = (int(one, 16) for one in row)
            found |= set(range(to, to + last - first + 1))
    return set(map(chr, found))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_printed_on_a4(html: str, tmp_path: Path, require: Callable[..., str], lang: str) -> None:
    printed = print_page(html, tmp_path / "report.pdf", lang, browser=require("chromium", binary="chromium"))
    assert printed.path == tmp_path / "report.pdf"
    data = printed.path.read_bytes()
    data += b"\n".join(one for one in unpacked(data))
    boxes = {tuple(map(float, one.split())) for one in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", data)}
    assert all((round(width), round(height)) == (595, 842) for _, _, width, height in boxes)
    pages = len(re.findall(rb"/Type\s*/Page\b", data))
    assert 6 <= pages <= 40
    assert b"/FontFile" in data or b"/Type3" in data
    assert said_by(data) >= set("自测证据" if lang == "zh" else "evidence")
    assert b"file://" not in data
    assert b"/JavaScript" not in data
    assert [one.name for one in tmp_path.iterdir()] == ["report.pdf"]
    if shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", printed.path, "-"], capture_output=True, check=True
        ).stdout.decode()
        assert ("自测证据，非法定检测报告" if lang == "zh" else "Self-test evidence") in text
        assert "HTTP 201" in text


def test_what_is_printed_has_one_language_no_script_and_no_way_out(html: str) -> None:
    text = printable(html, "en")
    assert '<html lang="en" data-lang="en">' in text
    assert "<script>" not in text
    assert 'href="evidence/' not in text
    assert 'href="#s12"' in text


def test_without_a_browser_it_says_what_to_install(
    html: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.report.pdf.BROWSERS", ("no-such-browser",))
    (tmp_path / "report.pdf").write_bytes(b"%PDF-of an earlier run")
    printed = print_page(html, tmp_path / "report.pdf", "zh")
    assert printed.path is None
    assert printed.note is not None
    assert printed.note.en == "no PDF: apt-get install chromium fonts-noto-cjk"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "ended with code 3"),
        ("exit 0", "ended with code 0"),
        ('echo "<html>" > "$OUT"', "ended with code 0"),
        ("exec tail -f /dev/null", "did not finish within 0.2 s"),
    ],
)
def test_a_browser_that_fails_costs_the_pdf_only(html: str, tmp_path: Path, script: str, said: str) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    printed = print_page(html, folder / "report.pdf", "zh", browser=browser(tmp_path, script), seconds=0.2)
    assert printed.path is None
    assert printed.note is not None
    assert said in printed.note.en
    assert not list(folder.iterdir())


def test_a_browser_reaches_no_network_and_has_a_profile_of_its_own(html: str, tmp_path: Path) -> None:
    script = f'printf "%s\\n" "$@" > {tmp_path}/said; printf "%%PDF-1.4" > "$OUT"'
    folder = tmp_path / "report"
    folder.mkdir()
    assert print_page(html, folder / "report.pdf", "zh", browser=browser(tmp_path, script)).path is not None
    said = (tmp_path / "said").read_text().splitlines()
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in said
    assert any(one.startswith(f"--user-data-dir={folder.resolve()}/printing-") for one in said)


def test_a_named_browser_that_is_not_there_is_not_found() -> None:
    assert find_browser("/no/such/browser") is None
