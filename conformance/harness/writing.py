"""Writing: tells a target what a visit consists of, as FHIR or by calls of its own, and learns its names.

What the target made has a reference and a number of its own, by which it is asked from then on
(:mod:`~conformance.harness.names`). Several calls are no transaction: the first refusal ends them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.harness.answer import Answer
from conformance.harness.paths import each, references
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped
from conformance.harness.writes import AS_FHIR, BY, NOTHING, NUMBER, Write, way
from conformance.simulators.exact import Resource
from conformance.simulators.jws import place

Parts = Sequence[Resource]


def write(run: Run, parts: Parts, by: str = "", identity: str = "") -> Answer:
    """Write documents; as FHIR all or none.

    Args:
        by: reference to who acts.
        identity: who writes; by default the physician, or whom the target's call names.

    Returns:
        The answer to the last call, or to the first that was refused.

    Raises:
        Skipped: the target does not say how it takes one of them (``writes.TYPE``), or takes it only once.
    """
    answer = Answer(200, {}, b"", len(run.book))
    for call, listed in _calls(run, parts):
        if call is None:
            answer = _as_fhir(run, listed, by, identity or "physician")
        else:
            answer = _told(run, call, listed, by, identity)
        if not answer.ok:
            break
    return answer


def _calls(run: Run, parts: Parts) -> Iterator[tuple[Write | None, list[Resource]]]:
    """Return what is sent together, in order, each by a call of the target's, or as FHIR (None)."""
    left, fhir = list(parts), list[Resource]()
    while left:
        one = left.pop(0)
        found = _way(run, one)
        if found is None:
            fhir.append(one)
            continue
        if fhir:
            yield None, fhir
            fhir = []
        if isinstance(found, Write):
            along = [other for other in left if other["resourceType"] in found.along and _related(one, other)]
            left = [other for other in left if other not in along]
            yield found, [one, *along]
    if fhir:
        yield None, fhir


def _way(run: Run, one: Resource) -> Write | str | None:
    """Return the call for a resource, None where it goes as FHIR. Raises :class:`Skipped`."""
    kind = str(one["resourceType"])
    found = way(run.target.writes, kind)
    if found is None:
        run.need(f"writes.{kind}")
    if not isinstance(found, tuple):
        return None if found == AS_FHIR else NOTHING
    call = next((call for call in found if call.fits(_numbered(run, one))), None)
    if call is None:
        raise Skipped(
            f"目标未声明如何这样写入（writes.{kind}）",
            f"the target does not declare how this is written (writes.{kind})",
        )
    return call


def _related(one: Resource, other: Resource) -> bool:
    return place(other) in references(one) or place(one) in references(other)


def _numbered(run: Run, one: Resource) -> Resource:
    names = run.session.line.names
    return {**one, NUMBER: names.number(place(one))} if names.known(place(one)) else one


def _as_fhir(run: Run, parts: list[Resource], by: str, identity: str) -> Answer:
    identity = run.acting(identity, by)
    client = run.client(identity)
    for one in parts:
        run.wrote(one, identity)
    return client.put(parts[0], by) if len(parts) == 1 else client.transaction(parts, by)


def _told(run: Run, call: Write, parts: list[Resource], by: str, identity: str) -> Answer:
    """Make one call, and note what the target made of the first and of what went along."""
    first, *along = parts
    listed = {kind: [_numbered(run, one) for one in along if one["resourceType"] == kind]
              for kind in call.along}  # fmt: skip
    given = {**_numbered(run, first), **listed, BY: by}
    answer = run.ask(call.action, given, by=by, identity=identity)
    if answer.ok:
        number = str(answer.told.get(NUMBER) or "")
        _made(run, first, str(answer.told.get("reference") or number), number)
        for kind, ones in listed.items():
            made = (
                each(answer.content, call.action.answer.get(kind, "")) if kind in call.action.answer else ()
            )
            for one, theirs in zip(ones, made, strict=False):  # a target may name fewer than it was told of
                _made(run, one, str(theirs), "")
    return replace(answer, told={})


def _made(run: Run, one: Resource, reference: str, number: str) -> None:
    """Note what the target calls what it made; nothing where it does not say."""
    names, kind = run.session.line.names, str(one["resourceType"])
    if not reference:
        return
    theirs = str(names.theirs(reference if "/" in reference else f"{kind}/{reference}"))
    names.made(place(one), theirs, number)
    run.session.wrote(theirs, "operator", references(names.theirs(one)))
