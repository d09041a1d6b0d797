"""The line of an analyser goes wrong: frames that are refused, floods, noise; what a good line must bear."""

from __future__ import annotations

import re

from conformance.harness.check import Case, checks
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators.analysers import Haematology, Measured, Role
from conformance.simulators.analysers.e1381 import ACK
from conformance.simulators.analysers.mischief import (
    FLOODS,
    contended,
    sent_in_pieces,
    sent_spoilt,
    sent_twice,
    spoken_plainly,
)
from conformance.simulators.exact import Resource
from conformance.suites.exchange.bench import ANALYSERS, Laboratory, Ordered, analysed, with_laboratory
from conformance.suites.exchange.reading import about, references
from conformance.suites.exchange.trial import EXCHANGE

_SPOILT = (
    ("bad-checksum", "校验和错误", "a wrong checksum"),
    ("wrong-number", "帧号错误", "a wrong number"),
)
_FLOODS = (
    ("endless-frame", "无尽的帧", "a frame without an end"),
    ("enq-storm", "起始符风暴（ENQ、SB）", "a storm of ENQ or SB"),
    ("noise", "二进制噪声", "binary noise"),
)
_PIECE = 11
"""Bytes of text in a frame: no record fits in one, and a Chinese character may lie in two."""
_REMARK, _OWN = "标本轻度溶血，建议复查", "WBC|9.99^10*9/L|HISTO|000102"


@checks([
    Case(name, EXCHANGE,
         Words(f"ASTM：{zh}的帧被拒收，重发后结果正确",
               f"ASTM: a frame with {en} is refused, and taken when it is right"), ("astm", name))
    for name, zh, en in _SPOILT
])  # fmt: skip
@with_laboratory
def spoilt(run: Run, laboratory: Laboratory, how: str) -> None:
    """Each frame goes wrong first."""
    one = laboratory.ordered()
    (message,) = laboratory.results(one.tube)
    with laboratory.astm() as bench:
        answers = sent_spoilt(bench, message, how)
    taken = [one for one in answers if one == ACK]
    run.expect(not taken, "每个错误的帧都被拒收", "every wrong frame is refused", same(f"{len(taken)} ACK"))
    laboratory.expect(one, "5.60", "4.20")


@checks([
    Case(name if protocol == "astm" else f"{protocol}-{name}", EXCHANGE,
         Words(f"{said}的线路上{zh}之后，接口仍可用", f"the door of {told} lives on after {en}"),
         (protocol, name))
    for protocol, said, told in ANALYSERS for name, zh, en in _FLOODS
])  # fmt: skip
@with_laboratory
def flooded(run: Run, laboratory: Laboratory, how: str) -> None:
    """A line goes mad; then another analyser tells its results, and the same one again."""
    one = laboratory.ordered()
    with laboratory.bench() as bench:
        FLOODS[how](bench, run.session.seed)
    laboratory.told(laboratory.results(one.tube), "之后的结果被接收", "results that follow are taken")
    laboratory.expect(one, "5.60", "4.20")


@analysed("{}以多个短帧（ETB）发送，内容不变", "what {} sends in many short frames (ETB) is whole", "astm")
def in_pieces(run: Run, laboratory: Laboratory) -> None:
    """Frames of eleven bytes; a remark in Chinese is cut in the middle of a character."""
    one = laboratory.ordered()
    message = _with_remark(laboratory, one)
    with laboratory.astm() as bench:
        sent_in_pieces(bench, [message], _PIECE)
    listed = laboratory.expect(one, "5.60", "4.20")
    _remark_is_there(run, laboratory, one, listed)


@analysed(
    "{}重发已接收的帧：应答接收，结果不重", "{} repeats frames that were taken: they count once", "astm"
)
def frame_again(run: Run, laboratory: Laboratory) -> None:
    """Each frame comes twice, as where the host's ACK was lost on its way."""
    one = laboratory.ordered()
    (message,) = laboratory.results(one.tube)
    with laboratory.astm() as bench:
        answers = sent_twice(bench, message)
    wrong = [one for one in answers if one != ACK]
    run.expect(not wrong, "重发的帧被接收", "the repeats are taken", same(f"{len(wrong)}"))
    laboratory.expect(one, "5.60", "4.20")


@analysed(
    "{}与主机争用线路时，仪器优先，结果被接收",
    "{} and its host want the line at once: the analyser goes first, its results are taken",
    "astm",
)
def contention(run: Run, laboratory: Laboratory) -> None:
    """The host is about to answer a question, and meets ENQ (LIS1-A §8.2.7)."""
    one = laboratory.ordered()
    query = laboratory.analyser.query(one.tube.barcode, one.tube.taken)
    with laboratory.astm() as bench:
        answer = contended(bench, query, laboratory.results(one.tube))
    run.expect(answer == ACK, "主机让出线路", "the host gives the line")
    laboratory.expect(one, "5.60", "4.20")


@analysed(
    "{}在一条消息中发送多个标本，各归各的患者",
    "{} tells several samples in one message: each is its own patient's",
    "astm",
)
def rack(run: Run, laboratory: Laboratory) -> None:
    """A patient, a control, another patient."""
    first, second = laboratory.ordered(), laboratory.ordered()
    analyser = laboratory.analyser
    assert isinstance(analyser, Haematology)
    rows: tuple[tuple[str, list[Measured], Role], ...] = (
        (first.tube.barcode, laboratory.measured(first.tube), "patient"),
        ("QC-1", laboratory.measured(second.tube, ("9.90", "8.80")), "control"),
        (second.tube.barcode, laboratory.measured(second.tube, ("5.10", "4.90")), "patient"),
    )
    laboratory.told([analyser.rack(rows)])
    laboratory.expect(first, "5.60", "4.20")
    laboratory.expect(second, "5.10", "4.90")


@analysed(
    "{}的备注（C）不丢失，厂商记录（M）不成为结果",
    "a remark of {} (C) is not lost, a record of its maker (M) is no result",
    "astm",
)
def remarked(run: Run, laboratory: Laboratory) -> None:
    """C and M behind the first of two results."""
    one = laboratory.ordered()
    laboratory.told([_with_remark(laboratory, one)])
    listed = laboratory.expect(one, "5.60", "4.20")
    _remark_is_there(run, laboratory, one, listed)


def _with_remark(laboratory: Laboratory, one: Ordered) -> str:
    analyser = laboratory.analyser
    assert isinstance(analyser, Haematology)
    return analyser.remarked(one.tube.barcode, laboratory.measured(one.tube), _REMARK, _OWN)


def _remark_is_there(run: Run, laboratory: Laboratory, one: Ordered, listed: list[Resource]) -> None:
    query = about("DiagnosticReport", laboratory.patient(one.visit.person))
    reports = laboratory.found(query)
    others = [laboratory.read(name) for report in reports for name in references(report, "result")]
    everything = str([listed, reports, others])
    run.expect(_REMARK in everything, "备注与原文一致", "the remark is as it was sent")


_MORE = (
    ("serial", "astm", "device", "仪器经串口查询并发送结果",
     "an analyser asks and tells results over a serial line"),
    ("own-port", "law", "work", "仪器（IHE LAW）在自己的端口接收任务（LAB-28）",
     "an analyser (IHE LAW) is brought its work at a port of its own (LAB-28)"),
    *((f"tls-{protocol}", protocol, "ca", f"{said}经 TLS 查询并发送结果",
       f"{told} asks and tells results over TLS") for protocol, said, told in ANALYSERS),
)  # fmt: skip
"""Check, protocol, what a door must declare, titles."""


@checks([
    Case(name, EXCHANGE, Words(zh, en), (protocol, option))
    for name, protocol, option, zh, en in _MORE
])  # fmt: skip
def another_line(run: Run, protocol: str, option: str) -> None:
    """A line that a target may have beside its ports."""
    with_laboratory(_ask_and_tell, option)(run, protocol)


@checks([
    Case(protocol, EXCHANGE,
         Words(f"{said}的 TLS 端口不接收明文", f"the TLS port of {told} takes no plain text"), (protocol,))
    for protocol, said, told in ANALYSERS
])  # fmt: skip
def plain_text(run: Run, protocol: str) -> None:
    """Results without TLS where TLS is declared (``ca``); then the same over TLS."""
    with_laboratory(_say_plainly, "ca")(run, protocol)


def _say_plainly(run: Run, laboratory: Laboratory) -> None:
    one = laboratory.ordered()
    messages = laboratory.results(one.tube)
    with laboratory.bench() as bench:
        heard = spoken_plainly(bench, messages[0])
    taken = heard.startswith(ACK) or re.search(rb"\rMSA\|[AC]A", heard)
    run.expect(not taken, "明文未被应答为接收", "no plain text is acknowledged")
    laboratory.nothing(one, "明文的结果未入库", "nothing of it is stored")
    laboratory.told(messages, "经 TLS 的结果被接收", "over TLS they are taken")
    laboratory.expect(one, "5.60", "4.20")


def _ask_and_tell(run: Run, laboratory: Laboratory) -> None:
    """Ask, measure, tell."""
    one = laboratory.ordered()
    told = laboratory.asks(one.tube)
    run.expect(told.barcode == one.tube.barcode, "条码一致", "the bar code is the same")
    run.expect(len(told.tests) == len(one.tube.orders), "得到全部项目", "all tests are told",
               same(", ".join(sorted(told.tests)) or "–"))  # fmt: skip
    who = one.visit.person
    run.expect(who.mrn == told.patient or who.name == told.name, "为该患者", "it is the patient's")
    laboratory.told(laboratory.results(one.tube))
    laboratory.expect(one, "5.60", "4.20")
