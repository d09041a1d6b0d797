"""The checks of analysers: our gateway passes each; who has no such door, or says yes to all, passes none."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from typing import Any

import httpx
import pytest

from conformance.evidence.masking import Masker
from conformance.evidence.writer import EvidenceWriter
from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.door import MllpDoor
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.suite import load
from conformance.harness.target_file import made, read
from conformance.harness.verdict import Verdict
from conformance.runner.trial import tried
from conformance.simulators.analysers.bench import AstmBench, Hl7Bench
from conformance.simulators.analysers.tube import Told
from conformance.suites.exchange.bench import ANALYSERS, Laboratory

SPOKEN = [name for name, _, _ in ANALYSERS]
MORE = {"another_line", "plain_text"}
"""Checks of lines that a target may have beside its ports."""
DOORS = {
    "lis_astm": {"protocol": "astm", "port": 9},
    "lis_counter": {"protocol": "counter", "port": 9},
    "lis_chemistry": {"protocol": "chemistry", "port": 9},
    "lis_law": {"protocol": "law", "port": 9},
}


@cache
def own() -> tuple[Check, ...]:
    """The checks of analysers."""
    return tuple(
        one for one in load().checks if one.suite == "exchange_lis" and one.given and one.given[0] in SPOKEN
    )


def session(doors: dict[str, Any]) -> Session:
    said = {
        "extends": "qiao",
        "fhir": "http://127.0.0.1:9/fhir",
        "identities": {"operator": {"token": "x"}},
        "doors": doors,
    }
    return Session(made({**said, "settings": {"wait": 0.0}}), "r0a1b2c", 7, date(2026, 11, 22))


def test_four_analysers_are_tried_with_the_same_checks() -> None:
    listed: dict[str, set[str]] = {}
    for one in own():
        listed.setdefault(str(one.given[0]), set()).add(one.id.split(".")[1])
    assert {one.requirement for one in own()} == {"CQ49-3.4b"}
    assert set.intersection(*listed.values()) >= {
        "asked", "asked_unknown", "asked_cancelled", "measured", "sent_again", "put_right", "measured_again",
        "quality_control", "unknown_sample", "somebody_else", "memory", "clock_ahead", "together", "cut_off",
        "below_limit", "not_measured", "flagged_critical", "flagged_changed", "flooded", *MORE,
    }  # fmt: skip
    assert listed["astm"] - listed["law"] == {
        "spoilt", "in_pieces", "frame_again", "contention", "rack", "remarked", "critical_value", "of_urine",
    }  # fmt: skip
    assert listed["chemistry"] - listed["law"] == {"aggregated", "query_status", "critical_value"}
    assert listed["counter"] - listed["law"] == {"picture"}
    assert listed["law"] - listed["counter"] == {"calibration", "work_refused"}


@pytest.mark.parametrize(
    ("doors", "verdict", "reason"),
    [
        ({"his": {"port": 9}}, Verdict.SKIP, "doors."),
        ({"his": {"port": 9}, "lis": {"port": 9}}, Verdict.NOT_APPLICABLE, "another protocol"),
        (DOORS, Verdict.SKIP, "doors.his"),
    ],
)
def test_who_declares_no_such_door_passes_none(doors: dict[str, Any], verdict: Verdict, reason: str) -> None:
    there = session(doors)
    found = [tried(one, there) for one in own() if one.id.split(".")[1] not in MORE]
    there.close()
    assert {one.verdict for one in found} == {verdict}
    assert all(one.reason is not None and reason in one.reason.en for one in found)


@pytest.mark.parametrize("body", [{}, {"resourceType": "Bundle", "type": "searchset", "entry": []}])
def test_who_takes_everything_and_shows_nothing_passes_none(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]
) -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, json=body)))
    monkeypatch.setattr(Line, "pool", lambda self, cert: client)
    monkeypatch.setattr(MllpDoor, "_exchange", lambda self, raw: b"MSH|^~\\&|\rMSA|AA|1\r")
    for kind in (AstmBench, Hl7Bench):
        monkeypatch.setattr(kind, "tell", lambda self, messages: ["AA"] * len(messages))
        monkeypatch.setattr(kind, "ask", lambda self, barcode, at: Told())
    there = session({"his": {"port": 9}, **DOORS})
    found = [tried(one, there).verdict for one in own()]
    there.close()
    assert Verdict.PASS not in found
    assert Verdict.ERROR not in found


def test_what_an_analyser_and_its_host_say_is_kept_without_the_patient(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = session({"his": {"port": 9}, **DOORS})
    (check,) = (one for one in own() if one.id == "exchange_lis.asked.astm")
    run = Run(check, there)
    laboratory = Laboratory(run, "astm")

    def ask(self: AstmBench, barcode: str, at: object) -> Told:
        for ours, piece in (
            (True, b"\x05"), (False, b"\x06"), (True, b"\x021Q|1|^T1||ALL\r\x0300\r\n"), (False, b"\x06"),
            (True, b"\x04"), (False, b"\x05"), (False, b"\x021H|\\^&|||qiao\r\x0300\r\n"),
            (False, "\x022P|1|10019901|||王小明||19900307|F\r\x0300\r\n".encode()), (False, b"\x04"),
        ):  # fmt: skip
            self.spoken(ours, piece)
        return Told()

    monkeypatch.setattr(AstmBench, "ask", ask)
    laboratory.asks(laboratory.drawn().tube)
    there.close()
    EvidenceWriter(tmp_path, Masker()).write(1, check.id, run.book)
    stored = (tmp_path / "E0001.json").read_text("utf-8")
    assert "<STX>1Q|1|^T1||ALL" in stored
    assert not [one for one in ("10019901", "小明", "19900307") if one in stored]


def fold(session_: Session, wanted: Callable[[Check], bool]) -> dict[str, str]:
    """Return check → why it did not pass."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: tried(one, session_), filter(wanted, own())))
    return {
        one.check.id: one.reason.en if one.reason else "" for one in found if one.verdict is not Verdict.PASS
    }


@pytest.mark.serial
def test_our_gateway_passes_each_of_them(standing: Any) -> None:
    there = Session(read(standing.target), "rl4bor7", 7, date.today())  # noqa: DTZ011 -- where the target is
    wrong = fold(there, lambda one: True)
    there.close()
    without_tls = {one: why for one, why in wrong.items() if why.endswith("is declared with ca:")}
    assert wrong == without_tls, "the target has no door with TLS; of the rest each passes"
