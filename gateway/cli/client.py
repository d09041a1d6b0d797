"""``qiao client``: who may use the API: make a client and its token, list the clients, revoke one."""

from __future__ import annotations

import argparse
import re
import typing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.output import Commands, add_group, add_settings, notice, padded, print_json, read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.security.roles import Role
from gateway.settings import clients_file

if TYPE_CHECKING:
    from gateway.security.client import Client

_AGE = re.compile(r"(\d{1,5})d")


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    actions = add_group(commands, "client")
    adding = actions.add_parser("add", help=say("client.add"), parents=[shared])
    adding.add_argument("name", metavar="NAME", help=say("client.name"))
    adding.add_argument("--role", required=True, choices=typing.get_args(Role), help=say("client.role"))
    adding.add_argument("--tenant", default="default", metavar="T", help=say("client.tenant"))
    adding.add_argument("--expires", default="", metavar="WHEN", help=say("client.expires"))
    adding.add_argument("--note", default="", help=say("client.note"))
    adding.add_argument("--practitioner", default="", metavar="WHO", help=say("client.practitioner"))
    adding.add_argument("--patient", default="", metavar="WHO", help=say("client.patient"))
    adding.add_argument("--asserts", action="store_true", help=say("client.asserts"))
    adding.add_argument("--arrived", action="store_true", help=say("client.arrived"))
    adding.set_defaults(run=add_)
    listing = actions.add_parser("list", help=say("client.list"), parents=[shared])
    listing.set_defaults(run=list_)
    revoking = actions.add_parser("revoke", help=say("client.revoke"), parents=[shared])
    revoking.add_argument("name", metavar="NAME", help=say("client.name"))
    revoking.set_defaults(run=revoke)
    for parser in (adding, listing, revoking):
        add_settings(parser)


def add_(options: argparse.Namespace) -> int:
    """Write one client more and print its token, this once."""
    from gateway.security import client, clients_file

    client.check_name(options.name, "NAME")
    tenant = client.check_tenant(options.tenant, "--tenant")
    client.check_whose(options.role, options.patient, options.asserts, "--role")
    token, now = client.new_token(), datetime.now(UTC).replace(microsecond=0)
    made = client.Client(
        options.name,
        client.digest(token.encode()),
        options.role,
        tenant,
        expiry(options.expires, now),
        now,
        options.note,
        client.check_practitioner(options.practitioner, "--practitioner"),
        options.asserts,
        options.arrived,
        client.check_patient(options.patient, "--patient"),
    )
    file = _file(options)
    clients_file.add(file, made)
    if options.json:
        print_json({**_as_json(made), "token": token, "file": str(file)})
    else:
        notice(say("client.added", name=made.name, role=made.role, tenant=made.tenant, file=file))
        print(token)
    return 0


def list_(options: argparse.Namespace) -> int:
    """Print every client, without what its token is known by."""
    now = datetime.now(UTC)
    for one in _clients(_file(options)).values():
        if options.json:
            print_json({**_as_json(one), "expired": one.expired(now)})
            continue
        until = say("client.forever") if one.expires is None else f"{one.expires:%Y-%m-%dT%H:%M:%SZ}"
        until = say("client.expired", when=until) if one.expired(now) else until
        line = f"{padded(one.name, 24)} {padded(one.role, 10)} {padded(one.tenant, 16)} {until}  {one.note}"
        print(line.rstrip())
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Write one client less."""
    from gateway.security import clients_file

    file = _file(options)
    gone = clients_file.revoke(file, options.name)
    if options.json:
        print_json({**_as_json(gone), "file": str(file)})
    else:
        notice(say("client.revoked", name=gone.name, file=file))
    return 0


def expiry(text: str, now: datetime) -> datetime | None:
    """Return when a token ends: ``90d``, a day (its end, local time), a time; ``""`` for never.

    Raises:
        Misconfigured: it is none of these, or not in the future.
    """
    if not text:
        return None
    try:
        age = _AGE.fullmatch(text)
        found = now + timedelta(days=int(age[1])) if age else datetime.fromisoformat(text)
        if len(text) == len("2027-01-31") and not age:
            found += timedelta(days=1)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Misconfigured(say("client.expires.bad", text=text), where="--expires") from None
    if found <= now:
        raise Misconfigured(say("client.expires.past"), where="--expires")
    return found


def _file(options: argparse.Namespace) -> Path:
    return clients_file(read_settings(options, guarded=False))


def _clients(file: Path) -> dict[str, Client]:
    from gateway.security.client import read_clients

    try:
        return read_clients(file)
    except FileNotFoundError:
        notice(say("client.none", file=file))
        return {}


def _as_json(one: Client) -> dict[str, object]:
    def moment(at: datetime | None) -> str | None:
        return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"

    shown: dict[str, object] = {"name": one.name, "role": one.role, "tenant": one.tenant}
    shown |= {"practitioner": one.practitioner} if one.practitioner else {}
    shown |= {"patient": one.patient} if one.patient else {}
    shown |= {"asserts": True} if one.asserts else {}
    shown |= {"arrived": True} if one.arrived else {}
    return {**shown, "added": moment(one.added), "expires": moment(one.expires), "note": one.note}
