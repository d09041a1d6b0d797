"""Mutants of feedback, reports and records."""

from __future__ import annotations

import dataclasses
from typing import Any

from mutants.mutant import YUNNAN, dropped, instead, mutant

dropped("purged-early", "NAT-21.1", ("nat-21-kept",),
        "病历未满年限即可清除", "a record is purged before its years are over")  # fmt: skip
dropped("no-record", "NAT-21.1", ("nat-21-record", "cq49-5-record"),
        "没有病历也可以结束就诊", "a visit is finished without a record")  # fmt: skip


@mutant("CQ49-5.3", "反馈没有时限", "a finding has no deadline")
def no_deadline() -> None:
    from gateway.feed.feedback import task

    def make(begun: Any) -> Any:
        def endless(id_: str, code: str, *rest: Any) -> Any:
            made = begun(id_, code, *rest)
            return {name: one for name, one in made.items() if name != "restriction" or code != "feedback"}

        return endless

    instead(task, "begun", make)


@mutant("CQ49-5.3", "严重的反馈与轻微的同一时限", "a grave finding may take as long as a light one")
def one_deadline() -> None:
    from gateway.feed.feedback.deadlines import Duties

    def make(due_us: Any) -> Any:
        def late(self: Any, name: str, from_us: int) -> int:
            return int(due_us(self, "finding-low" if name.startswith("finding-") else name, from_us))

        return late

    instead(Duties, "due_us", make)


@mutant("CQ49-5.3", "医院可以自行销号", "the hospital closes what the regulator found")
def hospital_closes() -> None:
    from gateway.feed.feedback import moves

    def make(move: Any) -> Any:
        def anybody(desk: Any, duties: Any, id_: str, act: str, said: Any) -> Any:
            return move(desk, duties, id_, act, dataclasses.replace(said, by="operator"))

        return anybody

    instead(moves, "move", make)


@mutant("NAT-22", "超时上报的不良事件不作标记", "an adverse event that is told late is not marked")
def late_unmarked() -> None:
    from gateway.feed.feedback import adverse

    instead(adverse, "_late", lambda _: lambda desk, duties, event: None)


@mutant("NAT-23.2", "泄露只报告一个部门", "a breach is told to one authority alone", YUNNAN)
def one_authority() -> None:
    from gateway.feed.feedback import deadlines

    def make(duties: Any) -> Any:
        def fewer(*given: Any) -> Any:
            found = duties(*given)
            return dataclasses.replace(
                found, recipients=dataclasses.replace(found.recipients, to=found.recipients.to[:1])
            )

        return fewer

    instead(deadlines, "duties", make)


def _told_otherwise(change: Any) -> None:
    """Change the Communication of a breach: ``change(communication)``."""
    from gateway.feed.feedback import breach

    instead(breach, "_communication", lambda made: lambda *given: change(made(*given)))


@mutant("NAT-23.2", "泄露报告没有收件机关", "a breach is reported to nobody")
def breach_unaddressed() -> None:
    _told_otherwise(lambda one: {name: value for name, value in one.items() if name != "recipient"})


@mutant("NAT-23.2", "监管数据中的泄露报告没有内容", "of a breach the feed tells an entry, and not the report")
def breach_untold() -> None:
    from gateway.feed.pull import Pull

    def make(read: Any) -> Any:
        def silent(self: Any, tenant: str, asked: Any) -> Any:
            page = read(self, tenant, asked)
            page.documents = [
                dataclasses.replace(one, members=(), context={}) if "breach" in one.entry.kind else one
                for one in page.documents
            ]
            return page

        return silent

    instead(Pull, "read", make)


@mutant("SC-38", "投诉不经答复即可了结", "a complaint is closed without an answer")
def complaint_unanswered() -> None:
    from gateway.feed.feedback import states

    table = states.COURSES["complaint"]
    closing = next(move for (_, act), move in table.items() if act == "close")
    table.update({(state, "close"): closing for state, _ in list(table)})  # type: ignore[attr-defined]
