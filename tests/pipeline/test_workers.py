"""Processes beside the gateway: what they map is stored in order, what kills them costs itself alone."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.bootstrap.worker import command
from gateway.canonical import Envelope, Translation, new_envelope_id, now_us
from gateway.mapping import load_maps
from gateway.pipeline import steps, workers
from gateway.pipeline.engine import Engine, Parts
from gateway.pipeline.exchange import Done
from gateway.pipeline.workers import Staff, Workers
from gateway.settings import MappingSettings, PipelineSettings, Settings
from gateway.validation import draft_validator
from gateway.wire import rows

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "LARGE", 8)


@pytest.fixture
def staff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Staff]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def made(count: int = 1, once: str = "", program: str = str(HERE / "worker_of_tests.py")) -> Staff:
        said = once or str(tmp_path / "once")
        return Staff(count, lambda page: [sys.executable, program, str(page), said], None, 3)

    return made


@asynccontextmanager
async def running(rig: Any, staff: Staff) -> AsyncIterator[Engine]:
    """Run an engine whose workers have started."""
    parts = Parts(rig.store, rig.maps, {rig.adapter.id: rig.adapter}, PipelineSettings(), staff=staff)
    rig.maps.version, rig.maps.profiles = "test", {"default": rig.maps.chosen}
    engine = Engine(parts)
    await engine.start()
    try:
        await ready(engine._workers)
        yield engine
    finally:
        await engine.stop()


async def ready(them: Workers | None) -> None:
    assert them is not None
    while not them.open(workers.LARGE) and them.state == "starting":  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def group(rig: Any, *pids: str) -> list[Envelope]:
    return [rig.envelope(rig.adt(f"M{at}", pid=pid)) for at, pid in enumerate(pids)]


@pytest.mark.parametrize("count", [1, 2])
def test_a_large_group_is_mapped_beside_the_gateway(rig: Any, staff: Any, count: int) -> None:
    pids = [f"P{at}" for at in range(300)]

    async def run() -> None:
        async with running(rig, staff(count)) as engine:
            given = await engine.deliver.many(group(rig, *pids))
            assert {rig.code(one) for one in given} == {"AA"}
            assert rig.maps.seen == [], "the gateway has mapped none of them"
            assert await engine.deliver.many(group(rig, *pids)) == given
            assert (engine.counters.stored, engine.counters.repeats) == (300, 300)
            assert [row.control_id for row in rig.store.store.inbox_list(limit=300)][::-1] == [
                f"M{at}" for at in range(300)
            ]

    asyncio.run(run())


def test_a_small_group_is_mapped_by_the_gateway(rig: Any, staff: Any) -> None:
    async def run() -> None:
        async with running(rig, staff()) as engine:
            await engine.deliver.many(group(rig, "P1", "P2"))
            assert rig.maps.seen == ["M0", "M1"]

    asyncio.run(run())


def test_a_message_that_kills_its_process_costs_itself(rig: Any, staff: Any) -> None:
    pids = [f"P{at}" for at in range(200)]
    pids[7] = pids[90] = "deadly"
    pids[91] = "once"

    async def run() -> None:
        async with running(rig, staff()) as engine:
            given = await engine.deliver.many(group(rig, *pids))
            assert {rig.code(one) for one in given} == {"AA"}
            assert rig.store.states == {"stored": 198, "quarantined": 2}
            assert dict(engine.counters.quarantined) == {"gave-up": 2}
            kept = [row.id for row in rig.store.store.inbox_list(state="quarantined")]
            shown = [rig.store.store.inbox_show(one) for one in kept]
            assert all(b"deadly" in one.envelope.raw for one in shown)
            assert rig.maps.seen == []

    asyncio.run(run())


def test_one_that_is_killed_while_it_is_idle_is_replaced(rig: Any, staff: Any) -> None:
    async def run() -> None:
        async with running(rig, staff()) as engine:
            them = engine._workers
            assert them is not None
            for number in range(3):
                for one in them._crew.idle:
                    one._process.kill()
                    one._process.wait()
                given = await engine.deliver.many(group(rig, *(f"P{number}-{at}" for at in range(20))))
                assert {rig.code(one) for one in given} == {"AA"}
                assert them.state == "running"
            assert rig.maps.seen == [], "the gateway has mapped none of them"

    asyncio.run(run())


def test_a_message_that_never_ends_costs_itself(
    rig: Any, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGEST", "0.5")

    async def run() -> None:
        async with running(rig, staff()) as engine:
            given = await engine.deliver.many(group(rig, "P1", "endless", *(f"P{at}" for at in range(2, 20))))
            assert {rig.code(one) for one in given} == {"AA"}
            assert rig.store.states == {"stored": 19, "quarantined": 1}
            assert dict(engine.counters.quarantined) == {"gave-up": 1}

    asyncio.run(run())


def test_where_none_could_be_started_it_is_tried_again(
    rig: Any, staff: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "mended.py"
    program.write_text("raise SystemExit(3)\n")

    async def run() -> None:
        async with running(rig, staff(program=str(program))) as engine:
            them = engine._workers
            assert them is not None
            assert them.state == "failed"
            assert not them.open(1000)
            program.write_text((HERE / "worker_of_tests.py").read_text("utf-8"), "utf-8")
            monkeypatch.setattr(workers, "AGAIN", 0.0)
            await ready(them)
            assert them.state == "running"

    asyncio.run(run())


def test_there_are_never_more_than_were_wanted(rig: Any, staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hour of rest comes while one is at work, and then a large group."""

    async def run() -> None:
        async with running(rig, staff()) as engine:
            them = engine._workers
            assert them is not None
            at_work = asyncio.create_task(engine.deliver.many(group(rig, *(f"P{at}" for at in range(40)))))
            while not them._asked:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0)
            them._rest()
            await ready(them)
            await at_work
            assert len(them._crew.idle) + len(them._crew.busy) == 1
            them._rest()
            assert them.state == "none"

    asyncio.run(run())


def test_where_none_can_be_started_the_gateway_maps_everything(rig: Any, staff: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)\n")

    async def run() -> None:
        async with running(rig, staff(program=str(broken))) as engine:
            given = await engine.deliver.many(group(rig, *(f"P{at}" for at in range(20))))
            assert {rig.code(one) for one in given} == {"AA"}
            assert len(rig.maps.seen) == 20

    asyncio.run(run())


def test_a_stop_does_not_wait_for_a_process_that_hangs(rig: Any, staff: Any) -> None:
    async def run() -> None:
        async with running(rig, staff()) as engine:
            waiting = asyncio.create_task(engine.deliver.many(group(rig, *["P1", "hangs"] * 10)))
            while not engine._workers._crew.busy:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_the_processes_end_with_a_gateway_that_is_killed(staff: Any, tmp_path: Path) -> None:
    worker = [sys.executable, str(HERE / "worker_of_tests.py")]
    program = textwrap.dedent(f"""
        import asyncio, os, signal
        from gateway.pipeline.workers import Staff, Workers
        def command(page):
            return [*{worker!r}, str(page), {str(tmp_path / "once")!r}]
        async def main():
            them = Workers(Staff(1, command, None, 3), lambda: "test")
            while not them.open(1000):
                await asyncio.sleep(0.01)
            print(them._crew.idle[0]._process.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """)
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False)
    assert done.returncode == -signal.SIGKILL
    child = int(done.stdout)
    while alive(child):
        pass


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def patient(sex: str) -> Envelope:
    row = {"patient_no": "P1", "name": "张三", "sex": sex, "marital_status": "20"}
    raw = rows.written("patient", "HIS", [{"row": row}])
    moment = now_us()
    return Envelope(
        new_envelope_id(moment), "default", "his/sql_view", "", moment, rows.CONTENT_TYPE, "", raw
    )


def test_a_worker_says_what_the_gateway_says_and_follows_its_code_tables(tmp_path: Path) -> None:
    settings = replace(Settings(), mapping=MappingSettings(codes=str(tmp_path)))
    maps = load_maps(None, tmp_path)
    spec, validate = registry.find()["his/sql_view"], draft_validator(settings)

    async def run() -> None:
        them = Workers(Staff(1, command, settings, 3), lambda: maps.version)
        await ready(them)
        try:
            for gender in (None, "other"):
                envelope = patient("ZZ")
                same = replace(envelope)
                (done,) = await them.work([envelope]) or ()
                assert isinstance(done, Done) and isinstance(done.result, Translation)
                reading = steps.read(spec, maps, same)
                assert done.result == steps.translate(maps, same, reading, validate)
                assert (done.header, done.sender) == (reading.header, same.sender)
                assert done.result.drafts[0].body.get("gender") == gender
                (tmp_path / "administrative-sex.csv").write_text(
                    "# extends: administrative-sex\ncode,target\nZZ,other\n"
                )
                while not maps.refresh().tables and gender is None:
                    pass  # a file is taken over when it stays as it is
        finally:
            await them.close()

    asyncio.run(run())
