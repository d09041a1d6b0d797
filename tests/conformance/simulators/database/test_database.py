"""The database of the fictional HIS: the same day from the same seed, and views that a layout can read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, create_engine, inspect, text

from conformance.simulators.database import Occupied, apply, connect, database_day, empty, ensure
from conformance.simulators.database.__main__ import main
from conformance.simulators.database.tables import VIEWS

ROWS = Path(__file__).parents[4] / "mappings" / "rows"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'his.db'}")
    empty(made)
    yield made
    made.dispose()


def known() -> dict[str, set[str]]:
    """Return view → columns of every layout, its details among them."""
    found: dict[str, set[str]] = {}
    for path in ROWS.glob("*.yaml"):
        data = yaml.safe_load(path.read_text("utf-8"))
        for one in (data, *(data.get("details") or {}).values()):
            found.setdefault(one["view"], set()).update(one["columns"])
    return found


def test_a_seed_decides_every_row() -> None:
    assert database_day(3) == database_day(3)
    assert database_day(3) != database_day(4)


def test_a_day_has_all_that_happens_in_a_database() -> None:
    changes = database_day(7, patients=120)
    done = {(action, table) for change in changes for action, table, _ in change.rows}
    assert {("insert", "CFMX"), ("update", "CFZB"), ("delete", "CFMX"), ("update", "BRDA")} <= done
    late = [
        one
        for one in changes
        for _, _, row in one.rows
        if "XGSJ" in row and str(row["XGSJ"]) < f"{one.at:%F %T}"
    ]
    assert late  # a poller that only asks for what is newer would miss them
    assert [one.at for one in changes] == sorted(one.at for one in changes)


def test_every_view_has_the_columns_of_its_layout_and_rows(engine: Engine) -> None:
    apply(engine, database_day(7, patients=60))
    columns = known()
    for name in VIEWS:
        assert {column["name"] for column in inspect(engine).get_columns(name)} <= columns[name], name
        with engine.connect() as connection:
            assert connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar(), name


def test_every_required_column_of_a_layout_is_in_its_view(engine: Engine) -> None:
    for path in ROWS.glob("*.yaml"):
        data = yaml.safe_load(path.read_text("utf-8"))
        if data["view"] not in VIEWS:
            continue
        there = {column["name"] for column in inspect(engine).get_columns(data["view"])}
        assert {name for name, said in data["columns"].items() if said.get("required")} <= there, path.name


def test_it_runs_on_postgresql(database: str) -> None:
    made = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    try:
        empty(made)
        empty(made)  # again: what was there is dropped
        apply(made, database_day(7, patients=12))
        with made.connect() as connection:
            assert connection.execute(text("SELECT COUNT(*) FROM qiao_prescription_item")).scalar()
    finally:
        made.dispose()


def test_what_was_made_before_stays_unless_it_is_to_be_empty(engine: Engine, tmp_path: Path) -> None:
    def patients() -> int:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT COUNT(*) FROM qiao_patient")).scalar() or 0)

    apply(engine, database_day(7, patients=3))
    with engine.begin() as connection:
        connection.execute(text("DROP VIEW qiao_visit"))  # as of one that broke off while it was made
    ensure(engine)
    assert patients() == 3
    assert "qiao_visit" in inspect(engine).get_view_names()
    url = f"sqlite:///{tmp_path / 'his.db'}"
    for _ in range(2):  # the same day again
        assert main([url, "--patients", "2", "--seed", "8"]) == 0
        assert patients() == 5
    assert main([url, "--empty"]) == 0
    assert patients() == 0


@pytest.mark.parametrize("theirs", ["TABLE cfzb (a)", "VIEW qiao_patient AS SELECT 1 patient_no"])
def test_tables_and_views_of_a_hospital_are_never_touched(
    theirs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'his.db'}"
    made = connect(url)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE PATIENT (ID)"))
        connection.execute(text(f"CREATE {theirs}"))
    before = {*inspect(made).get_table_names(), *inspect(made).get_view_names()}
    for make in (ensure, empty):
        with pytest.raises(Occupied, match=r"nothing was changed\. Give an empty database"):
            make(made)
    assert main([url]) == main([url, "--empty"]) == 2
    assert theirs.split()[1] in capsys.readouterr().err
    assert {*inspect(made).get_table_names(), *inspect(made).get_view_names()} == before
    made.dispose()
