"""A report's folder: all files, or a plain word why one is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.report import NO_PDF, write_all
from conformance.result.model import Result, save

Made = Callable[..., Result]
FILES = {"index.html", "junit.xml", "testreport.json", "result.csv", "result.xlsx"}


@pytest.mark.parametrize("sizes", [(0, 0), (12, 16)])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_file_is_written(make: Made, tmp_path: Path, sizes: tuple[int, int], lang: str) -> None:
    written = write_all(make(*sizes), tmp_path, lang, pdf=False)
    assert {one.name for one in written.paths} == FILES == {one.name for one in tmp_path.iterdir()}
    assert written.notes == ()


def test_the_page_names_the_hash_of_the_result_and_the_key(make: Made, tmp_path: Path) -> None:
    save(make(12, 16), tmp_path)
    write_all(make(12, 16), tmp_path, key="c0ffee" * 8, tester="周文敏", pdf=False)
    text = (tmp_path / "index.html").read_text("utf-8")
    assert hashlib.sha256((tmp_path / "result.json").read_bytes()).hexdigest() in text
    assert "c0ffee" * 8 in text
    assert "周文敏" in text


def test_why_there_is_no_pdf_is_recorded_and_an_old_one_is_gone(make: Made, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-of an earlier run")
    written = write_all(make(6, 6), tmp_path, browser="/no/such/browser")
    assert not (tmp_path / "report.pdf").exists()
    assert "apt-get install chromium fonts-noto-cjk" in (tmp_path / NO_PDF).read_text("utf-8")
    assert tmp_path / NO_PDF in written.paths
    assert [one.en for one in written.notes] == ["no PDF: apt-get install chromium fonts-noto-cjk"]


def test_the_reason_of_an_earlier_run_is_gone_once_there_is_a_pdf(make: Made, tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text(
        '#!/bin/sh\nfor one; do case "$one" in --print-to-pdf=*) '
        'printf "%%PDF-1.4" > "${one#--print-to-pdf=}";; esac; done\n'
    )
    program.chmod(0o755)
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / NO_PDF).write_text("no PDF")
    written = write_all(make(6, 6), folder, browser=str(program))
    assert (
        {one.name for one in written.paths}
        == {*FILES, "report.pdf"}
        == {one.name for one in folder.iterdir()}
    )


def test_the_same_result_makes_the_same_bytes(make: Made, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_all(make(12, 16), tmp_path / name, pdf=False)
    for name in FILES - {"result.xlsx"}:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
