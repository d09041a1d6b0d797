"""The packs: every case of every rule, what a pack may not say, and what the rules cover."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.errors import Misconfigured
from gateway.policy import load_policy
from gateway.policy.check import checked
from gateway.policy.condition import conditions
from gateway.policy.coverage import coverage
from gateway.policy.policy import BASE, pack_files

NAMES = sorted(pack_files())
RULE: dict[str, Any] = {
    "id": "x-1",
    "requirement": "NAT-18",
    "article": "第一条",
    "quote": "原文",
    "on": ["visit"],
    "when": "no-consent",
    "verdict": "warn",
    "zh": "提示",
    "en": "a warning",
    "fires": [{"Consent/z1": None}],
    "passes": [{}],
}
PACK = "jurisdiction: x\ntitle: 甲\ntitle-en: X\ndocument: 甲\nfrom: 2020-01-01\n"


def load(folder: Path, *rules: dict[str, Any], head: str = PACK) -> Any:
    text = head + yaml.safe_dump({"rules": list(rules)}, allow_unicode=True)
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return load_policy(["x"], folder)


@pytest.mark.parametrize("name", NAMES)
def test_every_case_of_a_pack_is_as_it_says(name: str) -> None:
    policy = load_policy([] if name == BASE else [name])
    wrong = [one for one in checked(policy, policy.packs[-1:]) if one.wrong]
    assert wrong == []


def test_all_shipped_packs_stack() -> None:
    assert len(load_policy([name for name in NAMES if name != BASE]).packs) == len(NAMES)


def test_every_condition_that_is_documented_is_used() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in pack_files().values())
    assert [name for name in conditions() if name not in text] == []


def test_a_row_has_rules_or_a_reason() -> None:
    packs = [load_policy([] if name == BASE else [name]).packs[-1] for name in NAMES]
    rows = coverage(packs)
    assert {row.section for row in rows} == set("ABCDE")
    assert all(row.rules or row.reason for row in rows)
    assert all(row.reason for row in rows if row.state != "decided")


def test_a_pack_of_ones_own_loads(tmp_path: Path) -> None:
    policy = load(tmp_path, RULE)
    assert not [one for one in checked(policy, policy.packs[-1:]) if one.wrong]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"whem": "no-consent"}, "there is no key 'whem'"),
        ({"when": "no-konsent"}, "there is no condition 'no-konsent'"),
        ({"when": {"no-consent": {"days": 3}}}, "'no-consent' has no parameter 'days'"),
        ({"when": {"younger-than": {"years": "3"}}}, "'years' of 'younger-than' must be a number"),
        ({"when": {"younger-than": {"years": True}}}, "'years' of 'younger-than' must be a number"),
        ({"when": {"younger-than": {}}}, "'younger-than' needs the parameter 'years'"),
        ({"when": {"younger-than": {"years": "$nothing"}}}, "the pack has no parameter 'nothing'"),
        ({"when": {"all": []}}, "'all' takes a list of conditions"),
        ({"when": {"any": ["no-consent", {"not": "nothing"}]}}, "there is no condition 'nothing'"),
        ({"when": {"no-consent": None, "no-patient": None}}, "a condition is one name"),
        ({"on": ["visits"]}, "there is no event 'visits'"),
        ({"on": []}, "a rule needs an event"),
        ({"verdict": "pass"}, "a verdict is flag, warn, hold or refuse"),
        ({"verdict": "forbid"}, "a verdict is flag, warn, hold or refuse"),
        ({"code": "teapot"}, "a code is one of"),
        ({"from": "yesterday"}, "'from' is of the wrong kind"),
        ({"from": date(2024, 1, 2), "to": date(2024, 1, 1)}, "it ends before it begins"),
        ({"fires": []}, "a rule needs an event, a case"),
        ({"passes": []}, "a rule needs an event, a case"),
        ({"passes": ["x"]}, "a case is a mapping"),
        ({"quote": " "}, "'quote' is of the wrong kind"),
        ({"observed": True, "verdict": "refuse"}, "may warn but not refuse"),
        ({"on": ["request"], "verdict": "hold"}, "of anything else nobody releases it"),
        ({"overrides": ["nobody"]}, "no pack below has a rule 'nobody'"),
        ({"id": "nat-18-consent"}, "a pack below has a rule of this id"),
    ],
)  # fmt: skip
def test_a_rule_that_is_not_as_it_should_be_is_refused(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    rule = {**RULE, **change}
    with pytest.raises(Misconfigured, match=told) as error:
        load(tmp_path, rule)
    assert error.value.where == f"x.yaml: {rule['id']}"


def test_a_rule_without_a_key_is_refused(tmp_path: Path) -> None:
    for key in RULE:
        with pytest.raises(Misconfigured, match=f"the key '{key}' is missing"):
            load(tmp_path, {name: value for name, value in RULE.items() if name != key})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PACK + "rules: [", "x.yaml"),
        (PACK + "rules: []\nrules: []\n", "twice"),
        (PACK + "other: 1\nrules: []\n", "there is no key 'other'"),
        (PACK.replace("jurisdiction: x", "jurisdiction: y") + "rules: []\n", "the name of the file"),
        (PACK + "parameters: {a: {value: [1], zh: 甲, en: a}}\nrules: []\n", "a list has texts only"),
        (PACK + "parameters: {a: {value: 1, zh: 甲}}\nrules: []\n", "the key 'en' is missing"),
    ],
)
def test_a_pack_that_is_not_as_it_should_be_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Misconfigured, match=told):
        load_policy(["x"], tmp_path)


def test_an_id_twice_in_one_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="the id stands twice"):
        load(tmp_path, RULE, RULE)


def test_a_pack_may_not_take_the_name_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "cn.yaml").write_text(PACK, encoding="utf-8")
    with pytest.raises(Misconfigured, match="ships a pack of this name"):
        load_policy([], tmp_path)


def test_an_unknown_jurisdiction_and_parameter_are_refused() -> None:
    with pytest.raises(Misconfigured, match="there are cn"):
        load_policy(["cn-atlantis"])
    with pytest.raises(Misconfigured, match="such a parameter"):
        load_policy([], parameters={"hospital-level": 3})
    with pytest.raises(Misconfigured, match="of another kind"):
        load_policy([], parameters={"young-child-age": "six"})
