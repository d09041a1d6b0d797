"""A worker whose maps do what a message says, as dying of it; ``test_workers`` starts it."""

from __future__ import annotations

import mmap
import os
import signal
import sys
from pathlib import Path

from gateway.canonical import Draft, Translation
from gateway.mapping import Profile
from gateway.pipeline import worker
from gateway.pipeline.exchange import receive
from gateway.pipeline.worker import PLACE, Worker
from gateway.spec import AdapterSpec
from gateway.wire import hl7v2

PROFILE = Profile()


class Maps:
    def __init__(self, once: Path) -> None:
        self._once = once
        self.version = "test"
        self.messages = {"ADT^A01": None}
        self.profiles = {PROFILE.id: PROFILE}

    def refresh(self) -> None:
        self.version = "refreshed"

    def profile(self, *_: object) -> Profile:
        return PROFILE

    def translate(self, message: object, *_: object) -> Translation:
        pid = message.get("PID-3.1")  # type: ignore[attr-defined]
        if pid == "deadly" or (pid == "once" and not self._once.exists()):
            self._once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        while pid == "endless":
            pass
        if pid == "hangs":
            signal.pause()
        body = {
            "resourceType": "Patient",
            "id": f"p-{pid}",
            "identifier": [{"system": "urn:x", "value": pid}],
        }
        return Translation([Draft("Patient", f"p-{pid}", body, key=("urn:x", pid))], map_version=self.version)


def main(page: int, once: str) -> None:
    worker.LONGEST = float(os.environ.get("LONGEST", worker.LONGEST))
    asks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    receive(asks)
    spec = AdapterSpec("his/hl7v2", "his", "t", "t", "", lambda _: None, hl7v2.parse, hl7v2.answer)  # type: ignore[arg-type, return-value]
    Worker(Maps(Path(once)), {spec.id: spec}, None, mmap.mmap(page, PLACE.size)).serve(asks, answers)  # type: ignore[arg-type]


main(int(sys.argv[1]), sys.argv[2])
