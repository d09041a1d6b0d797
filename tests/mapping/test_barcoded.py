"""A profile says in which field its barcode stands; then that field numbers the sample and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured
from gateway.mapping import load_maps
from gateway.mapping.senders import profile_file
from gateway.pipeline import steps

RESULT = (
    "MSH|^~\\&|ACME|9|||20260305090000||ORU^R01|1|P|2.3.1\rPID|1||77\r"
    "OBR|1|{placer}|{filler}|CBC^血常规^L|||20260305085900\rOBX|1|NM|WBC^WBC^L||6.5|10*9/L|4-10|N|||F\r"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(registry.one_root() / "mappings", tmp_path / "mappings")
    return tmp_path / "mappings"


def test_the_barcode_of_an_own_analyser_is_where_its_profile_says(root: Path) -> None:
    for field, name in (("OBR-2", "A"), ("OBR-3", "B")):
        (root / f"senders/acme-{name}.yaml").write_text(
            f"sender: acme-{name}\nlike: lis-analyser\nmatch: {{MSH-3: ACME, MSH-4: {name}}}\n"
            f"sample: {{barcode: {field}}}\n"
        )
    maps, spec = load_maps(root), registry.find()["lis/hl7v2"]
    for name, said in (("A", {"placer": "T1", "filler": "9"}), ("B", {"placer": "", "filler": "T1"})):
        raw = RESULT.format(**said).replace("ACME|9", f"ACME|{name}").encode()
        envelope = Envelope("", "default", spec.id, "", 0, spec.content_type, "", raw)
        made = steps.translate(maps, envelope, steps.read(spec, maps, envelope))
        assert isinstance(made, Translation)
        assert envelope.sender == f"acme-{name}"
        numbers = {
            one.type: [each["value"] for each in one.body.get("identifier", ())]
            for one in made.drafts
            if one.type in ("DiagnosticReport", "ServiceRequest", "Specimen")
        }
        assert numbers == {"Specimen": ["T1"], "DiagnosticReport": ["9"] if name == "A" else []}
        assert made.samples is not None


def test_a_field_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("sender: x\nsample: {barcode: OBR-20}\n")
    with pytest.raises(Misconfigured, match="barcode of sample is one of OBR-2, OBR-3"):
        profile_file(file)
