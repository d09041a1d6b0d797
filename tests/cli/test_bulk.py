"""`qiao export` and `qiao import` against a served gateway, which may die in the middle."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from gateway.store import open_store
from tests.forking import forked


def qiao(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    command = [*forked(), *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=240, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def ward(patients: int) -> bytes:
    """Patients, and a bad line after the second one."""
    lines = [json.dumps({"resourceType": "Patient", "id": f"p{n}", "active": True}) for n in range(patients)]
    lines.insert(2, json.dumps({"resourceType": "Patient", "id": "bad", "gender": "?"}))
    return "\n".join(lines).encode()


def resources(folder: Path) -> dict[str, Any]:
    found = {}
    for file in sorted(folder.glob("*.ndjson")):
        for line in file.read_text("utf-8").splitlines():
            one = json.loads(line)
            del one["meta"]
            assert found.setdefault(f"{one['resourceType']}/{one['id']}", one) is one
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Any]) -> Iterator[Any]:
    running = serve(tmp_path_factory.mktemp("bulk") / "qiao.db")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def filled(served: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The gateway with 2,500 patients, which are imported in three requests."""
    file = tmp_path_factory.mktemp("in") / "patients.ndjson.gz"
    file.write_bytes(gzip.compress(ward(2500)))
    done = qiao("import", file, "--to", served.api, "--json")
    fault, counts = told(done)
    assert done.returncode == 1  # a line was not taken
    assert (fault["file"], fault["line"], fault["where"]) == (str(file), 3, "Patient.gender")
    assert (counts["lines"], counts["created"], counts["failed"]) == (2501, 2500, 1)
    return served


def test_what_was_exported_is_imported_into_a_store_and_is_the_same(filled: Any, tmp_path: Path) -> None:
    done = qiao("export", "--from", filled.api, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    (counts,) = told(done)
    assert counts["resources"] == {"Patient": 2500}
    first = resources(tmp_path / "out")
    assert len(first) == 2500

    url = f"sqlite:///{tmp_path / 'copy.db'}"
    file = tmp_path / "out" / "00001-Patient.ndjson"
    imported = qiao("import", file, "--store", url, "--json")
    assert imported.returncode == 0, imported.stderr
    assert told(imported)[0]["created"] == 2500
    assert "a new store" in imported.stderr
    again = qiao("import", file, "--store", url, "--json", "--first", "2001")
    assert "a new store" not in again.stderr
    assert (told(again)[0]["lines"], told(again)[0]["unchanged"]) == (500, 500)
    store = open_store(url)
    found = store.read("default", "Patient", "p2499")
    store.close()
    assert found is not None
    assert found.ver == 1


def test_only_what_was_asked_for(filled: Any, tmp_path: Path) -> None:
    done = qiao(
        "export", "--from", filled.api, "-o", tmp_path, "--type", "Patient", "--filter", "Patient?_id=p1,p2"
    )
    assert done.returncode == 0, done.stderr
    assert resources(tmp_path).keys() == {"Patient/p1", "Patient/p2"}
    at = json.loads((tmp_path / "export.json").read_text("utf-8"))["manifest"]["transactionTime"]
    assert at in done.stdout
    later = qiao("export", "--from", filled.api, "-o", tmp_path / "later", "--since", at, "--json")
    assert told(later)[0]["resources"] == {}


def test_an_export_is_resumed_file_by_file(filled: Any, tmp_path: Path) -> None:
    refused = qiao("export", "--from", filled.api, "-o", tmp_path, "--resume")
    assert refused.returncode == 2
    with urlopen(Request(f"{filled.api}/$export", headers={"Prefer": "respond-async"}), timeout=30) as answer:
        begun = {"status": answer.headers["Content-Location"], "manifest": {}}
    (tmp_path / "export.json").write_text(json.dumps(begun), "utf-8")
    (tmp_path / "00001-Patient.part").write_bytes(b"half of a li")
    twice = qiao("export", "--from", filled.api, "-o", tmp_path)
    assert twice.returncode == 2  # something was begun there
    done = qiao("export", "--from", filled.api, "-o", tmp_path, "--resume")
    assert done.returncode == 0, done.stderr
    assert len(resources(tmp_path)) == 2500
    assert not list(tmp_path.glob("*.part"))


def test_standard_input_and_a_server_that_is_not_there(filled: Any) -> None:
    line = b'{"resourceType":"Patient","id":"p1","active":true}'
    done = qiao("import", "-", "--to", filled.api, "--json", stdin=line)
    assert told(done)[0]["unchanged"] == 1
    assert qiao("import", "-", stdin=line).returncode == 2
    gone = qiao("export", "--from", "http://127.0.0.1:9/fhir", "-o", "/dev/null/x")
    assert gone.returncode in (1, 2)
    assert "Traceback" not in gone.stderr


def test_an_export_outlives_the_server_that_began_it(tmp_path: Path, serve: Callable[..., Any]) -> None:
    running = serve(tmp_path / "qiao.db")
    file = tmp_path / "in.ndjson"
    file.write_bytes(ward(300))
    qiao("import", file, "--to", running.api)
    with urlopen(Request(f"{running.api}/$export?_type=Patient"), timeout=30) as answer:
        status = answer.headers["Content-Location"].partition("/fhir/")[2]
    running.kill()

    running = serve(tmp_path / "qiao.db")
    for _ in range(10_000):
        with urlopen(f"{running.api}/{status}", timeout=30) as answer:
            if answer.status == 200:
                manifest = json.load(answer)
                break
    files = [one["url"].partition("/fhir/")[2] for one in manifest["output"]]
    lines = [
        line for one in files for line in urlopen(f"{running.api}/{one}", timeout=30).read().splitlines()
    ]
    running.stop()
    assert len({json.loads(line)["id"] for line in lines}) == len(lines) == 300
