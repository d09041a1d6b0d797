"""Samples: each file of ``samples`` is read as the row beside it, which ``test_contract`` makes FHIR of.

``QIAO_WRITE_GOLDEN=1`` writes these rows anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import adapters.his.files as adapter
from adapters.his.files.group import Record
from gateway.wire.rows import written
from tests.adapters.his.files.conftest import Read

SAMPLES = Path(str(adapter.__file__)).parent / "samples"
TABLES = sorted(one for one in SAMPLES.iterdir() if one.suffix in (".csv", ".tsv", ".xlsx", ".ndjson"))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_a_sample_is_read_as_the_row_beside_it(read: Read, path: Path) -> None:
    (record,) = read(path.name.split("-", 1)[1], path)
    assert isinstance(record, Record)
    view = path.stem.split("-")[1]
    raw = written(view, "HIS", [{"row": record.row, **record.details}], "sample-1")
    if os.environ.get("QIAO_WRITE_GOLDEN") == "1":
        path.with_suffix(".rows").write_bytes(raw)
    assert path.with_suffix(".rows").read_bytes() == raw


def test_there_are_samples_of_every_format() -> None:
    assert {one.suffix for one in TABLES} == {".csv", ".tsv", ".xlsx", ".ndjson"}
