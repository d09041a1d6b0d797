"""The second opinion names what is wrong and where, and repeats no value."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import build
from gateway.canonical import Draft, Envelope, new_envelope_id, now_us
from gateway.errors import Misconfigured
from gateway.settings import ApiSettings, MappingSettings, PipelineSettings, Settings, StoreSettings, load
from gateway.validation import second_opinion


def draft(**body: Any) -> Draft:
    return Draft("Patient", "p1", {"resourceType": "Patient", "id": "p1", **body})


def test_a_good_resource_has_no_remarks() -> None:
    assert second_opinion([draft(name=[{"text": "张三"}], birthDate="1990-03-07", gender="male")]) == []


def test_a_fault_is_named_by_its_place_without_the_value() -> None:
    (issue,) = second_opinion([draft(birthDate="1990-02-31-SECRET")])
    assert issue.where.startswith("Patient.birthDate")
    assert issue.severity == "warning"
    assert "SECRET" not in repr(issue)


def test_an_unknown_element_is_a_fault() -> None:
    assert [issue.where for issue in second_opinion([draft(nickname="x")])] == ["Patient.nickname"]


def test_remarks_are_bounded() -> None:
    assert len(second_opinion([draft(nickname="x") for _ in range(50)])) == 20


def test_its_remarks_stay_with_the_message(tmp_path: Path) -> None:
    """Over the real wiring: maps that write an invalid element, a gateway in report mode, the inbox."""
    maps = tmp_path / "maps"
    shutil.copytree(str(files("mappings")), maps)
    pid = maps / "hl7v2" / "segments" / "PID-Patient.yaml"
    row = '  - {id: bad, to: birthDate, value: "1990-99-99"}\n'
    pid.write_text(pid.read_text("utf-8").rstrip("\n") + "\n" + row, "utf-8")
    settings = Settings(
        store=StoreSettings(url=f"sqlite:///{tmp_path}/q.db"),
        api=ApiSettings(port=0),
        pipeline=PipelineSettings(validate="report"),
        mapping=MappingSettings(root=str(maps)),
    )
    gateway = build(settings)
    sample = files("adapters").joinpath("his/hl7v2/samples/01-admit.hl7").read_bytes()
    envelope = Envelope(new_envelope_id(now_us()), "default", "his/hl7v2", "", now_us(), "", "", sample)

    async def deliver() -> None:
        await gateway.engine.start()
        await gateway.engine.deliver(envelope)
        await gateway.engine.stop()

    asyncio.run(deliver())
    entry = gateway.store.inbox_show(envelope.id)
    gateway.store.close()
    gateway.listening.close()
    assert entry is not None and entry.row.state == "stored"
    assert any(issue.where == "Patient.birthDate" for issue in entry.issues)


def test_another_mode_is_refused() -> None:
    with pytest.raises(Misconfigured, match="one of off, report"):
        load(environment={"QIAO_PIPELINE__VALIDATE": "maybe"})


def test_it_is_not_even_imported_unless_it_is_asked_for() -> None:
    code = "import sys, gateway.bootstrap; sys.exit('fhir.resources' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
