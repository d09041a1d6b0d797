"""Recovery: ends what is in the inbox without an end, and replays what an operator asks for. Design §6.

A message that kills the process is found unfinished at every start: each try is counted before it begins,
and after a few the message is quarantined.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from gateway.canonical import Envelope, Issue, Outcome, Quarantined, Translation
from gateway.errors import Rejected, Retry
from gateway.mapping import Maps
from gateway.pipeline import steps
from gateway.pipeline.job import answer, log
from gateway.pipeline.steps import Validate
from gateway.settings import PipelineSettings
from gateway.spec import AdapterSpec
from gateway.store import Pending, Settle, Store


def finish_unsettled(
    store: Store,
    maps: Maps,
    adapters: Mapping[str, AdapterSpec],
    limits: PipelineSettings,
    validate: Validate | None = None,
) -> tuple[list[Outcome], list[Retry]]:
    """End every unfinished message of the inbox.

    Returns how they ended, and what those wait for that could not be ended now.

    Raises:
        Retry: the store cannot be read or written now.
    """
    outcomes: list[Outcome] = []
    later: dict[str, Retry] = {}
    while pending := _pending(store, limits.batch, later):
        for group in _groups(pending):
            store.bump_attempts([one.envelope.id for one in group])
            settles = [_end(maps, adapters, one, limits.attempts, validate) for one in group]
            for written in store.write(settles):
                if written.later is not None:
                    later[written.envelope_id] = written.later
                elif written.outcome:
                    outcomes.append(written.outcome)
    if later:
        store.bump_attempts(list(later), -1)  # they wait for somebody; that kills nobody
    return outcomes, list(later.values())


def finish_released(
    store: Store,
    maps: Maps,
    adapters: Mapping[str, AdapterSpec],
    limits: PipelineSettings,
    validate: Validate | None = None,
) -> list[Outcome]:
    """End what has come free of what this process has written: a command has no writer that does it.

    Returns how they ended.

    Raises:
        Retry: as :func:`finish_unsettled`.
    """
    return finish_unsettled(store, maps, adapters, limits, validate)[0] if store.released() else []


def _pending(store: Store, most: int, later: Collection[str]) -> list[Pending]:
    found = store.unsettled(most + len(later))
    return [one for one in found if one.envelope.id not in later]


def replay(maps: Maps, adapters: Mapping[str, AdapterSpec], envelope: Envelope,
           validate: Validate | None = None) -> Settle:  # fmt: skip
    """Return the new end of a kept message, made with today's maps; nothing is written yet."""
    spec = adapters.get(envelope.adapter)
    if spec is None:
        return Settle(envelope, _given_up("no-adapter", f"adapter {envelope.adapter} is gone"), lambda _: b"")
    fresh = replace(envelope, charset="")
    try:
        reading = steps.read(spec, maps, fresh)
    except Rejected as error:
        return Settle(fresh, _given_up(error.code, error.reason), partial(answer, spec, fresh, None))
    result = steps.translate(maps, fresh, reading, validate)
    return Settle(fresh, result, partial(answer, spec, fresh, reading.record))


def as_received(settle: Settle) -> Settle:
    """Return the end of a message whose results count as measured when they came, whatever its clock says.

    Their times stay as sent; which sample and which value they are is asked as of that moment.
    """
    found, at = settle.outcome, settle.envelope.received_at
    if not isinstance(found, Translation) or found.samples is None or not at:
        return settle
    return replace(settle, outcome=replace(found, samples=replace(found.samples, clock=False), event_at=at))


def _groups(pending: Sequence[Pending]) -> list[list[Pending]]:
    """Try those together that a stop interrupted, those alone that failed again: one may be deadly."""
    interrupted = [one for one in pending if one.attempts <= 1]
    return ([interrupted] if interrupted else []) + [[one] for one in pending if one.attempts > 1]


def _end(maps: Maps, adapters: Mapping[str, AdapterSpec], one: Pending, attempts: int,
         validate: Validate | None) -> Settle:  # fmt: skip
    if one.attempts < attempts:
        return replay(maps, adapters, one.envelope, validate)
    log.error("inbox=%s quarantined: gave-up after %d tries", one.envelope.id, one.attempts)
    spec = adapters.get(one.envelope.adapter)
    result = _given_up("gave-up", f"tried {one.attempts} times and never finished")
    respond = partial(answer, spec, one.envelope, None) if spec else lambda _: b""
    return Settle(one.envelope, result, respond)


def _given_up(reason: str, text: str) -> Quarantined:
    return Quarantined(reason, [Issue("error", "exception", "", "", text)])
