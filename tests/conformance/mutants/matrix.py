"""Matrix: what was found in each mutant, kept as it is found, and printed as a page of the documentation."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mutants.mutant import CHONGQING, Mutant, all_mutants

DOCUMENT = Path(__file__).parents[3] / "docs" / "conformance-mutants.md"
TEMPLATE = Path(__file__).with_name("page.md")
CONTROL = "control"
_SHOWN = 3
_PRINTED = re.compile(r"^\| `([a-z0-9-]+)` \|[^|]*\| ([^ |]+) \|([^|]*)\|", re.MULTILINE)


@dataclass(slots=True, frozen=True)
class Tried:
    """What all checks found in one mutant.

    Attributes:
        failed: requirements that fail and did not.
        lost: others of which less is shown.
        caught: checks that fail and did not.
        tried: how many checks there were.
        fingerprint: of the mutant, the suites and the harness.
        share: these were not all.
        again: it was tried once more, alone.
        before: requirements that showed less at the first attempt, where it was tried again.
    """

    name: str
    failed: tuple[str, ...]
    lost: tuple[str, ...]
    caught: tuple[str, ...]
    tried: int
    seconds: float
    fingerprint: str = ""
    share: bool = False
    again: bool = False
    before: tuple[str, ...] = ()


def keep(folder: Path, one: Tried) -> None:
    """Write down what was found in a mutant."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{one.name}.new"
    beside.write_text(json.dumps(asdict(one), ensure_ascii=False), "utf-8")
    beside.replace(folder / f"{one.name}.json")  # who is killed meanwhile leaves what was there


def kept(folder: Path) -> dict[str, Tried]:
    """Return what is written down."""
    found = (json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json")))
    return {one["name"]: Tried(**{key: tuple(value) if isinstance(value, list) else value
                                  for key, value in one.items()}) for one in found}  # fmt: skip


def printed() -> dict[str, tuple[str, list[str]]]:
    """Return what the page says: mutant → its requirement, and checks that caught it."""
    rows = _PRINTED.findall(DOCUMENT.read_text("utf-8")) if DOCUMENT.exists() else []
    return {name: (requirement, re.findall(r"`([^`]+)`", caught)) for name, requirement, caught in rows}


def page(mutants: Mapping[str, Mutant], found: Mapping[str, Tried]) -> str:
    """Return the page. Raises KeyError: a mutant was not tried."""
    rows = [_row(mutants[name], found[name]) for name in sorted(mutants)]
    return TEMPLATE.read_text("utf-8").format(rows="\n".join(rows), **_figures(mutants, found))


def _figures(mutants: Mapping[str, Mutant], found: Mapping[str, Tried]) -> dict[str, object]:
    tried = [found[name] for name in mutants]
    exactly = sum(one.failed == (mutants[one.name].requirement,) and not one.lost for one in tried)
    times, checks = sorted(one.seconds for one in tried), sorted(one.tried for one in tried)
    return {
        "count": len(mutants), "requirements": len({one.requirement for one in mutants.values()}),
        "exactly": exactly,
        "whole": sum(bool(one.fingerprint) and not one.share for one in tried),
        "checks": _span(checks[0], checks[-1]),
        "caught": len({name for one in tried for name in one.caught}),
        "seconds": _span(round(times[0]), round(times[-1])), "minutes": round(sum(times) / 60),
        "equal": _equal(found.get(CONTROL)),
    }  # fmt: skip


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}"


def _equal(control: Tried | None) -> str:
    if control is None:
        return "were not compared"
    other = ", ".join(f"`{one}`" for one in control.caught)
    return f"differ in {other}" if other else "compare equal"


def _row(one: Mutant, tried: Tried) -> str:
    shown = ", ".join(f"`{name}`" for name in tried.caught[:_SHOWN])
    more = f" and {len(tried.caught) - _SHOWN} more" if len(tried.caught) > _SHOWN else ""
    others = [name for name in tried.failed if name != one.requirement] + list(tried.lost)
    where = "" if one.jurisdiction == CHONGQING else f" ({one.jurisdiction})"
    if tried.again:
        others = [f"{', '.join(others) or '–'} (second try; first: {', '.join(tried.before) or 'nothing'})"]
    return (
        f"| `{one.name}` | {one.said.zh} · {one.said.en}{where} | {one.requirement} "
        f"| {shown or 'nothing'}{more} | {', '.join(others) or '–'} | {tried.tried} |"
    )


def page_of(folder: Path) -> int:
    """Write the page of what was found; 1 where a mutant was not tried."""
    mutants, found = all_mutants(), kept(folder)
    missing = sorted(set(mutants) - set(found))
    if missing:
        sys.stderr.write(f"not tried yet: {', '.join(missing)}\n")
        return 1
    DOCUMENT.write_text(page(mutants, found), "utf-8")
    return 0
