"""A look at the clients for ``qiao doctor``: is there a file, can it be read, whose token has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.cli.looks import Remark
from gateway.cli.words import say
from gateway.settings import Settings, clients_file

SOON = timedelta(days=14)
"""Before its end a token is worth a word."""


def clients(settings: Settings) -> str:
    """Look who may use the API."""
    from gateway.security.client import read_clients

    file = clients_file(settings)
    try:
        found = read_clients(file)
    except FileNotFoundError:
        text = say("doctor.clients.token" if settings.api.token else "doctor.clients.none", file=file)
        raise Remark("info", text) from None
    soon = datetime.now(UTC) + SOON
    ending = [one.name for one in found.values() if one.expired(soon)]
    text = say("doctor.clients", file=file, count=len(found))
    if ending:
        raise Remark("info", f"{text}; {say('doctor.clients.ending', names=', '.join(ending))}")
    return text
