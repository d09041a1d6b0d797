"""The template is SQL that real databases take, and what is put into it arrives as it would by hand."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import orjson
import pytest
import sqlalchemy

from gateway import registry
from gateway.mapping import load_maps
from gateway.mapping.layout.ddl import TYPES, statements
from gateway.mapping.layout.file import LayoutFile
from gateway.mapping.layout.moments import normal
from tests.adapters.his.sql_view.conftest import Hospital, Opened, Taker, poll

SAMPLES = registry.one_root() / "adapters" / "his" / "sql_view" / "samples"
DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


@cache
def layouts() -> list[LayoutFile]:
    return [one for one in load_maps().layouts.files.values() if one.data.get("view")]


def made(hospital: Hospital, *, table: bool) -> None:
    sql = statements(layouts(), DIALECTS[hospital.engine.dialect.name], table=table, zh=True)
    lines = [line.partition("  --")[0] for line in sql.splitlines() if not line.startswith("--")]
    with hospital.engine.begin() as connection:
        for one in "\n".join(lines).split(";"):
            if one.strip():
                connection.exec_driver_sql(one)


def test_the_views_are_taken_and_empty_until_they_are_filled(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    made(hospital, table=False)
    door = opened(hospital, only="")
    assert len(door.polls) == 10
    assert poll(door) == 0
    assert {value for name, value in door.status().items() if name.endswith(".lost")} == {""}


def test_what_stands_in_the_tables_arrives_as_the_samples_say(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    made(hospital, table=True)
    meta = sqlalchemy.MetaData()
    meta.reflect(hospital.engine)
    wanted = {}
    files = {one.name: one for one in layouts()}
    for path in sorted(SAMPLES.glob("*.rows")):
        page = orjson.loads(path.read_bytes())
        if page["view"] in {name for name, _ in wanted} or "withdrawn" in path.name:
            continue
        layout, said = files[page["view"]], page["rows"][0]
        wanted[page["view"], path.name] = layout, said
        put(hospital, meta, layout.data["view"], layout.columns, [said["row"]])
        for name, detail in (layout.data.get("details") or {}).items():
            join = {ours: said["row"][theirs] for ours, theirs in detail["join"].items()}
            if detail["view"] not in {one.data["view"] for one in layouts()}:
                rows = [{**join, **row} for row in said.get(name, [])]
                put(hospital, meta, detail["view"], detail["columns"], rows)
    poll(opened(hospital, only=""))
    arrived = {one["view"]: one for one in taker.taken}
    for (view, _), (layout, said) in wanted.items():
        assert other(layout.columns, said["row"], arrived[view]["row"]) == set(), view
        for name, detail in (layout.data.get("details") or {}).items():
            if view != "visit":  # whose diagnoses are those of another view
                pairs = zip(said[name], arrived[view][name], strict=True)
                assert [other(detail["columns"], *pair) for pair in pairs] == [set()] * len(said[name]), view


def put(
    hospital: Hospital, meta: sqlalchemy.MetaData, name: str, columns: Any, rows: list[dict[str, Any]]
) -> None:
    typed = hospital.engine.dialect.name != "sqlite"
    for row in rows:
        values = {
            key: datetime.fromisoformat(normal_text(value))
            if typed and value and columns[key].get("type") in ("date", "datetime")
            else value
            for key, value in row.items()
        }
        if not typed and row.get("changed_at"):  # which has to sort
            values["changed_at"] = str(datetime.fromisoformat(normal_text(str(row["changed_at"]))))
        with hospital.engine.begin() as connection:
            connection.execute(meta.tables[name].insert().values(values))


def normal_text(value: str) -> str:
    digits = normal(value).partition("+")[0].ljust(14, "0")
    return f"{digits[:8]}T{digits[8:14]}"


def other(columns: Any, said: dict[str, str | None], came: dict[str, str | None]) -> set[str]:
    """Return the columns that say something else; one that nothing was said of is NULL."""
    found = {*said} - {*came}
    for name, value in came.items():
        wanted = said.get(name)
        if wanted and value and columns[name].get("type") in ("date", "datetime"):
            wanted, value = (normal(one).partition(".")[0].rstrip("0") for one in (wanted, value))
        if wanted != value:
            found.add(name)
    return found


@pytest.mark.parametrize("dialect", TYPES)
@pytest.mark.parametrize("zh", [True, False])
def test_every_column_is_commented_in_the_language_that_is_asked_for(dialect: str, zh: bool) -> None:
    sql = statements(layouts(), dialect, table=False, zh=zh)
    columns = [line for line in sql.splitlines() if line.startswith("  CAST")]
    assert len(columns) > 150
    assert all(line.partition("  -- ")[2].strip() for line in columns)
    assert any("一" <= sign <= "鿿" for sign in columns[0]) is zh


def test_every_view_is_a_batch_of_its_own_for_sql_server() -> None:
    sql = statements(layouts(), "mssql", table=False, zh=False)
    batches = sql.split("\nGO\n")
    assert [one.count("CREATE VIEW") for one in batches] == [1] * (len(batches) - 1) + [0]
    assert "GO" not in statements(layouts(), "oracle", table=False, zh=False).split()


def test_a_file_of_one_view_alone() -> None:
    (one,) = [one for one in layouts() if one.name == "prescription"]
    sql = statements([one], "oracle", table=True, zh=False)
    assert "CREATE TABLE qiao_prescription (" in sql
    assert "CREATE TABLE qiao_prescription_item (" in sql
    assert "CREATE INDEX qiao_prescription_changed ON qiao_prescription (changed_at, rx_no);" in sql
