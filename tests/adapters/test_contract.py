"""The contract of every adapter folder, whatever is dropped in: its spec, its README, its samples.

A sample ``samples/x.hl7`` (or ``.xml``, …) holds one message; ``x.json`` beside it is the transaction that it
must become.
``QIAO_WRITE_GOLDEN=1`` writes these files anew; nothing in them depends on the moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Quarantined, Refused, Stored, Translation
from gateway.canonical.json import loads
from gateway.cli.bundle import entries, transaction
from gateway.errors import Misconfigured, Rejected
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps

ADAPTERS = registry.find()
ROOT = registry.one_root() / "adapters"
FORMATS = (".hl7", ".xml", ".rows", ".astm")
"""Endings of samples; ``.rows`` is a row as ``gateway.wire.rows`` writes it."""
SAMPLES = sorted(path for path in ROOT.glob("*/*/samples/*") if path.suffix in FORMATS)
MOMENT = 1_772_323_200_000_000  # 2026-03-01T00:00:00Z


@cache
def maps() -> Maps:
    return load_maps()


def translate(path: Path) -> steps.Result:
    adapter = "/".join(path.parts[-4:-2])
    spec = ADAPTERS[adapter]
    envelope = Envelope("0" * 32, "default", adapter, "", MOMENT, spec.content_type, "", path.read_bytes())
    return steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))


def test_every_folder_is_an_adapter() -> None:
    folders = {f"{init.parent.parent.name}/{init.parent.name}" for init in ROOT.glob("*/*/__init__.py")}
    assert folders == set(ADAPTERS)
    assert {"his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2"} <= folders


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_folder_says_what_it_is(name: str) -> None:
    spec = ADAPTERS[name]
    assert (ROOT / name / "README.md").read_text("utf-8").strip()
    assert spec.title
    assert spec.title_zh
    assert len({field.name for field in spec.fields}) == len(spec.fields)
    for field in spec.fields:
        assert field.doc, field.name
        assert type(field.default).__name__ == field.type, field.name


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_door_starts_closed_and_binds_loopback(name: str) -> None:
    spec = ADAPTERS[name]
    binds = any(field.name == "port" for field in spec.fields)
    source = spec.source(registry.options(spec, {"port": 0} if binds else {}))
    assert {"start", "stop", "status"} <= set(dir(source))
    assert str(source.status()["address"]).startswith("127.0.0.1:" if binds else "")


@pytest.mark.parametrize("name", ADAPTERS)
def test_who_finds_its_port_taken_says_so_by_code(name: str) -> None:
    """A gateway that was not asked for this door goes on without it (``gateway.bootstrap.running.start``)."""
    spec = ADAPTERS[name]
    if not any(field.name == "port" for field in spec.fields):
        return
    with socket.create_server(("127.0.0.1", 0)) as other:
        source = spec.source(registry.options(spec, {"port": other.getsockname()[1]}))
        with pytest.raises(Misconfigured, match="set another port") as said:
            asyncio.run(source.start(None))  # type: ignore[arg-type]  # nothing is delivered
    assert (said.value.code, name in said.value.where) == ("cannot-bind", True)


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_is_not_the_format_is_rejected_and_still_answered(name: str) -> None:
    spec = ADAPTERS[name]
    for raw in (b"", b"\x00" * 64, b"GET / HTTP/1.1\r\n\r\n", os.urandom(256)):
        envelope = Envelope("0" * 32, "default", name, "", MOMENT, spec.content_type, "", raw)
        with pytest.raises(Rejected):
            spec.parse(envelope)
        for outcome in (Stored(), Quarantined("x"), Refused()):
            assert isinstance(spec.answer(envelope, None, outcome), bytes)


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_has_samples(name: str) -> None:
    assert [path for path in SAMPLES if path.is_relative_to(ROOT / name)]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: "/".join(path.parts[-4:]))
def test_a_sample_becomes_its_golden_fhir(path: Path) -> None:
    result = translate(path)
    assert isinstance(result, Translation), result
    # Every change of a map changes the version that the Provenance names.
    bundle = transaction(entries(result, "http://127.0.0.1:8080/fhir"))
    made = bundle.replace(maps().version.encode(), b"VERSION")
    golden = path.with_suffix(".json")
    if os.environ.get("QIAO_WRITE_GOLDEN") == "1":
        golden.write_text(json.dumps(json.loads(made), ensure_ascii=False, indent=2) + "\n", "utf-8")
    assert loads(made) == loads(golden.read_bytes())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: "/".join(path.parts[-4:]))
def test_golden_resources_are_valid_r4(path: Path) -> None:
    from fhir.resources.R4B import get_fhir_model_class

    bundle: dict[str, Any] = json.loads(path.with_suffix(".json").read_bytes())
    for entry in bundle.get("entry", ()):
        resource = entry["resource"]
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_every_golden_file_has_its_sample() -> None:
    golden = {path.with_suffix("") for path in ROOT.glob("*/*/samples/*.json")}
    assert golden <= {path.with_suffix("") for path in SAMPLES}


def test_the_provenance_names_the_version_of_the_maps() -> None:
    result = translate(SAMPLES[0])
    assert isinstance(result, Translation)
    (provenance,) = [draft.body for draft in result.drafts if draft.type == "Provenance"]
    named = [agent["who"].get("identifier", {}).get("value") for agent in provenance["agent"]]
    assert maps().version in named
