"""Several processes write to one store: they take turns, and none trusts what it remembers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

WRITERS, BATCHES, SIZE = 2, 25, 4

WRITE = """
import json, sys
from gateway.canonical import Draft, Envelope, Translation, new_envelope_id, now_us
from gateway.store import Receive, Settle, open_store

url, name, batches, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = open_store(url)
print("ready", flush=True)
sys.stdin.readline()

def items(batch, n):
    now = now_us()
    envelope = Envelope(new_envelope_id(now), "default", "his/hl7v2", "his", now, "x", "", b"MSH|", {})
    shared = {"resourceType": "Patient", "id": name, "identifier": [{"system": "urn:m", "value": str(n)}]}
    shared["text"] = {"div": f"{name} {batch}"}
    own = {"resourceType": "Patient", "id": f"{name}-{batch}-{n}"}
    drafts = [Draft("Patient", name, shared, key=("urn:m", str(n)), owns=True),
              Draft("Patient", own["id"], own, key=("urn:own", own["id"]), owns=True)]
    return [Receive(envelope, "1", b"d", 1), Settle(envelope, Translation(drafts), lambda _: b"AA")]

for batch in range(batches):
    written = store.write([item for n in range(size) for item in items(batch, n)])
    print(json.dumps([each.outcome.refs for each in written[1::2]]), flush=True)
store.close()
"""


@pytest.fixture
def writers(desk: Any) -> list[list[str]]:
    """What each process was told that it wrote; they begin together."""
    command = [sys.executable, "-c", WRITE, desk.url]
    processes = [
        subprocess.Popen(
            [*command, f"w{n}", str(BATCHES), str(SIZE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for n in range(WRITERS)
    ]  # fmt: skip
    for each in processes:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    told = [each.communicate(timeout=120)[0] for each in processes]
    assert [each.returncode for each in processes] == [0] * WRITERS
    return [[ref for line in out.splitlines() for refs in json.loads(line) for ref in refs] for out in told]


def test_numbers_are_given_once_without_gaps_and_identifiers_belong_to_one_resource(
    desk: Any, writers: list[list[str]]
) -> None:
    messages = WRITERS * BATCHES * SIZE
    assert desk.execute("SELECT COUNT(*), MIN(n), MAX(n) FROM inbox") == [(messages, 1, messages)]
    seqs = [seq for (seq,) in desk.execute("SELECT seq FROM version ORDER BY seq")]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert desk.execute("SELECT last_seq FROM feed_clock") == [(seqs[-1],)]
    times = desk.execute("SELECT ts_us FROM version ORDER BY seq")
    assert times == sorted(set(times))
    refs = [ref for told in writers for ref in told]
    assert len(refs) == len(set(refs)) == len(seqs)
    assert desk.execute("SELECT COUNT(*) FROM ident WHERE system = 'urn:m'") == [(SIZE,)]
    shared = desk.execute("SELECT fhir_id FROM current WHERE fhir_id IN ('w0', 'w1')")
    assert len(shared) == 1
    [(ver,)] = desk.execute(f"SELECT ver FROM current WHERE fhir_id = '{shared[0][0]}'")
    assert ver == len([ref for told in writers for ref in told if ref.startswith(f"Patient/{shared[0][0]}/")])
    assert desk.stored() == [], "this process saw none of it, and goes on after it"
    assert desk.execute("SELECT MAX(n) FROM inbox") == [(messages + 1,)]
