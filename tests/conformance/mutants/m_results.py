"""Mutants of what results mean: a sign, a unit, a picture, a name is lost on the way, or another one's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from mutants.m_exchange import _deliver
from mutants.mutant import bundles, instead, mutant

ROW = "CQ49-3.4b"


def _altered(pattern: bytes, by: bytes) -> None:
    """Let whatever comes by a door of HL7 v2 or ASTM say something else."""
    _deliver(lambda raw: re.sub(pattern, by, raw))


@mutant(ROW, "低于检出限的结果丢失“<”", "a result below the limit of detection loses its <")
def below_is_lost() -> None:
    _altered(rb"(\r(?:OBX|R)\|[^\r]*?\|)<=?(?=[\d^])", rb"\1")


@mutant(ROW, "结构化结果（SN）只取第一个数", "of a structured result (SN) only the first number is taken")
def second_number_lost() -> None:
    _altered(rb"(\|SN\|(?:[^|\r]*\|){2}\^\d+)\^[:/-]\^\d+", rb"\1")


@mutant(ROW, "未能测出的结果成为零", "what could not be measured becomes zero")
def stars_are_zero() -> None:
    _altered(rb"\|\*{3,}(?=\|)", b"|0")


@mutant(ROW, "危急标志降为一般异常", "a critical flag becomes an ordinary one")
def critical_flag_lowered() -> None:
    _altered(rb"\|HH(?=\|)", b"|H")


@mutant(ROW, "变化标志（U、D）丢失", "flags of a change (U, D) are lost")
def change_flag_lost() -> None:
    _altered(rb"(\r(?:OBX(?:\|[^|\r]*){7}|R(?:\|[^|\r]*){5})\|)[UD](?=\|)", rb"\1N")


@mutant(ROW, "危急值无人知晓", "nobody is told of a critical value")
def critical_untold() -> None:
    from gateway.feed.critical import watch

    instead(watch.CriticalValues, "govern", lambda _: lambda self, desk, made, occasion: None)


@mutant(ROW, "带乘号的单位当作另一个单位", "a unit with a multiplication sign is taken for another one")
def unit_mistaken() -> None:
    written = ["|×10⁹/L|".encode(charset) for charset in ("utf-8", "gb18030")]
    _altered(b"|".join(map(re.escape, written)), b"|10*12/L|")


@mutant(ROW, "按性别的参考范围只取第一个", "of ranges by sex the first is everybody's")
def first_range_only() -> None:
    begins = [f"|{sex}:".encode(charset) for sex in "男女" for charset in ("utf-8", "gb18030")]
    _altered(b"(?:" + b"|".join(map(re.escape, begins)) + rb")([\d.]+-[\d.]+);[^|\r]*", rb"|\1")


@mutant(ROW, "编码时不看标本", "codes are given whatever the specimen")
def specimen_ignored() -> None:
    from gateway.mapping import local_tests

    def make(chosen: Any) -> Any:
        return lambda candidates, asked: chosen(candidates, replace(asked, specimen="SER"))

    instead(local_tests, "_chosen", make)


@mutant(ROW, "仪器的图像丢失", "the pictures of an analyser are lost")
def picture_lost() -> None:
    _altered(rb"\rOBX\|\d+\|ED\|[^\r]*", b"")


@mutant(ROW, "药敏都归到第一株菌", "susceptibilities all become the first organism's")
def isolates_mixed() -> None:
    _altered(rb"(\|ORG&[^|\r]*\^)\d+(?=\|)", rb"\g<1>1")


@mutant(ROW, "ASTM 的备注丢失", "the remarks of ASTM are lost")
def remark_lost() -> None:
    _altered(rb"\rC\|\d+\|[^\r]*", b"")


@mutant(ROW, "定标结果进入患者资料", "a calibration becomes a result of a patient")
def calibration_is_a_patients() -> None:
    def patients(raw: bytes) -> bytes:
        raw = re.sub(rb"^(MSH(?:\|[^|\r]*){14}\|)1(?=\|)", rb"\g<1>0", raw)
        return re.sub(rb"(\rSPM(?:\|[^|\r]*){10}\|)C\^[^|\r]*", rb"\1P", raw)

    _deliver(patients)


@mutant(ROW, "逐项发送的结果，报告只有最后一项", "of tests that come one by one the report has the last only")
def report_each() -> None:
    def last_alone(_scope: Any, bundle: dict[str, Any]) -> None:
        for entry in bundle.get("entry", ()):
            found = entry.get("resource", {})
            if found.get("resourceType") != "DiagnosticReport":
                continue  # elsewhere a code is a list, or a text
            codes = [one.get("code") for one in found.get("code", {}).get("coding", ())]
            if "CHEM" in codes:
                found["result"] = found.get("result", [])[-1:]

    bundles(last_alone)
