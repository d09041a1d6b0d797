"""``python -m conformance.simulators.analysers``: a laboratory of four analysers, and who orders."""

from __future__ import annotations

import argparse
import itertools
import json
import ssl
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from datetime import time as clock

from conformance.simulators.analysers.course import KINDS, MISCHIEF, Laboratory, played
from conformance.simulators.analysers.reach import Where
from conformance.simulators.day import DEFAULT_DATE

_TLS = "tls:"
_KNOWN = ssl.create_default_context()
EVERY = 0.5
"""Seconds between two lines of figures."""
ENDS = clock(15)
"""When a day is over, unless somebody says otherwise."""
CHINA = timezone(timedelta(hours=8))
SPEAKS = ("ASTM", "HL7 v2.3.1, asking by ORM^O01", "HL7 v2.3.1, one test a message", "IHE LAW")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 1 where nobody answered."""
    parser = _parser()
    options = parser.parse_args(arguments)
    said = {kind: getattr(options, kind) for kind in KINDS if getattr(options, kind)}
    if not said:
        parser.error(f"say where an analyser connects: {', '.join(f'--{kind}' for kind in KINDS)}")
    try:
        tls = _context(options)
    except (OSError, ValueError) as error:
        parser.error(f"--ca, --cert, --key: {error}")
    doors = {kind: replace(_over(one, tls), speed=options.speed) for kind, one in said.items()}
    laboratory = Laboratory(options.his and _over(options.his, tls), doors, options.patience)
    try:
        _play(laboratory, options)
    except KeyboardInterrupt:
        return 0
    _say(laboratory)
    return 1 if laboratory.figures.unanswered else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.simulators.analysers", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "--his", type=_address, metavar="[tls:]HOST:PORT", help="where orders go (HL7 v2, MLLP)"
    )
    for kind, speaks in zip(KINDS, SPEAKS, strict=True):
        told = f"where the {kind} analyser connects ({speaks})"
        at = kind == "haematology"
        parser.add_argument(
            f"--{kind}",
            type=_line if at else _address,
            metavar="[tls:]HOST:PORT|DEVICE" if at else "[tls:]HOST:PORT",
            help=told,
        )
    parser.add_argument(
        "--ca", metavar="FILE", help="whom tls:HOST:PORT trusts, PEM; else whom this machine does"
    )
    parser.add_argument("--cert", metavar="FILE", help="certificate that the analysers show, PEM; with --key")
    parser.add_argument("--key", metavar="FILE", help="its key")
    parser.add_argument("--speed", type=int, default=9600, help="of a serial device (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=7, help="the same seed and day: the same tubes (default: %(default)s)"
    )
    parser.add_argument(
        "--date",
        type=date.fromisoformat,
        default=DEFAULT_DATE,
        metavar="YYYY-MM-DD",
        help="the day (default: %(default)s)",
    )
    parser.add_argument(
        "--ends",
        type=datetime.fromisoformat,
        metavar="YYYY-MM-DDTHH:MM",
        help="when the last tube is measured, wall clock in China (default: 15:00 of --date)",
    )
    parser.add_argument("--patients", type=int, default=8, help="of each analyser (default: %(default)s)")
    parser.add_argument(
        "--misbehave", action="append", choices=(*MISCHIEF, "never"), metavar="HOW",
        help=f"once a day each (default: all): {', '.join(MISCHIEF)}; never",
    )  # fmt: skip
    parser.add_argument(
        "--rate", type=float, default=0.0, metavar="N", help="steps a second (default: as fast as it goes)"
    )
    parser.add_argument("--patience", type=float, default=20.0, metavar="SECONDS", help="wait for an answer")
    parser.add_argument("--once", action="store_true", help="one day, else day after day until interrupted")
    return parser


def _address(text: str) -> Where:
    host, colon, port = text.removeprefix(_TLS).rpartition(":")
    if not colon or not port.isdigit():
        raise argparse.ArgumentTypeError(f"not HOST:PORT: {text}")
    tls = _KNOWN if text.startswith(_TLS) else None
    return Where(host.strip("[]") or "127.0.0.1", int(port), tls)


def _line(text: str) -> Where:
    return Where(device=text) if text.startswith("/") else _address(text)


def _context(options: argparse.Namespace) -> ssl.SSLContext:
    """Return how TLS is spoken. Raises ``OSError``, ``ValueError``: a file is no certificate."""
    context = ssl.create_default_context(cafile=options.ca)
    if options.cert:
        context.load_cert_chain(options.cert, options.key)
    return context


def _over(where: Where, tls: ssl.SSLContext) -> Where:
    return where if where.tls is None else replace(where, tls=tls)


def _play(laboratory: Laboratory, options: argparse.Namespace) -> None:
    asked = options.misbehave or list(MISCHIEF)
    mischief = tuple(one for one in MISCHIEF if one in asked)
    told = time.monotonic()
    first = options.ends or datetime.combine(options.date, ENDS)
    for number in itertools.count():
        now = datetime.now(CHINA).replace(tzinfo=None)
        ends = min(first + timedelta(days=number), max(first, now))  # nobody measures tomorrow's tubes
        for step in laboratory.day(options.seed + number, ends, options.patients, mischief):
            played(laboratory, step)
            if time.monotonic() - told >= EVERY:
                _say(laboratory)
                told = time.monotonic()
            if options.rate:
                time.sleep(1 / options.rate)
        if options.once:
            return


def _say(laboratory: Laboratory) -> None:
    sys.stdout.write(json.dumps(laboratory.figures.as_json()) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
