"""Where and when a requirement holds: national law in every province, a text that ran out no longer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.catalogue.model import Catalogue, State
from conformance.catalogue.read import load
from tests.conformance.catalogue.made import folder, law, row

DAY = date(2025, 6, 1)
NATIONAL = law(row(id="NAT-1"), row(id="NAT-2"), document="NAT", jurisdiction="cn")
TECHNICAL = law(
    row(id="R-1", article="http://hl7.org"),
    document="R",
    jurisdiction="any",
    legal=False,
    articles=None,
    excluded=None,
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    also = [{"document": "NAT", "article": "第一条", "original": "也应当。"}]
    loose = [{**also[0], "binding": False}]
    rows = (row(id="LAW-1"), row(id="LAW-2", also=also), row(id="LAW-3", also=loose))
    sichuan = law(*rows, **{"from": date(2024, 2, 1), "to": date(2026, 1, 31)})
    return load(folder(tmp_path, sichuan, NATIONAL, TECHNICAL))


@pytest.mark.parametrize(
    ("requirement", "stack", "day", "state"),
    [
        ("LAW-1", ("cn", "cn-sichuan"), DAY, "applies"),
        ("LAW-1", ("cn", "cn-chongqing"), DAY, "elsewhere"),
        ("LAW-1", ("cn", "cn-sichuan"), date(2024, 1, 31), "not-yet"),
        ("LAW-1", ("cn", "cn-sichuan"), date(2024, 2, 1), "applies"),
        ("LAW-1", ("cn", "cn-sichuan"), date(2026, 1, 31), "applies"),
        ("LAW-1", ("cn", "cn-sichuan"), date(2026, 2, 1), "expired"),
        ("LAW-2", ("cn", "cn-sichuan"), date(2026, 2, 1), "applies"),
        ("LAW-2", ("cn",), DAY, "applies"),
        ("LAW-3", ("cn",), DAY, "elsewhere"),
        ("NAT-1", ("cn", "cn-yunnan"), DAY, "applies"),
        ("R-1", (), DAY, "applies"),
    ],
)
def test_where_and_when_a_row_holds(
    catalogue: Catalogue, requirement: str, stack: tuple[str, ...], day: date, state: State
) -> None:
    assert catalogue.state(requirement, stack, day) == state
    assert catalogue.applies(requirement, stack, day) == (state == "applies")


def test_jurisdictions_come_from_every_binding_text(catalogue: Catalogue) -> None:
    found = {name: one.jurisdictions for name, one in catalogue.requirements.items()}
    assert found["LAW-1"] == ("cn-sichuan",)
    assert found["LAW-2"] == ("cn", "cn-sichuan")
    assert found["LAW-3"] == ("cn-sichuan",)


def test_the_rows_of_some_jurisdictions(catalogue: Catalogue) -> None:
    assert {one.id for one in catalogue.of(["cn"])} == {"LAW-2", "NAT-1", "NAT-2", "R-1"}
    assert {one.id for one in catalogue.technical} == {"R-1"}
    assert "R-1" not in {one.id for one in catalogue.legal}


def test_a_row_that_is_not_there_is_an_error(catalogue: Catalogue) -> None:
    with pytest.raises(KeyError):
        catalogue.applies("NAT-99", ("cn",), DAY)
