"""Attempt: somebody tries one way to a patient's data, and it is seen whether it led anywhere."""

from __future__ import annotations

from conformance.harness.answer import Answer
from conformance.harness.run import Run
from conformance.simulators.exact import Resource
from conformance.suites.fhir.ground import (
    SYSTEM,
    name_of,
    placed,
    read,
    version,
)
from conformance.suites.fhir.ways import WAYS, Way, through


def nothing(run: Run, answer: Answer, way: Way, body: Resource, *, own: bool) -> None:
    """Expect that nothing was shown or changed; ``own``: an empty answer is one, too."""
    if own and answer.ok and not way.writes:
        run.expect(not through(answer, body), "未得到该资料", "it does not show it", answer)
    else:
        refused = 400 <= answer.status < 500 or refused_inside(answer)
        run.expect(refused, "被拒绝（401、403 或 404）", "it is refused (401, 403 or 404)", answer)
        run.expect(
            not through(answer, body) or refused_inside(answer), "答复不含资料", "the answer shows nothing"
        )
    if way.writes:
        run.expect(version(read(run, name_of(body))) == version(body), "资源未变", "nothing has changed")
        added = run.client().get(f"Patient?identifier={SYSTEM}|{run.number}-new")
        run.expect(added.ok and not added.entries, "没有新增", "nothing was added", added)


def withheld(answer: Answer, body: Resource) -> bool:
    """Tell whether a read was refused, or shows nothing of it; how a refusal is told is R4's matter."""
    return 400 <= answer.status < 500 or (answer.ok and not through(answer, body))


def refused_inside(answer: Answer) -> bool:
    """Tell whether each entry of a batch was refused."""
    said = [str((one.get("response") or {}).get("status", "")) for one in answer.body.get("entry") or []]
    return answer.ok and bool(said) and all(one[:3] in ("401", "403", "404") for one in said)


def something(run: Run, way: Way, body: Resource) -> None:
    """Expect that who may go this way does, and sees what there is to see. Raises :class:`Failed`."""
    answer = run.done(way.go(run.client(), run, body), "有权者成功", "who may do it does")
    if way is WAYS["export"]:
        run.client().delete(answer.headers.get("content-location", ""))
    elif way is WAYS["create"]:
        run.wrote(placed(answer, "Patient"))
    elif not way.writes:
        run.expect(through(answer, body), "有权者得到资料", "who may see it does")
