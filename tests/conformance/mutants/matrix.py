"""Matrix: what was found in each mutant, kept as it is found, and printed as a page of the documentation."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mutants.fingerprint import fingerprint
from mutants.mutant import CHONGQING, Mutant, all_mutants
from mutants.reach import harness, rows

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
        fingerprint: of the mutant.
        share: these were not all.
        again: it was tried once more, alone.
        before: requirements that showed less at the first attempt, where it was tried again.
        harness: hash of the harness that tried all of them, or the first.
        commit: the state of the repository in which it did, as git names it.
        rows: requirement → hash of its checks and of their suites' files, as they were tried.
        apart: suites of which checks were tried again since, by themselves.
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
    harness: str = ""
    commit: str = ""
    rows: Mapping[str, str] = field(default_factory=dict)
    apart: tuple[str, ...] = ()


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


def page(mutants: Mapping[str, Mutant], found: Mapping[str, Tried], *, only_suites: bool = False) -> str:
    """Return the page.

    Args:
        only_suites: who asked holds that what changed in the harness changes no verdict.

    Raises:
        KeyError: a mutant was not tried.
    """
    lines = "\n".join(_row(mutants[name], found[name]) for name in sorted(mutants))
    said = _joined([found[name] for name in mutants], only_suites)
    return TEMPLATE.read_text("utf-8").format(rows=lines, joined=said, **_figures(mutants, found))


def _figures(mutants: Mapping[str, Mutant], found: Mapping[str, Tried]) -> dict[str, object]:
    tried = [found[name] for name in mutants]
    exactly = sum(one.failed == (mutants[one.name].requirement,) and not one.lost for one in tried)
    whole = sum(_as_today(mutants[one.name], one) for one in tried)
    times, checks = sorted(one.seconds for one in tried), sorted(one.tried for one in tried)
    return {
        "count": len(mutants), "requirements": len({one.requirement for one in mutants.values()}),
        "exactly": exactly,
        "whole": f"{whole} of them{'' if whole == len(tried) else ', on the others a share, or others'}",
        "checks": _span(checks[0], checks[-1]),
        "caught": len({name for one in tried for name in one.caught}),
        "seconds": _span(round(times[0]), round(times[-1])), "minutes": round(sum(times) / 60),
        "equal": _equal(found.get(CONTROL)),
    }  # fmt: skip


def _as_today(one: Mutant, tried: Tried) -> bool:
    return not tried.share and (tried.fingerprint, tried.rows) == (fingerprint(one), rows(one.jurisdiction))


def _joined(tried: Sequence[Tried], only_suites: bool) -> str:
    """Say of which mutants the findings come of more than one run, or of another harness."""
    parts = [one for one in tried if one.apart]
    older = [one for one in tried if one.harness != harness()]
    said = ""
    if parts:
        suites = ", ".join(f"`{name}`" for name in sorted({name for one in parts for name in one.apart}))
        said += (
            f"\n\nWhat was found in {len(parts)} mutants comes of two runs, or more: when suites had "
            "changed, all checks of the\nrequirements that these look at were tried again by themselves "
            f"(they are of {suites});\nwhat the other checks found is of the run before, in which the "
            f"gateway was that of {_commits(parts)}."
        )
    if older:
        said += (
            f"\n\nIn {len(older)} mutants what was not tried again was found with the harness of "
            f"{_commits(older)}; it is another one today"
        )
        said += (
            ", but, as who asked for this sweep holds, not in what makes a verdict." if only_suites else "."
        )
    return said


def _commits(tried: Sequence[Tried]) -> str:
    return ", ".join(sorted({f"`{one.commit}`" if one.commit else "an unknown commit" for one in tried}))


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


def page_of(folder: Path, *, only_suites: bool = False) -> int:
    """Write the page of what was found; 1 where a mutant was not tried."""
    mutants, found = all_mutants(), kept(folder)
    missing = sorted(set(mutants) - set(found))
    if missing:
        sys.stderr.write(f"not tried yet: {', '.join(missing)}\n")
        return 1
    DOCUMENT.write_text(page(mutants, found, only_suites=only_suites), "utf-8")
    return 0
