"""Internet visits: prescriptions a second through gate, signature, serial, ledger and store, in one process.

Each has three drugs and a physician's signature by ES256, belongs to a visit and a patient of its own, and is
committed (synchronous=FULL) before it is answered. Before the clock: everybody is on file, the visits go on,
the drafts are signed.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from benchmarks.filled import filled
from benchmarks.served import copy_of

if TYPE_CHECKING:
    from gateway.feed.visit.answer import Answer
    from gateway.feed.visit.governor import Visits
    from gateway.pipeline.engine import Engine
    from gateway.security.signature import Signatures
    from gateway.store import Desk, Store, Transacted

Resource = dict[str, Any]
DRUGS = ("氨氯地平片 5mg", "缬沙坦胶囊 80mg", "阿托伐他汀钙片 20mg")
SHARED = (
    "Organization", "HealthcareService", "Practitioner", "PractitionerRole", "VerificationResult", "Contract",
)  # fmt: skip
OWN = ("Patient/p1", "DocumentReference/d1", "Consent/z1", "Encounter/v1", "Condition/c1", "Communication/n1")
PHYSICIAN, PHARMACIST = "Practitioner/w1", "Practitioner/y1"
AT_ONCE = 64
DRAFT, SUBMIT, REVIEW = (
    "draft: store",
    "$submit: signature, gate, serial, ledger, store",
    "$review: signature, gate, ledger, store",
)
NAMED_BY = "urn:oid:2.16.156.10011.1.20"


@dataclass(slots=True, frozen=True)
class Size:
    """How much is measured: prescriptions of one round, rounds, resources in the store before."""

    resources: int
    prescriptions: int
    rounds: int


FULL = Size(1_000_000, 1000, 3)
QUICK = Size(50_000, 300, 1)


def run(size: Size) -> list[dict[str, Any]]:
    """Return a row for each step: rate, and what one decision of the rules takes."""
    store = copy_of(filled(size.resources), "visit")
    with TemporaryDirectory() as folder:
        return asyncio.run(_run(store, Path(folder), size))


class Scene:
    """The documents of the visits; the right visit of the policy's fixtures, once for each number."""

    def __init__(self) -> None:
        import yaml

        said = yaml.safe_load((files("gateway.policy") / "fixtures" / "visit.yaml").read_text("utf-8"))
        self._days = timedelta(days=(datetime.now(UTC) - datetime(2025, 3, 6, tzinfo=UTC)).days)
        self._resources = {
            name: {"resourceType": name.split("/")[0], "id": name.split("/")[1], **self._shifted(body)}
            for name, body in said["resources"].items()
        }
        self._resources["Patient/p1"]["birthDate"] = said["resources"]["Patient/p1"]["birthDate"]
        del self._resources["PractitionerRole/y1"]["availableTime"]

    def shared(self) -> list[Resource]:
        """Return the hospital and its people."""
        return [one for name, one in self._resources.items() if name.split("/")[0] in SHARED]

    def visit(self, n: int) -> list[Resource]:
        """Return a patient with consent, visit and diagnosis."""
        made = [self._numbered(self._resources[name], n) for name in OWN]
        made[2]["dateTime"] = _at(-600)
        made[3]["period"] = {"start": _at(-300)}
        return made

    def draft(self, n: int) -> list[Resource]:
        """Return a prescription of three drugs: the group, then its lines."""
        group = self._numbered(self._resources["RequestGroup/g1"], n)
        lines = []
        for drug, name in enumerate(DRUGS):
            line = self._numbered(self._resources["MedicationRequest/m1"], n)
            lines.append(line | {"id": f"m1-{n}-{drug}", "medicationCodeableConcept": {"text": name}})
        group["action"] = [{"resource": {"reference": f"MedicationRequest/{one['id']}"}} for one in lines]
        for one in (group, *lines):
            one |= {"authoredOn": _at(0), "identifier": [{"system": NAMED_BY, "value": f"CF{n}"}]}
        return [group, *lines]

    def _numbered(self, resource: Resource, n: int) -> Resource:
        own = {name.split("/")[0] for name in (*OWN, "RequestGroup/g1", "MedicationRequest/m1")}

        def walk(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: walk(one) for name, one in value.items()}
            if isinstance(value, list):
                return [walk(one) for one in value]
            moved = isinstance(value, str) and value.count("/") == 1 and value.split("/")[0] in own
            return f"{value}-{n}" if moved else value

        made: Resource = walk(copy.deepcopy(resource))
        return made | {"id": f"{resource['id']}-{n}"}

    def _shifted(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._shifted(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._shifted(one) for one in value]
        if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
            return (datetime.fromisoformat(value) + self._days).strftime("%Y-%m-%d")
        return value


def _at(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _run(path: Path, folder: Path, size: Size) -> list[dict[str, Any]]:
    from gateway.feed.visit.governor import Visits
    from gateway.feed.visit.hospital import bookkeeping_of
    from gateway.mapping import load_maps
    from gateway.pipeline.engine import Engine, Parts
    from gateway.settings import PipelineSettings, TenantSettings
    from gateway.store import open_store

    settings = TenantSettings(organization="990101001", jurisdiction=("cn-chongqing",))
    store = open_store(f"sqlite:///{path}")
    signatures = _signatures(folder)
    visits = Visits(lambda _tenant: settings, signatures)
    store.keep_books("default", bookkeeping_of(settings))
    store.govern(visits)
    engine = Engine(Parts(store, load_maps(), {}, PipelineSettings()))
    await engine.start()
    try:
        return await _measured(store, engine, visits, signatures, size)
    finally:
        await engine.stop()
        store.close()


def _signatures(folder: Path) -> Signatures:
    from gateway.security.signature import open_signatures
    from gateway.security.signature.demonstration import Hospital, Signer, demonstration
    from gateway.settings import SignatureSettings

    signers = (
        Signer("physician", "温如玉", "110990101000017"),
        Signer("pharmacist", "苏合", "310990101000025"),
    )
    demonstration(folder, signers, Hospital("渡桥市人民医院互联网医院", "990101001"), "ES256")
    return open_signatures(SignatureSettings(trust=(str(folder / "trust.pem"),), keys=str(folder / "keys")))


async def _measured(
    store: Store, engine: Engine, visits: Visits, signatures: Signatures, size: Size
) -> list[dict[str, Any]]:
    scene, taken = Scene(), list[float]()
    _time_decisions(visits, taken)
    _good(await engine.write(_filing(scene.shared())))
    rates: dict[str, list[tuple[float, float]]] = {step: [] for step in (DRAFT, SUBMIT, REVIEW)}
    for turn in range(size.rounds):
        numbers = range(turn * size.prescriptions, (turn + 1) * size.prescriptions)
        await _all([_writing(engine, _filing(scene.visit(n))) for n in numbers])
        works = [_Prescription(n, scene.draft(n), engine, visits, signatures) for n in numbers]
        rates[DRAFT].append(await _timed([one.write for one in works]))
        rates[SUBMIT].append(await _timed([one.submit for one in works]))
        rates[REVIEW].append(await _timed([one.review for one in works]))
    rows: list[dict[str, Any]] = [
        {"step": step, "rate": median(one[0] for one in found), "cpu_rate": median(one[1] for one in found)}
        for step, found in rates.items()
    ]
    whole = {name: 1 / sum(1 / row[name] for row in rows) for name in ("rate", "cpu_rate")}
    gate = {"gate_p50": median(taken) * 1000, "gate_p95": quantiles(taken, n=20)[-1] * 1000}
    return [*rows, {"step": "all three", **whole, **gate}]


class _Prescription:
    """One prescription and its three steps; it is signed before the clock."""

    def __init__(
        self, n: int, documents: list[Resource], engine: Engine, visits: Visits, signatures: Signatures
    ) -> None:
        from gateway.security.signature import AUTHOR
        from gateway.security.signature import REVIEW as BY_PHARMACIST

        self._n, self._documents, self._engine, self._visits = n, documents, engine, visits
        self._signed = signatures.sign(documents, "physician", who=PHYSICIAN, purpose=AUTHOR)
        self._checked = signatures.sign(documents, "pharmacist", who=PHARMACIST, purpose=BY_PHARMACIST)
        self._task = ""

    async def write(self) -> None:
        from gateway.canonical.actor import Principal
        from gateway.store import Change, Transact

        changes = [Change("update", one["resourceType"], one["id"], one) for one in self._documents]
        _good(await self._engine.write(Transact("default", "bench", changes, caller=Principal("bench"))))

    async def submit(self) -> None:
        from gateway.canonical.actor import Principal
        from gateway.feed.visit.submit import submit

        principal, id_ = Principal("bench", PHYSICIAN, "asserted"), f"g1-{self._n}"
        hospitals, signed = self._visits.hospitals, self._signed
        answer = await self._act(lambda desk: submit(desk, hospitals, "RequestGroup", id_, principal, signed))
        self._task = answer.task.partition("/")[2]

    async def review(self) -> None:
        from gateway.canonical.actor import Principal
        from gateway.feed.visit.review import review

        principal = Principal("bench", PHARMACIST, "asserted")
        hospitals, task, signed = self._visits.hospitals, self._task, self._checked
        await self._act(lambda desk: review(desk, hospitals, task, principal, "approved", signature=signed))

    async def _act(self, act: Callable[[Desk], Answer]) -> Answer:
        from gateway.store import Transact

        done = await self._engine.write(Transact("default", "bench", [], act=act))
        _good(done)
        return cast("Answer", done.answer)


def _time_decisions(visits: Visits, taken: list[float]) -> None:
    """Note what each decision of the rules takes."""
    from gateway.policy import Policy

    decide = Policy.decide

    def timed(self: Policy, case: Any) -> Any:
        start = time.perf_counter()
        found = decide(self, case)
        taken.append(time.perf_counter() - start)
        return found

    Policy.decide = timed  # type: ignore[method-assign]


def _filing(resources: Sequence[Resource]) -> Any:
    from gateway.store import Transact

    return Transact("default", "bench", [], act=lambda desk: [desk.write(one) for one in resources])


Work = Callable[[], Awaitable[None]]


def _writing(engine: Engine, transact: Any) -> Work:
    async def work() -> None:
        _good(await engine.write(transact))

    return work


def _good(done: Transacted) -> None:
    if done.error is not None:
        raise done.error


async def _timed(work: Sequence[Work]) -> tuple[float, float]:
    """Return how many a second there were, and how many a second of the processor."""
    start, spent = time.perf_counter(), time.process_time()
    await _all(work)
    return len(work) / (time.perf_counter() - start), len(work) / (time.process_time() - spent)


async def _all(work: Sequence[Work]) -> None:
    waiting = iter(work)

    async def line() -> None:
        for one in waiting:
            await one()

    await asyncio.gather(*(line() for _ in range(AT_ONCE)))
