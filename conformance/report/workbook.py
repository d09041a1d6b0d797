"""Owns ``result.xlsx``: a cover and the tables, each on a sheet that can be filtered and printed."""

from __future__ import annotations

import io
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from conformance.report.plain import shown
from conformance.report.tables import LENGTH, Cell, Table, looks_like_formula, tables
from conformance.report.view import STATES, View
from conformance.report.wording import TEXT
from conformance.result.model import Result

_HEAD = PatternFill("solid", fgColor="1F3A5F")
_LINE = Border(bottom=Side("hair", "8090A0"))
_WRAP = Alignment(wrap_text=True, vertical="top")


def workbook(view: View, lang: str) -> bytes:
    """Return ``result.xlsx``, its texts in one language. No cell is a formula, whatever a target answered."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    _cover(first, view, lang)
    for table in tables(view, lang):
        _sheet(book.create_sheet(table.name), table)
    _dated(book, view.result.run.finished)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cover(sheet: Worksheet, view: View, lang: str) -> None:
    sheet.title = TEXT["t-cover"].said(lang)
    heads = [TEXT[name].said(lang) for name in ("title", "stamp")]
    run = view.result.run
    heads += [TEXT[name].said(lang) for name in ("part",) if not run.whole]
    heads += [TEXT[name].said(lang) for name in ("incomplete",) if not run.complete]
    rows = [*((head, "") for head in heads), ("", ""), *_about(view.result, lang), *_figures(view, lang)]
    for number, (label, value) in enumerate(rows, 1):
        _put(sheet, number, 1, label)
        _put(sheet, number, 2, value)
        sheet.cell(number, 1).font = Font(bold=True, size=16 if number == 1 else 11)
        if number <= len(heads):
            sheet.cell(number, 1).alignment = Alignment(wrap_text=False)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 90


def _about(result: Result, lang: str) -> list[tuple[str, Cell]]:
    said = (
        ("number", result.run.id),
        ("target", result.target.name),
        ("address", result.target.fhir),
        ("software", f"{result.target.software} {result.target.version}"),
        ("jurisdictions", ", ".join(result.run.jurisdictions)),
        ("started", result.run.started),
        ("finished", result.run.finished),
        ("tool", f"{result.tool.name} {result.tool.version}"),
    )
    return [(TEXT[name].said(lang), value) for name, value in said]


def _figures(view: View, lang: str) -> list[tuple[str, Cell]]:
    score, coverage = view.result.score, view.result.coverage
    capped = TEXT["capped"].filled(cap=score.cap, uncapped=score.uncapped)
    counts = TEXT["coverage-of"].filled(
        requirements=coverage.requirements,
        automatic=coverage.automatic,
        attestable=coverage.attestable,
        with_reason=coverage.with_reason,
    )
    said: list[tuple[str, Cell]] = [
        ("score" if view.result.run.whole else "score-part", score.value),
        ("cap", (TEXT["uncapped"] if score.cap is None else capped).said(lang)),
        ("formula", score.formula.said(lang)),
        ("coverage", f"{coverage.percent}% · {counts.said(lang)}"),
        ("checks", len(view.result.checks)),
    ]
    states = [(state.words.said(lang), view.total.counts.get(state, 0)) for state in STATES]
    return [*((TEXT[name].said(lang), value) for name, value in said), *states]


def _sheet(sheet: Worksheet, table: Table) -> None:
    for number, (title, width) in enumerate(table.columns, 1):
        _put(sheet, 1, number, title)
        head = sheet.cell(1, number)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), _HEAD
        sheet.column_dimensions[get_column_letter(number)].width = width
    for at, row in enumerate(table.rows, 2):
        for number, value in enumerate(row, 1):
            _put(sheet, at, number, value)
            sheet.cell(at, number).border = _LINE
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _put(sheet: Worksheet, row: int, column: int, value: Cell) -> None:
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = shown(value, "en", LENGTH)
        cell.data_type = "s"  # openpyxl makes a formula of a text with "="
        cell.quotePrefix = looks_like_formula(value)  # and a spreadsheet one of a text that somebody edits
    else:
        cell.value = value
    cell.alignment = _WRAP


def _dated(book: Workbook, instant: str) -> None:
    """The same result makes the same file, whenever."""
    try:
        when = datetime.fromisoformat(instant).replace(tzinfo=None)
    except ValueError:
        return
    book.properties.created = book.properties.modified = when
    book.properties.creator = "qiao"
