"""Orders for the laboratory: whatever message brings them, the HIS hears of each what became of it."""

from __future__ import annotations

from conformance.harness.check import Case
from conformance.harness.door import Acknowledged
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.harness.words import Words, same
from conformance.simulators.analysers.order import drawn, order
from conformance.simulators.analysers.tube import Tube, fields, items, part
from conformance.simulators.exact import Resource
from conformance.simulators.visits import Visit
from conformance.suites.exchange.hospital import ACCEPTED, Hospital, shown
from conformance.suites.exchange.reading import codes, identifiers, references
from conformance.suites.exchange.trial import EXCHANGE, exchange, exchanges

_FORMS = (
    ("O21", "O22", "按申请"),
    ("O33", "O34", "按标本"),
    ("O35", "O36", "按标本与容器"),
)
"""Trigger of the order, of its answer (HL7 v2.5.1 table 0003)."""
ENDED = ("revoked", "entered-in-error")


def _drawn(hospital: Hospital) -> tuple[Visit, Tube]:
    """Return a visit and a tube with two tests; nobody was told of either."""
    visit = hospital.consultation()
    hospital.noted(visit.person.mrn)
    return visit, drawn(hospital.chart, visit, items("BC", "GLU", "UREA"))


def _words(answer: Acknowledged) -> dict[str, str]:
    """Return order number → ORC-1 of an answer."""
    lines = [fields(one) for one in answer.raw.decode("utf-8", "replace").split("\r")]
    return {part(one[2], 1): one[1] for one in lines if one[0] == "ORC"}


def _kind(answer: Acknowledged) -> str:
    head = fields(answer.raw.decode("utf-8", "replace").partition("\r")[0])
    return "^".join(head[8].split("^")[:2])


def _said(run: Run, answer: Acknowledged, tube: Tube, word: str) -> None:
    """Expect that an answer says a word of HL7 table 0119 to each test of a tube."""
    told = [_words(answer).get(number, "–") for number in tube.orders.values()]
    zh, en = f"应答逐项注明 {word}（ORC-1）", f"the answer says {word} of each order (ORC-1)"
    run.expect(set(told) == {word}, zh, en, same(" ".join(told)))


def _orders(hospital: Hospital, tube: Tube) -> list[Resource]:
    return [hospital.there(f"ServiceRequest?identifier={number}") for number in tube.orders.values()]


@exchanges([
    Case(form, EXCHANGE,
         Words(f"检验申请（OML^{form}，{zh}）得到 ORL^{answer}，逐项注明",
               f"an order for the laboratory (OML^{form}) is answered by ORL^{answer}, test by test"),
         (form, answer))
    for form, answer, zh in _FORMS
], "his")  # fmt: skip
def told_orders(run: Run, hospital: Hospital, form: str, wanted: str) -> None:
    """Two tests of one tube; the orders and the sample are then there."""
    visit, tube = _drawn(hospital)
    answer = hospital.ask(order(hospital.chart, visit, tube, specimen="SER", form=form))
    run.expect(answer.code in ACCEPTED, "申请被接收", "the order is taken", shown(answer))
    kind = _kind(answer)
    run.expect(kind == f"ORL^{wanted}", f"应答为 ORL^{wanted}", f"the answer is ORL^{wanted}", same(kind))
    _said(run, answer, tube, "OK")
    for one, item in zip(_orders(hospital, tube), tube.orders, strict=True):
        run.expect(item.code in codes(one, "code"), f"{item.code} 已申请", f"{item.code} is ordered")
        samples = [hospital.read(name) for name in references(one, "specimen")]
        numbers = {number for sample in samples for number in identifiers(sample)}
        numbers |= {
            str(number) for sample in samples for number in each(sample, "container.identifier.value")
        }
        run.expect(tube.barcode in numbers, "条码一致", "the bar code is the same")


@exchange(
    "his", zh="撤销检验申请：应答注明，申请已撤销",
    en="who cancels an order for the laboratory hears so, and it is revoked",
)  # fmt: skip
def order_cancelled(run: Run, hospital: Hospital) -> None:
    """Two tests; both are cancelled (ORC-1 CA)."""
    visit, tube = _drawn(hospital)
    hospital.given(order(hospital.chart, visit, tube, specimen="SER"))
    _orders(hospital, tube)
    run.step("撤销申请", "the order is cancelled")
    answer = hospital.ask(order(hospital.chart, visit, tube, "CA", "SER"))
    run.expect(answer.code in ACCEPTED, "撤销被接收", "it is taken", shown(answer))
    _said(run, answer, tube, "CR")
    for number in tube.orders.values():
        found = hospital.one(
            f"ServiceRequest?identifier={number}", "申请可检索", "the order is found",
            lambda one: one.get("status") in ENDED,
        )  # fmt: skip
        status = str(found.get("status"))
        run.expect(status in ENDED, "申请已撤销", "the order is revoked", same(status))


@exchange(
    "his", zh="条码已属他人的检验申请不被应答为成功",
    en="an order with the bar code of somebody else's tube is not answered as if it were done",
)  # fmt: skip
def somebody_elses_tube(run: Run, hospital: Hospital) -> None:
    """A bar code that was given out minutes ago comes again for another patient."""
    visit, tube = _drawn(hospital)
    hospital.given(order(hospital.chart, visit, tube, specimen="SER"))
    _orders(hospital, tube)
    other, second = _drawn(hospital)
    second.barcode = tube.barcode
    answer = hospital.ask(order(hospital.chart, other, second, specimen="SER"))
    told = {_words(answer).get(number, "–") for number in second.orders.values()}
    run.expect(
        answer.code not in ACCEPTED or "OK" not in told,
        "应答指出未受理", "the answer says that it was not done", shown(answer),
    )  # fmt: skip
    query = f"ServiceRequest?specimen.identifier={tube.barcode}&status=active"
    people = {str(name) for one in hospital.found(query) for name in each(one, "subject.reference")}
    run.expect(
        len(people) <= 1, "该条码只属一名患者", "the bar code is one patient's", same(f"{len(people)}")
    )
