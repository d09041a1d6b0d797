"""``python -m conformance.simulators``: sends, lists or writes the day of a fictional hospital."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from conformance.simulators import DEFAULT_DATE, Event, hospital_day
from conformance.simulators.event import DELIVERS, System
from conformance.simulators.traffic import Address, Tally, Traffic


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 where a message was never answered."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list or options.write:
        events = hospital_day(options.seed, options.date, options.patients)
        return _list(events) if options.list else _write(events, options.write)
    addresses = {"HIS": options.his, "LIS": options.lis, "RIS": options.ris}
    to: dict[System, Address] = {name: address for name, address in addresses.items() if address}  # type: ignore[misc]
    if not to:
        parser.error("say where to send: --his, --lis or --ris HOST:PORT (or --list, --write DIR)")
    try:
        return asyncio.run(_send(options, to))
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.simulators", description=__doc__, allow_abbrev=False
    )
    for system in ("his", "lis", "ris"):
        parser.add_argument(
            f"--{system}", type=_address, metavar="HOST:PORT", help=f"where the {system.upper()} sends"
        )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--date", type=date.fromisoformat, default=DEFAULT_DATE, metavar="YYYY-MM-DD")
    parser.add_argument(
        "--patients", type=int, default=60, help="60 make about 500 messages (default: %(default)s)"
    )
    parser.add_argument("--rate", type=float, default=12.0, metavar="MSG_PER_S", help="default: %(default)s")
    parser.add_argument("--fast", action="store_true", help="as fast as the acknowledgements come")
    parser.add_argument("--once", action="store_true", help="one day, else day after day until interrupted")
    parser.add_argument("--patience", type=float, default=30.0, metavar="SECONDS", help="wait for an ACK")
    parser.add_argument("--json", action="store_true", help="one line of figures a second and at the end")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write the messages as files instead")
    parser.add_argument("--list", action="store_true", help="list the messages instead")
    return parser


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit():
        raise argparse.ArgumentTypeError(f"not HOST:PORT: {text}")
    return host.strip("[]") or "127.0.0.1", int(port)


async def _send(options: argparse.Namespace, to: dict[System, Address]) -> int:
    traffic = Traffic(to, 0.0 if options.fast else options.rate, options.patience)
    reporter = asyncio.create_task(_report(traffic.tally, options.json))
    number = 0
    while number == 0 or not options.once:
        on = options.date + timedelta(days=number)
        await traffic.run(hospital_day(options.seed + number, on, options.patients))
        number += 1
    reporter.cancel()
    _print(traffic.tally, options.json)
    return 1 if traffic.tally.unanswered else 0


async def _report(tally: Tally, as_json: bool) -> None:
    while True:
        await asyncio.sleep(1)
        _print(tally, as_json)


def _print(tally: Tally, as_json: bool) -> None:
    figures = tally.as_json()
    if as_json:
        _say(json.dumps(figures))
    else:
        _say("  ".join(f"{name} {value}" for name, value in figures.items() if value))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _list(events: list[Event]) -> int:
    for event in events:
        mark = event.fault or ("" if event.transport == "frame" else event.transport)
        line = f"{event.at:%H:%M:%S}  {event.sender}  {len(event.message):5d}  {event.note}  {mark}"
        _say(line.rstrip())
    return 0


def _write(events: list[Event], folder: Path) -> int:
    """Write each message that arrives whole, once per event, named so that the folder sorts by time."""
    folder.mkdir(parents=True, exist_ok=True)
    for order, event in enumerate(events, start=1):
        if event.transport in DELIVERS:
            label = "".join(letter if letter.isalnum() else "-" for letter in event.note).strip("-")
            (folder / f"{order:05d}-{event.sender}-{label}.hl7").write_bytes(event.message)
    return 0


if __name__ == "__main__":
    sys.exit(main())
