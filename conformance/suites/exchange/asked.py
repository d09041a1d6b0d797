"""An analyser reads a bar code and asks what is to be done: it is told whose the tube is, and its tests."""

from __future__ import annotations

from dataclasses import replace

from conformance.harness.run import Run
from conformance.harness.words import same
from conformance.simulators.analysers.tube import Told
from conformance.suites.exchange.bench import Laboratory, Ordered, analysed
from conformance.suites.exchange.ordered import ENDED


def _codes(laboratory: Laboratory, one: Ordered) -> set[str]:
    """Return the codes by which a target tells the tests of a tube: as ordered, or as the door says."""
    said = laboratory.door.options.get("tests", "")
    own = dict(pair.strip().split("=", 1) for pair in said.split(",") if "=" in pair)
    return {own.get(item.code, item.code) for item in one.tube.orders}


def _expect(run: Run, told: Told, wanted: set[str]) -> None:
    run.expect(
        set(told.tests) == wanted,
        f"项目为 {'、'.join(sorted(wanted)) or '无'}",
        f"the tests are {', '.join(sorted(wanted)) or 'none'}",
        same(", ".join(sorted(told.tests)) or "–"),
    )


@analysed("{}按条码查询，得到患者与项目", "{} asks by bar code and hears patient and tests")
def asked(run: Run, laboratory: Laboratory) -> None:
    """Two tubes with other tests; one is asked for."""
    one, other = laboratory.ordered(), laboratory.ordered(laboratory.analyser.menu[2:4])
    told = laboratory.asks(one.tube)
    _expect(run, told, _codes(laboratory, one))
    run.expect(told.barcode == one.tube.barcode, "条码一致", "the bar code is the same")
    who = one.visit.person
    run.expect(who.mrn == told.patient or who.name == told.name, "为该患者", "it is the patient's")
    run.expect(told.sex in ("", who.sex), "性别一致", "the sex is the same", same(told.sex))
    _expect(run, laboratory.asks(other.tube), _codes(laboratory, other))


@analysed(
    "{}查询未知条码，不会得到他人的项目", "{} asks for a bar code that nobody knows, and is told of nobody"
)
def asked_unknown(run: Run, laboratory: Laboratory) -> None:
    """A bar code that begins like one that is known; then that one."""
    one = laboratory.ordered()
    told = laboratory.asks(one.tube, one.tube.barcode[:-1])
    run.expect(not told.patient and not told.name, "未告知任何患者", "no patient is told")
    _expect(run, told, set())
    _expect(run, laboratory.asks(one.tube), _codes(laboratory, one))


@analysed("{}查询时，已撤销的项目不再下达", "{} is not told what was cancelled")
def asked_cancelled(run: Run, laboratory: Laboratory) -> None:
    """Two tests; one is cancelled, then the other."""
    one = laboratory.ordered()
    first, second = one.tube.orders
    laboratory.order(one, [first], "CA")
    told = laboratory.asks(one.tube)
    _expect(run, told, _codes(laboratory, one) - _codes(laboratory, _only(one, first)))
    laboratory.order(one, [second], "CA", minutes=9)
    _expect(run, laboratory.asks(one.tube, minutes=12), set())


@analysed(
    "{}拒收任务（UA）后，申请仍有效，再次查询仍下达，结果归位",
    "work that {} refuses (UA) is still ordered: it is told to who asks again, and its results are taken",
    "law",
)  # fmt: skip
def work_refused(run: Run, laboratory: Laboratory) -> None:
    """A reagent is lacking: no order is taken; the reagent is there, and the tube is read again."""
    one = laboratory.ordered()
    run.step("仪器拒收任务", "the analyser refuses its work")
    _expect(run, laboratory.asks(one.tube, willing=False), _codes(laboratory, one))
    for number in one.tube.orders.values():
        state = str(laboratory.there(f"ServiceRequest?identifier={number}").get("status"))
        run.expect(state not in ENDED, "申请仍有效", "the order is still there", same(state))
    run.step("仪器再次查询", "it asks again")
    _expect(run, laboratory.asks(one.tube, minutes=9), _codes(laboratory, one))
    laboratory.told(laboratory.results(one.tube))
    laboratory.expect(one, "5.60", "4.20")


def _only(one: Ordered, item: object) -> Ordered:
    orders = {test: number for test, number in one.tube.orders.items() if test is item}
    return Ordered(one.visit, replace(one.tube, orders=orders))
