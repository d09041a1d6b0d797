"""Spreadsheets: all rows, Chinese that opens, and nothing that computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook

from conformance.harness.words import same
from conformance.report.tables import as_csv, looks_like_formula
from conformance.report.view import view
from conformance.report.workbook import workbook
from conformance.result.model import Result

Made = Callable[..., Result]
FORMULAS = ("=1+1", "=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1+1")


def opened(result: Result, lang: str = "zh") -> Workbook:
    return load_workbook(io.BytesIO(workbook(view(result.ordered()), lang)))


def lines(result: Result, lang: str = "zh") -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(view(result.ordered()), lang).decode("utf-8-sig"), newline="")))


def poisoned(result: Result, bad: str) -> Result:
    checks = tuple(replace(one, title=same(bad), reason=same(bad), advice=same(bad)) for one in result.checks)
    rows = tuple(replace(one, title=same(bad), original=bad, reason=same(bad)) for one in result.requirements)
    return replace(result, checks=checks, requirements=rows, target=replace(result.target, name=bad))


def test_the_csv_opens_as_utf_8_and_has_a_row_for_each_check(result: Result) -> None:
    assert as_csv(view(result.ordered()), "zh").startswith(b"\xef\xbb\xbf")
    head, *rows = lines(result)
    assert len({len(row) for row in rows} | {len(head)}) == 1
    silent = sum(not one.checks for one in result.requirements)
    assert len(rows) == len(result.checks) + silent
    assert {row[0] for row in rows} == {one.id for one in result.requirements}
    assert {check.id for check in result.checks} <= {cell for row in rows for cell in row}


def test_the_workbook_has_its_five_sheets(result: Result) -> None:
    book = opened(result)
    assert book.sheetnames == ["封面", "要求", "检查", "不符合项", "见证"]
    assert opened(result, "en").sheetnames == [
        "Cover",
        "Requirements",
        "Checks",
        "Nonconformities",
        "Attestations",
    ]
    counts = [book[name].max_row - 1 for name in book.sheetnames[1:]]
    assert counts == [
        len(result.requirements), len(result.checks), len(view(result).findings), len(result.attestations),
    ]  # fmt: skip


def test_the_cover_says_what_it_is_and_how_good(result: Result) -> None:
    rows = {str(one[0].value): one[1].value for one in opened(result)["封面"].iter_rows()}
    assert "自测证据，非法定检测报告" in rows
    assert rows["得分"] == result.score.value
    assert f"{result.coverage.percent}%" in str(rows["非组织职责要求的自动检测覆盖率"])


def test_heads_stay_and_long_texts_wrap(result: Result) -> None:
    for sheet in opened(result).worksheets[1:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.auto_filter.ref
        assert sheet.cell(1, 1).alignment.wrap_text
        assert all(one.width and one.width >= 8 for one in sheet.column_dimensions.values())


@pytest.mark.parametrize("bad", FORMULAS)
def test_no_text_of_a_target_computes(make: Made, bad: str) -> None:
    one = poisoned(make(10, 10), bad)
    cells = [cell for sheet in opened(one).worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert all(cell.quotePrefix for cell in cells if looks_like_formula(cell.value))
    assert not [
        cell for row in lines(one) for cell in row if cell.strip().startswith(("=", "+", "-", "@", "＝"))
    ]


def test_ordinary_texts_have_no_apostrophe(result: Result) -> None:
    assert not [cell for row in lines(result) for cell in row if cell.startswith("'")]


def test_huge_and_hidden_values_fit_a_cell(make: Made) -> None:
    one = poisoned(make(10, 10), "z" * 100_000 + "\x07")
    values = [
        str(cell.value) for sheet in opened(one).worksheets for row in sheet.iter_rows() for cell in row
    ]
    assert max(map(len, values)) < 32_767
    assert any("100,001" in one for one in values)


def test_nothing_makes_empty_tables(make: Made) -> None:
    assert [sheet.max_row for sheet in opened(make(0, 0)).worksheets[1:]] == [1, 1, 1, 1]
    assert len(lines(make(0, 0))) == 1
