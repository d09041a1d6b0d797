"""What a HIS tells an XML service: HL7 v3, plain and in SOAP; how it is answered, what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.harness.answer import Answer
from conformance.harness.paths import each, pick
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words, same
from conformance.simulators import admissions, papers
from conformance.simulators.exact import dumps
from conformance.simulators.soap import ENVELOPES
from conformance.simulators.visits import Visit
from conformance.suites.exchange.arrived import expect_orders, expect_person
from conformance.suites.exchange.branch import Branch, branch, branches, door, now, status
from conformance.suites.exchange.branch_rows import registered
from conformance.suites.exchange.hospital import counted
from conformance.suites.exchange.reading import of_visit, references

Facts = Mapping[str, Any]


def acknowledged(answer: Answer) -> tuple[str, str]:
    """Return the code of an acknowledgement and the id of its message; empty where there is none."""
    found: Any = next(_named(answer.content, "acknowledgement"), {})
    ids = [str(one) for one in each(found, "targetMessage.id.extension")]
    return str(pick(found, "typeCode") or ""), ids[0] if ids else ""


def taken(run: Run, answer: Answer, control: str) -> None:
    """Expect that a message is taken, and the answer is about it."""
    code, about = acknowledged(answer)
    run.expect(code in ("AA", "CA"), "消息被接收", "the message is taken", _shown(answer))
    run.expect(about == control, "应答指明原消息", "the answer names the message")


def given(answer: Answer) -> None:
    """Go on only where a message was taken. Raises :class:`Skipped`."""
    if acknowledged(answer)[0] not in ("AA", "CA"):
        found = _shown(answer)
        raise Skipped(
            f"前提未满足：消息未被接收；实际：{found.zh}",
            f"prerequisite not met: a message is not taken; found: {found.en}",
        )


@branches("styles", "soap")
def service_style(run: Run, branch: Branch, facts: Facts) -> None:
    """Register a patient in one style."""
    visit, control = branch.visit(), f"{run.number}1"
    answer = branch.say(papers.registered(visit, control), facts["style"], facts["charset"])
    taken(run, answer, control)
    version = str(facts["style"]).partition(" ")[0]
    _in_style(run, answer, version)
    if " " in facts["style"]:
        operation = str(facts["style"]).partition(" ")[2]
        body: Any = next(_named(answer.content, "Body"), {})
        names = list(body) if isinstance(body, dict) else []
        wanted = f"{operation}Response"
        run.expect(wanted in names, f"应答为 {wanted}", f"the answer is {wanted}", same(", ".join(names)))
    expect_person(run, branch, visit)


@branches("interactions", "soap")
def interaction(run: Run, branch: Branch, facts: Facts) -> None:
    """Send one interaction; whatever it is, the answer is about it."""
    visit, control = branch.visit(), f"{run.number}1"
    message = _paper(branch, facts["form"], visit, control).replace(_ROOTS[facts["form"]], facts["as"])
    answer = branch.say(message, "1.1")
    code, about = acknowledged(answer)
    wanted = facts["code"]
    run.expect(
        code == wanted if wanted != "?" else bool(code),
        "有应答码" if wanted == "?" else f"应答 {wanted}",
        "there is a code" if wanted == "?" else f"it is answered {wanted}",
        _shown(answer),
    )
    run.expect(about == control, "应答指明原消息", "the answer names the message")


@branch("soap", zh="SOAP 传来的就诊和用药医嘱成为 FHIR 资源", en="a visit and orders by SOAP become FHIR")
def service_orders(run: Run, branch: Branch) -> None:
    """A patient, a visit, two drugs; the note of an order is `-`."""
    visit = branch.visit()
    given(branch.say(papers.registered(visit, f"{run.number}1"), "1.1"))
    given(branch.say(papers.visited(visit, f"{run.number}2"), "1.1"))
    answer = branch.say(papers.ordered(visit, f"{run.number}3", f"YZ{run.number}", branch.drugs), "1.1")
    taken(run, answer, f"{run.number}3")
    found = branch.encounter(visit)
    listed = expect_orders(run, branch, visit)
    wanted = f"Encounter/{found.get('id')}"
    run.expect(
        all(wanted in references(one, "encounter") for one in listed),
        "属于该次就诊",
        "they belong to the visit",
    )
    said = [str(one) for order in listed for one in each(order, "note.text")]
    said += [str(one) for order in listed for one in each(order, "dosageInstruction.patientInstruction")]
    run.expect("-" not in said, "“-”不成为备注", "`-` is no note", counted(said))


@branch(
    "soap",
    zh="重发的 SOAP 消息应答相同，不重复入库",
    en="a repeated SOAP message is answered the same and stores nothing twice",
)
def service_repeated(run: Run, branch: Branch) -> None:
    """The answer got lost: the same bytes again."""
    visit = branch.visit()
    message = papers.ordered(visit, f"{run.number}3", f"YZ{run.number}", branch.drugs)
    given(branch.say(message, "1.2"))
    before = sorted(str(one.get("id")) for one in expect_orders(run, branch, visit))
    answer = branch.say(message, "1.2")
    taken(run, answer, f"{run.number}3")
    again = sorted(str(one.get("id")) for one in branch.orders(visit.person, 1))
    run.expect(again == before, "用药申请不多不变", "the orders are the same, and no more", counted(again))


@branch(
    "soap",
    zh="非 XML 的内容以调用方的 SOAP 版本返回 Fault",
    en="what is no XML is answered by a Fault in the caller's SOAP",
)
def service_fault(run: Run, branch: Branch) -> None:
    """A message that ends in its middle, in each version; then a whole one is taken."""
    visit = branch.visit()
    for version in ("1.1", "1.2"):
        whole = f'<e:Envelope xmlns:e="{ENVELOPES[version][0]}"><e:Body>{papers.registered(visit, "x")}'
        kind = ENVELOPES[version][1].format(charset="utf-8")
        answer = branch.posted("soap", whole.encode(), {"Content-Type": kind, "Accept": "*/*"})
        run.expect(answer.status >= 400, "以错误应答", "it is answered as an error", status(answer))
        fault = next(_named(answer.content, "Fault"), None)
        run.expect(fault is not None, "应答为 SOAP Fault", "the answer is a SOAP Fault", status(answer))
        _in_style(run, answer, version)
    taken(run, branch.say(papers.registered(visit, f"{run.number}1"), "1.1"), f"{run.number}1")


@branches("hostile")
def hostile(run: Run, branch: Branch, facts: Facts) -> None:
    """Nothing of it may be taken, nor anything of ours be told; the door stays open."""
    protocol = str(facts["door"])
    branch.open(protocol)
    visit, good = branch.visit(), branch.visit()
    name = "&e;" if "ENTITY e " in facts["head"] else visit.person.name
    paper = papers.registered if protocol == "soap" else papers.laboratory
    message = paper(visit, f"{run.number}1").replace(f'"{visit.person.name}"', f'"{name}"')
    message = message.replace(f"<name>{visit.person.name}<", f"<name>{name}<")
    kind = "application/xml; charset=utf-8" if protocol == "soap" else "text/xml; charset=utf-8"
    headers = {"Content-Type": kind, "Accept": "*/*"}
    answer = branch.posted(protocol, f"{facts['head']}{message}".encode(), headers)
    code, _ = acknowledged(answer)
    run.expect(answer.status >= 400 or code in ("AE", "AR"), "被拒绝", "it is refused", status(answer))
    whole = paper(good, f"{run.number}2")
    again = branch.posted(protocol, whole.encode(), headers)
    run.expect(again.ok, "其后的正常消息被接收", "a good one after it is taken", status(again))
    expect_person(run, branch, good)
    listed = branch.absent(f"Patient?identifier={visit.person.mrn}")
    run.expect(not listed, "未留下患者", "no patient is left", counted(listed))


@branches("two_doors")
def two_doors(run: Run, branch: Branch, facts: Facts) -> None:
    """The second door adds to what the first has said, and makes no other visit."""
    for one in facts["doors"]:
        branch.open(one)
    visit = branch.visit()
    first, second = facts["doors"]
    _told(branch, first, visit)
    before = branch.encounter(visit).get("id")
    _told(branch, second, visit)
    run.until(
        lambda: _came(branch, second, visit, str(before)) or None,
        "第二个接口的数据已到",
        "what the second door says came",
    )
    found = branch.encounter(visit)
    run.expect(found.get("id") == before, "仍为同一 Encounter", "it is the same Encounter")
    people = branch.found(f"Patient?identifier={visit.person.mrn}")
    run.expect(len(people) == 1, "患者只有一个", "there is one patient", counted(people))


def _told(branch: Branch, protocol: str, visit: Visit) -> None:
    if protocol == "mllp":
        door(branch.run, "mllp")
        branch.given(admissions.register(branch.chart, visit, visit.begun))
    elif protocol == "sql":
        branch.rows(registered(branch, visit, "2", JSSJ=f"{visit.begun:%Y-%m-%d} 23:00:00"))
    elif protocol == "soap":
        given(branch.say(papers.registered(visit, f"{branch.run.number}1"), "1.1"))
        said = papers.visited(
            visit, f"{branch.run.number}2", complaint=_COMPLAINT, sent=f"{now():%Y%m%d%H%M%S}"
        )
        given(branch.say(said, "1.1"))
    else:
        answer = branch.hand_over(papers.laboratory(visit, f"JY{branch.run.number}"))
        branch.run.given(answer, "文档被接收", "the document is taken")


def _came(branch: Branch, protocol: str, visit: Visit, id_: str) -> bool:
    """Tell whether what only this door says of the visit is there, at whichever Encounter."""
    if protocol == "cda":
        return bool(branch.absent(f"Composition?patient.identifier={visit.person.mrn}"))
    listed = branch.absent(of_visit(visit))
    if protocol == "sql":
        return any(one.get("status") == "finished" for one in listed)
    return any(_COMPLAINT in dumps(one) for one in listed)


def _in_style(run: Run, answer: Answer, version: str) -> None:
    """Expect an answer in the version of SOAP in which was asked; none: no envelope at all."""
    spaces = [name for name, (space, _) in ENVELOPES.items() if space.encode() in answer.raw]
    wanted = [version] if version else []
    zh, en = (
        f"以 SOAP {version} 应答" if version else "不以 SOAP 应答",
        f"in SOAP {version}" if version else "no SOAP",
    )
    run.expect(spaces == wanted, zh, en, same(", ".join(spaces) or answer.type))


def _paper(branch: Branch, form: str, visit: Visit, control: str) -> str:
    if form == "ordered":
        return papers.ordered(visit, control, f"YZ{branch.run.number}", branch.drugs)
    return papers.registered(visit, control) if form == "registered" else papers.visited(visit, control)


def _named(found: Any, name: str) -> Iterator[Any]:
    """Yield what stands under a name, however deep."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key == name:
                yield value
            yield from _named(value, name)
    elif isinstance(found, list):
        for one in found:
            yield from _named(one, name)


def _shown(answer: Answer) -> Words:
    code, _ = acknowledged(answer)
    return same(f"HTTP {answer.status} {code}".strip())


_COMPLAINT = "复诊：头晕反复"
_ROOTS = {"registered": "PRPA_IN201311UV02", "visited": "PRPA_IN400001UV", "ordered": "POOR_IN200901UV"}
