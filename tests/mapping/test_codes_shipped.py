"""The code tables that ship: the Chinese standards, complete, and no code that the target does not have."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.canonical import Envelope
from gateway.mapping import load_maps
from gateway.mapping.codes import Table
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.memory import Memories
from gateway.mapping.run import Run
from gateway.mapping.senders import Profile
from gateway.wire import er7


@pytest.fixture(scope="module")
def tables() -> Mapping[str, Table]:
    return load_maps().tables


def code(tables: Mapping[str, Table], table: str, source: str) -> str | None:
    entry = tables[table].get(source)
    return entry.code if entry else None


EXPECTED = {
    "administrative-sex": {
        "0": "unknown",
        "1": "male",
        "2": "female",
        "9": "unknown",
        "女": "female",
        "3": None,
    },
    "marital-status": {
        "10": "S",
        "20": "M",
        "21": "M",
        "22": "M",
        "23": "M",
        "30": "W",
        "40": "D",
        "90": "UNK",
        "11": None,
    },
    "ethnicity": {
        "01": "01",
        "汉族": "01",
        "汉": "01",
        "Han": "01",
        "05": "05",
        "基诺族": "56",
        "57": None,
        "其他": None,
    },
    "relationship": {
        "01": "ONESELF",
        "02": None,
        "10": "SPS",
        "31": "DAUC",
        "44": "GRNDDAU",
        "53": "FTHINLAW",
        "外婆": "MGRMTH",
        "71": "BRO",
        "99": None,
        "47": None,
        "8": None,
    },
    "abo-group": {
        "1": "112144000",
        "B型": "112149005",
        "O": "58460004",
        "AB": "165743006",
        "5": None,
        "不详": None,
    },
    "rhd-group": {"1": "165746003", "阳性": "165747007", "Rh(-)": "165746003", "+": None},
    "clinical-subject-names": {
        "口腔颌面外科专业": "12.02",
        "CT诊断专业": "32.02",
        "X线诊断专业": "32.01",
        "妇产科": "05",
        "急诊科": "20",
        "眼科": "10",
        "中医眼科": "50.06",
        "眼科专业": None,
        "其他": None,
        "老年病科": None,
    },
    "dose-form": {"片剂": "TAB", "肠溶片": "ECTAB", "滴眼液": "OPDROP", "注射液": None},
    "interpretation": {"↑": "H", "↓": "L", "HH": "HH", "阳性": "POS", "未检出": "ND", "正常": "N", "?": None},
    "units": {
        "毫克": "mg",
        "片": "{tablet}",
        "次/分": "/min",
        "10^9/L": "10*9/L",
        "mmHg": "mm[Hg]",
        "℃": "Cel",
        "㎎": "mg",
        "mgg": None,
    },
    "route": {"口服": "PO", "静脉滴注": "IV", "ivgtt": "IV", "皮下注射": "SQ", "ih": "IH", "胸腔注射": None},
    "route-cn": {"1": "PO", "403": "IM", "404": None, "9": None},
    "admission-type": {"急诊": "E", "择期": "C", "其他": None},
}


@pytest.mark.parametrize("table", EXPECTED)
def test_a_code_has_its_target_or_none(tables: Mapping[str, Table], table: str) -> None:
    assert {source: code(tables, table, source) for source in EXPECTED[table]} == EXPECTED[table]


def test_ethnicity_has_the_56_of_gb_t_3304(tables: Mapping[str, Table]) -> None:
    entries = [entry for source, entry in tables["ethnicity"].entries.items() if source == entry.code]
    assert [entry.code for entry in entries] == [f"{number:02}" for number in range(1, 57)]
    assert {entry.system for entry in entries} == {"urn:oid:2.16.156.10011.2.3.3.3"}
    assert len({entry.display for entry in entries}) == 56


def test_every_clinical_subject_keeps_its_printed_display(tables: Mapping[str, Table]) -> None:
    subjects = tables["clinical-subjects"].entries
    assert len(subjects) == 155
    assert subjects["32.02"].display == "C T 诊断专业"
    assert subjects["12.02"].display == "口腔额面外科专业"
    assert not {"03.11", "04.09", "27", "28"} & set(subjects)


def frequency(tables: Mapping[str, Table], text: str) -> tuple[object, list[str]]:
    raw = b"MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5\r"
    envelope = Envelope("1", "default", "his/hl7v2", "", 0, "", "UTF-8", raw)
    run = Run(er7.parse(raw), envelope, Profile(), tables, {}, Memories([]))
    made = FUNCTIONS["frequency"].call(text, run)
    return made.get("repeat"), [table for table, _ in run.gaps]


DAILY = {"period": 1, "periodUnit": "d"}


@pytest.mark.parametrize(
    ("text", "repeat"),
    {
        "bid": {"frequency": 2, **DAILY},
        "每日三次": {"frequency": 3, **DAILY},
        "tid ac": {"frequency": 3, **DAILY, "when": ["AC"]},
        "一日三次，饭后": {"frequency": 3, **DAILY, "when": ["PC"]},
        "一日2次(餐前)": {"frequency": 2, **DAILY, "when": ["AC"]},
        "早晚各一次": {"frequency": 2, **DAILY, "when": ["MORN", "EVE"]},
        "qn": {"frequency": 1, **DAILY, "when": ["NIGHT"]},
        "睡前": {"frequency": 1, **DAILY, "when": ["HS"]},
        "饭前": {"when": ["AC"]},
        "q4h": {"frequency": 1, "period": 4, "periodUnit": "h"},
        "qod": {"frequency": 1, "period": 2, "periodUnit": "d"},
        "biw": {"frequency": 2, "period": 1, "periodUnit": "wk"},
        "st": {"count": 1},
    }.items(),
)
def test_a_chinese_frequency_is_a_timing(tables: Mapping[str, Table], text: str, repeat: object) -> None:
    assert frequency(tables, text) == (repeat, [])


@pytest.mark.parametrize("text", ["遵医嘱", "睡前饭前", "AC" * 500, "遵医嘱 饭前"])
def test_what_is_no_rhythm_is_a_gap_not_a_guess(tables: Mapping[str, Table], text: str) -> None:
    assert frequency(tables, text) == (None, ["frequency"])
