"""Unique serials: what passed the platform carries one of its own (渝卫发〔2019〕49号 annex 3, note 5)."""

from __future__ import annotations

import re

from conformance.harness.check import Case, Suite, check, checks
from conformance.harness.feed import Feed
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words
from conformance.simulators.jws import place
from conformance.suites.supervision import serial as serial_form
from conformance.suites.supervision import serials_apart, serials_kept
from conformance.suites.supervision.acts import SIGNS
from conformance.suites.supervision.serial import carried as numbers_of
from conformance.suites.supervision.serial import check_digits_fit, found_by, same, told
from conformance.suites.supervision.serials_apart import KINDS, ROW, documents, ordered

SUITE = Suite("serials", zh="唯一流水号", en="Unique serials")
PARTS = (serial_form, serials_apart, serials_kept)


def _cases(zh: str, en: str, *needs: str) -> list[Case]:
    """Return one case for each kind of document."""
    return [
        Case(kind, ROW, Words(f"{name.zh}{zh}", f"{name.en} {en}"), (kind,), True, (*SIGNS, *needs))
        for kind, name in KINDS.items()
    ]


@checks(_cases("重复提交得到同一流水号", "keeps its serial when it is submitted again"))
def repeated(run: Run, kind: str) -> None:
    """Submit one document twice with the same signature."""
    scene = Scene(run).begun()
    parts = documents(scene, kind)
    run.given(scene.write(parts), "写入草稿", "the draft is written")
    signature = scene.signed(parts)
    run.step("提交", "the document is submitted")
    serial = told(run, scene.submit(parts, signature=signature), parts)
    run.step("以同样内容再次提交", "the same is submitted again")
    again = scene.submit(parts, signature=signature)
    run.done(again, "再次提交得到同样的答复", "it is answered again")
    same(run, told(run, again, parts) == serial, "流水号不变", "the serial is the same")


@checks(_cases("的流水号写在文书内", "carries its serial in the document itself"))
def carried(run: Run, kind: str) -> None:
    """Look at every part of a document, where the target says: all of them have the one serial."""
    scene = Scene(run).begun()
    parts = documents(scene, kind)
    run.step("提交并读取", "it is submitted and read")
    serial = ordered(run, scene, parts)
    for one in parts:
        what = one["resourceType"]
        same(run, serial in numbers_of(run, place(one)), f"{what} 带有该流水号", f"the {what} carries it")


@checks(_cases("的流水号随监管数据上报", "is reported with its serial", "feed", "actions.feed_status"))
def reported(run: Run, kind: str) -> None:
    """Pull the feed: the entry of the document says the serial that was told."""
    scene, feed = Scene(run).begun(), Feed(run)
    before = feed.size()
    parts = documents(scene, kind)
    run.step("提交并拉取监管数据", "it is submitted, and the feed is pulled")
    serial = ordered(run, scene, parts)
    pages = feed.until(before, lambda told: any(one.serial == serial for one in told))
    mine = [one for page in pages for one in page.entries if one.serial == serial]
    names = {place(one) for one in parts}
    many = Words(f"{len(mine)} 条", f"{len(mine)} entries")
    run.expect(bool(mine), "监管数据中有该流水号", "the serial is in the feed", many)
    alone = all(one.document in names for one in mine)
    run.expect(alone, "且只属于该文书", "and belongs to this document alone")


@checks(_cases("的流水号校验码正确、格式符合声明", "has a serial whose check character and form are right"))
def well_formed(run: Run, kind: str) -> None:
    """Compute the check character; one changed character must not fit."""
    scheme, pattern = (str(run.target.setting(f"serials.{name}", "")) for name in ("check", "pattern"))
    if not scheme and not pattern:
        raise Skipped(
            "目标未声明流水号格式（settings.serials）",
            "the target declares no form of serials (settings.serials)",
        )
    scene = Scene(run).begun()
    run.step("提交并核对流水号", "it is submitted, and its serial is looked at")
    _fits(run, ordered(run, scene, documents(scene, kind)), scheme, pattern)


def _fits(run: Run, serial: str, scheme: str, pattern: str) -> None:
    if pattern:
        fits = re.fullmatch(pattern, serial) is not None
        run.expect(fits, "格式符合声明", "it has the form that is declared")
    if scheme:
        fits = len(serial) > 1 and check_digits_fit(scheme, serial)
        run.expect(fits, "校验码正确", "its check character is right")
        wrong = serial[:-2] + ("0" if serial[-2] != "0" else "1") + serial[-1]
        fits = check_digits_fit(scheme, wrong)
        run.expect(not fits, "错一位即不符", "with one character changed it does not fit")


@check(
    ROW,
    zh="按流水号可查到唯一一份文书",
    en="a serial leads to exactly one document",
    critical=True,
    needs=SIGNS,
)
def found_by_serial(run: Run) -> None:
    """Look a request and a prescription up by their serials (R4: requisition, group-identifier)."""
    scene = Scene(run).begun()
    parts, request = scene.prescription(), scene.request("exam")
    for several in (parts, [request]):
        serial = ordered(run, scene, several)
        run.step("按流水号查询", "it is searched by its serial")
        found = found_by(run, several[0]["resourceType"], serial)
        many = Words(f"{len(found)} 份", f"{len(found)} found")
        run.expect(found == [place(several[0])], "只查到该文书", "it finds this document and no other", many)
