"""Figures of a month: from the ledger alone, the same again, and right."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gateway.canonical.json import dumps
from gateway.errors import Misconfigured, Rejected
from gateway.feed.feedback import Finding, Said, move, open_finding
from gateway.feed.feedback.deadlines import duties
from gateway.feed.measure import Period, evaluate, load_measures, period_of
from gateway.feed.measure.criteria import read
from gateway.feed.measure.extract import extract
from gateway.feed.measure.functions import FUNCTIONS
from gateway.feed.measure.periods import between
from gateway.feed.measure.report import figures
from gateway.settings import SupervisionSettings
from gateway.store import Entry
from gateway.store.deliveries import Settled
from gateway.validation import Validator

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
MEASURES = load_measures()


def report(books: Any, name: str, period: Period = MARCH, size: int | None = None) -> dict[str, Any]:
    made: dict[str, Any] = evaluate(MEASURES.of(name), extract(books.store, "default", period, size), 1)
    return made


def told(books: Any, name: str, period: Period = MARCH) -> dict[tuple[str, str], object]:
    return {(group, what): figure for group, what, figure in figures(report(books, name, period))}


def month(books: Any) -> None:
    """Two prescriptions take effect, one is rejected; the next month has one more."""
    for number, event in (("RX1", "effective"), ("RX2", "effective"), ("RX3", "rejected")):
        back = books.order(number).n
        books.order(number, event, back=back)
    books.on("2026-04-01")
    books.order("RX4")


def test_prescriptions_are_counted_in_their_month(books: Any) -> None:
    month(books)
    assert told(books, "prescriptions") == {
        ("submitted", "initial-population"): 3,
        ("effective", "initial-population"): 2,
        ("rejected", "initial-population"): 1,
        ("cancelled", "initial-population"): 0,
    }
    assert str(told(books, "prescription-approval")["approval", "score"]) == "0.6667"


def test_the_same_input_gives_the_same_bytes_and_names_its_head(books: Any) -> None:
    month(books)
    head = books.store.ledger.head("default")
    before = report(books, "prescriptions", size=head.size)
    books.order("RX5")
    after = report(books, "prescriptions", size=head.size)
    assert dumps(before) == dumps(after)
    (range_,) = before["extension"]
    said = {
        one["url"]: next(value for key, value in one.items() if key != "url") for one in range_["extension"]
    }
    assert said == {"first": 1, "last": 7, "count": 6, "algorithm": "SM3", "head": head.head.hex()}
    assert report(books, "prescriptions")["id"] != before["id"]
    with pytest.raises(Rejected):
        report(books, "prescriptions", size=99)


def test_what_has_no_figures_has_no_score(books: Any) -> None:
    assert told(books, "prescription-approval") == {
        ("approval", "initial-population"): 0,
        ("approval", "denominator"): 0,
        ("approval", "numerator"): 0,
    }
    assert "measureScore" not in report(books, "review-time")["group"][0]


def test_the_time_of_a_review_is_the_median_in_minutes(books: Any) -> None:
    for number, day in (("RX1", "2026-03-02"), ("RX2", "2026-03-04")):
        books.on("2026-03-02")
        if number == "RX2":
            books.on("2026-03-03")
        back = books.order(number).n
        books.on(day)
        books.order(number, "effective", back=back)
    score = report(books, "review-time")["group"][0]["measureScore"]
    assert (float(score["value"]) // 1, score["code"]) == (720, "min")


def test_findings_that_fell_due_count_whether_answered_or_not(books: Any) -> None:
    owed = duties(SupervisionSettings(owner="Organization/q"))
    evidence = {"resourceType": "DocumentReference", "id": "e1", "status": "current", "content": []}
    books.act(lambda desk: desk.write(evidence))
    for number in ("1", "2"):
        books.act(
            lambda desk, n=number: open_finding(desk, owed, Finding("x", ("urn:r", n), due="2026-03-10"))
        )
    late = books.act(lambda desk: open_finding(desk, owed, Finding("x", ("urn:r", "3"), due="2026-05-01")))
    first = (
        books.act(lambda desk: open_finding(desk, owed, Finding("x", ("urn:r", "1")))).tasks[0].split("/")[1]
    )
    books.on("2026-03-09")
    books.act(lambda desk: move(desk, owed, first, "accept", Said("hospital")))
    said = Said("hospital", evidence=("DocumentReference/e1",))
    books.act(lambda desk: move(desk, owed, first, "answer", said))
    found = told(books, "feedback")
    assert (found["in-time", "denominator"], found["in-time", "numerator"]) == (2, 1)
    assert late.state == "open"


def test_patients_marks_are_read_from_evaluations(books: Any) -> None:
    def act(desk: Any, id_: str, mark: int) -> None:
        item = [{"linkId": "satisfaction", "answer": [{"valueInteger": mark}]}]
        body = {"resourceType": "QuestionnaireResponse", "id": id_, "status": "completed", "item": item}
        desk.append(Entry("evaluation", "effective", desk.write(body)))

    for number, mark in enumerate((5, 2, 4)):
        books.act(lambda desk, n=number, m=mark: act(desk, f"q{n}", m))
    assert str(told(books, "satisfaction")["satisfaction", "score"]) == "4"


def test_what_is_not_from_the_ledger_says_so(books: Any) -> None:
    entry = books.order("RX1")
    receiver = books.store.deliveries.enrol("default", "platform")
    books.store.deliveries.fill(receiver)
    at = entry.ts_us + 3 * 60_000_000
    books.store.deliveries.settle(receiver, [Settled(entry.n, "acknowledged")], at)
    found = told(books, "timeliness")
    assert (str(found["acknowledged", "score"]), str(found["acknowledged", "platform"])) == ("3", "3")
    assert told(books, "open-exceptions")["open", "initial-population"] == 0
    assert "extension" not in report(books, "timeliness")
    assert [one.name for one in MEASURES if not one.from_ledger] == [
        "open-exceptions",
        "refusals",
        "timeliness",
    ]


@pytest.mark.parametrize("name", [one.name for one in MEASURES])
def test_measures_and_reports_are_right_by_r4(books: Any, name: str, validator: Validator) -> None:
    books.order("RX1")
    for resource in (MEASURES.of(name).resource, report(books, name)):
        faults = validator.check(resource)
        assert [one for one in faults if one.severity in ("error", "fatal")] == []


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
    ],
)
def test_periods_have_names(name: str, first: str, last: str) -> None:
    found = period_of(name)
    assert (str(found.first), str(found.last)) == (first, last)


@pytest.mark.parametrize("name", ["2026-13", "2026-Q5", "26", "", "2026-3", "0000-01"])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(Rejected):
        period_of(name)


def test_days_may_be_given_and_must_be_in_order() -> None:
    assert between("2026-03", "2026-03-15") == Period(date(2026, 3, 1), date(2026, 3, 15))
    for first, last in (("2026-03-02", "2026-03-01"), ("2020", "2026")):
        with pytest.raises(Rejected):
            between(first, last)


def test_an_expression_that_nobody_knows_is_a_fault_of_the_file() -> None:
    for text in ("entries kind=visit", "sum kind=visit", "documents kind=a event=b"):
        with pytest.raises(Misconfigured):
            read(text, FUNCTIONS, "x.json")
