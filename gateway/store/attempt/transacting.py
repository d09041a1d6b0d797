"""One Transact of a batch: its changes or its act, governed; whatever goes wrong in it costs it alone."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import Ground
from gateway.store.attempt.gathered import Gathered
from gateway.store.attempt.overseeing import govern
from gateway.store.attempt.undo import Undo
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.conditions import concerned, needs
from gateway.store.direct import pipelined
from gateway.store.ending import refusal
from gateway.store.engines import database_wide
from gateway.store.governing import Occasion
from gateway.store.interaction import Interactions
from gateway.store.model import Result, Transact, Transacted
from gateway.store.transact import Transaction


def transact(gathered: Gathered, item: Transact) -> Transacted:
    """Make the changes of one interaction, or let it act; an error is its result."""
    ticks, own = gathered.ticks[item.tenant], Changes(gathered.changes)
    undo, need = Undo(gathered, ticks), needs(item)
    if need.undo or (need.searches and concerned(item, ticks.no, gathered.changes)):
        with pipelined(gathered.connection):
            gathered.changes.flush(gathered.connection)
            if need.undo:
                undo.save("transact")
    interactions = gathered.interactions(item.source, ticks, own, beside=item.joins)
    zone = gathered.memory.applier.zone
    transaction = Transaction(item, interactions, ticks, zone, linked=need.linked)
    try:
        if item.act is not None:
            result = _acted(gathered, item, interactions, ticks)
        else:
            result = _written(gathered, item, transaction, interactions, ticks)
        gathered.changes.absorb(own)
    except Exception as error:
        if database_wide(error):
            raise
        undo.back()
        gathered.count(error, ticks, "api")
        result = Transacted(error=refusal(error), at=transaction.at)
    undo.end()
    return result


def _acted(gathered: Gathered, item: Transact, interactions: Interactions, ticks: Ticks) -> Transacted:
    assert item.act is not None
    result = Transacted(answer=item.act(gathered.desk(interactions, ticks, item.source)))
    if item.joins:
        interactions.changes.made.clear()  # what the act wrote itself is nobody's to judge
        govern(gathered, interactions, ticks, _occasion(gathered, item), "merged")
    return result


def _written(
    gathered: Gathered, item: Transact, transaction: Transaction, interactions: Interactions, ticks: Ticks
) -> Transacted:
    result = Transacted(transaction.run())
    occasion = _occasion(gathered, item)
    _remark(result.results, govern(gathered, interactions, ticks, occasion, "written"))
    interactions.changes.made.clear()  # what the governor wrote is nobody's to judge
    if transaction.follow(result.results):
        govern(gathered, interactions, ticks, occasion, "merged")
    return result


def _occasion(gathered: Gathered, item: Transact) -> Occasion:
    return Occasion("api", item.source, "", item.caller, gathered.memory.rehearsed)


def _remark(results: Sequence[Result], told: Sequence[tuple[str, Ground]]) -> None:
    """Hand each result what the governor has to say of its resource."""
    for one in results if told else ():
        if one.version is not None:
            name = f"{one.version.type}/{one.version.id}"
            one.remarks = tuple(remark for about, remark in told if about == name)
