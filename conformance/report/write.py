"""Owns a report's folder: which files are written of a result, and what became of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from conformance.harness.words import Words
from conformance.report.junit import junit
from conformance.report.page import Seal, page
from conformance.report.pdf import print_page
from conformance.report.tables import as_csv
from conformance.report.testreport import as_test_report, dumps
from conformance.report.view import view
from conformance.report.workbook import workbook
from conformance.result.file import write
from conformance.result.model import Result

NO_PDF = "report-pdf.txt"
"""Why there is no PDF; the file is there only then, so that a manifest covers the reason as well."""
_PDF = "report.pdf"
NAMES = ("index.html", "junit.xml", "testreport.json", "result.csv", "result.xlsx", _PDF, NO_PDF)
"""All that may be written."""


@dataclass(slots=True, frozen=True)
class Written:
    """What was written; ``notes``: what could not be, and why."""

    paths: tuple[Path, ...]
    notes: tuple[Words, ...] = ()


def write_all(
    result: Result,
    folder: Path,
    lang: str = "zh",
    *,
    tester: str = "",
    key: str = "",
    pdf: bool = True,
    browser: str | None = None,
) -> Written:
    """Write the page, ``report.pdf``, ``junit.xml``, ``testreport.json``, ``result.csv``, ``result.xlsx``.

    Write ``result.json`` before, so that the page names its hash; the manifest after: it covers these.

    Args:
        lang: ``zh`` or ``en``: what the page opens in, and the language of the other files.
        tester: who ran it; empty: the page has a line to fill in by hand.
        key: fingerprint of the key that will sign the manifest; empty: it will not be signed.
        pdf: False: none is wanted.
        browser: a Chromium; None: the first that is found.

    Raises:
        OSError: the folder cannot be written.
    """
    ordered = result.ordered()
    rows = view(ordered)
    html = page(ordered, lang, tester=tester, seal=Seal(_hash(folder / "result.json"), key))
    files = {
        "index.html": html.encode(),
        "junit.xml": junit(ordered, lang),
        "testreport.json": dumps(as_test_report(ordered, lang, tester=tester)),
        "result.csv": as_csv(rows, lang),
        "result.xlsx": workbook(rows, lang),
    }
    for name in (_PDF, NO_PDF):  # of an earlier report: it would be sealed as part of this one
        (folder / name).unlink(missing_ok=True)
    for name, data in files.items():
        write(folder / name, data)
    paths = tuple(folder / name for name in files)
    if not pdf:
        return Written(paths)
    return _with_pdf(paths, html, folder, lang, browser)


def _with_pdf(paths: tuple[Path, ...], html: str, folder: Path, lang: str, browser: str | None) -> Written:
    printed = print_page(html, folder / _PDF, lang, browser=browser)
    why = folder / NO_PDF
    if printed.path is not None:
        return Written((*paths, printed.path))
    note = printed.note or Words("没有 PDF", "no PDF")
    write(why, f"{note.zh}\n{note.en}\n".encode())
    return Written((*paths, why), (note,))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
