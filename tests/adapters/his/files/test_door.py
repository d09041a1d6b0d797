"""The door: complete files are taken once, in order, and end in done or failed with a report beside them."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.his.files import ADAPTER, claim, look
from adapters.his.files.claim import left_behind, shown, take
from adapters.his.files.door import FilesDoor
from adapters.his.files.ready import Ready
from gateway import registry
from gateway.canonical import Envelope, Quarantined, Stored
from gateway.errors import Misconfigured, Rejected, Retry
from gateway.wire import rows

HEAD = "患者编号,姓名\n"


class Pipeline:
    """Takes what the door hands over, as the engine does: the same delivery again is a repeat."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Envelope] = {}
        self.calls = 0
        self.before: Callable[[int], None] = lambda _: None

    async def many(self, envelopes: Sequence[Envelope], /) -> list[bytes | Retry]:
        return await asyncio.gather(*map(self._one, envelopes))

    async def _one(self, envelope: Envelope) -> bytes | Retry:
        try:
            return await self(envelope)
        except Retry as error:
            return error

    async def __call__(self, envelope: Envelope, /) -> bytes:
        self.calls += 1
        self.before(self.calls)
        await asyncio.sleep(0)
        self.kept.setdefault(envelope.raw, envelope)
        try:
            ADAPTER.parse(envelope)
        except Rejected as error:
            return ADAPTER.answer(envelope, None, Quarantined(error.code))
        return ADAPTER.answer(envelope, None, Stored())

    @property
    def patients(self) -> list[str]:
        pages = [rows.parse(raw) for raw, one in self.kept.items() if one.content_type == rows.CONTENT_TYPE]
        return [str(page.records[0].row["patient_no"]) for page in pages]

    @property
    def quarantined(self) -> list[str]:
        found = []
        for one in self.kept.values():
            try:
                ADAPTER.parse(one)
            except Rejected as error:
                found.append(error.code)
        return found


def patients(first: int, last: int) -> bytes:
    return (HEAD + "".join(f"P{at},张三\n" for at in range(first, last))).encode()


@asynccontextmanager
async def opened(folder: Path, pipeline: Pipeline, **settings: Any) -> AsyncIterator[FilesDoor]:
    given = {"folder": str(folder), "settle": 0.0, "interval": 0.01, **settings}
    door = ADAPTER.source(registry.options(ADAPTER, given))
    assert isinstance(door, FilesDoor)
    await door.start(pipeline)
    try:
        yield door
    finally:
        await door.stop()


async def until(ready: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not ready():  # noqa: ASYNC110 -- the door has no event to wait for
            await asyncio.sleep(0.005)


def run(
    folder: Path, pipeline: Pipeline, ready: Callable[[FilesDoor], object], **settings: Any
) -> dict[str, Any]:
    """Run a door until something is so; return its status."""

    async def running() -> dict[str, Any]:
        async with opened(folder, pipeline, **settings) as door:
            await until(lambda: ready(door))
            return dict(door.status())

    return asyncio.run(running())


def ended(count: int) -> Callable[[FilesDoor], bool]:
    return lambda door: sum(int(door.status()[name]) for name in ("files", "failed", "repeats")) >= count


def report(folder: Path, name: str) -> dict[str, Any]:
    (found,) = folder.glob(f"*/{name}.report.json")
    return json.loads(found.read_bytes())  # type: ignore[no-any-return]


def test_a_file_is_delivered_in_order_and_ends_in_done(tmp_path: Path) -> None:
    pipeline = Pipeline()
    (tmp_path / "patient.csv").write_bytes(patients(0, 500))
    status = run(tmp_path, pipeline, ended(1))
    assert pipeline.patients == [f"P{at}" for at in range(500)]
    assert (tmp_path / "done" / "patient.csv").read_bytes() == patients(0, 500)
    assert report(tmp_path, "patient.csv")["ended"] == {"stored": 500}
    assert not list((tmp_path / "work").iterdir())
    assert (status["files"], status["records"], status["last_error"]) == (1, 500, "")


def test_what_cannot_be_read_is_in_the_inbox_and_in_a_file_to_mend(tmp_path: Path) -> None:
    pipeline = Pipeline()
    raw = (HEAD + "P1,张,三\nP2,李四\nP3\n").encode("gb18030")
    (tmp_path / "patient.csv").write_bytes(raw)
    run(tmp_path, pipeline, ended(1))
    assert pipeline.patients == ["P2"]
    assert pipeline.quarantined == ["shifted-columns", "shifted-columns"]
    told = report(tmp_path, "patient.csv")
    assert [one["line"] for one in told["faults"]] == [2, 4]
    mend = (tmp_path / "done" / "patient.mend.csv").read_text("utf-8-sig")
    assert mend.splitlines() == ["患者编号,姓名", "P1,张,三", "P3"]


def test_a_mended_file_can_be_dropped_again(tmp_path: Path) -> None:
    pipeline = Pipeline()
    (tmp_path / "patient.csv").write_bytes((HEAD + "P1,张,三\n").encode())
    run(tmp_path, pipeline, ended(1))
    mend = tmp_path / "done" / "patient.mend.csv"
    mend.write_bytes(mend.read_bytes().replace("张,三".encode(), "张三".encode()))
    mend.rename(tmp_path / mend.name)
    run(tmp_path, pipeline, ended(1))
    assert pipeline.patients == ["P1"]


@pytest.mark.parametrize(
    ("name", "raw", "fault"),
    [
        ("patient.csv", "患者编号,姓名,姓名\n".encode(), "duplicate-heading"),
        ("notes.csv", b"a,b\n1,2\n", "unknown-file"),
        ("patient.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-excel"),
        ("patient.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-excel"),
        ("patient.xls", b"\xef\xbb\xbf <html><table>", "html-table"),
        ("patient.csv.gz", b"\x1f\x8b", "unknown-format"),
        ("patient", b"x", "unknown-format"),
        ("patient.xlsx", b"PK\x03\x04", "not-xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_fails_and_is_seen(
    tmp_path: Path, name: str, raw: bytes, fault: str
) -> None:
    pipeline = Pipeline()
    (tmp_path / name).write_bytes(raw)
    status = run(tmp_path, pipeline, ended(1))
    assert (tmp_path / "failed" / name).read_bytes() == raw
    assert report(tmp_path, name)["fault"] == fault
    assert pipeline.quarantined == [fault]
    assert (status["failed"], status["last_failed"]) == (1, f"{name}: {fault}")


def test_json_that_says_two_things_by_one_name_does_not_hold_up_the_folder(tmp_path: Path) -> None:
    """Of records it costs the record; of the place where the records are, the file. Both name the name."""
    patterns, pipeline = tmp_path / "patterns", Pipeline()
    patterns.mkdir()
    (patterns / "p.yaml").write_text("match: 'p*.json'\nview: patient\nrecords: rows\n", "utf-8")
    person = '{"patient_no": "%s", "name": "甲"}'
    twice = '{"patient_no": "P2", "name": "甲", "name": "乙"}'
    for name, text in (
        ("p1.json", f'{{"rows": [{person % "P0"}], "rows": [{person % "P1"}]}}'),
        ("p2.json", f'{{"rows": [{twice}, {person % "P3"}]}}'),
        ("p3.json", f'{{"rows": [{person % "P4"}]}}'),
    ):
        (tmp_path / name).write_text(text, "utf-8")
    run(tmp_path, pipeline, ended(3), files=str(patterns))
    assert sorted(pipeline.patients) == ["P3", "P4"]
    assert pipeline.quarantined == ["duplicate-name", "duplicate-name"]
    failed = json.loads((tmp_path / "failed" / "p1.json.report.json").read_text("utf-8"))
    assert "by the name rows" in failed["reason"]
    assert "“rows”" in failed["reason_zh"]
    (fault,) = report(tmp_path, "p2.json")["faults"]
    assert (fault["line"], "by the name name" in fault["said"]) == (1, True)


def test_the_same_bytes_again_are_told_and_not_delivered(tmp_path: Path) -> None:
    pipeline = Pipeline()
    (tmp_path / "patient.csv").write_bytes(patients(0, 3))
    run(tmp_path, pipeline, ended(1))
    (tmp_path / "patient_again.csv").write_bytes(patients(0, 3))
    status = run(tmp_path, pipeline, ended(1))
    assert (status["repeats"], pipeline.calls) == (1, 3)
    assert report(tmp_path, "patient_again.csv")["same_as"] == "patient.csv"


def test_the_same_bytes_after_others_mean_something_again(tmp_path: Path) -> None:
    pipeline = Pipeline()
    for at, raw in enumerate([patients(0, 1), patients(1, 2), patients(0, 1)]):
        (tmp_path / f"patient_{at}.csv").write_bytes(raw)
        run(tmp_path, pipeline, ended(1))
    assert pipeline.calls == 3


def test_the_same_bytes_by_a_mended_pattern_are_delivered(tmp_path: Path) -> None:
    folder, patterns, pipeline = tmp_path / "drop", tmp_path / "patterns", Pipeline()
    folder.mkdir()
    patterns.mkdir()
    raw = "号,患者编号,姓名\n1,P1,张三\n".encode()
    for columns, calls in (("{name: 号, address: 姓名}", 1), ("{outpatient_no: 号}", 2)):
        (patterns / "p.yaml").write_text(f"match: p*.csv\nview: patient\ncolumns: {columns}\n", "utf-8")
        for expected in ("done", "repeat"):
            (folder / "p.csv").write_bytes(raw)
            run(folder, pipeline, ended(1), files=str(patterns))
            lines = (folder / "done" / "journal.ndjson").read_text("utf-8").splitlines()
            assert (json.loads(lines[-1])["verdict"], pipeline.calls) == (expected, calls)


def test_the_same_bytes_are_delivered_again_where_not_all_was_stored(tmp_path: Path) -> None:
    pipeline = Pipeline()
    for calls in (2, 4):
        (tmp_path / "patient.csv").write_bytes((HEAD + "P1,张三\nP2,李,四\n").encode())
        run(tmp_path, pipeline, ended(1))
        assert pipeline.calls == calls


def test_what_is_left_out_and_what_stands_beside_is_in_the_report(tmp_path: Path) -> None:
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns" / "p.yaml").write_text("match: p*.xml\nview: patient\nrecords: /D/R\n")
    (tmp_path / "p.xml").write_text("<D><H/><R><patient_no>1</patient_no><name>A</name></R></D>")
    run(tmp_path, Pipeline(), ended(1), files=str(tmp_path / "patterns"))
    told = report(tmp_path, "p.xml")
    assert (told["verdict"], told["beside"], told["left_out"]) == ("done", {"D/H": 1}, {})


def test_a_plan_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Else a file that was stopped in the middle begins anew, and the same bytes are no repeat."""
    script = (
        "from adapters.his.files.reader import _plan; from adapters.his.files.view import load_views; "
        "from adapters.his.files.pattern import Pattern; "
        "print(_plan(Pattern(view='result'), load_views('')['result']))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1


def test_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    pipeline = Pipeline()
    for first in (0, 10):
        (tmp_path / "patient.csv").write_bytes(patients(first, first + 2))
        run(tmp_path, pipeline, ended(1))
    assert len(list((tmp_path / "done").glob("patient*.csv"))) == 2


def test_a_store_that_cannot_commit_is_waited_for_in_order(tmp_path: Path) -> None:
    pipeline, waited = Pipeline(), []

    def busy(call: int) -> None:
        if 20 <= call < 60:
            raise Retry("the disk is full", after=0.001)

    pipeline.before = busy
    (tmp_path / "patient.csv").write_bytes(patients(0, 100))

    def ready(door: FilesDoor) -> bool:
        waited.append(str(door.status()["last_error"]))
        return ended(1)(door)

    status = run(tmp_path, pipeline, ready, parallel=8)
    assert pipeline.patients == [f"P{at}" for at in range(100)]
    assert "waits: the disk is full" in waited
    assert status["last_error"] == ""


def test_what_was_stopped_in_the_middle_goes_on_there(tmp_path: Path) -> None:
    pipeline = Pipeline()
    (tmp_path / "patient.csv").write_bytes(patients(0, 3000))
    run(tmp_path, pipeline, lambda _: pipeline.calls > 700, parallel=8)
    before = pipeline.calls
    assert before < 3000
    run(tmp_path, pipeline, ended(1), parallel=8)
    assert pipeline.patients == [f"P{at}" for at in range(3000)]
    assert pipeline.calls <= 3000 + 8
    assert report(tmp_path, "patient.csv")["ended"] == {"stored": 3000}


def test_a_claim_whose_state_is_damaged_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "patient.csv").write_bytes(patients(0, 3))
    taken = take(tmp_path / "patient.csv", tmp_path / "work")
    assert taken is not None
    (taken.folder / "state.json").write_bytes(b'{"name": "pat')
    taken.release()
    pipeline = Pipeline()
    run(tmp_path, pipeline, ended(1))
    assert pipeline.patients == ["P0", "P1", "P2"]


def test_two_gateways_never_have_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "patient.csv").write_bytes(patients(0, 3))
    first = take(tmp_path / "patient.csv", tmp_path / "work")
    assert first is not None
    assert take(tmp_path / "patient.csv", tmp_path / "work") is None
    assert left_behind(tmp_path / "work") == []  # held
    first.release()
    (found,) = left_behind(tmp_path / "work")
    assert found.path.read_bytes() == patients(0, 3)
    found.release()


def test_two_gateways_share_a_folder(tmp_path: Path) -> None:
    pipeline = Pipeline()
    for at in range(20):
        (tmp_path / f"patient_{at}.csv").write_bytes(patients(at * 5, at * 5 + 5))

    async def both() -> None:
        async with opened(tmp_path, pipeline) as one, opened(tmp_path, pipeline) as other:
            await until(lambda: int(one.status()["files"]) + int(other.status()["files"]) == 20)

    asyncio.run(both())
    assert sorted(pipeline.patients) == sorted(f"P{at}" for at in range(100))
    assert pipeline.calls == 100


def test_only_complete_files_are_taken(tmp_path: Path) -> None:
    for name in ("a.csv.part", "b.tmp", ".c.csv", "d.csv.filepart", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "ready.csv").write_bytes(b"x")
    ready = Ready(tmp_path, 0, "")
    assert [one.name for one in ready.look()] == ["ready.csv"]
    assert ready.strange == 3  # the link, the pipe and the folder are seen, and not taken
    assert Ready(tmp_path, 3600, "").look() == []  # it may still be growing


def test_a_file_that_changes_is_not_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("adapters.his.files.ready.time.monotonic", lambda: clock[0])
    ready, path = Ready(tmp_path, 3, ""), tmp_path / "patient.csv"
    for seconds, size, complete in ((0, 1, False), (2, 2, False), (4, 2, False), (5, 2, True)):
        clock[0] = seconds
        path.write_bytes(b"x" * size) if path.exists() is False or path.stat().st_size != size else None
        assert bool(ready.look()) is complete, seconds
    empty = tmp_path / "empty.csv"
    empty.touch()
    ready.look()
    clock[0] = 30
    assert empty not in ready.look()  # somebody may be about to fill it


def test_a_marker_says_which_file_is_complete(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "b.csv.ok", "c.csv", "c.ok"):
        (tmp_path / name).write_bytes(b"x")
    ready = Ready(tmp_path, 3600, ".ok")
    assert sorted(one.name for one in ready.look()) == ["b.csv", "c.csv"]
    ready.taken(tmp_path / "b.csv")
    assert not (tmp_path / "b.csv.ok").exists()


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    pipeline = Pipeline()
    (tmp_path / "patient.csv").write_bytes(patients(0, 200) + "P200,张".encode())

    def grow(call: int) -> None:
        if call == 50:
            (path,) = (tmp_path / "work").glob("*/patient.csv")
            with path.open("ab") as file:
                file.write("三\nP201,李四\n".encode())

    pipeline.before = grow
    run(tmp_path, pipeline, ended(1))
    assert pipeline.patients[-2:] == ["P200", "P201"]
    last = [
        one.row for raw in pipeline.kept for one in rows.parse(raw).records if one.row["patient_no"] == "P200"
    ]
    assert last[-1]["name"] == "张三"


def test_a_full_disk_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline, full, seen = Pipeline(), [True], list[str]()
    real = claim.finish

    def finish(*given: Any) -> Path:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*given)

    monkeypatch.setattr("adapters.his.files.door.finish", finish)
    (tmp_path / "patient.csv").write_bytes(patients(0, 5))

    def ready(door: FilesDoor) -> bool:
        seen.append(str(door.status()["last_error"]))
        full[0] = full[0] and "No space" not in seen[-1]
        return ended(1)(door) and not door.status()["last_error"]  # told once more when it is over

    run(tmp_path, pipeline, ready)
    assert pipeline.calls == 5
    assert any("No space left on device" in one for one in seen)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    here, others = tmp_path.stat().st_dev, (Path("/dev/shm"), Path("/var/tmp"))
    there = [one for one in others if one.is_dir() and one.stat().st_dev != here]
    if not there:
        pytest.skip("needs /dev/shm on a file system of its own: mount -t tmpfs tmpfs /dev/shm")
    with tempfile.TemporaryDirectory(dir=there[0]) as folder:
        yield Path(folder)


def test_done_and_failed_may_lie_on_another_file_system(tmp_path: Path, elsewhere: Path) -> None:
    pipeline, raw = Pipeline(), (HEAD + "P1,张,三\nP2,李四\n").encode()
    (tmp_path / "done").symlink_to(elsewhere)
    (tmp_path / "patient.csv").write_bytes(raw)
    run(tmp_path, pipeline, ended(1))
    assert (elsewhere / "patient.csv").read_bytes() == raw
    names = {one.name for one in elsewhere.iterdir()}
    assert names == {"patient.csv", "patient.csv.report.json", "patient.mend.csv", "journal.ndjson"}
    assert not list((tmp_path / "work").iterdir())


def test_work_on_another_file_system_is_told_and_takes_nothing(tmp_path: Path, elsewhere: Path) -> None:
    pipeline = Pipeline()
    (tmp_path / "work").symlink_to(elsewhere)
    (tmp_path / "patient.csv").write_bytes(patients(0, 1))
    status = run(tmp_path, pipeline, lambda door: door.status()["last_error"])
    assert "work/ must lie on the file system of the folder" in str(status["last_error"])
    assert (tmp_path / "patient.csv").exists()
    assert not list(elsewhere.iterdir())
    assert pipeline.calls == 0


def test_a_disk_that_fills_up_while_files_are_moved_costs_nothing(tmp_path: Path, elsewhere: Path) -> None:
    """Half a copy is on the other disk: the file is still whole in ``work``, and moved when there is room."""
    pipeline, full, real = Pipeline(), [True], shutil.copyfileobj

    def copy(file: Any, to: Any, size: int) -> None:
        if full[0]:
            to.write(file.read(3))
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file, to, size)

    (tmp_path / "done").symlink_to(elsewhere)
    (tmp_path / "patient.csv").write_bytes(patients(0, 5))

    def ready(door: FilesDoor) -> bool:
        if full[0] and "No space" in str(door.status()["last_error"]):
            assert not (elsewhere / "patient.csv").exists()
            full[0] = False
        return ended(1)(door)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adapters.his.files.claim.shutil.copyfileobj", copy)
        run(tmp_path, pipeline, ready)
    assert not full[0]
    assert pipeline.calls == 5
    assert (elsewhere / "patient.csv").read_bytes() == patients(0, 5)


def test_a_file_that_may_not_be_read_fails_and_those_after_it_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline()

    def looking(path: Path, declared: str = "") -> look.Look:
        if path.name == "patient_a.csv":
            raise PermissionError(13, "Permission denied")
        return look.look(path, declared)

    monkeypatch.setattr("adapters.his.files.course.look", looking)
    for name, first in (("a", 0), ("b", 1)):
        (tmp_path / f"patient_{name}.csv").write_bytes(patients(first, first + 1))
    run(tmp_path, pipeline, ended(2))
    assert report(tmp_path, "patient_a.csv")["reason"] == "the file cannot be read: Permission denied"
    assert pipeline.patients == ["P1"]


def test_logs_hold_nothing_of_a_patient(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    (tmp_path / "张三_990101199003070018.csv").write_bytes((HEAD + "P1,张,三\nP2,李四\n").encode())
    run(tmp_path, Pipeline(), ended(1))
    said = caplog.text + json.dumps(report(tmp_path, "张三_990101199003070018.csv")["faults"])
    assert "*" in caplog.text
    assert not any(one in said for one in ("张", "李四", "990101199003070018", "P1", "P2"))


def test_a_folder_that_is_not_there_is_told_and_waited_for(tmp_path: Path) -> None:
    pipeline, folder = Pipeline(), tmp_path / "mounted"
    seen = list[str]()

    def ready(door: FilesDoor) -> bool:
        seen.append(str(door.status()["last_error"]))
        if seen[-1] and not folder.exists():
            folder.mkdir()
            (folder / "patient.csv").write_bytes(patients(0, 2))
        return ended(1)(door)

    run(folder, pipeline, ready)
    assert any(one.startswith("the folder cannot be used") for one in seen)
    assert pipeline.patients == ["P0", "P1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("match: '*.csv'\nview: nothing", "no layout in mappings/rows is called 'nothing'"),
        ("match: '*.csv'", "a file pattern has match: and view:"),
        ("match: '*.csv'\nview: patient\nsep: ','", "unknown key 'sep'"),
        ("match: '*.csv'\nview: patient\nheading: 'x'", "'heading' takes a number"),
        ("match: [", "not YAML"),
    ],
)
def test_a_wrong_pattern_stops_the_start_and_says_where(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "cf.yaml").write_text(text)
    with pytest.raises(Misconfigured, match=said.replace("'", ".")) as error:
        run(tmp_path, Pipeline(), lambda _: True, files=str(tmp_path / "files"))
    assert "cf.yaml" in str(error.value)


def test_a_door_without_a_folder_does_not_open() -> None:
    with pytest.raises(Misconfigured, match="set folder"):
        asyncio.run(ADAPTER.source(registry.options(ADAPTER, {})).start(Pipeline()))


def test_names_of_files_are_shown_without_patients() -> None:
    assert shown("cf_20260301.csv") == "cf_20260301.csv"
    assert shown("张三_99010119900307001X.xml") == "*_*.xml"


def test_a_pattern_that_is_mended_is_taken_without_a_start(tmp_path: Path) -> None:
    folder, patterns, pipeline = tmp_path / "drop", tmp_path / "patterns", Pipeline()
    folder.mkdir()
    patterns.mkdir()
    (patterns / "p.yaml").write_text("match: p*.csv\nview: patient\ncolumns: {patient_no: BH, name: XM}\n")

    async def running() -> list[str]:
        async with opened(folder, pipeline, files=str(patterns)) as door:
            (patterns / "p.yaml").write_text("match: p*.csv\nview: nothing\n")
            (folder / "p1.csv").write_text("BRBH,XM\nP1,张三\n")
            await until(lambda: "nothing" in str(door.status()["last_error"]))
            assert (folder / "p1.csv").exists()
            told = "match: p*.csv\nview: patient\ncolumns: {patient_no: BRBH, name: XM}\n"
            (patterns / "p.yaml").write_text(told)
            await until(lambda: ended(1)(door))
            return [str(door.status()["last_error"]), str(door.status()["files"])]

    assert asyncio.run(running()) == ["", "1"]
    assert pipeline.patients == ["P1"]
