"""Message structures of HL7 v2 (chapter 2.5.2): which segments stand in which group.

``structures.json`` is read out of hl7apy's tables by ``python -m gateway.mapping.structures`` and a test
holds it against them, so that nothing on the way of a message imports hl7apy::

    {"ORU_R01": ["MSH", "SFT*", {"PATIENT_RESULT*": [{"PATIENT": ["PID", …]}, …]}]}

A ``*`` marks what may repeat. Where a version withdrew a segment, the older place is kept. Where HL7's tables
say what no sender means, :data:`DOCUMENT` says otherwise; what IHE and analysers add, :data:`INVENTORY` and
:data:`SPECIMEN`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

VERSIONS = ("2_5_1", "2_8_2")
"""The newest structure comes last and wins; the older one lends what the newer lacks."""

DOCUMENT = "ORDER_DOCUMENT"
"""Group of version 2.8 between ORC and the results, ``OBX [{PRT}] TXA``. Every older sender, and IHE LAW, has
its first result there, so it is left out: an OBX is a result, and TXA tells one that is a document."""

RESULTS = ("RESULT", "OBSERVATION")
"""The groups in which a result stands; where :data:`DOCUMENT` was, TXA may follow the OBX."""

INVENTORY = ("OUL_R22", "OUL_R23", "OUL_R24")
"""Where a result names the reagents that it was measured with (INV behind OBX TCD SID; IHE PaLM LAW, LAB-29).
In HL7's tables INV stands beside the container alone: the next OBX would begin an order without OBR."""

SPECIMEN: dict[str, list[Any]] = {"SPECIMEN*": ["SPM"]}
"""Behind the results of ORU_R30, as analysers of molecular diagnostics send it."""

Node = str | dict[str, list[Any]]


@cache
def _table() -> dict[str, list[Node]]:
    text = files("gateway.mapping").joinpath("structures.json").read_text(encoding="utf-8")
    table: dict[str, list[Node]] = json.loads(text)
    return table


def structure(name: str) -> list[Node] | None:
    """Return the tree of a message structure (``"ORU_R01"``), or None where HL7 has none."""
    return _table().get(name)


def _tree(message: str, node: Any) -> list[Node]:
    out: list[Node] = []
    for name, content, (_, most), kind in node[1]:
        mark = "*" if most != 1 else ""
        if kind == "SEG":
            out.append(name + mark)
        else:
            out.append({name.removeprefix(message + "_") + mark: _tree(message, content)})
    return out


def _segments(tree: list[Node]) -> set[str]:
    found: set[str] = set()
    for node in tree:
        if isinstance(node, str):
            found.add(node.rstrip("*"))
        else:
            for inner in node.values():
                found |= _segments(inner)
    return found


def _lend(newer: list[Node], older: list[Node]) -> None:
    """Put back at the root level what the newer version dropped from it (withdrawn segments)."""
    have = _segments(newer)
    for at, node in enumerate(older):
        if isinstance(node, str) and node.rstrip("*") not in have:
            newer.insert(min(at, len(newer)), node)


def without_documents(tree: list[Node]) -> list[Node]:
    """Return a tree without the groups :data:`DOCUMENT`; TXA goes into the results beside them.

    Where something else that has an OBX stands before the results (the specimen of OUL_R24), results may
    stand before that, too: an OBX straight behind ORC is one.
    """
    if not _holds(tree, DOCUMENT):
        return tree
    results: list[Node] = [
        {title: [*inner[:2], "TXA", *inner[2:]]}  # behind OBX [{PRT}]
        for node in tree
        if isinstance(node, dict)
        for title, inner in node.items()
        if title.rstrip("*") in RESULTS
    ]
    out: list[Node] = []
    results_begun = False
    for node in tree:
        if isinstance(node, str):
            out.append(node)
            continue
        for title, inner in node.items():
            name = title.rstrip("*")
            if name in RESULTS:
                out += results
                results_begun = True
            elif name != DOCUMENT:
                if not results_begun and _holds(inner, "OBX") and not _holds(inner, DOCUMENT):
                    out += results
                out.append({title: without_documents(inner)})
    return out


def with_inventory(tree: list[Node]) -> list[Node]:
    """Return a tree in whose results INV may follow."""
    out: list[Node] = []
    for node in tree:
        if isinstance(node, str):
            out.append(node)
            continue
        for title, inner in node.items():
            new = with_inventory(inner)
            if title.rstrip("*") == "RESULT" and "NTE*" in new:
                new.insert(new.index("NTE*"), "INV*")
            out.append({title: new})
    return out


def _holds(tree: list[Node], name: str) -> bool:
    """Return whether a segment or group of that name stands anywhere in a tree."""
    return any(
        node.rstrip("*") == name
        if isinstance(node, str)
        else any(title.rstrip("*") == name or _holds(inner, name) for title, inner in node.items())
        for node in tree
    )


def from_hl7apy() -> dict[str, list[Node]]:
    """Return the structures of hl7apy's :data:`VERSIONS`, merged; takes about a second."""
    merged: dict[str, list[Node]] = {}
    for version in VERSIONS:
        messages = import_module(f"hl7apy.v{version}.messages").MESSAGES
        for name, node in messages.items():
            tree = _tree(name, node)
            if name in merged:
                _lend(tree, merged[name])
            merged[name] = tree
    made = {name: without_documents(tree) for name, tree in merged.items()}
    made |= {name: with_inventory(made[name]) for name in INVENTORY}
    made["ORU_R30"].append(SPECIMEN)
    return made


if __name__ == "__main__":
    target = Path(__file__).with_name("structures.json")
    target.write_text(
        json.dumps(from_hl7apy(), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
    )
