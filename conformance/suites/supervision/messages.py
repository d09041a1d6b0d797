"""Messages: what is sent is as the interface asks, and what is not is found (渝卫发〔2019〕49号 3.2)."""

from __future__ import annotations

from conformance.harness.check import Case, checks
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.suites.fhir.ground import validating
from conformance.suites.supervision.acts import FEED


def _without_header(bundle: Resource) -> None:
    del bundle["entry"][0]


def _without_event(bundle: Resource) -> None:
    bundle["entry"][0]["resource"].pop("eventCoding", None)


def _without_source(bundle: Resource) -> None:
    bundle["entry"][0]["resource"].pop("source", None)


def _without_type(bundle: Resource) -> None:
    bundle.pop("type", None)


def _header_last(bundle: Resource) -> None:
    bundle["entry"].append(bundle["entry"].pop(0))


def _wrong_status(bundle: Resource) -> None:
    _part(bundle, "Encounter")["status"] = "somewhere"


def _without_class(bundle: Resource) -> None:
    _part(bundle, "Encounter").pop("class", None)


def _wrong_date(bundle: Resource) -> None:
    _part(bundle, "Consent")["dateTime"] = "昨天"


def _unknown_element(bundle: Resource) -> None:
    _part(bundle, "Consent")["patientName"] = "x"


def _part(bundle: Resource, kind: str) -> Resource:
    found: Resource = next(
        (one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind), {}
    )
    return found


_NEGATIVES = {
    "header": (_without_header, Words("缺消息头", "without its header")),
    "header-place": (_header_last, Words("消息头不在首位", "whose header is not the first")),
    "event": (_without_event, Words("缺事件", "without an event")),
    "source": (_without_source, Words("缺来源", "without a source")),
    "type": (_without_type, Words("缺类型", "without a type")),
    "code": (_wrong_status, Words("代码不在值域", "with a code of nowhere")),
    "element": (_without_class, Words("缺必填项", "without what is mandatory")),
    "date": (_wrong_date, Words("日期格式错误", "with a date that is none")),
    "unknown": (_unknown_element, Words("含未定义的数据项", "with an element that nobody defined")),
}


@checks(
    [
        Case(
            name,
            "CQ49-3.2",
            Words(f"{words.zh}的报文会被发现", f"a message {words.en} is found"),
            (name,),
            False,
            FEED,
        )
        for name, (_, words) in _NEGATIVES.items()
    ]
)
def bad_message(run: Run, name: str) -> None:
    """Take a message of the feed, spoil one thing, and let it be validated."""
    feed = Feed(run)
    before = feed.size()
    scene = Scene(run).begun()
    pages = feed.pages(before, about=[scene.encounter])
    page = next((one for one in pages if any(e.document == scene.encounter for e in one.entries)), None)
    bundle = feed.inner(page) if page else {}
    if not bundle.get("entry"):
        raise Skipped(
            "前提未满足：监管数据为 FHIR 消息", "prerequisite not met: the feed comes as a FHIR message"
        )
    run.step("原报文", "the message as it came")
    good = run.done(run.client().post("Bundle/$validate", bundle), "可以校验", "it can be validated")
    run.expect(
        good.kind == "OperationOutcome" and not good.errors,
        "原报文合规",
        "it is as it must be",
        Words(f"{len(good.errors)} 个错误", f"{len(good.errors)} errors"),
    )
    run.step("改错一处", "one thing is spoiled")
    _NEGATIVES[name][0](bundle)
    bad = run.client().post("Bundle/$validate", bundle)
    if not bad.errors:
        validating(run, "Bundle")
    run.expect(
        bad.kind == "OperationOutcome" and bool(bad.errors),
        "错误被指出",
        "the fault is pointed out",
        Words(f"{len(bad.errors)} 个错误", f"{len(bad.errors)} errors"),
    )
