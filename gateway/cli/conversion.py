"""Conversion: messages → lines of NDJSON, in this process or in spawned ones, always in order.

Imports neither the store nor FastAPI nor hl7apy: a worker process starts in a blink.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field

from gateway import registry
from gateway.canonical import Envelope, Issue, NotUnderstood, Quarantined, Refused, Translation, garbage
from gateway.canonical.json import dumps
from gateway.cli.bundle import collection, document, entries, message, transaction
from gateway.cli.gather import Item
from gateway.cli.output import maps_of
from gateway.errors import Misconfigured, Rejected
from gateway.mapping import Maps
from gateway.mapping.account import Accountant, Leaf, compact, totals
from gateway.mapping.trace import Tracer
from gateway.pipeline import steps
from gateway.settings import Settings
from gateway.spec import AdapterSpec
from gateway.validation import draft_validator

CHUNK_MESSAGES = 256
CHUNK_BYTES = 1 << 20
"""Of the run of messages that a process is given."""
RUN_MESSAGES = 32
"""Of a run in this process: what it makes is written before the processor's cache has forgotten it."""
FORMS = {
    "transaction": transaction,
    "collection": collection,
    "message": message,
    "document": document,
}
"""What a message may be written out as."""

CHUNKS_PER_JOB = 3
"""Chunks that wait for a process: more would only cost memory."""


@dataclass(slots=True, frozen=True)
class Plan:
    """How to convert; the same for every process.

    Attributes:
        settings: for the hospital's own maps and code tables.
        sender: id of the sender profile, ``""`` to choose it by the message.
        base: of the bundles' ``fullUrl``.
        trace: also write the lineage and the account.
        root: folder of the maps, ``""`` for those of the settings.
        form: type of the Bundles, one of ``FORMS``.
        source: also hold the bytes of the message, in a DocumentReference.
        validate: ``"off"``, ``"report"`` or ``"strict"``; ``""`` is what the settings say.
    """

    settings: Settings = field(default_factory=Settings)
    sender: str = ""
    base: str = "http://127.0.0.1:8080/fhir"
    trace: bool = False
    root: str = ""
    form: str = "transaction"
    source: bool = False
    validate: str = ""

    def forms(self) -> frozenset[str]:
        """Return the forms whose rows the maps are to work."""
        return frozenset({self.form, "source" if self.source else ""} & {"message", "source"})


@dataclass(slots=True)
class Converted:
    """A run of messages, converted.

    Attributes:
        bundles, traces: lines of NDJSON.
        quarantined: what could not be converted: file, message, reason, text.
        messages: how many there were; ``bytes``: of them together.
        resources: by type; ``unmapped``: valued source fields that no row reads, by path.
        remarks: what was left out of a converted message: file, index, where, rule, text.
        issues: how many remarks, by rule.
        accounts: lines of NDJSON: what became of every leaf; ``account``: how many leaves in each state.
    """

    bundles: bytearray = field(default_factory=bytearray)
    traces: bytearray = field(default_factory=bytearray)
    quarantined: list[dict[str, str | int]] = field(default_factory=list)
    messages: int = 0
    bytes: int = 0
    resources: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    remarks: bytearray = field(default_factory=bytearray)
    issues: Counter[str] = field(default_factory=Counter)
    accounts: bytearray = field(default_factory=bytearray)
    account: Counter[str] = field(default_factory=Counter)


class Converter:
    """Converts messages with one set of maps.

    Raises:
        Misconfigured: the maps are wrong, or there is no such sender profile.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._specs: dict[str, AdapterSpec] = registry.find()
        self._maps: Maps = maps_of(plan.settings, plan.root, plan.forms())
        self._validate = draft_validator(plan.settings, plan.validate)
        self._tracer = Tracer(self._maps)
        self._accountant = Accountant(self._maps)
        if plan.sender and plan.sender not in self._maps.profiles:
            known = ", ".join(sorted(self._maps.profiles))
            raise Misconfigured(f"no sender profile {plan.sender!r}; there are {known}", where="--sender")
        garbage.settle()

    def convert(self, items: Iterable[Item]) -> Converted:
        """Return a run of messages, converted; a bad one costs itself only."""
        made = Converted()
        for item in items:
            made.messages += 1
            made.bytes += len(item.raw)
            result, account = self._translate(item)
            if isinstance(result, Translation) and self._plan.form == "document" and not _is_document(result):
                result = Quarantined("no-composition")
            if isinstance(result, Translation):
                self._write(made, item, result)
                self._tell(made, item, account)
            else:
                made.quarantined.append(_reason(item, result))
        return made

    def _translate(self, item: Item) -> tuple[steps.Result, list[Leaf]]:
        """Return what the message became, and its account where that is asked for."""
        if item.flaw:
            return Quarantined(item.flaw), []
        # Nothing of the outside (time, place) may get into the result: the same file, the same bytes.
        spec = self._specs[item.adapter]
        content = item.content or spec.content_type
        envelope = Envelope("", "default", item.adapter, "", 0, content, "", item.raw, item.meta)
        try:
            reading = steps.read(spec, self._maps, envelope, self._plan.sender, records=False)
        except Rejected as error:
            return Quarantined(error.code, [Issue("error", "structure", error.where, "", error.reason)]), []
        result = steps.translate(self._maps, envelope, reading, self._validate)
        if not self._plan.trace or reading.record is None or not isinstance(result, Translation):
            return result, []
        return result, self._accountant.account(reading.record, envelope, reading.profile, result)

    @staticmethod
    def _tell(made: Converted, item: Item, account: list[Leaf]) -> None:
        if account:
            made.account.update(totals(account))
            line = {"file": item.file, "message": item.index, "totals": dict(totals(account))}
            made.accounts += dumps({**line, "leaves": compact(account)}) + b"\n"

    def _write(self, made: Converted, item: Item, translation: Translation) -> None:
        resources = entries(translation, self._plan.base)
        made.bundles += FORMS[self._plan.form](resources)
        for entry in resources:
            if (type_ := entry["resource"]["resourceType"]) != "Bundle":
                made.resources[type_] += 1
        for path, count in translation.unmapped.items():
            made.unmapped[path] += count
        for issue in translation.issues:
            rule = issue.rule or issue.code
            made.issues[rule] += 1
            remark = {"file": item.file, "index": item.index, "where": issue.where, "rule": rule}
            made.remarks += dumps({**remark, "text": issue.text}) + b"\n"
        if self._plan.trace:
            for step in self._tracer.trace(translation):
                made.traces += dumps({"file": item.file, "message": item.index, **step}) + b"\n"


def _is_document(translation: Translation) -> bool:
    return any(one.type == "Composition" for one in translation.drafts)


def convert(items: Iterable[Item], plan: Plan, jobs: int) -> Iterator[Converted]:
    """Yield the runs of ``items``, converted, in their order; ``jobs`` processes work on them."""
    if jobs <= 1:
        converter = Converter(plan)
        yield from (converter.convert(run) for run in _runs(items, RUN_MESSAGES))
        return
    context = multiprocessing.get_context("spawn")
    waiting: deque[Future[Converted]] = deque()
    with ProcessPoolExecutor(jobs, context, _begin, (plan,)) as pool:
        for run in _runs(items, CHUNK_MESSAGES):
            waiting.append(pool.submit(_work, run))
            if len(waiting) >= jobs * CHUNKS_PER_JOB:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _runs(items: Iterable[Item], most: int) -> Iterator[list[Item]]:
    run: list[Item] = []
    size = 0
    for item in items:
        run.append(item)
        size += len(item.raw)
        if len(run) >= most or size >= CHUNK_BYTES:
            yield run
            run, size = [], 0
    if run:
        yield run


def _reason(item: Item, result: Quarantined | Refused | NotUnderstood) -> dict[str, str | int]:
    reason = "refused" if isinstance(result, Refused) else result.reason
    told = [issue.text for issue in result.issues if issue.severity != "information"]
    text = "; ".join(dict.fromkeys(told))
    return {"file": item.file, "message": item.index, "reason": reason, "text": text}


_converter: Converter


def _begin(plan: Plan) -> None:
    """Load the maps once in a new process."""
    global _converter
    _converter = Converter(plan)


def _work(run: list[Item]) -> Converted:
    return _converter.convert(run)
