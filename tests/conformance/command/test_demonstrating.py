"""``qiao conformance demo`` sets up a demo and takes it down again, whatever becomes of the run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from conformance.command import demonstrating, main

STANDS = """
import json, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
target = sys.argv[sys.argv.index("--target") + 1]
open(target, "w").write("fhir: http://127.0.0.1:9/fhir\\n")
print(json.dumps({"target": target}), flush=True)
signal.pause()
"""


def _demo(patch: pytest.MonkeyPatch, program: str) -> None:
    patch.setattr(demonstrating, "DEMO", (sys.executable, "-c", program))


def test_a_demo_that_does_not_stand_is_told_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _demo(monkeypatch, "import sys; sys.exit('no port is free')")
    assert main(["demo", "--report", str(tmp_path / "report")], "en") == 2
    assert "no port is free" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_demo_is_tested_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    _demo(monkeypatch, STANDS)
    ended = []
    end = demonstrating._end

    def noted(program: object) -> None:
        end(program)  # type: ignore[arg-type]
        ended.append(program.returncode)  # type: ignore[attr-defined]

    monkeypatch.setattr(demonstrating, "_end", noted)
    # Nothing listens at its address, so every check is skipped and the run is not whole.
    assert main(["demo", "--report", str(tmp_path / "report"), "--no-pdf", "--json"], "en") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["complete"] is False
    assert (tmp_path / "report" / "index.html").exists()
    assert ended == [0]
