"""Runs an import: lines are checked as any write is, and written in their order, many under way at once.

Each line is a change of its own: one that is bad costs itself. Writing the same content again makes no new
version, so an import that was cut off is simply sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.api import outcome, subscription
from gateway.api.context import Context, Write, check_id, check_type
from gateway.api.import_lines import Line
from gateway.api.import_summary import Fault, Summary
from gateway.api.resource import address, fit, read
from gateway.api.shape import SUBSETTED
from gateway.api.unfit import Unfit
from gateway.errors import Rejected, Retry
from gateway.store.model import Change, Transact, Transacted

LINES = 64
"""Lines that are checked and written together."""
BYTES = 4 * 1024 * 1024
"""Bytes of such lines; a single longer one goes alone."""
TRIES = 5
_ERRORS = ("error", "fatal")


@dataclass(slots=True, frozen=True)
class Into:
    """Where an import writes.

    Attributes:
        here: of the API.
        write: takes the changes.
        tenant: whose resources they are.
        base: the server's own base URL.
        client: who writes, kept with each version.
        type: the only type that is taken, ``""`` for any.
        source: file or URL for the faults, ``""`` where there is one only.
    """

    here: Context
    write: Write
    tenant: str
    base: str
    client: str
    type: str = ""
    source: str = ""


async def run(into: Into, lines: AsyncIterable[Line], summary: Summary) -> None:
    """Import lines and count what became of them.

    While a batch is being written the next one is checked.

    Raises:
        Retry: the store takes nothing now; what was counted is written.
    """
    loop = asyncio.get_running_loop()
    writing: asyncio.Task[None] | None = None
    try:
        async for batch in _batches(lines):
            checked = await loop.run_in_executor(into.here.checks, _checked, into, batch)
            if writing is not None:
                await writing
            writing = asyncio.create_task(_write(into, checked, summary))
        if writing is not None:
            await writing
    finally:
        if writing is not None and not writing.done():
            writing.cancel()


async def _batches(lines: AsyncIterable[Line]) -> AsyncIterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    async for number, line in lines:
        length = len(line or b"")
        if batch and (len(batch) == LINES or size + length > BYTES):
            yield batch
            batch, size = [], 0
        batch.append((number, line))
        size += length
    if batch:
        yield batch


def _checked(into: Into, batch: Sequence[Line]) -> list[tuple[int, int, list[Change] | Fault]]:
    """Return for each line its number, its size, and what it changes or what is wrong with it."""
    return [(number, len(line or b""), _one(into, number, line)) for number, line in batch]


def _one(into: Into, number: int, line: bytes | None) -> list[Change] | Fault:
    if line is None:
        return Fault(number, "too-long", "the line is too long", source=into.source)
    try:
        found = read(into.here, line)
        if deletions := _deletions(found.value):
            return deletions
        address(found.value, into.type, "")
        value = found.value
        check_type(value["resourceType"])
        if "id" not in value:
            raise Rejected("the resource has no id; an import writes under the id of each", code="required")
        if SUBSETTED["code"] in _tags(value):
            raise Rejected("only a part of the resource is there (SUBSETTED)", code="business-rule")
        fit(into.here, found.issues)
        changes = [Change("update", value["resourceType"], check_id(value["id"]), body=value)]
        refused = subscription.guarded(into.here.notifier, changes)
        if refused is not None and refused.error is not None:
            raise refused.error
        return changes
    except Unfit as error:
        return _unfit(into, number, error)
    except Rejected as error:
        return _fault(into, number, error)


def _deletions(value: Any) -> list[Change]:
    """Return what a Bundle of a bulk export's ``deleted`` file deletes; nothing for any other resource."""
    if (
        not isinstance(value, dict)
        or value.get("resourceType") != "Bundle"
        or value.get("type") != "transaction"
    ):
        return []
    changes = []
    listed = value.get("entry")
    for entry in listed if isinstance(listed, list) else ():
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict) or request.get("method") != "DELETE" or "resource" in entry:
            return []
        type_, _, id_ = str(request.get("url", "")).partition("/")
        check_type(type_)
        changes.append(Change("delete", type_, check_id(id_)))
    return changes


def _tags(value: dict[str, Any]) -> list[Any]:
    meta = value.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    return [tag.get("code") for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []


async def _write(
    into: Into, checked: Sequence[tuple[int, int, list[Change] | Fault]], summary: Summary
) -> None:
    """Write the good lines of a batch together, and count all."""
    good = [one for one in checked if not isinstance(one[2], Fault)]
    done = await asyncio.gather(*(_insist(into, changes, size) for _, size, changes in good))  # type: ignore[arg-type]
    written = {number: made for (number, _, _), made in zip(good, done, strict=True)}
    for number, _, what in checked:
        summary.lines += 1
        if isinstance(what, Fault):
            summary.fail(what)
            continue
        made = written[number]
        if isinstance(made.error, Rejected):
            summary.fail(_fault(into, number, made.error))
        for result in made.results if made.error is None else ():
            summary.counts["unchanged" if result.status == "none" else result.status] += 1


async def _insist(into: Into, changes: list[Change], size: int) -> Transacted:
    """Write, and try again where the store is busy."""
    transact = Transact(into.tenant, into.client, changes, into.base, size)
    for attempt in range(TRIES):
        try:
            done = await into.write(transact)
            if not isinstance(done.error, Retry):
                return done
            if done.error.first is not None:
                await asyncio.to_thread(done.error.first)
            raise done.error
        except Retry as error:
            if attempt + 1 == TRIES:
                raise
            await asyncio.sleep(error.after * (attempt + 1))
    raise AssertionError


def _unfit(into: Into, number: int, error: Unfit) -> Fault:
    wrong = [one.issue for one in error.issues if one.issue.severity in _ERRORS]
    first = (wrong or [one.issue for one in error.issues])[0]
    count = len(wrong) - 1
    more, more_zh = (f" (and {count} more)", f"（另有 {count} 处）") if count > 0 else ("", "")
    text_zh = f"{first.text_zh}{more_zh}" if first.text_zh else ""
    return Fault(number, first.code, f"{first.text}{more}", first.where, into.source, text_zh)


def _fault(into: Into, number: int, error: Rejected) -> Fault:
    code = error.code if error.code in ("required", "business-rule") else outcome.status_of(error)[1]
    return Fault(number, code, error.reason, outcome.place_of(error), into.source)
