"""What the maps make is checked before it is stored: reported beside the message, or refused."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.bootstrap import build
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.errors import Misconfigured
from gateway.settings import ApiSettings, MappingSettings, PipelineSettings, Settings, StoreSettings, load
from gateway.wire import er7

SECRET = "1990-99-99"


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """Maps of a hospital that wrote one bad row."""
    root = tmp_path / "maps"
    shutil.copytree(str(files("mappings")), root)
    pid = root / "hl7v2" / "segments" / "PID-Patient.yaml"
    row = f'  - {{id: bad, to: birthDate, value: "{SECRET}"}}\n'
    pid.write_text(pid.read_text("utf-8").rstrip("\n") + "\n" + row, "utf-8")
    return root


class Sent:
    """A message sent to a gateway with these settings: its answer, and what the inbox says of it."""

    def __init__(self, settings: Settings) -> None:
        gateway = build(settings)
        sample = files("adapters").joinpath("his/hl7v2/samples/02-transfer.hl7").read_bytes()
        sample = sample.replace(b"|||AL|NE", b"|||")  # answered when it is done, not when it is received
        envelope = Envelope(new_envelope_id(now_us()), "default", "his/hl7v2", "", now_us(), "", "", sample)

        async def deliver() -> bytes:
            await gateway.engine.start()
            try:
                return await gateway.engine.deliver(envelope)
            finally:
                await gateway.engine.stop()

        self.answer = er7.parse(asyncio.run(deliver()))
        entry = gateway.store.inbox_show(envelope.id)
        assert entry is not None
        self.state, self.issues = entry.row.state, entry.issues
        gateway.store.close()
        gateway.listening.close()


def settings(tmp_path: Path, maps: Path | None, mode: str) -> Settings:
    return Settings(
        store=StoreSettings(url=f"sqlite:///{tmp_path}/q.db"),
        api=ApiSettings(port=0),
        pipeline=PipelineSettings(validate=mode),  # type: ignore[arg-type]
        mapping=MappingSettings(root=str(maps) if maps else ""),
    )


@pytest.fixture
def reported(tmp_path: Path, maps: Path) -> Sent:
    return Sent(settings(tmp_path, maps, "report"))


def test_in_report_mode_it_is_stored_and_the_issues_stay_with_it(reported: Sent) -> None:
    assert reported.state == "stored"
    assert reported.answer.get("MSA-1") == "AA"
    assert [(one.severity, one.where) for one in reported.issues if one.rule == "date"] == [
        ("error", "Patient.birthDate")
    ]


def test_no_issue_repeats_the_value(reported: Sent) -> None:
    assert SECRET not in repr(reported.issues)


def test_in_strict_mode_the_sender_hears_of_it(tmp_path: Path, maps: Path) -> None:
    sent = Sent(settings(tmp_path, maps, "strict"))
    assert sent.state == "refused"
    assert sent.answer.get("MSA-1") == "AE"
    assert any(one.where == "Patient.birthDate" for one in sent.issues)


def test_in_strict_mode_a_good_message_passes(tmp_path: Path) -> None:
    sent = Sent(settings(tmp_path, None, "strict"))
    assert (sent.state, sent.answer.get("MSA-1")) == ("stored", "AA")


def test_where_nobody_looks_nothing_is_said(tmp_path: Path, maps: Path) -> None:
    assert not any(one.rule == "date" for one in Sent(settings(tmp_path, maps, "off")).issues)


def test_another_mode_is_refused() -> None:
    with pytest.raises(Misconfigured, match="one of off, report"):
        load(environment={"QIAO_PIPELINE__VALIDATE": "maybe"})


def test_the_second_opinion_of_the_tests_is_not_imported_by_the_gateway() -> None:
    code = "import sys, gateway.bootstrap; sys.exit('fhir.resources' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
