"""The command line: every sub-command with its options; what they do is in modules of their names."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

from conformance.command.words import say

Parsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse has no public name for it
REPORT = Path("conformance-report")
REGISTER = Path("attestations.json")
_MODULES = {
    "run": "running", "attest": "attesting", "compare": "comparing", "verify": "verifying", "sign": "signing",
    "list": "listing", "report": "reporting", "testscript": "testscripts", "demo": "demonstrating",
}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    made = argparse.ArgumentParser(
        prog="qiao conformance", description=say("conformance"), allow_abbrev=False
    )
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for declare in (_run, _demo, _attest, _compare, _verify, _sign, _list, _report, _testscript):
        declare(commands)
    return made


def _later(name: str) -> Callable[[argparse.Namespace], int]:
    """Return what runs a command; its module is imported when it is called, so that help is quick."""

    def run(options: argparse.Namespace) -> int:
        done: int = importlib.import_module(f"conformance.command.{name}").run(options)
        return done

    return run


def _command(commands: Parsers[argparse.ArgumentParser], name: str) -> argparse.ArgumentParser:
    # Nothing is abbreviated: `--tok` would be a token that nobody knows to hide.
    made = commands.add_parser(name, help=say(name), description=say(name), allow_abbrev=False)
    made.add_argument("--json", action="store_true", help=say("json"))
    made.add_argument("--lang", choices=("zh", "en"), help=say("lang"))
    made.set_defaults(run=_later(_MODULES[name]))
    return made


def _day(text: str) -> date:
    """Return a day, for argparse."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(say("no-day")) from None


def _target(made: argparse.ArgumentParser) -> None:
    made.add_argument("--target", required=True, metavar="URL|FILE", help=say("target"))
    made.add_argument("--token", default="", metavar="TOKEN", help=say("token"))
    made.add_argument("--profile", default="fhir", metavar="NAME", help=say("profile"))
    made.add_argument("--ca", type=Path, metavar="PEM", help=say("ca"))


def _run(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "run")
    _target(made)
    made.add_argument("--jurisdiction", action="append", default=[], metavar="ID", help=say("jurisdiction"))
    made.add_argument("--suite", action="append", default=[], metavar="NAME", help=say("suite"))
    made.add_argument("--check", action="append", default=[], metavar="ID", help=say("check"))
    made.add_argument("--report", type=Path, default=REPORT, metavar="DIR", help=say("report-dir"))
    made.add_argument("--only-failed", type=Path, metavar="DIR", help=say("only-failed"))
    made.add_argument("--resume", action="store_true", help=say("resume"))
    made.add_argument("--fresh", action="store_true", help=say("fresh"))
    made.add_argument("--jobs", type=int, default=4, metavar="N", help=say("jobs"))
    made.add_argument("--day", type=_day, metavar="DATE", help=say("day"))
    made.add_argument("--within", type=float, default=0.0, metavar="SECONDS", help=say("within"))
    made.add_argument("--seed", type=int, default=7, metavar="N", help=say("seed"))
    made.add_argument("--keep", action="store_true", help=say("keep"))
    made.add_argument(
        "--suites-from", type=Path, action="append", default=[], metavar="DIR", help=say("suites-from")
    )
    made.add_argument("--attestations", type=Path, default=REGISTER, metavar="FILE", help=say("attestations"))
    made.add_argument("--no-pdf", action="store_true", help=say("no-pdf"))
    made.add_argument("--key", type=Path, metavar="PEM", help=say("key"))
    made.add_argument("--who", default="", metavar="NAME", help=say("tester"))


def _demo(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "demo")
    made.add_argument("--jurisdiction", action="append", default=[], metavar="ID", help=say("jurisdiction"))
    made.add_argument("--report", type=Path, default=REPORT, metavar="DIR", help=say("report-dir"))
    made.add_argument("--jobs", type=int, default=4, metavar="N", help=say("jobs"))
    made.add_argument("--no-pdf", action="store_true", help=say("no-pdf"))


def _attest(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "attest")
    made.add_argument("requirement", metavar="REQUIREMENT", help=say("attest.requirement"))
    made.add_argument("--method", choices=("document", "onsite"), required=True, help=say("attest.method"))
    made.add_argument(
        "--finding", choices=("conformant", "nonconformant"), required=True, help=say("attest.finding")
    )
    made.add_argument("--who", required=True, help=say("attest.who"))
    made.add_argument("--role", required=True, help=say("attest.role"))
    made.add_argument("--when", metavar="DATE", help=say("attest.when"))
    made.add_argument("--until", metavar="DATE", help=say("attest.until"))
    made.add_argument("--note", default="", help=say("attest.note"))
    made.add_argument(
        "--evidence", type=Path, action="append", default=[], metavar="FILE", help=say("attest.evidence")
    )
    made.add_argument("--attestations", type=Path, default=REGISTER, metavar="FILE", help=say("attestations"))


def _compare(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "compare")
    made.add_argument("a", type=Path, metavar="A", help=say("compare.a"))
    made.add_argument("b", type=Path, metavar="B", help=say("compare.b"))


def _verify(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "verify")
    made.add_argument("folder", type=Path, metavar="DIR", help=say("folder"))
    made.add_argument("--trust", action="append", default=[], metavar="PEM|FINGERPRINT", help=say("trust"))


def _sign(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "sign")
    made.add_argument("folder", type=Path, metavar="DIR", help=say("folder"))
    made.add_argument("--role", choices=("review", "responsible"), required=True, help=say("sign.role"))
    made.add_argument("--key", type=Path, metavar="PEM", help=say("key"))
    made.add_argument("--who", default="", help=say("attest.who"))


def _list(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "list")
    what = ("checks", "suites", "requirements", "profiles")
    made.add_argument("what", nargs="?", choices=what, default="suites", help=say("list.what"))
    made.add_argument("--jurisdiction", action="append", default=[], metavar="ID", help=say("jurisdiction"))
    made.add_argument(
        "--suites-from", type=Path, action="append", default=[], metavar="DIR", help=say("suites-from")
    )


def _report(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "report")
    made.add_argument("folder", type=Path, metavar="DIR", help=say("folder"))
    made.add_argument("--fresh", action="store_true", help=say("report.fresh"))
    made.add_argument("--no-pdf", action="store_true", help=say("no-pdf"))
    made.add_argument("--key", type=Path, metavar="PEM", help=say("key"))
    made.add_argument("--who", default="", metavar="NAME", help=say("tester"))


def _testscript(commands: Parsers[argparse.ArgumentParser]) -> None:
    made = _command(commands, "testscript")
    made.add_argument("files", type=Path, nargs="+", metavar="FILE", help=say("testscript.files"))
    _target(made)
    made.add_argument("--destination", action="append", default=[], metavar="N=URL", help=say("destination"))
    made.add_argument("--variable", action="append", default=[], metavar="NAME=VALUE", help=say("variable"))
    made.add_argument("--validator", default="", metavar="COMMAND", help=say("validator"))
    made.add_argument("--fixtures", type=Path, metavar="DIR", help=say("fixtures"))
    made.add_argument("--anywhere", action="store_true", help=say("anywhere"))
    made.add_argument("--report", type=Path, metavar="DIR", help=say("testreports"))
