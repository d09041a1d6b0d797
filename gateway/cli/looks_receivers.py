"""A look at the receivers for ``qiao doctor``: whether they are set up well, and which are in trouble."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.looks import Remark
from gateway.cli.stores import existing_store, there_is_a_store
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
    _check_writeback(settings)
    if not named and not settings.writeback:
        return say("doctor.receivers.none")
    failing = _failing(settings) if there_is_a_store(settings) else []
    text = say("doctor.receivers", count=len(named) + len(settings.writeback), failing=len(failing))
    told = [f"{text}: {', '.join(failing)}"] if failing else [text]
    told += [
        say("doctor.receivers.minting", tenant=tenant, names=", ".join(names))
        for tenant, names in _minting(settings).items()
        if len(names) > 1
    ]
    if (failing, told[1:]) == ([], []):
        return text
    raise Remark("info", "; ".join(told))


def _check_writeback(settings: Settings) -> None:
    """Look at the maps, addresses and secrets of every HIS that is written back to; a wrong one is raised."""
    if settings.writeback:
        from gateway.feed.writeback import open_wires
        from gateway.mapping import load_maps

        root = settings.mapping.root
        open_wires(settings, load_maps(Path(root) if root else None))


def _failing(settings: Settings) -> list[str]:
    with existing_store(settings) as store:
        alerts = [one for one in store.alerts.find() if one.subject.startswith("receiver:")]
    return sorted({f"{one.tenant}/{one.subject.removeprefix('receiver:')} ({one.kind})" for one in alerts})


def _minting(settings: Settings) -> dict[str, list[str]]:
    """Return the receivers whose serials count, of each tenant that gets them from a platform."""
    from gateway.feed.kinds import SERIALLED

    found: dict[str, list[str]] = {}
    for name, said in sorted(settings.receivers.named.items()):
        gives = said.gives_serials and (not said.kinds or not SERIALLED.isdisjoint(said.kinds))
        if said.enabled and gives and settings.tenant(said.tenant).minted_by == "platform":
            found.setdefault(said.tenant, []).append(name)
    return found
