"""Whole runs against a standing demo: nothing goes wrong in the harness, and all that fails is known."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.catalogue.__main__ import main as examine_catalogue
from conformance.command import main
from conformance.harness.verdict import Verdict
from conformance.result.model import Result, load

pytestmark = pytest.mark.xdist_group("whole-run")

KNOWN: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    Path(__file__).with_name("known-nonconformities.yaml").read_text("utf-8")
)
PATIENTS = "24"
"""Of the day that is played before: enough that every sort of data is there to be looked at."""
WAIT = 6
"""Seconds for which a gateway of another jurisdiction is waited for: some of what is asked never comes."""
LOADING = {"src", "srcset", "data", "poster", "background", "manifest", "action", "formaction"}
"""Attributes with which a page asks for something by itself."""


def known(what: str, *jurisdictions: str) -> set[str]:
    """Return the checks, or patterns of them, that are known not to pass."""
    return {name for one in ("everywhere", *jurisdictions) for name in KNOWN.get(one, {}).get(what, {})}


def unlike(found: Iterable[str], patterns: set[str]) -> tuple[set[str], set[str]]:
    """Return what no pattern knows, and the patterns that know nothing that was found."""
    ids = set(found)
    strangers = {one for one in ids if not any(fnmatch.fnmatchcase(one, pattern) for pattern in patterns)}
    return strangers, {one for one in patterns if not fnmatch.filter(ids, one)}


def of(result: Result, *verdicts: Verdict) -> dict[str, str]:
    """Return check → reason of those that ended so."""
    return {one.id: one.reason.en if one.reason else "" for one in result.checks if one.verdict in verdicts}


def gone(target: Path, folder: Path, *arguments: str) -> Result:
    """Run everything; the report is not printed as PDF, which takes as long as the run."""
    code = main(["run", "--target", str(target), "--report", str(folder), "--no-pdf", "--json", *arguments])
    result = load(folder)
    assert code == (1 if of(result, Verdict.FAIL, Verdict.ERROR) else 0)
    return result


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a key and a register of its own, to work in."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def demo(stand: Any, away: Path) -> Iterator[Path]:
    """The ``target.yaml`` of a demo in which a day was played."""
    (away / "demo").mkdir()
    with stand(away / "demo", "--patients", PATIENTS, idle=False) as standing:
        yield standing.target


@pytest.fixture(scope="module")
def first(demo: Path, away: Path) -> Result:
    """A whole run."""
    return gone(demo, away / "first")


@pytest.fixture(scope="module")
def second(first: Result, demo: Path, away: Path) -> Result:
    """Another one, of the same gateway, in which the first has left what must stay."""
    return gone(demo, away / "second")


def test_all_of_it_is_tried_and_nothing_goes_wrong_in_the_harness(first: Result) -> None:
    assert first.errors == ()
    assert not of(first, Verdict.ERROR)
    assert first.run.complete
    tried = of(first, Verdict.PASS, Verdict.FAIL)
    assert len(tried) >= 200
    assert {one.partition(".")[0] for one in tried} == set(first.run.suites)


def test_what_fails_is_what_the_gateway_does_not_offer(first: Result) -> None:
    failed = of(first, Verdict.FAIL)
    strangers, mended = unlike(failed, known("fails", "cn-chongqing"))
    assert not strangers, {one: failed[one] for one in strangers}
    assert not mended, "it passes: take the line out of known-nonconformities.yaml"


def test_what_is_skipped_has_a_reason_that_is_known(first: Result) -> None:
    skipped = of(first, Verdict.SKIP, Verdict.NOT_TESTED)
    strangers, mended = unlike(skipped, known("skipped", "cn-chongqing"))
    assert not strangers, {one: skipped[one] for one in strangers}
    assert not mended
    assert all(skipped.values())


def test_two_runs_compare_equal(second: Result, away: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert second.run.complete
    capsys.readouterr()
    assert main(["compare", str(away / "first"), str(away / "second"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for what in ("failures", "lost", "mended", "changed", "came", "went", "reasons"):
        assert found[what] == [], what


def test_most_of_what_is_no_duty_of_the_organisation_has_a_check(first: Result) -> None:
    assert first.coverage.percent >= 80
    assert examine_catalogue(["--json"]) == 0


class _Asking(HTMLParser):
    """What a page loads by itself, as the browser that opens it would."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loading = LOADING | ({"href"} if tag in ("link", "base", "image", "use") else set())
        inside = ("data:", "#")
        self.asked += [
            f"{tag} {name}={value}"
            for name, value in attrs
            if name in loading and not (value or "").startswith(inside)
        ]


def test_the_report_opens_without_a_network(first: Result, away: Path) -> None:
    page = (away / "first" / "index.html").read_text("utf-8")
    asking = _Asking()
    asking.feed(page)
    assert asking.asked == []
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL))
    assert not re.search(r"@import|url\((?!['\"]?(?:data:|#))", styles)
    assert "自测证据，非法定检测报告" in page


def test_the_report_verifies(first: Result, away: Path) -> None:
    assert main(["verify", str(away / "first")]) == 0
    evidence = next((away / "first" / "evidence").iterdir())
    before = evidence.read_bytes()
    evidence.write_bytes(before + b" ")
    assert main(["verify", str(away / "first")]) == 1
    evidence.write_bytes(before)


@pytest.mark.parametrize(
    ("jurisdiction", "rows", "arguments"),
    [
        ("cn-yunnan", "YN-*", ()),
        # The text ran out: what fails because the gateway only warns now must not count against it.
        ("cn-sichuan", "SC-*", ("--day", "2025-06-01")),
    ],
)
def test_other_jurisdictions_have_their_own_rows(
    jurisdiction: str, rows: str, arguments: tuple[str, ...], stand: Any, away: Path
) -> None:
    (away / jurisdiction).mkdir()
    with stand(away / jurisdiction, "--jurisdiction", jurisdiction) as standing:
        settings = {**standing.said.get("settings", {}), "wait": WAIT}
        standing.target.write_text(yaml.safe_dump({**standing.said, "settings": settings}), "utf-8")
        found = gone(standing.target, away / f"report-{jurisdiction}", "--check", rows, *arguments)
    assert found.errors == ()
    assert not of(found, Verdict.ERROR)
    assert len(of(found, Verdict.PASS)) >= 10
    for what, verdicts in (("fails", (Verdict.FAIL,)), ("skipped", (Verdict.SKIP, Verdict.NOT_TESTED))):
        reasons = of(found, *verdicts)
        strangers, _ = unlike(reasons, known(what, jurisdiction))
        assert not strangers, {one: reasons[one] for one in strangers}
        assert not unlike(reasons, set(KNOWN.get(jurisdiction, {}).get(what, {})))[1]
