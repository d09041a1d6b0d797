"""What analysers measure becomes the patient's whose tube it is: once, put right, never anybody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from conformance.harness.paths import pick
from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.analysers.bench import TAKEN
from conformance.simulators.analysers.mischief import at_once, broken_off
from conformance.simulators.analysers.tube import Role, Tube, unit
from conformance.simulators.exact import Resource
from conformance.suites.exchange.bench import Laboratory, Ordered, analysed
from conformance.suites.exchange.branch import now
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import about, contents, digits, references
from conformance.suites.exchange.reported import CHANGED

_LAST_YEAR = timedelta(days=365)
_AHEAD = timedelta(days=3)


def _of_item(laboratory: Laboratory, listed: list[Resource], value: str) -> Resource:
    found = next((one for one in listed if digits(pick(one, "valueQuantity.value")) == value), {})
    laboratory.run.expect(bool(found), f"有结果 {value}", f"there is a result {value}")
    return found


@analysed("{}的结果归到条码所属的患者与申请", "a result of {} becomes the patient's whose tube it is")
def measured(run: Run, laboratory: Laboratory) -> None:
    """Two tests are ordered, asked for and measured; the analyser says nothing of the patient."""
    one = laboratory.ordered()
    laboratory.asks(one.tube)
    run.step("仪器发送结果", "the analyser sends its results")
    laboratory.told(laboratory.results(one.tube))
    listed = laboratory.expect(one, "5.60", "4.20")
    for item, value in zip(one.tube.orders, ("5.60", "4.20"), strict=True):
        found = _of_item(laboratory, listed, value)
        said = {str(pick(found, f"valueQuantity.{name}")) for name in ("unit", "code")}
        run.expect(
            unit(item) in said or item.unit in said,
            f"单位为 {item.unit}",
            f"the unit is {item.unit}",
            same(", ".join(sorted(said))),
        )
    wanted = {
        f"ServiceRequest/{laboratory.there(f'ServiceRequest?identifier={number}').get('id')}"
        for number in one.tube.orders.values()
    }
    told = laboratory.orders_of(listed)
    run.expect(
        wanted <= told, "结果或报告指回各项申请", "results or reports point to the orders", counted([*told])
    )


@analysed("{}重发的结果只有一份", "results that {} sends again are there once")
def sent_again(run: Run, laboratory: Laboratory) -> None:
    """The same messages twice."""
    one = laboratory.ordered()
    messages = laboratory.results(one.tube)
    laboratory.told(messages)
    before = contents(laboratory.expect(one, "5.60", "4.20"))
    run.step("重发", "the same is sent again")
    laboratory.told(messages, "重发被接收", "the repeat is taken")
    after = contents(laboratory.expect(one, "5.60", "4.20"))
    run.expect(after == before, "结果未变", "the results are as before", counted([*after]))


@analysed(
    "{}更正的结果取代原值，原值可追溯", "what {} corrects takes the place of the value, which is not lost"
)
def put_right(run: Run, laboratory: Laboratory) -> None:
    """One of two results is corrected (OBX-11, R.9: C)."""
    one = laboratory.ordered()
    laboratory.told(laboratory.results(one.tube))
    laboratory.expect(one, "5.60", "4.20")
    run.step("发送更正结果", "the correction is sent")
    first, _ = one.tube.orders
    later = one.tube.taken + timedelta(minutes=50)
    laboratory.told(laboratory.results(_part(one, first), ["11.20"], later, corrected=True))
    listed = laboratory.expect(
        one, "11.20", "4.20", zh="更正值取代原值，另一结果未变",
        en="the new value stands, and the other one as it was",
    )  # fmt: skip
    found = _of_item(laboratory, listed, "11.20")
    run.expect(
        found.get("status") in CHANGED, "结果注明更正", "the result says so", same(str(found.get("status")))
    )
    answer = run.given(
        run.client().get(f"Observation/{found.get('id')}/_history"), "读取历史", "the history is read"
    )
    values = [digits(pick(version, "valueQuantity.value")) for version in answer.entries]
    run.expect("5.60" in values, "历史中有原值", "the value before is in the history", counted(values))


@analysed("{}复检的结果取代前次，不并存", "what {} measures again takes the place of what was before")
def measured_again(run: Run, laboratory: Laboratory) -> None:
    """The same test later, without a word that it is a correction."""
    one = laboratory.ordered(laboratory.tests[:1])
    laboratory.told(laboratory.results(one.tube, ["5.60"]))
    laboratory.expect(one, "5.60")
    laboratory.told(laboratory.results(one.tube, ["5.80"], one.tube.taken + timedelta(minutes=70)))
    laboratory.expect(one, "5.80", zh="只有复检值", en="the value of the second run stands, alone")


@analysed("{}的质控结果不进入患者资料", "a control that {} runs never becomes a patient's")
def quality_control(run: Run, laboratory: Laboratory) -> None:
    """A control under the bar code of a patient's tube, which somebody has put on the wrong rack."""
    belongs_to_nobody(laboratory, "control")


def belongs_to_nobody(laboratory: Laboratory, role: Role) -> None:
    """Let an analyser tell of a patient's tube what is no patient's, then the patient's own results."""
    one = laboratory.ordered()
    laboratory.tells(laboratory.results(one.tube, ["9.90", "8.80"], role=role))
    laboratory.nothing(one, "质控、定标值不是患者的结果", "it is no result of the patient")
    laboratory.told(laboratory.results(one.tube))
    laboratory.expect(
        one, "5.60", "4.20", zh="只有患者的结果", en="the patient's own results are there, alone"
    )


@analysed("{}的未知标本结果不丢失：申请到达后归位", "results of {} for an unknown sample wait for its order")
def unknown_sample(run: Run, laboratory: Laboratory) -> None:
    """First the results, with a name that the analyser made up; then the order."""
    one = laboratory.drawn()
    messages = laboratory.results(one.tube, person=one.visit.person)
    kept = all(answer in TAKEN for answer in laboratory.tells(messages))
    query = f"Observation?specimen.identifier={one.tube.barcode}"
    there = [found for found in laboratory.absent(query) if pick(found, "subject.reference")]
    run.expect(not there, "没有归到任何患者", "they are nobody's", counted(there))
    made = laboratory.absent(f"Patient?identifier={one.visit.person.mrn}")
    run.expect(not made, "没有凭空建立患者", "no patient was made up", counted(made))
    run.step("申请到达", "the order arrives")
    laboratory.order(one)
    if not kept:  # it was refused: the analyser still has it
        laboratory.told(messages)
    laboratory.expect(one, "5.60", "4.20", zh="结果归到该患者", en="the results are the patient's")


@analysed(
    "{}所称患者与条码不符时，结果不归到任何一方",
    "a result of {} that says another patient is taken for nobody's",
)
def somebody_else(run: Run, laboratory: Laboratory) -> None:
    """Another name, sex and birth date than those of whom the tube is of."""
    one = laboratory.ordered()
    person = one.visit.person
    other = replace(
        run.person(sex="F" if person.sex == "M" else "M"), mrn="", family="单", given="不符",
        birth=person.birth - timedelta(days=4000),
    )  # fmt: skip
    laboratory.tells(laboratory.results(one.tube, ["9.90", "8.80"], person=other))
    laboratory.nothing(one, "结果未归到该患者", "they are not the patient's")
    later = one.tube.taken + timedelta(minutes=45)
    laboratory.told(laboratory.results(one.tube, at=later, person=person))
    laboratory.expect(one, "5.60", "4.20", zh="相符的结果进入", en="those that fit are there")


@analysed("{}重发去年的数据，不会归到今天的条码", "last year's memory of {} is no result of today's tube")
def memory(run: Run, laboratory: Laboratory) -> None:
    """A bar code that is used again; the analyser sends what it measured of it last year."""
    one = laboratory.ordered()
    laboratory.tells(laboratory.results(one.tube, ["9.90", "8.80"], one.tube.taken - _LAST_YEAR))
    laboratory.nothing(one, "去年的结果不是该患者的", "what is of last year is not the patient's")
    laboratory.told(laboratory.results(one.tube))
    before = contents(laboratory.expect(one, "5.60", "4.20"))
    run.step("再次重发去年的数据", "last year's memory is sent once more")
    laboratory.tells(laboratory.results(one.tube, ["9.70", "8.60"], one.tube.taken - _LAST_YEAR))
    after = contents(laboratory.expect(one, "5.60", "4.20", zh="结果未变", en="the results are as before"))
    run.expect(after == before, "没有新版本", "nothing has changed", counted([*after]))


@analysed("{}时钟超前，不妨碍之后的结果", "a clock of {} that is ahead does not lock what follows")
def clock_ahead(run: Run, laboratory: Laboratory) -> None:
    """Measured in three days, says the analyser; its clock is put right, and it measures again."""
    one = laboratory.ordered(laboratory.tests[:1])
    laboratory.tells(laboratory.results(one.tube, ["5.60"], now() + _AHEAD))
    run.step("校正时钟后复检", "its clock is put right; it measures again")
    laboratory.told(laboratory.results(one.tube, ["5.80"], now() + timedelta(minutes=1)))
    laboratory.expect(one, "5.80", zh="复检值为准", en="the second value stands")


@analysed("{}逐项发送的结果汇入同一份报告", "the tests that {} sends one by one are one report", "chemistry")
def aggregated(run: Run, laboratory: Laboratory) -> None:
    """Two messages of one tube, then a third minutes later."""
    one = laboratory.ordered(laboratory.analyser.menu[:3])
    messages = laboratory.results(one.tube, ["5.60", "4.20", "3.90"])
    laboratory.told(messages[:2])
    laboratory.told(messages[2:])
    laboratory.expect(one, "5.60", "4.20", "3.90")
    query = about("DiagnosticReport", laboratory.patient(one.visit.person))
    whole = len(one.tube.orders)
    listed = laboratory.found(
        query, lambda them: any(len(references(report, "result")) == whole for report in them)
    )
    run.expect(len(listed) == 1, "只有一份报告", "there is one report", counted(listed))
    names = references(listed[0], "result")
    run.expect(len(names) == whole, "报告有全部结果", "it names all results", counted(names))


@analysed("两台{}同时发送，各归各的患者", "{} and a second one at once: each result is its own patient's")
def together(run: Run, laboratory: Laboratory) -> None:
    """Two senders on one port at the same moment."""
    first, second = laboratory.ordered(), laboratory.ordered()
    said = [laboratory.results(first.tube), laboratory.results(second.tube, ["5.10", "4.90"])]
    with laboratory.bench() as one:
        heard = at_once([one, one], said)
    run.expect(all(heard), "两台均得到应答", "both are answered", counted([one for one in heard if one]))
    laboratory.expect(first, "5.60", "4.20")
    laboratory.expect(second, "5.10", "4.90")


@analysed(
    "{}发送中断后重发，结果不缺不重",
    "{} is cut off in a message and sends it again: nothing is lost or doubled",
)
def cut_off(run: Run, laboratory: Laboratory) -> None:
    """The cable is pulled in the middle of a message."""
    one = laboratory.ordered()
    messages = laboratory.results(one.tube)
    with laboratory.bench() as bench:
        broken_off(bench, messages[0])
    laboratory.nothing(one, "半条消息未成为结果", "half a message is no result")
    laboratory.told(messages, "重发被接收", "the repeat is taken")
    laboratory.expect(one, "5.60", "4.20")


def _part(one: Ordered, *items: object) -> Tube:
    """Return a tube of which only some tests are spoken of."""
    orders = {test: number for test, number in one.tube.orders.items() if test in items}
    return replace(one.tube, orders=orders)
