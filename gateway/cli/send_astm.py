"""``qiao send astm``: a test client; plays an analyser over TCP or a serial device, shows the answers."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.output import Commands, print_json
from gateway.cli.words import say
from gateway.errors import Rejected, Retry

if TYPE_CHECKING:
    from gateway.cli.gather import Item
    from gateway.wire.astm import AstmClient

ACK, NAK = "ACK", "NAK"
SPEED = 9600


def add(formats: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = formats.add_parser("astm", help=say("send.astm"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("convert.files"))
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help=say("send.astm.to"))
    parser.add_argument("--speed", type=int, default=SPEED, help=say("send.astm.speed"))
    parser.add_argument("--answers", type=int, default=0, metavar="N", help=say("send.astm.answers"))
    parser.add_argument("--timeout", type=float, default=30.0, help=say("send.timeout"))
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Send every message and print one line for each, then the answers; 1 if any was not taken."""
    return asyncio.run(_send(options))


async def _send(options: argparse.Namespace) -> int:
    from gateway.cli.gather import messages

    refused = 0
    async with _client(options) as client:
        for item in messages(options.files):
            code, text = await _sent(client, item)
            refused += code != ACK
            line = {"file": item.file, "message": item.index, "code": code, "text": text}
            if options.json:
                print_json(line)
            else:
                print(say("send.line", file=item.file, index=item.index, code=code, text=text))
        for _ in range(options.answers):
            answer = await client.receive(options.timeout)
            text = answer.text.decode("utf-8", "replace").replace("\r", "\n").strip()
            if options.json:
                print_json({"answer": text.split("\n")})
            else:
                print(text)
    return 1 if refused else 0


async def _sent(client: AstmClient, item: Item) -> tuple[str, str]:
    """Send a message; return what was answered, and why where it was not taken."""
    from gateway.wire.astm import records

    if item.flaw:
        return "?", item.flaw
    try:
        records.parse(item.raw)
    except Rejected as error:
        return "?", error.reason
    try:
        await client.send(item.raw)
    except Retry as error:
        return NAK, error.reason
    return ACK, ""


def _client(options: argparse.Namespace) -> AstmClient:
    """Return the line: TCP where the address has a port, else a serial device."""
    from gateway.wire.astm import AstmClient, open_serial

    host, _, port = options.to.rpartition(":")
    if host and port.isdigit():
        return AstmClient(host.strip("[]"), int(port), timeout=options.timeout)
    device = Path(options.to)
    return AstmClient(options.to, timeout=options.timeout, opening=lambda: open_serial(device, options.speed))
