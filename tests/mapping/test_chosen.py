"""Which sender profile a message gets: by name, by what only such senders write, by the door."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.mapping import Maps, load_maps
from gateway.mapping.senders import profile_file
from gateway.wire import er7


@cache
def maps() -> Maps:
    return load_maps()


def chosen(*lines: str, door: str = "lis/hl7v2") -> str:
    return maps().profile(door, "", er7.parse("".join(f"{one}\r" for one in lines).encode())).id


def head(sender: str = "|", type_: str = "ORU^R01", kind: str = "", guide: str = "") -> str:
    return f"MSH|^~\\&|{sender}|||20260305090000||{type_}|1|P|2.3.1||||{kind}|||||{guide}"


PID, OBR = "PID|1||77^^^DQRM^MR", "OBR|1||B1|00001^Automated Count^99MRC"


@pytest.mark.parametrize(
    ("lines", "profile"),
    [
        ((head(), "PID|1||^^^^MR", OBR), "mindray-bc"),
        ((head(), PID, OBR), "mindray-bc"),
        ((head("BC-5300|Mindray"), "OBR|1||B1"), "mindray-bc"),
        ((head("DH3x|Dymind"), "PID|1||51^^^^MR", OBR), "mindray-bc"),
        ((head("LIS|DQRM"), PID, OBR), "lis"),
        ((head(kind="0"), "OBR|1|B1"), "lis-hl7-chemistry"),
        ((head("urit|8030", kind="0"), "OBR|1|B1"), "lis-hl7-chemistry"),
        ((head("Mindray|BS-480", kind="0"), "OBR|1|B1"), "mindray-bs"),
        ((head("Mindray|CL-900i", kind="2"), "OBR|1|B1"), "mindray-bs"),
        ((head("X|Y", kind="AL"), PID, "OBR|1"), "lis"),
        ((head("PC^GeneXpert^6.5|", "ORU^R32"), "PID|1", "SPM|1|B1"), "lis-genexpert"),
        ((head("X|", "OUL^R22", guide="LAB-29^IHE"), "SPM|1|B1"), "ihe-law"),
        ((head("X|", "OUL^R22", guide="ROC-06^ROCHE"), "SPM|1|B1"), "ihe-law"),
        ((head("X|Y"), "PID|1||77", "OBR|1"), "lis-analyser"),
        ((head("X|Y"), 'PID|1||77^^^""', "OBR|1"), "lis-analyser"),
        ((head("X|Y"), "PID|1||77", "PV1|1|O" + "|" * 17 + "V1", "OBR|1"), "lis"),
        ((head("X|Y"), PID, "OBR|1"), "lis"),
        ((head("X|Y"), "PID|1||77", "OBR|1|5^HIS|9"), "lis"),
        ((head("X|Y"), "PID|1||77", "OBR|1|5|9^OUR LAB"), "lis"),
        ((head("X|Y"), "PID|1||77" + "|" * 8 + "ROAD 1", "OBR|1|5|9"), "lis"),
        ((head("HIS|DQRM", "OML^O21"), "PID|1||77", "ORC|NW|1"), "his"),
        ((head("|", "ORM^O01"), "ORC|RF||B1||IP"), "mindray-bc"),
    ],
)
def test_a_sender_is_told_by_its_name_or_by_what_only_it_writes(lines: tuple[str, ...], profile: str) -> None:
    assert chosen(*lines) == profile


def test_the_door_of_analysers_takes_nobody_for_a_laboratory_system() -> None:
    assert chosen(head("X|Y"), PID, "OBR|1", door="lis/law") == "ihe-law"
    assert chosen(head("X|Y"), "PID|1||77", "OBR|1", door="his/hl7v2") == "his"
    assert chosen(head("X|Y", "ADT^A01"), "PID|1||77", door="his/hl7v2") == "his"
    assert chosen(head("|", "ORM^O01"), "PID|1||77", "ORC|RF|1", door="his/hl7v2") == "his"


def test_other_separators_are_read_as_they_are() -> None:
    assert chosen("MSH#*~\\&#####20260305##ORU*R01#1#P#2.3.1",
                  "OBR#1##B1#00001*Count*99MRC") == "mindray-bc"  # fmt: skip


@pytest.mark.parametrize(
    "match", ["[LIS]", "{MSH-2: x}", "{OBR: x}", "{OBR-4.3.1.2: x}", "{door-x: y}", "[{MSH-3: A}, [B]]"]
)
def test_a_match_that_names_no_field_is_refused_with_its_line(tmp_path: Path, match: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(f"sender: x\nmatch: {match}\n")
    with pytest.raises(Misconfigured, match="match takes") as told:
        profile_file(file)
    assert told.value.where == "x.yaml:2"
