"""Opening a store: durability settings, the schema version, what is no store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Draft, Issue, Quarantined, Refused
from gateway.errors import Misconfigured, Retry
from gateway.store import Settle, open_store

Make = Callable[..., Draft]


def change(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.commit()
    connection.close()


def pragma(desk: Any, name: str) -> object:
    return desk.store._session.writer.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_the_writer_syncs_every_commit_and_never_checkpoints(desk: Any) -> None:
    assert pragma(desk, "journal_mode") == "wal"
    assert pragma(desk, "synchronous") == 2
    assert pragma(desk, "wal_autocheckpoint") == 0


def test_what_is_committed_survives_without_a_close(desk: Any, patient: Make, tmp_path: Path) -> None:
    """Copying the files as they lie there is what a power cut leaves behind."""
    desk.stored(patient(gender="male"))
    for suffix in ("", "-wal"):
        (tmp_path / f"copy.db{suffix}").write_bytes(Path(f"{desk.path}{suffix}").read_bytes())
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert copy.read("default", "Patient", "p1") is not None
    copy.close()


def test_a_close_leaves_no_log(desk: Any, patient: Make) -> None:
    desk.stored(patient())
    desk.store.close()
    assert not Path(f"{desk.path}-wal").exists()


@pytest.mark.parametrize(
    ("version", "code", "advice"),
    [("0", "store-too-old", "restore a backup"), ("3", "store-too-new", "newer")],
)
def test_another_schema_version_says_what_to_do(tmp_path: Path, version: str, code: str, advice: str) -> None:
    path = tmp_path / "qiao.db"
    open_store(f"sqlite:///{path}").close()
    change(path, f"UPDATE store_meta SET value = '{version}' WHERE name = 'schema_version'")
    with pytest.raises(Misconfigured, match=advice) as raised:
        open_store(f"sqlite:///{path}")
    assert raised.value.code == code


def test_a_database_of_the_first_version_opens_and_tells_what_was_answered_ar(desk: Any) -> None:
    def issue(rule: str) -> Issue:
        return Issue("error", "required", "MSH-10", rule, "MSH-10 is required")

    ends = [
        Quarantined("no-control-id", [issue("HL70357/101")]),
        Refused([issue("HL70357/200")]),
        Refused([issue("cq-3.2")]),
        Quarantined("no-patient", [issue("")]),
    ]
    envelopes = [desk.envelope() for _ in ends]
    desk.store.write([desk.receive(one) for one in envelopes])
    desk.store.write([Settle(one, end, desk.ack) for one, end in zip(envelopes, ends, strict=True)])
    desk.store.close()
    change(desk.path, "UPDATE store_meta SET value = '1' WHERE name = 'schema_version'")
    for _ in range(2):
        store = open_store(f"sqlite:///{desk.path}")
        rows = {row.id: (row.state, row.reason) for row in store.inbox_list()}
        counts = store.counts("default")
        store.close()
        assert [rows[one.id] for one in envelopes] == [
            ("rejected", "no-control-id"),
            ("rejected", "unknown-type"),
            ("refused", ""),
            ("quarantined", "no-patient"),
        ]
        assert counts.inbox == {"rejected": 2, "refused": 1, "quarantined": 1}
        assert counts.quarantine == {"no-patient": 1}


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    change(path, "CREATE TABLE photos (id INTEGER)")
    with pytest.raises(Misconfigured, match="another program"):
        open_store(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"notes" * 1000)
    with pytest.raises((Misconfigured, Retry)):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == b"notes" * 1000


def test_a_folder_that_does_not_exist_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(Retry):
        open_store(f"sqlite:///{tmp_path / 'none' / 'qiao.db'}")


@pytest.mark.parametrize("url", ["", "qiao.db", "sqlite://", "sqlite:///:memory:", "mysql://localhost/qiao"])
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        open_store(url)


def test_other_levels_and_zones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        open_store(f"sqlite:///{tmp_path / 'a.db'}", synchronous="SOMETIMES")
    with pytest.raises(Misconfigured):
        open_store(f"sqlite:///{tmp_path / 'a.db'}", zone="Asia/Chongqing")
