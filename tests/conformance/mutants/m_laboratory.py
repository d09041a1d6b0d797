"""Mutants of the laboratory: analysers are told what is wrong, or what they tell becomes somebody else's."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module
from typing import Any

from mutants.m_exchange import _deliver
from mutants.mutant import instead, mutant

ROW = "CQ49-3.4b"


@mutant(ROW, "质控结果进入患者资料", "a control becomes a result of a patient")
def control_is_a_patients() -> None:
    def patients(raw: bytes) -> bytes:
        raw = re.sub(rb"(\rO(?:\|[^|\r]*){10}\|)Q", rb"\1N", raw)
        raw = re.sub(rb"^(MSH(?:\|[^|\r]*){14}\|)2(?=\|)", rb"\g<1>0", raw)
        return re.sub(rb"(\rSPM(?:\|[^|\r]*){10}\|)Q\^[^|\r]*", rb"\1P", raw)

    _deliver(patients)


@mutant(ROW, "仪器重发的旧数据归到今天的条码", "an analyser's memory becomes the result of today's tube")
def memory_believed() -> None:
    _samples(skew_us=10**15, within_us=10**15)


def _samples(**changes: Any) -> None:
    """Let results find their samples by other rules than those of their profiles."""
    from gateway.store.samples import belonging

    def make(begin: Any) -> Any:
        def begun(self: Any, desk: Any, samples: Any, *more: Any) -> None:
            begin(self, desk, replace(samples, **changes), *more)

        return begun

    instead(belonging.Asked, "__init__", make)


@mutant(ROW, "仪器查询时仍下达已撤销的项目", "an analyser is told what was cancelled")
def cancelled_is_told() -> None:
    reading = import_module("gateway.mapping.asked.read")  # its name is that of its function, too
    instead(reading, "read", lambda asked: lambda *given: replace(asked(*given), status=frozenset()))


@mutant(ROW, "仪器所称患者与条码不符也归入", "an analyser that says another patient is believed")
def another_patient_taken() -> None:
    _samples(compare=())


@mutant(ROW, "ASTM 帧的校验和与帧号不核对", "frames of ASTM are taken whatever their checksums and numbers")
def frames_unchecked() -> None:
    from adapters.lis.astm import settings

    def make(profile_of: Any) -> Any:
        return lambda checksum, numbers, *, enquiry: profile_of("ignored", "any", enquiry=enquiry)

    instead(settings, "profile_of", make)


@mutant(
    ROW,
    "未知标本的结果在申请到达后不归位",
    "results of an unknown sample stay where they are when its order comes",
)
def unknown_sample_dropped() -> None:
    from gateway.store.samples import belonging

    def make(waiting: Any) -> Any:
        def forgotten(self: Any, reason: str, *more: Any) -> Any:
            found = waiting(self, reason, *more)
            found.numbers = frozenset()  # nothing can end it
            return found

        return forgotten

    instead(belonging.Asked, "_waiting", make)
