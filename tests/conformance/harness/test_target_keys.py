"""What nobody reads is told: a slip of the pen in a target file would else skip checks or leave defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.harness import target_keys
from conformance.harness.target import Undeclared
from conformance.harness.target_file import PROFILES, made

SOURCES = Path(target_keys.__file__).parents[1]
READ = yaml.safe_load(Path(target_keys.__file__).with_suffix(".yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"actions": {"submitt": {"path": "x"}}}, "actions: unknown key submitt; is submit meant?"),
        ({"actions": {"submitt": None}}, "actions: unknown key submitt"),
        ({"settings": {"seriels": {}}}, "settings: unknown key seriels; is serials meant?"),
        (
            {"settings": {"serials": {"patern": "x"}}},
            "settings.serials: unknown key patern; is pattern meant?",
        ),
        ({"settings": {"zzz": 1}}, "settings: unknown key zzz; there are breach, codes,"),
        ({"tls": {"cafile": "x"}}, "tls: unknown key cafile"),
        ({"identitys": {}}, "target: unknown key identitys; is identities meant?"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_what_was_meant(said: dict[str, Any], told: str) -> None:
    with pytest.raises(Undeclared, match=re.escape(told)):
        made({"fhir": "http://127.0.0.1:9/fhir", **said})


def test_a_suite_of_somebody_else_has_names_of_its_own() -> None:
    said = {"settings": {"x_dose": {"limit": 3}}, "actions": {"x_weigh": {"path": "x"}}}
    target = made({"fhir": "http://127.0.0.1:9/fhir", **said})
    assert target.setting("x_dose.limit") == 3
    assert target.has("actions.x_weigh")


@pytest.mark.parametrize("profile", sorted(one.stem for one in PROFILES.glob("*.yaml")))
def test_a_profile_says_nothing_that_nobody_reads(profile: str) -> None:
    made({"extends": profile, "fhir": "http://127.0.0.1:9/fhir"})


def test_what_a_suite_reads_may_be_said() -> None:
    """Each literal name in the sources; one that is missing here could not be declared by anybody."""
    text = "\n".join(one.read_text("utf-8") for one in SOURCES.rglob("*.py"))
    asked = set(re.findall(r'\.act\(\s*"(\w+)"', text)) | set(re.findall(r'"actions\.(\w+)"', text))
    assert asked - READ["actions"].keys() == set()
    for name in set(re.findall(r'\.setting\(\s*"([\w.]+)"', text)):
        below: Any = READ["settings"]
        for part in name.split("."):
            assert below == {} or part in below, name
            below = (below or {}).get(part) or {}
