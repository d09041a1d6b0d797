"""A laboratory whose results must find their sample, for the tests of it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gateway import registry
from gateway.canonical import Envelope, Outcome, Quarantined, new_envelope_id
from gateway.canonical.moments import moment
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.pipeline.recovery import finish_unsettled
from gateway.settings import PipelineSettings
from gateway.store import Receive, Settle

Desk = Any  # tests/store/conftest.py

RESULT = (
    "MSH|^~\\&|Mindray|BS-480|||{day}133000||ORU^R01|{control}|P|2.3.1||||0||UTF-8\r{pid}"
    "OBR|1|{bar}|7|Mindray^BS-480|N|{day}130000|{day}125000|||||||{day}125500|serum\r"
    "OBX|1|NM|{test}|{name}|{value}|mmol/L|3.90-6.10|N|||{status}||{value}|{at}\r"
)
ORDER = (
    "MSH|^~\\&|HIS|DQRM|LIS|DQRM|{day}120000||OML^O21|{control}|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||{patient}^^^DQRM^MR||{name}||19631104|M\r"
    "ORC|NW|{order}|||||||{day}120000\r"
    "OBR|1|{order}||CHEM^生化^99LIS\r"
    "SPM|1|{bar}||SER^血清^99LIS|||||||||||||{day}124500\r"
)
ADT = (
    "MSH|^~\\&|HIS|DQRM|LIS|DQRM|{day}110000||ADT^A08|{control}|P|2.5.1||||||UNICODE UTF-8\r"
    "EVN|A08|{day}110000\rPID|1||{patient}^^^DQRM^MR||{name}||19631104|{sex}\rPV1|1|O\r"
)


@lru_cache(maxsize=1)
def maps() -> Maps:
    return load_maps()


class Laboratory:
    """Sends what an analyser and the HIS send, on a day of their own."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.count = desk, 0

    def send(self, adapter: str, text: str, clock: str, part: str = "") -> Outcome:
        self.count += 1
        spec = registry.find()[adapter]
        at = (moment(clock) or 0) + self.count
        raw = text.encode()
        envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
        envelope = replace(envelope, meta={"part": part} if part else {})
        made = steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))
        settle = Settle(envelope, made, lambda _: b"")
        receive = Receive(envelope, str(self.count), b"%016d" % self.count, self.count)
        outcome: Outcome | None = self.desk.store.write([receive, settle])[1].outcome
        assert outcome is not None
        return outcome

    def result(self, day: str = "20260306", **said: str) -> Outcome:
        known = {"bar": "BC1", "test": "2", "name": "GLU", "value": "7.93", "status": "F", "pid": ""}
        known |= {"at": f"{day}132800", "control": str(self.count)}
        return self.send("lis/hl7v2", RESULT.format(day=day, **known | said), clock(day, "1330"))

    def order(self, day: str = "20260306", **said: str) -> Outcome:
        known = {
            "bar": "BC1",
            "patient": "2000311",
            "name": "顾长亭",
            "order": "JY1",
            "control": str(self.count),
        }
        return self.send("his/hl7v2", ORDER.format(day=day, **known | said), clock(day, "1200"))

    def register(self, day: str = "20260306", **said: str) -> Outcome:
        known = {"patient": "2000311", "name": "顾长亭", "sex": "M", "control": str(self.count)}
        return self.send("his/hl7v2", ADT.format(day=day, **known | said), clock(day, "1100"))

    def work_off(self) -> list[Outcome]:
        """Do what the pipeline does when something was released."""
        assert self.desk.store.released()
        ended, later = finish_unsettled(self.desk.store, maps(), registry.find(), PipelineSettings())
        assert not later
        return ended

    def all(self, type_: str) -> list[dict[str, Any]]:
        found = self.desk.store.search("default", type_, [("_sort", "_lastUpdated")]).matches
        return [json.loads(one.body) for one in found]

    def states(self) -> dict[str, int]:
        return {name: n for name, n in self.desk.store.counts("default").inbox.items() if n}


def clock(day: str, hour: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{hour[:2]}:{hour[2:]}:00+08:00"


def held(outcome: Outcome) -> str:
    assert isinstance(outcome, Quarantined), outcome
    return outcome.reason
