"""``qiao conformance``: what follows its name reaches the program of the conformance package unchanged."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType

import pytest

from gateway import cli

Seen = list[tuple[list[str], str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What the program was called with; it returns 3, as for new failures."""
    calls: Seen = []

    def main(argv: Sequence[str], lang: str) -> int:
        calls.append((list(argv), lang))
        return 3

    program = ModuleType("conformance.command")
    vars(program)["main"] = main
    monkeypatch.setitem(sys.modules, "conformance.command", program)
    return calls


def test_options_reach_the_program_as_they_stand_and_its_exit_code_comes_back(seen: Seen) -> None:
    given = ["run", "--target", "target.yaml", "--suite=serials", "--json", "-x", "--lang", "zh"]
    assert cli.main(["conformance", *given]) == 3
    assert seen == [(given, "zh")]


@pytest.mark.parametrize("arguments", [["--lang", "en", "conformance"], ["conformance", "--lang=en"]])
def test_the_language_may_stand_before_and_behind_the_name(seen: Seen, arguments: list[str]) -> None:
    cli.main([*arguments, "list"])
    assert [lang for _, lang in seen] == ["en"]


def test_help_is_the_programs_own(seen: Seen) -> None:
    cli.main(["conformance", "--help"])
    cli.main(["conformance"])
    assert [given for given, _ in seen] == [["--help"], []]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_shows_what_the_program_can_do(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--lang", lang, "conformance", "--help"]) == 0
    shown = capsys.readouterr().out
    assert [one for one in ("run", "attest", "compare", "verify") if one not in shown] == []
