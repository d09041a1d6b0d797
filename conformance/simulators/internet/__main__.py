"""``python -m conformance.simulators.internet``: an internet hospital at work, over a FHIR API."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from conformance.simulators.internet.api import Api
from conformance.simulators.internet.attempts import ATTEMPTS, attempt
from conformance.simulators.internet.course import Desk, Tally, Unexpected, expect, whole_visit
from conformance.simulators.internet.documents import Visit, today
from conformance.simulators.internet.hospital import on_file
from conformance.simulators.jws import read_key
from conformance.simulators.people import draw

HEARD = 0.5
"""Seconds between two lines of figures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 1 where something was answered otherwise than it should."""
    options = _parser().parse_args(arguments)
    keys = {name: read_key(options.keys, name) for name in ("physician", "pharmacist")}
    desk = Desk(Api(options.to, options.token, options.patience), keys, Tally())
    try:
        _work(desk, options)
    except KeyboardInterrupt:
        pass
    except (Unexpected, OSError) as error:
        desk.tally.unexpected.append(str(error) or type(error).__name__)
    _say(desk.tally)
    if options.list:
        options.list.write_text("".join(f"{one}\n" for one in desk.tally.serials))
    return 1 if desk.tally.unexpected else 0


def _work(desk: Desk, options: argparse.Namespace) -> None:
    """Go through visits, and among them try what is forbidden; each of both at least ``visits`` times."""
    expect("hospital", desk.api.transaction(on_file(today().date())))
    rng, names = Random(options.seed), list(ATTEMPTS)  # noqa: S311
    stamp = f"{datetime.now(UTC):%y%m%d%H%M%S}{options.seed}"
    last = time.monotonic()
    for number in count():
        if options.once and number >= options.visits:
            return
        person = draw(rng, str(number), today().date(), (20, 80))
        _tried(desk, "visit", partial(whole_visit, desk, Visit(f"{stamp}{number:04d}", person), number))
        for name in names[number * 2 % len(names) :][:2] if options.attempts else ():
            other = draw(Random(f"{options.seed}/{number}/{name}"), str(number), today().date(), (20, 80))  # noqa: S311
            wrong = Visit(f"{stamp}{number:04d}x{names.index(name)}", other)
            _tried(desk, name, partial(attempt, desk, wrong, name))
        if time.monotonic() - last > HEARD:
            last = time.monotonic()
            _say(desk.tally)
        if options.rate:
            time.sleep(1 / options.rate)


def _tried(desk: Desk, name: str, work: Callable[[], None]) -> None:
    try:
        work()
    except Unexpected as error:
        desk.tally.unexpected.append(f"{name}: {error}")


def _say(tally: Tally) -> None:
    sys.stdout.write(json.dumps(tally.as_json(), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.simulators.internet", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--to", required=True, metavar="URL", help="base of the FHIR API")
    parser.add_argument(
        "--keys",
        required=True,
        type=Path,
        metavar="DIR",
        help="physician and pharmacist, .key.pem and .crt.pem",
    )
    parser.add_argument("--token", default="", help="sent as Authorization: Bearer")
    parser.add_argument("--visits", type=int, default=24, help="with --once (default: %(default)s)")
    parser.add_argument("--once", action="store_true", help="so many visits, else until interrupted")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--rate", type=float, default=0.0, metavar="VISITS_PER_S", help="default: as fast as it goes"
    )
    parser.add_argument(
        "--patience", type=float, default=0.0, metavar="SECONDS", help="send again while nobody answers"
    )
    parser.add_argument("--list", type=Path, metavar="FILE", help="write the serials that were given")
    parser.add_argument(
        "--no-attempts", dest="attempts", action="store_false", help="nothing that is forbidden"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
