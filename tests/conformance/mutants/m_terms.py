"""Mutants of terminology."""

from __future__ import annotations

import json
from typing import Any

from mutants.mutant import Answered, front, mutant

Scope = dict[str, Any]


def _answers(operation: str, change: Any) -> None:
    def answered(scope: Scope, answer: Answered) -> None:
        if not scope["path"].endswith(operation) or not answer.body:
            return
        answer.status, found = change(scope, answer.status, json.loads(answer.body))
        answer.body = json.dumps(found).encode()

    front(answered=answered)


@mutant("R4-VALIDATE-CODE", "任何代码都说成有效", "every code is called valid")
def every_code_valid() -> None:
    def change(_: Scope, status: int, found: Any) -> Any:
        valid = {"resourceType": "Parameters", "parameter": [{"name": "result", "valueBoolean": True}]}
        return (200, valid) if status < 500 else (status, found)

    _answers("$validate-code", change)


@mutant("R4-LOOKUP", "未知代码也给出名称", "$lookup makes up a name for an unknown code")
def lookup_guesses() -> None:
    def change(_: Scope, status: int, found: Any) -> Any:
        if status < 400:
            return status, found
        made = [{"name": "name", "valueString": "?"}, {"name": "display", "valueString": "?"}]
        return 200, {"resourceType": "Parameters", "parameter": made}

    _answers("$lookup", change)


@mutant("R4-EXPAND", "展开漏掉一个代码", "$expand leaves one code out")
def expand_shorter() -> None:
    def change(_: Scope, status: int, found: Any) -> Any:
        if found.get("expansion", {}).get("contains"):
            found["expansion"]["contains"].pop()
        return status, found

    _answers("$expand", change)


@mutant("R4-TRANSLATE", "未知代码也给出译码", "$translate guesses")
def translate_guesses() -> None:
    def change(_: Scope, status: int, found: Any) -> Any:
        for one in found.get("parameter", []):
            if one["name"] == "result":
                one["valueBoolean"] = True
        return status, found

    _answers("$translate", change)


@mutant("R4-TERMINOLOGY", "$subsumes 总说等价", "$subsumes calls all codes equivalent")
def all_equivalent() -> None:
    def change(_: Scope, status: int, found: Any) -> Any:
        for one in found.get("parameter", []):
            if one["name"] == "outcome":
                one["valueCode"] = "equivalent"
        return status, found

    _answers("$subsumes", change)
