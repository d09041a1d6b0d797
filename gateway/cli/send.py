"""``qiao send``: a test client; ``send hl7`` sends files over MLLP and shows the answers."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from gateway.cli import send_astm, send_xml
from gateway.cli.output import Commands, add_group, print_json
from gateway.cli.words import say
from gateway.errors import Rejected

if TYPE_CHECKING:
    from gateway.wire.mllp import MllpClient

ACCEPTED = ("AA", "CA")


def add(commands: Commands[argparse.ArgumentParser], shared: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    formats = add_group(commands, "send")
    parser = formats.add_parser("hl7", help=say("send.hl7"), parents=[shared])
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("convert.files"))
    parser.add_argument("--to", required=True, metavar="HOST:PORT", type=_address, help=say("send.to"))
    parser.add_argument("--timeout", type=float, default=30.0, help=say("send.timeout"))
    parser.set_defaults(run=run)
    send_astm.add(formats, shared)
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
            answers = [] if item.flaw else await _answers(client, item.raw)
            code, text = _read_answer(answers[0]) if answers else ("?", item.flaw)
            refused += code not in ACCEPTED
            line = {"file": item.file, "message": item.index, "code": code, "text": text}
            told = [one for raw in answers for one in _told(raw)]
            if options.json:
                print_json(line | ({"answer": told} if told else {}))
            else:
                print(say("send.line", file=item.file, index=item.index, code=code, text=text))
                print("".join(f"    {one}\n" for one in told), end="")
    return 1 if refused else 0


async def _answers(client: MllpClient, message: bytes) -> list[bytes]:
    """Send a message; return what answers it: to a query that is answered twice both (QCK, DSR)."""
    answers = [await client.send(message)]
    more = _value(answers[0], "QAK-2") == "OK" and _value(answers[0], "MSH-9.1") == "QCK"
    while more:
        answers.append(await client.receive())
        more = bool(_value(answers[-1], "DSC-1"))
    return answers


def _value(raw: bytes, path: str) -> str:
    from gateway.wire import er7

    try:
        return er7.parse(raw).get(path) or ""
    except Rejected:
        return ""


def _told(raw: bytes) -> list[str]:
    """Return the segments of an answer that says more than an acknowledgement does."""
    from gateway.wire import er7

    try:
        answer = er7.parse(raw)
    except Rejected:
        return []
    if er7.is_acknowledgement(answer):
        return []
    return [one.text for one in answer.segments if one.name not in ("MSH", "MSA", "ERR")]


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
