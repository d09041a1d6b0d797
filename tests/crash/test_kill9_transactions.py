"""Kill -9 in the middle of transactions: each is whole or absent afterwards, and an answered one is there.

``QIAO_CRASH_SEED`` repeats a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from gateway.store import open_store

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

Killed = Callable[..., tuple[list[str], str]]
ROUNDS = 40
ENTRIES = 60

CLIENT = """
import itertools, os, sys
from gateway.store import Change, Transact, open_store

url, entries = sys.argv[1], int(sys.argv[2])

def entry(number, at):
    tag = {"tag": [{"system": "urn:transaction", "code": str(number)}]}
    body = {"resourceType": "Observation", "meta": tag, "subject": {"reference": f"urn:uuid:{number}"}}
    return Change("create", "Observation", body=body)

def transaction(number):
    first = entry(number, 0)
    named = {"system": "urn:n", "value": str(number)}
    patient = {**first.body, "resourceType": "Patient", "identifier": [named]}
    del patient["subject"]
    search = (("identifier", f"urn:n|{number}"),)
    subject = Change("create", "Patient", body=patient, condition=search, full_url=f"urn:uuid:{number}")
    update = Change("update", "Device", "d", {"resourceType": "Device", "lotNumber": str(number)})
    return Transact("default", "client", [subject, update, *(entry(number, at) for at in range(entries - 1))])

def write(begin):
    print(os.getpid(), flush=True)
    store = open_store(url)
    for number in itertools.count(begin, 2):
        done = store.write([transaction(number), transaction(number + 1)])
        assert not any(one.error for one in done), done
        print(number, number + 1, flush=True)

for line in sys.stdin:
    child = os.fork()
    if not child:
        write(int(line))
    print("ended by", os.waitpid(child, 0)[1], flush=True)
"""


def test_a_transaction_is_whole_or_absent(tmp_path: Path, killed: Killed) -> None:
    url = f"sqlite:///{tmp_path / 'qiao.db'}"
    lines, seed = killed(CLIENT, url, str(ENTRIES), rounds=ROUNDS, apart=1_000_000)
    _check(url, {int(number) for line in lines for number in line.split()}, seed)


def _check(url: str, answered: set[int], seed: str) -> None:
    entries: Counter[int] = Counter()
    with closing(open_store(url)) as store:
        page = store.history("default", count=1000, ascending=True)
        seqs: list[int] = []
        while page.versions:
            for version in page.versions:
                seqs.append(version.seq)
                body = orjson.loads(version.body)
                if version.type == "Device":
                    entries[int(body["lotNumber"])] += 1
                else:
                    entries[int(body["meta"]["tag"][0]["code"])] += 1
                    subject = body.get("subject", {}).get("reference", "Patient/")
                    assert subject.startswith("Patient/"), seed
            page = store.history("default", count=1000, ascending=True, cursor=page.cursor)
        counted = store.counts("default").resources
    assert set(entries.values()) == {ENTRIES + 1}, seed
    assert answered <= set(entries), seed
    assert len(answered) >= ROUNDS, seed
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), seed
    assert counted == {"Device": 1, "Observation": (ENTRIES - 1) * len(entries), "Patient": len(entries)}, (
        seed
    )
