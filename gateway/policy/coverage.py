"""Coverage: which rows of the requirements the rules decide, which only in part, and which not, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from gateway.errors import Misconfigured
from gateway.policy.pack import read_yaml
from gateway.policy.rule import Pack

State = Literal["decided", "partly", "not"]


@dataclass(slots=True, frozen=True)
class Row:
    """One row of the requirements.

    Attributes:
        id: ``"NAT-20.6"``.
        section: ``"A"`` to ``"E"``.
        text: in a few words, English.
        text_zh: the same in Chinese.
        state: whether rules decide it.
        reason: what no rule sees, or why none does.
        rules: ids of those that decide it, with their packs (``"cn: nat-20-forbidden-drug"``).
    """

    id: str
    section: str
    text: str
    text_zh: str
    state: State
    reason: str
    rules: tuple[str, ...]


def coverage(packs: Iterable[Pack]) -> list[Row]:
    """Return the rows with what the rules of all packs make of them.

    Raises:
        Misconfigured: a row has neither a rule nor a reason, or a rule and a reason why there is none.
    """
    by: dict[str, list[str]] = {}
    for pack in packs:
        for rule in pack.rules:
            for requirement in rule.requirements:
                by.setdefault(requirement, []).append(f"{pack.name}: {rule.id}")
    found = []
    for row in read_yaml(files("gateway.policy") / "tables" / "rows.yaml"):
        rules = tuple(by.get(row["id"], ()))
        if bool(rules) == ("not" in row):
            told = "a row has either rules or a reason why there are none"
            raise Misconfigured(told, code="policy", where=f"rows.yaml: {row['id']}")
        state: State = "not" if "not" in row else "partly" if "partly" in row else "decided"
        reason = row.get("not") or row.get("partly") or ""
        found.append(Row(row["id"], row["section"], row["en"], row["zh"], state, reason, rules))
    return found
