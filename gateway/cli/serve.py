"""``qiao serve``: run the gateway until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import logging
from typing import TYPE_CHECKING

from gateway.cli.output import (
    LOG_FORMAT,
    Commands,
    add_settings,
    naming_the_port,
    notice,
    port_number,
    print_json,
    read_settings,
)
from gateway.cli.words import say, say_fault
from gateway.turns import taking_turns

if TYPE_CHECKING:
    from gateway.bootstrap import Gateway


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = commands.add_parser("serve", help=say("serve"), parents=[shared])
    add_settings(parser)
    parser.add_argument("--host", default="", help=say("serve.host"))
    parser.add_argument("--port", type=port_number, help=say("serve.port"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve; with ``--json`` one line with the addresses is printed once everything is open."""
    settings = read_settings(options, host=options.host, port=options.port)
    from gateway.bootstrap import serve

    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    with naming_the_port():
        taking_turns(serve(settings, ready=_announce_json if options.json else _announce))
    if not options.json:
        notice(say("serve.stopped"))
    return 0


def _announce(gateway: Gateway) -> None:
    notice(say("serve.ready", url=gateway.url))
    for adapter, address in gateway.addresses.items():
        notice(say("serve.door", adapter=adapter, address=address))
    _warn(gateway)


def _announce_json(gateway: Gateway) -> None:
    _warn(gateway)
    print_json({"api": gateway.url, "doors": gateway.addresses, "closed": gateway.closed})


def _warn(gateway: Gateway) -> None:
    for adapter, reason in gateway.closed.items():
        notice(say("serve.closed", adapter=adapter, reason=say_fault(reason)))
