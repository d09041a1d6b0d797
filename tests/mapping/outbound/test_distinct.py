"""A set whose later events would pass for rows that are there is refused; one that does not is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.feed.writeback.opening import open_wires
from gateway.mapping import Maps
from gateway.settings import Settings, WritebackSettings

NEW, OTHER = "{effective: a, %s: b}", "{effective: {map: a, facts: {op: N}}, %s: {map: a, facts: {op: C}}}"


def opened(maps: Maps, path: Path, kinds: str, *tables: tuple[str, str, str]) -> None:
    """Open a set of a map for each (table, key, what its column op says)."""
    made = [
        f"  - outbound: {name}\n    form: rows\n    about: MedicationRequest\n    tables:\n"
        f"      - table: {table}\n        key: {key}\n        each: MedicationRequest\n"
        f"        columns: {{rx: {{path: .id, required: true}}, k: $key, event: $happened, op: {op}}}\n"
        for name, (table, key, op) in zip("ab", tables, strict=False)
    ]
    own = path / "own.yaml"
    own.write_text(f"outbound: own\nmaps:\n{''.join(made)}kinds: {{prescription: {kinds}}}\n")
    his = WritebackSettings(f"sqlite:///{path}/his.db", map=str(own))
    open_wires(Settings(writeback={"his": his}), maps)


@pytest.mark.parametrize(("kinds", "tables"), [
    (NEW % "cancelled", [("t", "[rx, op]", "\"'N'\""), ("t", "[rx, op]", "\"'C'\"")]),
    (NEW % "cancelled", [("t", "[rx, op]", "\"'N'\""), ("t", "[k]", "\"'C'\"")]),
    (NEW % "cancelled", [("t", "[rx, event]", "\"'N'\""), ("t", "[rx, event]", "\"'N'\"")]),
    (NEW % "corrected", [("t", "[rx]", "\"'N'\""), ("u", "[k]", "\"'C'\"")]),
    (OTHER % "cancelled", [("t", "[rx, op]", "$op")]),
])  # fmt: skip
def test_what_differs_by_the_event_tells_rows_apart(
    kinds: str, tables: list[tuple[str, str, str]], maps: Maps, tmp_path: Path
) -> None:
    opened(maps, tmp_path, kinds, *tables)


@pytest.mark.parametrize(("kinds", "tables"), [
    (NEW % "cancelled", [("t", "[rx, op]", "\"'N'\""), ("t", "[rx, op]", "\"'N'\"")]),
    (NEW % "cancelled", [("t", "[rx]", "\"'N'\""), ("t", "[rx]", "\"'C'\"")]),
    (NEW % "corrected", [("t", "[rx]", "\"'N'\""), ("u", "[rx]", "\"'C'\"")]),
    (NEW % "corrected", [("t", "[rx, event]", "\"'N'\""), ("u", "[rx, event]", "\"'C'\"")]),
    (OTHER % "corrected", [("t", "[rx, op]", "$op")]),
])  # fmt: skip
def test_a_row_that_would_pass_for_another_is_refused_at_the_start(
    kinds: str, tables: list[tuple[str, str, str]], maps: Maps, tmp_path: Path
) -> None:
    """Also a second correction that has its table alone."""
    with pytest.raises(Misconfigured, match=r"key needs a column that is \$key"):
        opened(maps, tmp_path, kinds, *tables)
