"""Serials over many processes, repeats and kill -9: each document has one, and none is there twice.

``QIAO_SERIAL_DOCUMENTS`` is how many documents each of the eight processes brings (10,000: all of it).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.store import Desk, Transact, direct, open_store

pytestmark = [pytest.mark.serial, pytest.mark.timeout(600)]

PROCESSES = 8
DOCUMENTS = int(os.environ.get("QIAO_SERIAL_DOCUMENTS") or 250)
ORGANISATION = "990101001"

CLIENT = """
import os, random, select, signal, sys
from gateway.errors import Retry
from gateway.store import Entry, Transact, open_store

url, folder, documents, processes, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
dice = random.Random(seed)
AT_ONCE, KILLS = max(documents // 20, 10), 12

def act(name):
    def work(desk):
        serial = desk.mint("prescription", "990101001", name)
        if serial.fresh:
            said = [{"value": serial.value}]
            version = desk.write({"resourceType": "Basic", "id": name, "identifier": said})
            desk.append(Entry("prescription", "submitted", version, serial=serial.value))
        return serial.value
    return work

def patient(what):
    while True:
        try:
            return what()
        except Retry:
            pass

def work(number, report):
    store, mine = patient(lambda: open_store(url)), random.Random(number)
    with open(f"{folder}/{os.getpid()}", "w") as answered:
        for low in range(0, documents, AT_ONCE):
            own = range(number * documents + low, number * documents + min(low + AT_ONCE, documents))
            names = [f"d{n}" for n in [*own, *(mine.randrange(processes * documents) for _ in range(3))]]
            batch = [Transact("default", "t", [], act=act(name)) for name in names]
            done = patient(lambda: store.write(batch))
            assert not any(one.error for one in done), done
            answered.writelines(f"{name} {one.answer}\\n" for name, one in zip(names, done))
            answered.flush()
            os.write(report, b".")
    store.close()

def begun(number):
    mine, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            work(number, theirs)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(theirs)
    return child, mine

open_store(url).close()
running = {mine: (child, number) for number in range(processes) for child, mine in [begun(number)]}
kills, wait = KILLS, dice.randrange(1, 8)
while running:
    for pipe in select.select(list(running), [], [])[0]:
        told, (child, number) = os.read(pipe, 1), running[pipe]
        wait -= 1
        if told and kills and wait < 0:
            os.kill(child, signal.SIGKILL)
            kills, wait = kills - 1, dice.randrange(1, 3 * processes)
        if not told:
            os.close(pipe)
            del running[pipe]
            status = os.waitpid(child, 0)[1]
            if status:
                assert status == signal.SIGKILL, status
                child, pipe = begun(number)
                running[pipe] = child, number
print(KILLS - kills)
"""


def test_each_document_has_one_serial_and_no_serial_is_there_twice(url: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("QIAO_CRASH_SEED") or random.SystemRandom().randrange(1 << 32))
    folder = tmp_path / "answered"
    folder.mkdir()
    arguments = [url, str(folder), str(DOCUMENTS), str(PROCESSES), str(seed)]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    told = f"QIAO_CRASH_SEED={seed}"
    assert done.returncode == 0, told
    assert int(done.stdout) == 12, told
    with closing(open_store(url)) as store:
        found = _documents(store)
        assert sorted(found) == sorted(f"d{n}" for n in range(PROCESSES * DOCUMENTS)), told
        assert len(set(found.values())) == len(found), told
        numbers = sorted(int(value[-7:-1]) for value in found.values())
        assert numbers == list(range(1, len(found) + 1)), "no gap " + told
        for name, value in _answered(folder):
            assert found[name] == value, told
        _same_again(store, found)
        assert store.ledger.head("default").size == len(found), told
        assert store.counts("default").resources == {"Basic": len(found)}, "none without an entry " + told
        assert store.ledger.verify("default").ok, told


def _documents(store: Any) -> dict[str, str]:
    with store._session.reading() as connection:
        return dict(direct.execute(connection, "SELECT local, serial FROM serial").fetchall())


def _answered(folder: Path) -> list[tuple[str, str]]:
    lines = [line for file in folder.iterdir() for line in file.read_text().splitlines(keepends=True)]
    return [(name, value) for name, value in (line.split() for line in lines if line.endswith("\n"))]


def _same_again(store: Any, found: dict[str, str]) -> None:
    def act(inside: Desk) -> object:
        for name, value in found.items():
            serial = inside.mint("prescription", ORGANISATION, name)
            assert (serial.value, serial.fresh) == (value, False)
        return inside.read("Basic", "d0") is not None

    assert store.write([Transact("default", "t", [], act=act)])[0].answer is True
