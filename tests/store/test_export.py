"""Bulk exports: exact snapshots, taken up again anywhere, in files of a bounded size."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import orjson
import pytest

from gateway.canonical.json import loads
from gateway.errors import Rejected, Retry
from gateway.store import Store, open_store
from gateway.store.export import Asked, Busy, Exports, Job, Limits, background, gather, packed, slices, walk
from gateway.store.export.packed import pack, unpack
from gateway.store.model import Change, Transact, Transacted

TYPES = ("Patient", "Observation", "Group")
BASE = "http://localhost/fhir"


class Bulk:
    """Writes resources, and exports them step by step."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.exports.by_hand = True

    @property
    def exports(self) -> Exports:
        return self.store.exports

    def write(self, *changes: Change, tenant: str = "default") -> Transacted:
        (done,) = self.store.write([Transact(tenant, "test", list(changes))])
        assert done.error is None, done.error
        return done

    def put(self, type_: str, id_: str, tenant: str = "default", **elements: Any) -> None:
        body = {"resourceType": type_, "id": id_, **elements}
        self.write(Change("update", type_, id_, body=body), tenant=tenant)

    def delete(self, type_: str, id_: str) -> None:
        self.write(Change("delete", type_, id_))

    def start(self, tenant: str = "default", **asked: Any) -> Job:
        given = {"level": "system", "url": f"{BASE}/$export", "base": BASE, "types": TYPES, **asked}
        return self.exports.start(tenant, Asked(**given))

    def run(self, **asked: Any) -> Job:
        """Start an export and finish it."""
        return self.finish(self.start(**asked))

    def finish(self, job: Job) -> Job:
        assert self.exports.work(job.id)
        found = self.exports.find(job.tenant, job.id)
        assert found is not None
        assert found.state == "done"
        return found

    def bodies(self, job: Job) -> list[dict[str, Any]]:
        """What is in the output files, checked against what the list of files says."""
        found = []
        for listed in self.exports.files(job):
            if listed.kind == "output":
                file = self.exports.file(job, listed.n)
                assert file is not None
                inside = [orjson.loads(body) for part in self.exports.read(job, file) for body in part]
                assert len(inside) == listed.resources
                assert {body["resourceType"] for body in inside} == {listed.type}
                found += inside
        return found

    def versions(self, job: Job) -> dict[str, str]:
        """Resource → its version, each of which is in the output once."""
        bodies = self.bodies(job)
        found = {f"{body['resourceType']}/{body['id']}": body["meta"]["versionId"] for body in bodies}
        assert len(found) == len(bodies)
        return found

    def deleted(self, job: Job) -> set[str]:
        found = []
        for listed in self.exports.files(job):
            if listed.kind == "deleted":
                file = self.exports.file(job, listed.n)
                assert file is not None
                found += [
                    f"{listed.type}/{tomb.id}" for part in self.exports.deletions(file) for tomb in part
                ]
        assert len(found) == len(set(found))
        return set(found)


@pytest.fixture
def bulk(url: str) -> Iterator[Bulk]:
    bulk = Bulk(open_store(url))
    yield bulk
    bulk.store.close()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps and files of a few versions."""
    monkeypatch.setattr(walk, "SCAN", 3)
    monkeypatch.setattr(walk, "READ", 3)
    monkeypatch.setattr(gather, "SIZE", 4)


def fill(bulk: Bulk, count: int = 10) -> None:
    for n in range(count):
        bulk.put("Patient", f"p{n}")
        bulk.put("Observation", f"o{n}", status="final")


@pytest.mark.usefixtures("small")
def test_an_export_sees_what_was_there_when_it_was_started_whatever_is_written_meanwhile(bulk: Bulk) -> None:
    fill(bulk)
    bulk.put("Patient", "p1", active=True)
    bulk.delete("Patient", "p2")
    job = bulk.start()
    expected = {f"Patient/p{n}": "1" for n in range(10)} | {f"Observation/o{n}": "1" for n in range(10)}
    expected["Patient/p1"] = "2"
    del expected["Patient/p2"]

    n = 0
    while not bulk.exports.work(job.id, saves=1, seconds=0):
        bulk.put("Patient", f"p{n % 10}", active=bool(n % 2), gender="male")
        bulk.put("Patient", f"new{n}")
        bulk.delete("Observation", f"o{n % 10}")
        n += 1
    assert n > 5

    assert bulk.versions(bulk.finish(job)) == expected


@pytest.mark.usefixtures("small")
def test_a_file_is_the_same_whenever_it_is_read(bulk: Bulk) -> None:
    fill(bulk)
    job = bulk.run()
    before = bulk.bodies(job)
    fill(bulk)
    bulk.delete("Patient", "p3")
    bulk.put("Patient", "p4", active=False)
    assert bulk.bodies(job) == before


@pytest.mark.usefixtures("small")
def test_an_export_goes_on_after_a_restart_where_it_stood(bulk: Bulk, url: str) -> None:
    fill(bulk)
    whole = bulk.versions(bulk.run())
    job = bulk.start()
    saved = 0
    while not bulk.exports.work(job.id, saves=1, seconds=0):
        saved += 1
        bulk.store.close()
        bulk.store = open_store(url)
        bulk.exports.by_hand = True
    assert saved > 5
    assert bulk.versions(bulk.finish(job)) == whole


@pytest.mark.usefixtures("small")
def test_two_processes_at_the_same_export_take_nothing_twice(bulk: Bulk) -> None:
    fill(bulk)
    whole = bulk.versions(bulk.run())
    job = bulk.start()
    other = Exports(bulk.store._session, "+08:00")
    other.by_hand = True
    taken = bulk.exports._save

    def late(found: Job, files: Any) -> bool:
        """Save after the other process has saved the same step."""
        other.work(found.id, saves=1, seconds=0)
        return taken(found, files)

    bulk.exports._save = late  # type: ignore[method-assign]
    for _ in range(5):
        assert not bulk.exports.work(job.id, saves=1, seconds=0)
    bulk.exports._save = taken  # type: ignore[method-assign]
    assert bulk.versions(bulk.finish(job)) == whole


def test_the_background_thread_finishes_what_is_asked_for(bulk: Bulk) -> None:
    fill(bulk)
    whole = bulk.versions(bulk.run())
    left = bulk.start()
    bulk.exports.by_hand = False
    bulk.exports.resume()
    begun = bulk.start()
    bulk.exports._background.join()
    for job in (left, begun):
        done = bulk.exports.find("default", job.id)
        assert done is not None
        assert done.state == "done"
        assert bulk.versions(done) == whole


def test_an_export_whose_process_is_gone_is_taken_over_by_the_one_that_is_asked(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(bulk, 2)
    job = bulk.start()
    bulk.exports.by_hand = False
    assert bulk.exports.find("default", job.id) is not None
    assert not bulk.exports._background._waiting  # somebody may be at work on it
    monkeypatch.setattr(bulk.exports, "_now", lambda: job.updated_us + 60_000_000)
    assert bulk.exports.find("default", job.id) is not None
    bulk.exports._background.join()
    done = bulk.exports.find("default", job.id)
    assert done is not None
    assert done.state == "done"


def test_an_export_that_fails_again_and_again_is_given_up_and_says_so(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "PAUSE", 0)
    monkeypatch.setattr(bulk.exports, "by_hand", False)
    job = bulk.start()
    bulk.exports._background.join()

    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(walk.Walk, "step", broken)
    job = bulk.start()
    bulk.exports._background.join()
    found = bulk.exports.find("default", job.id)
    assert found is not None
    assert found.state == "failed"
    assert found.expires_us > 0


def test_an_export_waits_for_a_store_that_cannot_be_read(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PAUSE", 0)
    monkeypatch.setattr(bulk.exports, "by_hand", False)
    fill(bulk, 2)
    step, refused = walk.Walk.step, 0

    def busy(self: Any, *given: Any) -> Any:
        nonlocal refused
        refused += 1
        if refused <= 10:
            raise Retry("the store cannot be read now")
        return step(self, *given)

    monkeypatch.setattr(walk.Walk, "step", busy)
    job = bulk.start()
    bulk.exports._background.join()
    done = bulk.exports.find("default", job.id)
    assert done is not None
    assert len(bulk.versions(done)) == 4


def test_each_export_is_one_moment_of_what_writers_write(bulk: Bulk) -> None:
    """A counter in two resources is written in one transaction: an export never sees them differ."""
    stop = threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            told = [{"value": str(n)}]
            bulk.write(
                Change(
                    "update", "Patient", "a", body={"resourceType": "Patient", "id": "a", "identifier": told}
                ),
                Change(
                    "update", "Patient", "b", body={"resourceType": "Patient", "id": "b", "identifier": told}
                ),
            )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = []
        for _ in range(15):
            bodies = bulk.bodies(bulk.run(types=("Patient",)))
            values = {body["identifier"][0]["value"] for body in bodies}
            assert len(bodies) in (0, 2)
            assert len(values) <= 1
            seen += [int(value) for value in values]
        assert seen == sorted(seen)
    finally:
        stop.set()
        writer.join()


def test_since_and_until_tile_what_was_changed(bulk: Bulk) -> None:
    """A client that goes on at transactionTime gets every change once, and every deletion."""
    mirror: dict[str, str] = {}
    since: int | None = None
    times = []
    for n in range(6):
        bulk.put("Patient", f"p{n}")
        bulk.put("Patient", "p0", birthDate=f"2000-01-0{n + 1}")
        if n in (2, 4):
            bulk.delete("Patient", f"p{n - 1}")
        if n == 3:
            bulk.put("Patient", "p1", active=True)  # it was deleted, and is back
        job = bulk.run(types=("Patient",), since_us=since)
        changed = bulk.versions(job)
        assert not changed.keys() & bulk.deleted(job)
        mirror.update(changed)
        for gone in bulk.deleted(job):
            del mirror[gone]
        since = job.at_us
        times.append(job.at_us)
        assert mirror == bulk.versions(bulk.run(types=("Patient",)))
    again: dict[str, str] = {}
    for low, high in zip([None, *times], times, strict=False):
        job = bulk.run(types=("Patient",), since_us=low, until_us=high)
        again.update(bulk.versions(job))
        for gone in bulk.deleted(job):
            del again[gone]
    assert again == mirror


def test_a_deletion_counts_only_as_long_as_it_stands(bulk: Bulk) -> None:
    bulk.put("Patient", "a")
    bulk.put("Patient", "b")
    start = bulk.run().at_us
    bulk.delete("Patient", "a")
    bulk.delete("Patient", "b")
    bulk.put("Patient", "b", active=True)
    bulk.put("Patient", "c")
    bulk.delete("Patient", "c")
    job = bulk.run(since_us=start)
    assert bulk.deleted(job) == {"Patient/a", "Patient/c"}
    assert bulk.versions(job).keys() == {"Patient/b"}
    assert bulk.deleted(bulk.run()) == set()  # only a client that names _since needs to know


def test_until_gives_the_state_of_that_moment(bulk: Bulk) -> None:
    bulk.put("Patient", "a")
    bulk.put("Patient", "b")
    then = bulk.run()
    bulk.delete("Patient", "a")
    bulk.put("Patient", "b", active=True)
    bulk.put("Patient", "c")
    job = bulk.run(until_us=then.at_us)
    assert bulk.versions(job) == {"Patient/a": "1", "Patient/b": "1"}
    assert job.at_us == then.at_us
    future = bulk.run(until_us=then.at_us + 10**12)
    assert bulk.versions(future) == {"Patient/b": "2", "Patient/c": "1"}
    assert future.at_us < then.at_us + 10**12


def test_what_is_written_after_an_export_was_started_is_later_than_its_time(bulk: Bulk) -> None:
    bulk.put("Patient", "a")
    job = bulk.run()
    bulk.put("Patient", "b")
    found = bulk.store.read("default", "Patient", "b")
    assert found is not None
    assert found.ts_us > job.at_us


@pytest.mark.usefixtures("small")
def test_a_cancelled_export_is_gone_with_its_files_and_stops(bulk: Bulk) -> None:
    fill(bulk)
    job = bulk.start()
    assert not bulk.exports.work(job.id, saves=2, seconds=0)
    assert bulk.exports.find("default", "\0") is None
    assert not bulk.exports.cancel("default", "\0")
    assert bulk.exports.cancel("default", job.id)
    assert bulk.exports.find("default", job.id) is None
    assert bulk.exports.files(job) == []
    assert bulk.exports.work(job.id)
    assert not bulk.exports.cancel("default", job.id)


@pytest.mark.usefixtures("small")
def test_an_export_that_is_cancelled_while_a_step_is_made_stays_gone(bulk: Bulk) -> None:
    fill(bulk)
    job = bulk.start()
    saved = bulk.exports._save

    def cancelled(found: Job, files: Any) -> bool:
        bulk.exports.cancel("default", job.id)
        return saved(found, files)

    bulk.exports._save = cancelled  # type: ignore[method-assign]
    assert not bulk.exports.work(job.id, saves=1)
    assert bulk.exports.work(job.id)
    assert bulk.exports.find("default", job.id) is None
    assert bulk.exports.files(job) == []


def test_an_export_expires(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(bulk, 1)
    job = bulk.run()
    now = job.expires_us
    monkeypatch.setattr(bulk.exports, "_now", lambda: now - 1)
    assert bulk.exports.find("default", job.id) is not None
    monkeypatch.setattr(bulk.exports, "_now", lambda: now)
    assert bulk.exports.find("default", job.id) is None
    bulk.start()
    assert bulk.exports.files(job) == []  # its rows went when the next one came


def test_a_tenant_has_so_many_exports_and_no_other_sees_them(bulk: Bulk) -> None:
    bulk.put("Patient", "a")
    bulk.put("Patient", "b", tenant="second")
    bulk.exports.limits = Limits(running=2, kept=3)
    first, second = bulk.start(), bulk.start()
    with pytest.raises(Busy) as busy:
        bulk.start()
    assert busy.value.after >= 1
    other = bulk.finish(bulk.start(tenant="second"))
    assert bulk.versions(other) == {"Patient/b": "1"}
    assert bulk.exports.find("second", first.id) is None
    assert not bulk.exports.cancel("second", first.id)
    bulk.finish(first)
    bulk.finish(second)
    bulk.run()
    with pytest.raises(Busy):
        bulk.start()
    bulk.exports.cancel("default", first.id)
    bulk.start()


def test_a_tenant_that_has_never_written_exports_nothing(bulk: Bulk) -> None:
    job = bulk.run(tenant="nobody", since_us=0)
    assert bulk.exports.files(job) == []
    assert job.at_us > 0


@pytest.mark.usefixtures("small")
def test_files_have_a_bounded_number_of_resources_and_one_type(bulk: Bulk) -> None:
    fill(bulk)
    files = bulk.exports.files(bulk.run())
    assert [(one.type, one.resources) for one in files] == [
        ("Patient", 4), ("Patient", 4), ("Patient", 2),
        ("Observation", 4), ("Observation", 4), ("Observation", 2),
    ]  # fmt: skip
    assert [one.n for one in files] == [1, 2, 3, 4, 5, 6]


def test_large_resources_are_read_a_few_at_a_time(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "BYTES", 10_000)
    for n in range(6):
        bulk.put("Patient", f"p{n}", name=[{"text": "x" * (40_000 if n == 3 else 4_000)}])
    job = bulk.run(types=("Patient",))
    file = bulk.exports.file(job, 1)
    assert file is not None
    assert [len(part) for part in bulk.exports.read(job, file)] == [2, 1, 1, 2]


def test_a_reader_between_two_parts_holds_no_connection(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "ROWS", 1)
    fill(bulk, 3)
    job = bulk.run()
    file = bulk.exports.file(job, 1)
    assert file is not None
    session = bulk.store._session
    lent = len(session._open) - len(session._idle)
    readers = [bulk.exports.read(job, file) for _ in range(40)]
    for reader in readers:
        next(reader)
    assert len(session._open) - len(session._idle) == lent
    assert [len(list(reader)) for reader in readers] == [2] * 40


def test_progress_rises_to_one(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "SCAN", 2)
    fill(bulk)
    job = bulk.start(types=("Patient", "Observation"))
    told = []
    while not bulk.exports.work(job.id, saves=1, seconds=0):
        found = bulk.exports.find("default", job.id)
        assert found is not None
        told.append(found.progress)
    assert told == sorted(told)
    assert 0 <= told[0] < 0.2
    assert 0.8 < told[-1] < 1


def test_numbers_are_packed_and_unpacked() -> None:
    seqs = [1 << 40, (1 << 40) + 1, (1 << 40) + 900, (8191 << 40) + 5]
    assert unpack(pack(seqs)) == seqs
    assert unpack(pack([])) == []
    assert len(packed.pack(range(1 << 40, (1 << 40) + 50_000))) < 10_000


def test_what_was_asked_for_is_kept_as_it_was() -> None:
    asked = Asked(
        "group",
        "u",
        "b",
        ("Patient",),
        (("Patient", (("name", "王"), ("gender", "male"))),),
        ("Patient.name",),
        "g",
        ("p",),
        1,
        2,
        ("left out",),
    )
    assert Asked.of_json(asked.to_json()) == asked


Observe = Callable[..., None]


@pytest.fixture
def observe(bulk: Bulk) -> Observe:
    def put(id_: str, patient: str, status: str = "final", **more: Any) -> None:
        subject = {"reference": patient} if patient else None
        elements = {
            "status": status,
            "code": {"text": "x"},
            **({"subject": subject} if subject else {}),
            **more,
        }
        bulk.put("Observation", id_, **elements)

    return put


@pytest.mark.usefixtures("small")
def test_a_filter_of_a_type_leaves_the_other_types_alone(bulk: Bulk, observe: Observe) -> None:
    for n in range(9):
        bulk.put("Patient", f"p{n}", gender="female" if n % 3 else "male")
        observe(f"o{n}", f"Patient/p{n}", ("final", "amended", "preliminary")[n % 3])
    observe("o1", "Patient/p1", "final", note=[{"text": "corrected"}])
    filters = (("Observation", (("status", "final"),)), ("Observation", (("status", "final,amended"),)))
    found = bulk.versions(bulk.run(types=("Patient", "Observation"), filters=filters))
    assert {one for one in found if one.startswith("Observation")} == {
        f"Observation/o{n}" for n in range(9) if n % 3 < 2
    }
    assert found["Observation/o1"] == "2"
    assert sum(one.startswith("Patient") for one in found) == 9


def test_a_filter_is_run_on_the_snapshot(bulk: Bulk, observe: Observe) -> None:
    observe("o1", "Patient/p1", "final")
    observe("o2", "Patient/p1", "amended")
    job = bulk.start(types=("Observation",), filters=(("Observation", (("status", "final"),)),))
    observe("o1", "Patient/p1", "amended")
    observe("o2", "Patient/p1", "final")
    observe("o3", "Patient/p1", "final")
    assert bulk.versions(bulk.finish(job)) == {"Observation/o1": "1"}


def test_a_filter_may_ask_about_other_resources(bulk: Bulk, observe: Observe) -> None:
    bulk.put("Patient", "p1", gender="male")
    bulk.put("Patient", "p2", gender="female")
    observe("o1", "Patient/p1")
    observe("o2", "Patient/p2")
    chained = ("Observation", (("subject:Patient.gender", "male"),))
    reverse = ("Patient", (("_has:Observation:subject:_id", "o2"),))
    job = bulk.start(types=("Patient", "Observation"), filters=(chained, reverse))
    bulk.put("Patient", "p2", gender="male")  # too late
    assert bulk.versions(bulk.finish(job)) == {"Observation/o1": "1", "Patient/p2": "1"}


def test_a_provenance_belongs_to_the_patients_of_what_it_is_about(bulk: Bulk, observe: Observe) -> None:
    observe("mine", "Patient/p1")
    observe("other", "Patient/p2")
    for id_, about in (("a", "Observation/mine"), ("b", "Observation/other"), ("c", "Organization/x")):
        bulk.put("Provenance", id_, target=[{"reference": about}], recorded="2026-03-01T08:00:00Z")
    bulk.put("Patient", "p1")
    types = ("Provenance",)
    assert bulk.versions(bulk.run(level="patient", types=types)).keys() == {"Provenance/a", "Provenance/b"}
    some = bulk.run(level="patient", types=types, patients=("p1",))
    assert bulk.versions(some).keys() == {"Provenance/a"}


def test_a_filter_and_since_go_together(bulk: Bulk, observe: Observe) -> None:
    observe("old", "Patient/p1", "final")
    since = bulk.run().at_us
    observe("new", "Patient/p1", "final")
    observe("other", "Patient/p1", "amended")
    filters = (("Observation", (("status", "final"),)),)
    job = bulk.run(types=("Observation",), filters=filters, since_us=since)
    assert bulk.versions(job).keys() == {"Observation/new"}


@pytest.mark.parametrize("pair", [("_sort", "date"), ("_include", "Observation:subject"), ("no-such", "1")])
def test_what_is_no_filter_is_refused(bulk: Bulk, pair: tuple[str, str]) -> None:
    with pytest.raises(Rejected):
        bulk.start(filters=(("Observation", (pair,)),))


def members(bulk: Bulk, observe: Observe) -> None:
    for n in range(4):
        bulk.put("Patient", f"p{n}")
        observe(f"o{n}", f"Patient/p{n}")
    observe("of-device", "Device/d1")
    observe("of-none", "")
    observe("by-p3", "Device/d2", performer=[{"reference": "Patient/p3"}])
    bulk.put("Organization", "org")


ALL = ("Patient", "Observation", "Organization")


def test_an_export_of_patients_has_what_belongs_to_any(bulk: Bulk, observe: Observe) -> None:
    members(bulk, observe)
    found = bulk.versions(bulk.run(level="patient", types=ALL))
    own = {f"Patient/p{n}" for n in range(4)} | {f"Observation/o{n}" for n in range(4)}
    assert found.keys() == own | {"Observation/by-p3"}


@pytest.mark.parametrize("few", [0, 20])
def test_an_export_of_some_patients_has_theirs_only(
    bulk: Bulk, observe: Observe, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they are looked for one by one or in all there is."""
    monkeypatch.setattr(walk, "FEW", few)
    members(bulk, observe)
    observe("o0", "Patient/p0", "amended")
    observe("o1", "Patient/p0")  # it was of another one
    observe("o2", "Patient/p1")
    found = bulk.versions(bulk.run(level="patient", types=ALL, patients=("p1", "p3")))
    assert found.keys() == {
        "Patient/p1",
        "Patient/p3",
        "Observation/o2",
        "Observation/o3",
        "Observation/by-p3",
    }


def test_a_number_that_no_float_holds_keeps_nobody_from_an_export(bulk: Bulk, observe: Observe) -> None:
    huge = {"value": Decimal("1e400")}
    observe("huge", "Patient/p1", valueQuantity=huge)
    above = (("Observation", (("code:text", "x"),)),)
    for asked in ({"level": "patient"}, {"filters": above}):
        (file,) = bulk.exports.files(job := bulk.run(types=("Observation",), **asked))
        found = bulk.exports.file(job, file.n)
        assert found is not None
        [[body]] = bulk.exports.read(job, found)
        assert loads(body)["valueQuantity"] == huge


def test_a_group_without_members_has_nothing(bulk: Bulk, observe: Observe) -> None:
    members(bulk, observe)
    bulk.put("Group", "empty", type="person", actual=True)
    assert bulk.exports.files(bulk.run(level="group", group="empty", types=ALL)) == []


def test_an_export_of_a_group_has_what_its_members_had_when_it_was_started(
    bulk: Bulk, observe: Observe
) -> None:
    members(bulk, observe)

    def group(id_: str, *references: str, **more: Any) -> None:
        listed = [{"entity": {"reference": one}} for one in references]
        bulk.put("Group", id_, type="person", actual=True, member=[*listed, *more.get("member", ())])

    group("inner", "Patient/p2", "Group/outer")
    gone = {"entity": {"reference": "Patient/p3"}, "inactive": True}
    group("outer", "Patient/p1", "Group/inner", "Practitioner/x", member=[gone])
    job = bulk.start(level="group", group="outer", types=ALL)
    group("outer", "Patient/p0")
    assert bulk.versions(bulk.finish(job)).keys() == {
        "Patient/p1", "Patient/p2", "Observation/o1", "Observation/o2",
    }  # fmt: skip
    assert bulk.versions(bulk.run(level="group", group="outer", types=("Patient",))).keys() == {"Patient/p0"}


def test_deletions_of_a_patients_export_are_those_of_its_patients(bulk: Bulk, observe: Observe) -> None:
    members(bulk, observe)
    since = bulk.run().at_us
    for id_ in ("o1", "o2", "of-none"):
        bulk.delete("Observation", id_)
    job = bulk.run(level="patient", types=ALL, since_us=since)
    assert bulk.deleted(job) == {"Observation/o1", "Observation/o2"}
    some = bulk.run(level="patient", types=ALL, since_us=since, patients=("p1",))
    assert bulk.deleted(some) == {"Observation/o1"}


def test_a_group_or_patient_that_is_not_there_is_refused_at_once(bulk: Bulk) -> None:
    bulk.put("Patient", "p1")
    bulk.put("Patient", "p2")
    bulk.delete("Patient", "p2")
    member = [{"entity": {"reference": "Patient/p1"}}]
    bulk.put("Group", "g", type="person", actual=True, member=member)
    for asked in (
        {"level": "group", "group": "none"},
        {"level": "patient", "patients": ("none",)},
        {"level": "patient", "patients": ("p1", "p2")},
        {"level": "group", "group": "g", "patients": ("p2",)},
    ):
        with pytest.raises(Rejected):
            bulk.start(**asked)
    assert bulk.versions(bulk.run(level="group", group="g", patients=("p1",))).keys() == {
        "Patient/p1",
        "Group/g",
    }


@pytest.mark.parametrize("number", [Decimal("1e400"), 10**4000 - 1], ids=["exponent", "digits"])
def test_a_number_beyond_a_double_stops_nobodys_export(bulk: Bulk, number: Decimal | int) -> None:
    bulk.put("Patient", "p1")
    bulk.put(
        "Observation",
        "huge",
        subject={"reference": "Patient/p1"},
        valueQuantity={"value": number, "unit": "g"},
    )
    job = bulk.run(level="patient", types=("Patient", "Observation"))
    assert [(file.type, file.resources) for file in bulk.exports.files(job)] == [
        ("Patient", 1),
        ("Observation", 1),
    ]
