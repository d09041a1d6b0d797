"""Mutants of ledger and feed: what happened is not told, told otherwise, or can be changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from mutants.mutant import instead, mutant

ROW, TRACE = "SC-32", "CQ49附3.1"


def _pages(change: Callable[[list[Any]], list[Any]]) -> None:
    """Change the entries of every page that is pulled."""
    from gateway.feed.pull import Pull

    def make(read: Any) -> Any:
        def changed(self: Any, tenant: str, asked: Any) -> Any:
            page = read(self, tenant, asked)
            page.documents = change(page.documents)
            return page

        return changed

    instead(Pull, "read", make)


@mutant(ROW, "监管数据每隔一条审核记录漏报一条", "every other review is missing from the feed")
def feed_drops_some() -> None:
    _pages(lambda documents: [one for one in documents if one.entry.kind != "review" or one.entry.n % 2])


@mutant(ROW, "就诊的更正（如结束）不上报", "corrections of a visit are not told")
def feed_drops_corrections() -> None:
    _pages(
        lambda documents: [
            one for one in documents if (one.entry.kind, one.entry.event) != ("visit", "corrected")
        ]
    )


@mutant(ROW, "评价不上报", "a kind of document is left out: evaluations")
def feed_leaves_out_a_kind() -> None:
    _pages(lambda documents: [one for one in documents if one.entry.kind != "evaluation"])


@mutant(ROW, "知情同意重复上报", "consents are told twice")
def feed_tells_twice() -> None:
    _pages(lambda documents: [
        each for one in documents for each in [one] * (1 + (one.entry.kind == "consent"))
    ])  # fmt: skip


@mutant(ROW, "平台未收到的也记为已确认", "what the platform did not take stands as acknowledged")
def acknowledged_too_early() -> None:
    from gateway.feed.receiver.wire import Verdict
    from gateway.feed.relay.relay import Relay

    def make(judge: Any) -> Any:
        def believing(self: Any, documents: Any, reply: Any) -> Any:
            judged = judge(self, documents, reply)
            return judged if reply.status == 503 else Verdict("acknowledged")  # 503: it was away

        return believing

    instead(Relay, "_judge", make)


@mutant(TRACE, "台账的链条断裂", "the chain of the ledger is broken")
def chain_broken() -> None:
    def change(documents: list[Any]) -> list[Any]:
        return [dataclasses.replace(one, entry=dataclasses.replace(one.entry, prev=one.entry.prev[::-1]))
                if one.entry.n % 3 == 0 else one for one in documents]  # fmt: skip

    _pages(change)


@mutant(TRACE, "条目的哈希不覆盖文书全文", "an entry's hash does not cover its documents")
def hash_of_nothing() -> None:
    from gateway.store.ledger import appending

    def effective(body: bytes) -> bool:  # of an entry after which no other one of the document waits
        return b'"MedicationRequest"' in body and b'"active"' in body

    def make(sha_of: Any) -> Any:
        def of_nothing(bodies: list[bytes], hashed: Any) -> Any:
            return sha_of([body[:1] for body in bodies] if any(map(effective, bodies)) else bodies, hashed)

        return of_nothing

    instead(appending, "sha_of", make)


@mutant(TRACE, "包含证明不成立", "a proof of inclusion does not hold")
def proof_wrong() -> None:
    from gateway.canonical import merkle

    instead(merkle, "inclusion", lambda made: lambda *given: [one[::-1] for one in made(*given)])


@mutant(TRACE, "台账提到的患者和诊断可以删除", "what an entry names can be deleted")
def named_is_deleted() -> None:
    from gateway.feed.visit import governor, lasting

    instead(lasting, "check_lasting", lambda _: lambda desk, made: None)
    assert governor.check_lasting is lasting.check_lasting


@mutant(TRACE, "在册的签名可以改动", "a signature that is on file is changed")
def signature_is_edited() -> None:
    from gateway.feed.visit import governor, reserved

    def make(keep: Any) -> Any:
        def lenient(desk: Any, made: Any, occasion: Any) -> None:
            keep(desk, [one for one in made if one.type != "Provenance"], occasion)

        return lenient

    instead(reserved, "keep", make)
    assert governor.keep is reserved.keep


@mutant(TRACE, "截短的台账不被发现", "who has more than there is is told that all is there")
def cut_unnoticed() -> None:
    from gateway.feed.pull import Pull

    def make(read: Any) -> Any:
        def silent(self: Any, tenant: str, asked: Any) -> Any:
            size = self.store.ledger.head(tenant).size
            return read(self, tenant, dataclasses.replace(asked, after=min(asked.after, size)))

        return silent

    instead(Pull, "read", make)


@mutant(TRACE, "查阅不留痕迹", "who reads leaves no trace")
def reading_untraced() -> None:
    from gateway.api.read_trail import ReadTrail

    instead(ReadTrail, "note", lambda _: lambda self, *given, **more: None)


@mutant(ROW, "任何人的会签都被接受", "anybody's countersignature is taken")
def any_countersignature() -> None:
    from gateway.feed.pull import Pull

    def make(_: Any) -> Any:
        def trusting(self: Any, tenant: str, size: int, signature: str, client: str) -> None:
            head = self.store.ledger.head(tenant, size)
            self.store.ledger.countersign(tenant, head, client, "".join(signature.split()).encode())

        return trusting

    instead(Pull, "countersign", make)


@mutant(ROW, "内容不符的确认也算收到", "who acknowledges what he never read is believed")
def acknowledged_unread() -> None:
    from gateway.feed.pull import Pull

    def make(_: Any) -> Any:
        def believing(self: Any, tenant: str, client: str, n: int, hash_: str) -> None:
            self.store.feed_places.acknowledge(tenant, client, min(n, self.store.ledger.head(tenant).size))

        return believing

    instead(Pull, "acknowledge", make)


@mutant("CQ49-2.1", "知情同意书送不到监管平台", "one kind of data never reaches the platform: consents")
def connected_in_part() -> None:
    from gateway.errors import Rejected
    from gateway.feed.relay.relay import Relay

    def make(request: Any) -> Any:
        def lacking(self: Any, batch: Any) -> Any:
            if any(one.entry.kind == "consent" for one in batch):
                raise Rejected("the platform has no place for it", code="not-supported")
            return request(self, batch)

        return lacking

    instead(Relay, "_request", make)
