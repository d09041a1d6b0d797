"""Whichever door they came through, patient, visit, prescription and report have the same ids."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from adapters.his.files.group import Record
from adapters.his.files.lines import Bounds
from adapters.his.files.look import look
from adapters.his.files.pattern import pattern_of
from adapters.his.files.reader import open_file
from adapters.his.files.view import load_views
from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.wire import rows

MOMENT = 1_775_000_000_000_000
ROOT = registry.one_root() / "adapters"
ADAPTERS = registry.find()

Piece = tuple[str, bytes]
PRESCRIPTION = {
    "处方编号": "CF2026030500087", "患者编号": "1000977", "就诊流水号": "MZ2026030500118", "就诊类型": "O",
    "状态": "SC", "处方明细号": "CF2026030500087-1", "药品代码": "XY012", "药品名称": "盐酸二甲双胍缓释片",
    "开方时间": "2026-03-05 09:03:20",
}  # fmt: skip
REPORT = {
    "报告单号": "T260305004412", "患者编号": "1002345", "就诊流水号": "ZY2026000318", "就诊类型": "I",
    "order_no": "JY2026030500412", "报告项目代码": "BR", "报告项目名称": "血常规", "来源系统": "LIS",
    "状态": "F", "类别": "LAB", "序号": "1", "结果项目代码": "WBC", "结果项目名称": "白细胞", "结果": "5",
    "单位": "10^9/L",
}  # fmt: skip


@cache
def maps() -> Maps:
    return load_maps()


def sample(adapter: str, name: str) -> Piece:
    return adapter, (ROOT / adapter / "samples" / name).read_bytes()


def with_item_number(piece: Piece) -> Piece:
    """A prescription document that numbers its items, as that of a hospital does that also sends HL7 v2."""
    begin = b'<substanceAdministration classCode="SBADM" moodCode="EVN">'
    return piece[0], piece[1].replace(begin, begin + b'<id extension="CF2026030500087-1"/>', 1)


def by_file(folder: Path, name: str, cells: dict[str, str]) -> Piece:
    path, views = folder / name, load_views("")
    path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n", "gb18030")
    pattern = pattern_of(name, [], views)
    assert pattern is not None
    opened = open_file(path, pattern, look(path), views, Bounds())
    (record,) = opened.items
    opened.close()
    assert isinstance(record, Record), record
    return "his/files", rows.written(opened.view, "HIS", [{"row": record.row, **record.details}], "claim-1")


def by_view(folder: Path, name: str, cells: dict[str, str]) -> Piece:
    """The same as a poller of a view hands it over."""
    return "his/sql_view", by_file(folder, name, cells)[1].replace(b',"control":"claim-1"', b"")


def by_laboratory(_: Path) -> Piece:
    return "lis/hl7v2", (
        "MSH|^~\\&|LIS|DQRM|QIAO|DQRM|20260305120000||ORU^R01^ORU_R01|L1|P|2.5.1|||||CHN|UNICODE UTF-8\r"
        "PID|1||1002345^^^DQRM^MR||林^致远\r"
        f"PV1|1|I|{'|' * 16}ZY2026000318^^^DQRM^VN\r"
        "ORC|RE|JY2026030500412|T260305004412\r"
        f"OBR|1|JY2026030500412|T260305004412|BR^血常规^99LIS{'|' * 21}F\r"
        "OBX|1|NM|WBC^白细胞^99LIS||5|10\\S\\9/L\r"
    ).encode()


DOORS: dict[str, dict[str, Callable[[Path], Piece]]] = {
    "MedicationRequest": {
        "hl7v2": lambda _: sample("his/hl7v2", "10-prescription-outpatient.hl7"),
        "xml": lambda _: sample("his/xml_http", "08-orders-with-drugs.xml"),
        "cda": lambda _: with_item_number(sample("his/cda", "01-C0004-prescription.xml")),
        "view": lambda folder: by_view(folder, "prescription.csv", PRESCRIPTION),
        "file": lambda folder: by_file(folder, "prescription.csv", PRESCRIPTION),
    },
    "DiagnosticReport": {
        "hl7v2": by_laboratory,
        "xml": lambda _: sample("his/xml_http", "18-vendor-laboratory-report.xml"),
        "cda": lambda _: sample("his/cda", "04-C0007-laboratory.xml"),
        "view": lambda folder: by_view(folder, "result.csv", REPORT),
        "file": lambda folder: by_file(folder, "result.csv", REPORT),
    },
}


def ids(piece: Piece, type_: str) -> set[str]:
    adapter, raw = piece
    spec = ADAPTERS[adapter]
    envelope = Envelope("0" * 32, "default", adapter, "", MOMENT, spec.content_type, "", raw)
    made = steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))
    assert isinstance(made, Translation), made
    return {draft.id for draft in made.drafts if draft.type == type_}


@pytest.mark.parametrize("wanted", DOORS)
def test_every_door_gives_the_same_ids(tmp_path: Path, wanted: str) -> None:
    for type_ in ("Patient", "Encounter", wanted):
        found = {door: ids(piece(tmp_path), type_) for door, piece in DOORS[wanted].items()}
        same = set.intersection(*found.values())
        assert len(same) == 1, (type_, found)
