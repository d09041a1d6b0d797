"""``qiao send``: a test client; ``send hl7`` sends files over MLLP and shows the answers."""

from __future__ import annotations

import argparse
import asyncio

from gateway.cli import send_xml
from gateway.cli.output import Commands, add_group, print_json
from gateway.cli.words import say
from gateway.errors import Rejected

ACCEPTED = ("AA", "CA")


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    formats = add_group(commands, "send")
    parser = formats.add_parser("hl7", help=say("send.hl7"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("convert.files"))
    parser.add_argument("--to", required=True, metavar="HOST:PORT", type=_address, help=say("send.to"))
    parser.add_argument("--timeout", type=float, default=30.0, help=say("send.timeout"))
    parser.set_defaults(run=run)
    send_xml.add(formats, shared)


def run(options: argparse.Namespace) -> int:
    """Send every message and print one line for each answer; 1 if any was not accepted."""
    return asyncio.run(_send(options))


async def _send(options: argparse.Namespace) -> int:
    from gateway.cli.gather import messages
    from gateway.wire.mllp import MllpClient

    host, port = options.to
    refused = 0
    async with MllpClient(host, port, timeout=options.timeout) as client:
        for item in messages(options.files):
            code, text = ("?", item.flaw) if item.flaw else _read_answer(await client.send(item.raw))
            refused += code not in ACCEPTED
            line = {"file": item.file, "message": item.index, "code": code, "text": text}
            if options.json:
                print_json(line)
            else:
                print(say("send.line", file=item.file, index=item.index, code=code, text=text))
    return 1 if refused else 0


def _read_answer(raw: bytes) -> tuple[str, str]:
    """Return MSA-1 and what the answer says about it."""
    from gateway.wire import er7

    try:
        answer = er7.parse(raw)
    except Rejected as error:
        return "?", error.reason
    said = answer.get("ERR-8") or answer.get("MSA-3") or answer.get("ERR-3.2") or ""
    return answer.get("MSA-1") or "?", said


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError("HOST:PORT")
    return host.strip("[]"), int(port)
