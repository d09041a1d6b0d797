"""Task and Communication of a critical value: who is to be told what until when, and that somebody knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each, encounter_of, first, name_of, patient_of, references
from gateway.feed.critical.grounds import Ground, Unread, shown
from gateway.feed.critical.rules import Rules
from gateway.feed.own import TASKS, named_id
from gateway.store import Desk
from gateway.store.clock import instant

CODE = "critical-value"
"""Of the Task (``urn:qiao:codes:task-code``)."""
UNREAD = "critical-unread"
"""Code of the Task that says of which unit or wording of a test nobody can tell whether it is critical."""
DISPLAY = "危急值"
STATES = "urn:qiao:codes:critical-state"
_STATES = {
    "open": "待确认",
    "held": "待归属",
    "old": "时间过旧",
    "released": "已归属",
    "acknowledged": "已确认",
    "acknowledged-late": "超时确认",
}
REQUIRES = "required"
"""Type of the inputs that say what an acknowledgement must tell."""
GONE = "-"
"""Value of a result that was taken back."""
MINUTE_US = 60_000_000
PERSONS = ("Practitioner/", "PractitionerRole/", "Organization/")
"""How references to somebody begin who can tell, or be told."""
_OWNERS = (*PERSONS, "CareTeam/")
_CATEGORY = "http://terminology.hl7.org/CodeSystem/communication-category"
ALERT = {"coding": [{"system": _CATEGORY, "code": "alert", "display": "Alert"}], "text": DISPLAY}


def id_of(observation: Resource) -> str:
    """Return the id of the Task about a result; there is one for each."""
    return named_id(name_of(observation), CODE)


def is_critical(task: Resource) -> bool:
    """Tell whether a Task is about a critical value, or about results that cannot be held against limits."""
    return bool({CODE, UNREAD} & codes(task.get("code"), TASKS))


def is_open(task: Resource) -> bool:
    """Tell whether nobody has acknowledged it."""
    return task.get("status") == "requested"


def due_of(task: Resource) -> str:
    """Return when it is due, as it says."""
    return str(first(task, "restriction.period.end", ""))


def value_of(task: Resource) -> str:
    """Return the value that it is about, as it is read."""
    return said_of(task, "value")


def communications_of(task: Resource) -> list[str]:
    """Return ``"Communication/id"`` of the notices that go with it."""
    found = (ref for one in each(task, "input") for ref in references(one, "valueReference"))
    return [ref for ref in found if ref.startswith("Communication/")]


def required_of(task: Resource) -> frozenset[str]:
    """Return what an acknowledgement must say."""
    found = [one for one in each(task, "input") if each(one, "type.text") == [REQUIRES]]
    return frozenset(map(str, each(found, "valueString")))


def end_notices(desk: Desk, task: Resource, change: Resource) -> None:
    """Change the notices of a Task that nobody has answered."""
    for one in communications_of(task):
        said = desk.read(*one.split("/"))
        if said is not None and said.get("status") == "in-progress":
            desk.write({**said, **change})


def said_of(task: Resource, name: str) -> str:
    """Return the text of an input of a Task, ``""`` for none."""
    found = [one for one in each(task, "input") if each(one, "type.text") == [name]]
    return str(first(found, "valueString", ""))


def begin(desk: Desk, observation: Resource, ground: Ground, rules: Rules, known: Resource | None) -> None:
    """Write the Task about a critical value, and its Communication.

    Args:
        known: its Task of before, which somebody has acknowledged: it is open again, for another value.
    """
    about = name_of(observation)
    order = _order(desk, observation)
    owner, around = _owner(observation, order), _around(observation)
    notice = {
        "about": [{"reference": about}],
        **({"subject": around["for"]} if "for" in around else {}),
        **({"encounter": around["encounter"]} if "encounter" in around else {}),
        **({"recipient": [owner]} if owner else {}),
    }
    task = {
        "focus": {"reference": about},
        **({"basedOn": [{"reference": name_of(order)}]} if order else {}),
        **around,
        **({"owner": owner} if owner else {}),
        **({"note": known["note"]} if known and known.get("note") else {}),
        "reasonCode": {"text": reason_of(ground)},
    }
    said = f"{DISPLAY}：{ground.text}"
    call(desk, id_of(observation), said, [told("value", shown(observation))], rules, task, notice)


def reason_of(ground: Ground) -> str:
    """Return why, in a word: the limit, or the laboratory's flag."""
    return ground.limit or ground.code


def call(
    desk: Desk,
    id_: str,
    said: str,
    inputs: Sequence[Resource],
    rules: Rules,
    task: Resource,
    notice: Resource,
) -> None:
    """Write a Task and the Communication that goes with it.

    Args:
        inputs: what the Task says beside.
        task, notice: more elements of the two.
    """
    now = instant(desk.ts_us)
    notified = named_id(id_, "communication", str(desk.ts_us))
    desk.write(
        {
            "resourceType": "Communication", "id": notified, "status": "in-progress", "priority": "stat",
            "category": [ALERT],
            "basedOn": [{"reference": f"Task/{id_}"}],
            "sent": now,
            "payload": [{"contentString": said}],
            **notice,
        }
    )  # fmt: skip
    desk.write(
        {
            "resourceType": "Task", "id": id_, "status": "requested", "businessStatus": state("open"),
            "intent": "order", "priority": "stat",
            "code": {"coding": [{"system": TASKS, "code": CODE, "display": DISPLAY}]},
            "description": said,
            "authoredOn": now, "lastModified": now,
            "restriction": {"period": {"start": now, "end": instant(desk.ts_us + rules.minutes * MINUTE_US)}},
            "input": [
                *inputs,
                *(told(REQUIRES, one) for one in rules.required),
                named("communication", f"Communication/{notified}"),
            ],
            **task,
        }
    )  # fmt: skip


def told(name: str, text: str) -> Resource:
    """Return an input of a Task that is a text."""
    return {"type": {"text": name}, "valueString": text}


def named(name: str, reference: str) -> Resource:
    """Return an input of a Task that is another resource, by its ``"Type/id"``."""
    return {"type": {"text": name}, "valueReference": {"reference": reference}}


def who(said: str) -> dict[str, str]:
    """Return somebody as a Reference: ``Type/id``, or only a name."""
    type_, slash, _ = said.partition("/")
    return {"reference": said} if slash and f"{type_}/" in PERSONS else {"display": said}


def changed(desk: Desk, task: Resource, found: Ground | Unread | None, value: str) -> None:
    """Write into an open Task that its result was corrected; it stays open until somebody knows.

    Args:
        value: as it is read now, :data:`GONE` of one that was taken back.
    """
    why = (
        "（不再达到危急值）" if found is None else "（无法判断是否危急）" if isinstance(found, Unread) else ""
    )
    ground = found if isinstance(found, Ground) else None
    text = f"结果已更正：{value_of(task)} → {value}{why}"
    if value == GONE:
        text = f"结果已撤回：{value_of(task)}"
    elif value == value_of(task):
        now = reason_of(ground) if ground else "无"
        text = f"危急值依据已更正：{first(task, 'reasonCode.text', '')} → {now}{why}"
    notes = [*each(task, "note"), {"time": instant(desk.ts_us), "text": text}]
    said = (
        {"description": f"{DISPLAY}：{ground.text}", "reasonCode": {"text": reason_of(ground)}}
        if ground
        else {}
    )
    rest = [one for one in each(task, "input") if each(one, "type.text") != ["value"]]
    desk.write(
        {
            **task,
            **said,
            "lastModified": instant(desk.ts_us),
            "note": notes,
            "input": [told("value", value), *rest],
        }
    )


def misdirected(desk: Desk, task: Resource, observation: Resource) -> Resource:
    """End the notices of an open Task whose result is of another patient; return it as one of that one."""
    now = instant(desk.ts_us)
    note = {"time": now, "text": "结果的患者已更正，原通知作废"}
    end_notices(desk, task, {"status": "entered-in-error", "note": [note]})
    rest = {name: value for name, value in task.items() if name not in ("for", "encounter")}
    return {**rest, **_around(observation), "note": [*each(task, "note"), note]}


def state(code: str) -> dict[str, Any]:
    """Return a ``businessStatus``, of :data:`_STATES`."""
    display = _STATES[code]
    return {"coding": [{"system": STATES, "code": code, "display": display}]}


def _order(desk: Desk, observation: Resource) -> Resource | None:
    named = [one for one in references(observation, "basedOn") if one.startswith("ServiceRequest/")]
    return desk.read(*named[0].split("/")) if named else None


def _owner(observation: Resource, order: Resource | None) -> dict[str, Any] | None:
    """Return who is to be told: who has ordered it."""
    said: Any = first(order, "requester") if order else None
    named = isinstance(said, dict) and str(said.get("reference", "")).startswith(_OWNERS)
    return dict(said) if named else None


def _around(observation: Resource) -> dict[str, Any]:
    patient, encounter = patient_of(observation), encounter_of(observation)
    return {
        **({"for": {"reference": patient}} if patient else {}),
        **({"encounter": {"reference": f"Encounter/{encounter}"}} if encounter else {}),
    }
