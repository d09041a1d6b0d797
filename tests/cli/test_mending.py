"""The commands with which maps are mended: gaps, diff, replay of everything, account of one message."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.cli.gaps import line
from gateway.cli.moment import moment
from gateway.errors import Misconfigured
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.pipeline.job import answer
from gateway.store import Receive, Settle, open_store
from tests.forking import forked

ROOT = Path(__file__).parents[2]
ADT = (
    "MSH|^~\\&|HIS|H1|||20260301080000||ADT^A01^ADT_A01|{id}|P|2.5.1\rEVN|A01|20260301080000\r"
    "PID|1||P{id}^^^H1^MR||SECRETNAME^B||19900307|{sex}\rPV1|1|I\r"
)


def qiao(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*forked(), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('mending') / 'qiao.db'}"
    opened, maps, spec = open_store(url, synchronous="OFF"), load_maps(), registry.find()["his/hl7v2"]
    messages = [ADT.format(id=n, sex="M" if n else "QQ9") for n in range(3)]
    messages.append("MSH|^~\\&|A|B|||20260301||ZZZ^Z99|77|P|2.5\rZZZ|1\r")
    for raw in messages:
        at = now_us()
        envelope = Envelope(
            new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw.encode()
        )
        reading = steps.read(spec, maps, envelope)
        result = steps.translate(maps, envelope, reading)
        receive = Receive(envelope, reading.header.control_id, reading.header.digest, 0)
        opened.write([receive, Settle(envelope, result, partial(answer, spec, envelope, reading.record))])
    opened.close()
    return url


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Maps in which Patient.gender is not mapped, and everything else is."""
    root = tmp_path_factory.mktemp("maps") / "mappings"
    shutil.copytree(ROOT / "mappings", root, ignore=shutil.ignore_patterns("__pycache__"))
    file = root / "hl7v2" / "segments" / "PID-Patient.yaml"
    rows = [row for row in file.read_text().splitlines() if "PID-8, to: gender" not in row]
    file.write_text("\n".join(rows))
    return root


def test_gaps_name_the_file_and_the_line(store: str) -> None:
    done = qiao("mapping", "gaps", "--json", "--store", store)
    assert done.returncode == 0, done.stderr
    [gap] = [one for one in json.loads(done.stdout)["gaps"] if one["code"] == "QQ9"]
    assert gap["table"] == "administrative-sex"
    assert Path(gap["file"]).is_file()
    assert "QQ9" in gap["line"]
    people = qiao("mapping", "gaps", "--table", "administrative-sex", "--store", store).stdout
    assert gap["file"] in people
    assert gap["line"].strip() in people
    none = json.loads(qiao("mapping", "gaps", "--sender", "nobody", "--json", "--store", store).stdout)
    assert (none["codes"], none["gaps"]) == (0, [])


def test_a_line_fits_the_form_of_its_file() -> None:
    assert line("a:b", Path("x.yaml")) == '  "a:b": [CODE, DISPLAY]'
    assert line('a,"b', Path("x.csv")) == '"a,""b",CODE,DISPLAY'
    assert json.loads(line("a", Path("x.json")))["code"] == "a"


def test_diff_shows_what_would_change_without_values(store: str, other: Path) -> None:
    done = qiao("mapping", "diff", "--maps", other, "--store", store, "--json")
    assert done.returncode == 1, done.stderr
    *changes, summary = [json.loads(text) for text in done.stdout.splitlines()]
    assert {change["path"] for change in changes} == {"gender"}
    assert all((change["old"], change["new"]) == ("…", None) for change in changes)
    assert summary["messages"] == 4
    assert summary["resources"] == {"Patient": {"changed": len(changes)}}
    assert summary["elements"] == {"Patient.gender": len(changes)}
    shown = qiao("mapping", "diff", "--maps", other, "--store", store, "--values", "--limit", 2).stdout
    assert "male" in shown
    assert "SECRETNAME" not in shown


def test_the_same_maps_make_no_difference(other: Path, tmp_path: Path) -> None:
    file = tmp_path / "in.hl7"
    file.write_bytes(ADT.format(id=1, sex="M").encode())
    assert qiao("mapping", "diff", "--maps", ROOT / "mappings", file).returncode == 0
    assert qiao("mapping", "diff", "--maps", other, file).returncode == 1
    assert qiao("mapping", "diff", "--maps", other, file, "--since", "1d").returncode == 2


def test_everything_is_replayed_in_order_and_again(store: str) -> None:
    for how in (["--dry-run"], [], []):
        done = qiao("inbox", "replay", "--all", "--since", "1d", "--json", "--store", store, *how)
        assert done.returncode == 1, done.stderr  # one has no map
        figures: dict[str, Any] = json.loads(done.stdout)
        assert (figures["messages"], figures["stored"], figures["unchanged"]) == (4, 0, 3)
        assert figures["reasons"] == {"unknown-type": 1}
    part = qiao("inbox", "replay", "--all", "--since", figures["last"], "--json", "--store", store)
    assert json.loads(part.stdout)["messages"] == 1


@pytest.mark.parametrize(
    "how",
    [
        ["--all"],
        ["--all", "--since", "soon"],
        [],
        ["--quarantined", "--dry-run"],
        ["--quarantined", "--as-received"],
    ],
)
def test_a_replay_that_is_not_clear_is_refused(store: str, how: list[str]) -> None:
    assert qiao("inbox", "replay", "--store", store, *how).returncode == 2


def test_the_account_of_one_message(store: str) -> None:
    rows = qiao("inbox", "list", "--json", "--store", store).stdout.splitlines()
    ids = [json.loads(row)["id"] for row in rows]
    shown = json.loads(qiao("inbox", "show", ids[1], "--account", "--json", "--store", store).stdout)
    states = {path: state for _, path, state, _ in shown["leaves"]}
    assert states["PID-3.1"] == states["PID-8"] == "mapped"
    assert states["PID-1"] == "ignored"
    assert sum(shown["totals"].values()) == len(shown["leaves"])
    people = qiao("inbox", "show", ids[1], "--account", "--store", store).stdout
    assert "PID[Patient]/PID-8" in people
    assert "SECRETNAME" not in people
    assert qiao("inbox", "show", ids[0], "--account", "--store", store).returncode == 1


def test_what_no_layout_read_of_a_document_is_shown(tmp_path: Path) -> None:
    raw = (ROOT / "adapters/his/cda/samples/06-C0034-admission.xml").read_bytes()
    raw = raw.replace(b"</recordTarget>", b'<unheard code="Q77"/></recordTarget>')
    url = f"sqlite:///{tmp_path / 'documents.db'}"
    opened, maps, spec = open_store(url, synchronous="OFF"), load_maps(), registry.find()["his/cda"]
    at = now_us()
    envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
    reading = steps.read(spec, maps, envelope)
    result = steps.translate(maps, envelope, reading)
    receive = Receive(envelope, reading.header.control_id, reading.header.digest, 0)
    opened.write([receive, Settle(envelope, result, partial(answer, spec, envelope, reading.record))])
    opened.close()
    path = "ClinicalDocument/recordTarget/unheard/@code"
    assert f"{path} 1" in qiao("inbox", "show", envelope.id, "--store", url).stdout
    shown = json.loads(qiao("inbox", "show", envelope.id, "--account", "--json", "--store", url).stdout)
    assert shown["left"][path] == 1
    assert shown["totals"]["unmapped"] >= sum(shown["left"].values())
    assert path in qiao("inbox", "show", envelope.id, "--account", "--store", url).stdout


def test_convert_writes_the_account_beside_the_trace(tmp_path: Path) -> None:
    file, out = tmp_path / "in.hl7", tmp_path / "out.ndjson"
    file.write_bytes(ADT.format(id=1, sex="M").encode() * 2)
    done = qiao("convert", file, "-o", out, "--trace", "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(text) for text in (tmp_path / "out.account.ndjson").read_text().splitlines()]
    assert [line["message"] for line in lines] == [1, 2]
    account = json.loads(done.stdout)["account"]
    assert account == {state: sum(line["totals"][state] for line in lines) for state in account}
    assert {"mapped", "ignored", "unmapped"} <= set(account)
    assert "SECRETNAME" not in (tmp_path / "out.account.ndjson").read_text()


def test_moments() -> None:
    assert moment("1970-01-01T00:00:01+00:00").us == 1_000_000
    assert moment("0" * 32).id == "0" * 32
    assert moment("2h").us > moment("1d").us
    with pytest.raises(Misconfigured):
        moment("yesterday")
