"""Kill -9 while results wait for their orders and come free: none is lost, doubled, or waits in vain.

``QIAO_CRASH_SEED`` repeats a run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from gateway import registry
from gateway.mapping import load_maps
from gateway.pipeline.recovery import finish_unsettled
from gateway.settings import PipelineSettings
from gateway.store import Version, direct, open_store

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

Killed = Callable[..., tuple[list[str], str]]
ROUNDS = 15

CLIENT = """
import itertools, os, sys
from gateway import registry
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.pipeline.recovery import finish_released
from gateway.settings import PipelineSettings
from gateway.store import Receive, Settle, open_store

url, maps, adapters = sys.argv[1], load_maps(), registry.find()
LIMITS = PipelineSettings(attempts=1_000)  # the kills meet one message more than three times
DAY = "20260306"
RESULT = (
    f"MSH|^~\\\\&|Mindray|BS-480|||{DAY}133000||ORU^R01|r%d|P|2.3.1||||0||UTF-8\\r"
    f"OBR|1|B%d|7|X|N||{DAY}125000\\rOBX|1|NM|2|GLU|7.93|mmol/L||N|||F||7.93|{DAY}132800\\r"
)
ORDER = (
    f"MSH|^~\\\\&|HIS|DQRM|LIS|DQRM|{DAY}120000||OML^O21|o%d|P|2.5.1||||||UNICODE UTF-8\\r"
    f"PID|1||P%d^^^DQRM^MR\\rORC|NW|J%d|||||||{DAY}120000\\rOBR|1|J%d||CHEM\\rSPM|1|B%d||SER\\r"
)

def message(adapter, text):
    spec, at = adapters[adapter], now_us()
    raw = text.encode()
    envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
    made = steps.translate(maps, envelope, steps.read(spec, maps, envelope))
    return [Receive(envelope, "1", raw[:64], hash(text)), Settle(envelope, made, lambda _: b"")]

def write(begin):
    print(os.getpid(), flush=True)
    store = open_store(url)
    for number in itertools.count(begin):
        store.write(message("lis/hl7v2", RESULT % (number, number)))
        print("result", number, flush=True)
        store.write(message("his/hl7v2", ORDER % ((number,) * 5)))
        print("order", number, flush=True)
        finish_released(store, maps, adapters, LIMITS)

for line in sys.stdin:
    child = os.fork()
    if not child:
        write(int(line))
    print("ended by", os.waitpid(child, 0)[1], flush=True)
"""


def test_what_waits_is_neither_lost_nor_doubled(tmp_path: Path, killed: Killed) -> None:
    url = f"sqlite:///{tmp_path / 'qiao.db'}"
    lines, seed = killed(CLIENT, url, rounds=ROUNDS, apart=1_000)
    _check(url, {(kind, int(number)) for kind, number in map(str.split, lines)}, seed)


def _check(url: str, said: set[tuple[str, int]], seed: str) -> None:
    limits = PipelineSettings(attempts=1_000)
    with closing(open_store(url)) as store:
        finish_unsettled(store, load_maps(), registry.find(), limits)  # as a start does
        states = {name: n for name, n in store.counts("default").inbox.items() if n}
        ordered = {one[0] for one in _values(store.search("default", "ServiceRequest", _ALL).matches)}
        reports = store.search("default", "DiagnosticReport", _ALL).matches
        results = store.search("default", "Observation", _ALL).matches
        with store._session.reading() as connection:
            waiting = direct.execute(connection, "SELECT COUNT(DISTINCT n) FROM awaited").fetchone()[0]
    assert states.keys() <= {"stored", "quarantined"}, seed
    assert {f"J{number}" for kind, number in said if kind == "order"} <= ordered, seed
    answered = {number for kind, number in said if kind == "result"}
    assert len(reports) == len(results) >= len({n for n in answered if f"J{n}" in ordered}), seed
    assert len(reports) <= len(ordered), f"{seed}: each order has one report at most"
    assert waiting == states.get("quarantined", 0), f"{seed}: who is held is held for something"


_ALL = [("_count", "1000")]


def _values(versions: Sequence[Version]) -> list[list[str]]:
    return [[it["value"] for it in orjson.loads(one.body)["identifier"]] for one in versions]
