"""A look at the Subscriptions for ``qiao doctor``: how many there are, and which do not get through."""

from __future__ import annotations

from gateway.cli.looks import Remark
from gateway.cli.stores import existing_store, there_is_a_store
from gateway.cli.words import say, say_fault
from gateway.settings import Settings

SHOWN = 5
"""Of those in error; more are counted."""


def subscriptions(settings: Settings) -> str:
    """Look for Subscriptions in error: they are tried again by themselves, but their receivers wait."""
    if not there_is_a_store(settings):
        return say("doctor.subscriptions.none")
    with existing_store(settings) as store:
        tenants = {number: name for name, number, _ in store.subscriptions.clocks()}
        standings = store.subscriptions.standings()
    if not standings:
        return say("doctor.subscriptions.none")
    failing = [one for one in standings if one.status == "error"]
    text = say("doctor.subscriptions", count=len(standings), failing=len(failing))
    if not failing:
        return text
    listed = [
        f"Subscription/{one.id} ({tenants.get(one.tenant, one.tenant)}): {say_fault(one.error)}"
        for one in failing[:SHOWN]
    ]
    listed += [say("doctor.subscriptions.more", count=len(failing) - SHOWN)] if len(failing) > SHOWN else []
    raise Remark("info", f"{text}: {'; '.join(listed)}")
