"""``qiao conformance list``: what there is to run: suites, checks, requirements, profiles of targets."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.command.printed import as_json, line, notice
from conformance.command.running import stack_of, the_catalogue
from conformance.command.words import said
from conformance.harness.suite import FOLDER, Loaded, load
from conformance.harness.target_file import PROFILES


def run(options: argparse.Namespace) -> int:
    """Print; 1 where a suite cannot be read."""
    loaded = load((FOLDER, *options.suites_from))
    rows = {"checks": _checks, "suites": _suites, "requirements": _requirements, "profiles": _profiles}[
        options.what
    ](loaded, options)
    for one in rows:
        if options.json:
            as_json(one)
        else:
            line("  ".join(str(value) for value in one.values() if value not in ("", None)))
    for broken in loaded.unreadable:
        notice(f"suites/{broken.suite}.py: {broken.what}")
    return 1 if loaded.unreadable else 0


def _checks(loaded: Loaded, options: argparse.Namespace) -> list[dict[str, Any]]:
    return [{"id": one.id, "requirement": one.requirement, "title": said(one.title)} for one in loaded.checks]


def _suites(loaded: Loaded, options: argparse.Namespace) -> list[dict[str, Any]]:
    counts = Counter(one.suite for one in loaded.checks)
    return [
        {"id": name, "checks": counts[name], "title": said(one.title)} for name, one in loaded.suites.items()
    ]


def _requirements(loaded: Loaded, options: argparse.Namespace) -> list[dict[str, Any]]:
    catalogue, day = the_catalogue(), (datetime.now(UTC) + timedelta(hours=8)).date()
    counts = Counter(one.requirement for one in loaded.checks)
    stack = stack_of(options.jurisdiction)
    return [
        {"id": one.id, "checks": counts[one.id], "article": one.article, "title": said(one.title)}
        for one in catalogue.requirements.values()
        if not options.jurisdiction or catalogue.applies(one, stack, day)
    ]


def _profiles(loaded: Loaded, options: argparse.Namespace) -> list[dict[str, Any]]:
    return [{"id": one.stem} for one in sorted(PROFILES.glob("*.yaml"))]
