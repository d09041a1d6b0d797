"""What an analyser hears to its question, and further messages that bring results: OUL^R22, R23, R24."""

from __future__ import annotations

from conformance.harness.check import Case
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators import laboratory as reporting
from conformance.simulators.analysers.bench import Hl7Bench
from conformance.simulators.analysers.tube import fields
from conformance.simulators.laboratory import Report
from conformance.simulators.results import Result
from conformance.suites.exchange.bench import Laboratory, analysed
from conformance.suites.exchange.hospital import ACCEPTED, Hospital, shown
from conformance.suites.exchange.measured import belongs_to_nobody
from conformance.suites.exchange.reported import LIS, belongs, collected, observations, report_of, said
from conformance.suites.exchange.trial import EXCHANGE, exchanges


@analysed(
    "{}查询的应答注明是否查到（QAK-2）",
    "the answer to {} says whether anything was found (QAK-2)",
    "chemistry",
)
def query_status(run: Run, laboratory: Laboratory) -> None:
    """A tube that was ordered, and one of which nobody knows (QCK^Q02, HL7 v2.4 table 0208)."""
    one = laboratory.ordered()
    with laboratory.bench() as bench:
        assert isinstance(bench, Hl7Bench)
        known = _status(bench.answers(one.tube.barcode, one.tube.taken))
        unknown = _status(bench.answers(f"{one.tube.barcode}9", one.tube.taken))
    run.expect(known == ("QCK", "OK"), "查到的注明 OK", "where it is found, OK", same(" ".join(known)))
    run.expect(
        unknown[0] == "QCK" and unknown[1] in ("NF", "AE", "AR"),
        "未查到的注明 NF", "where it is not, NF", same(" ".join(unknown)),
    )  # fmt: skip


def _status(answer: str) -> tuple[str, str]:
    """Return the kind of an answer and its QAK-2."""
    lines = [fields(one) for one in answer.split("\r")]
    return lines[0][8].partition("^")[0], next((one[2] for one in lines if one[0] == "QAK"), "–")


@analysed(
    "{}的定标结果不进入患者资料", "a calibration that {} runs never becomes a patient's", "chemistry", "law"
)
def calibration(run: Run, laboratory: Laboratory) -> None:
    """A calibration under the bar code of a patient's tube."""
    belongs_to_nobody(laboratory, "calibration")


_FORMS = (("R22", "按标本", "by specimen"), ("R23", "按容器", "by container"), ("R24", "按申请", "by order"))


@exchanges([
    Case(form, EXCHANGE, Words(f"OUL^{form}（{zh}）的结果进入该患者的报告",
                               f"results of OUL^{form} ({en}) are in the patient's report"), (form,))
    for form, zh, en in _FORMS
], *LIS)  # fmt: skip
def unsolicited(run: Run, hospital: Hospital, form: str) -> None:
    """A report of two results in that message."""
    report = collected(hospital, "CRP")
    report.results = [
        Result(one.item, value, "NM", "N")
        for one, value in zip(report.results, ("5.60", "4.20"), strict=False)
    ]
    at = report.collected
    entry = reporting.publish(hospital.chart, report, at, "F")
    entry.kind = f"OUL^{form}^OUL_{form}"
    entry.segments = _arranged(entry.segments, form, report)
    answer = hospital.ask(entry)
    run.expect(answer.code in ACCEPTED, "消息被接收", "the message is taken", shown(answer))
    found = report_of(hospital, report)
    belongs(run, hospital, found, report.visit)
    told = [said(one) for one in observations(hospital, found)]
    run.expect(told == ["5.60", "4.20"], "结果一致", "the results are the same", same(", ".join(told) or "–"))


def _arranged(segments: list[str], form: str, report: Report) -> list[str]:
    """Return the segments of ORU^R01 as another message has them."""
    found = {name: [one for one in segments if one.startswith(f"{name}|")]
             for name in ("PID", "PV1", "ORC", "OBR", "OBX", "SPM")}  # fmt: skip
    head = [*found["PID"], *found["PV1"]]
    container = [f"SAC|||{report.barcode}"] if form != "R22" else []
    order = [*found["OBR"], *found["ORC"]]
    if form == "R24":
        return [*head, *order, *found["SPM"], *container, *found["OBX"]]
    return [*head, *found["SPM"], *container, *order, *found["OBX"]]
