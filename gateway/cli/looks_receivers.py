"""A look at the receivers for ``qiao doctor``: whether they are set up well, and which are in trouble."""

from __future__ import annotations

from contextlib import closing

from gateway.cli.looks import Remark
from gateway.cli.output import open_existing, there_is_a_store
from gateway.cli.words import say
from gateway.settings import Settings


def receivers(settings: Settings) -> str:
    """Look for alerts of receivers, after their addresses, maps and secrets; a wrong one is raised."""
    from gateway.feed.bundle import Bundler
    from gateway.feed.receiver import open_wire
    from gateway.feed.receiver.opening import Sender

    named = settings.receivers.named
    sender = Sender(Bundler(lambda _: "", lambda _: {}), "", "", settings.store.zone)
    for name, said in named.items():
        open_wire(name, said, sender, settings.receivers.hosts)
    if not named:
        return say("doctor.receivers.none")
    if not there_is_a_store(settings):
        return say("doctor.receivers", count=len(named), failing=0)
    with closing(open_existing(settings)) as store:
        alerts = [one for one in store.alerts.find() if one.subject.startswith("receiver:")]
    failing = sorted({f"{one.tenant}/{one.subject.removeprefix('receiver:')} ({one.kind})" for one in alerts})
    text = say("doctor.receivers", count=len(named), failing=len(failing))
    if not failing:
        return text
    raise Remark("info", f"{text}: {', '.join(failing)}")
