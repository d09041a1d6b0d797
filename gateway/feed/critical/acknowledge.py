"""Acknowledge: somebody says that a critical value is known, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from gateway.canonical import Resource
from gateway.canonical.actor import Principal
from gateway.canonical.elements import each
from gateway.canonical.moments import moment
from gateway.errors import Rejected
from gateway.feed.critical.person import on_file, person_of
from gateway.feed.critical.task import (
    due_of,
    end_notices,
    is_critical,
    is_open,
    required_of,
    state,
    who,
)
from gateway.store import Desk
from gateway.store.clock import instant

LONGEST = 500
"""Characters of what is said that are taken."""
_TREATMENT = "treatment"
_NOBODY = Principal()


@dataclass(slots=True, frozen=True)
class Said:
    """What is said with an acknowledgement (危急值报告制度: who told whom when, read back, what was done).

    Attributes:
        by: who knows: a name, or ``"Practitioner/id"``; ``""``: who asks.
        text: whatever else there is to say.
        reported_by: who told it, of the laboratory: a name, or ``"Practitioner/id"``.
        read_back: the value as it was read back (复述).
        treatment: what is done.
    """

    by: str
    text: str = ""
    reported_by: str = ""
    read_back: str = ""
    treatment: str = ""

    def trimmed(self) -> Said:
        """Return it without blanks around.

        Raises:
            Rejected: one of them is longer than is taken: nothing of what was said is cut off.
        """
        said = {one.name: getattr(self, one.name).strip() for one in fields(self)}
        for name, text in said.items():
            if len(text) > LONGEST:
                raise Rejected(
                    "it is longer than the 500 characters that are taken",
                    code="too-long",
                    where=name.replace("_", "-"),
                )
        return Said(**said)


def acknowledge(desk: Desk, id_: str, said: Said, principal: Principal = _NOBODY) -> Resource:
    """Complete the Task of a critical value and its Communications; the same again changes nothing.

    What is done may be told later: it is added, once.

    Args:
        id_: of the Task.
        principal: who asks: its client is written down beside who is said to know.

    Returns:
        The Task as it is now.

    Raises:
        Rejected: there is no such Task (``not-found``), nobody is named or the hospital's rules want more
            (``required``), a text is too long (``too-long``), who is named is not on file (``value``), or
            another one than who the client acts for (``forbidden``).
    """
    task = desk.read("Task", id_)
    if task is None or not is_critical(task):
        raise Rejected("there is no such critical value", code="not-found", where="Task")
    said = _checked(desk, said.trimmed(), principal)
    if not is_open(task):
        return _treated(desk, task, said, principal)
    _complete(task, said)
    now, due = instant(desk.ts_us), moment(due_of(task))
    late = due is not None and desk.ts_us > due
    note = {"time": now, "text": _text(said), **_author(who(said.by))}
    done: Resource = {
        **task,
        "status": "completed",
        "businessStatus": state("acknowledged-late" if late else "acknowledged"),
        "lastModified": now,
        "executionPeriod": {"start": task["authoredOn"], "end": now},
        "note": [*each(task, "note"), note],
        "output": [*_outputs(said), *_client("client", principal)],
    }
    desk.write(done)
    sender = {"sender": who(said.reported_by)} if said.reported_by else {}
    end_notices(desk, task, {"status": "completed", "received": now, "note": [note], **sender})
    return done


def _checked(desk: Desk, said: Said, principal: Principal) -> Said:
    """Return it with who takes note. Raises ``Rejected``."""
    by = person_of(desk, said.by, principal)
    if not by:
        raise Rejected("say who has taken note of it", code="required", where="by")
    on_file(desk, said.reported_by, "reported-by")
    return replace(said, by=by)


def _complete(task: Resource, said: Said) -> None:
    """Refuse an acknowledgement that says less than the hospital's rules want. Raises ``Rejected``."""
    for name, text in (
        ("read-back", said.read_back),
        ("reported-by", said.reported_by),
        (_TREATMENT, said.treatment),
    ):
        if name in required_of(task) and not text:
            raise Rejected(
                "the hospital's rules want this with an acknowledgement", code="required", where=name
            )


def _treated(desk: Desk, task: Resource, said: Said, principal: Principal) -> Resource:
    """Add what is done to what was acknowledged before."""
    if (
        not said.treatment
        or task.get("status") != "completed"
        or _TREATMENT in each(task, "output.type.text")
    ):
        return task
    now = instant(desk.ts_us)
    note = {"time": now, "text": f"处置：{said.treatment}", **_author(who(said.by))}
    told = {"type": {"text": _TREATMENT}, "valueString": said.treatment}
    outputs = [*each(task, "output"), told, *_client("treatment-client", principal)]
    done = {**task, "lastModified": now, "note": [*each(task, "note"), note], "output": outputs}
    desk.write(done)
    return done


def _text(said: Said) -> str:
    parts = (("复述：", said.read_back), ("处置：", said.treatment), ("", said.text))
    return "；".join(f"{name}{text}" for name, text in parts if text) or "已确认"


def _outputs(said: Said) -> list[dict[str, object]]:
    made: list[dict[str, object]] = [
        {"type": {"text": name}, "valueReference": who(one)}
        for name, one in (("acknowledged-by", said.by), ("reported-by", said.reported_by))
        if one
    ]
    return made + [
        {"type": {"text": name}, "valueString": text}
        for name, text in (("read-back", said.read_back), (_TREATMENT, said.treatment))
        if text
    ]


def _client(name: str, principal: Principal) -> list[dict[str, object]]:
    """Return which client has said it: whoever is named, that one has been authenticated."""
    return [{"type": {"text": name}, "valueString": principal.client}] if principal.client else []


def _author(who: dict[str, str]) -> dict[str, object]:
    said = who.get("reference", "")
    if said.startswith(("Practitioner/", "Organization/")):  # no others may be the author of an Annotation
        return {"authorReference": who}
    return {"authorString": said or who["display"]}
