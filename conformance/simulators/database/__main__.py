"""``python -m conformance.simulators.database URL``: a HIS database that lives through a day."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta

from conformance.simulators.database import Occupied, apply, connect, database_day, empty, ensure
from conformance.simulators.day import DEFAULT_DATE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m conformance.simulators.database", description=__doc__)
    parser.add_argument(
        "url", metavar="URL", help="SQLAlchemy URL; of an empty database, or of one that was made by this"
    )
    parser.add_argument(
        "--empty", action="store_true", help="drop what this made before; make tables and views, and no rows"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--date", type=date.fromisoformat, default=DEFAULT_DATE, metavar="YYYY-MM-DD")
    parser.add_argument("--patients", type=int, default=30, help="a day (default: %(default)s)")
    parser.add_argument("--days", type=int, default=1, help="how many (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.0, metavar="TX_PER_S", help="0: as fast as it goes")
    options = parser.parse_args(arguments)
    engine = connect(options.url)
    try:
        (empty if options.empty else ensure)(engine)
    except Occupied as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.empty:
        return 0
    count = 0
    for number in range(options.days):
        changes = database_day(options.seed + number, options.date + timedelta(days=number), options.patients)
        for change in changes if number == 0 else [one for one in changes if one.rows[0][1] not in _KEPT]:
            count += apply(engine, [change], replace=True)
            if options.rate:
                time.sleep(1 / options.rate)
    sys.stdout.write(f"{count} rows\n")
    return 0


_KEPT = ("KSZD", "YGDA", "YPZD")
"""Dictionaries, which the first day has filled."""

if __name__ == "__main__":
    sys.exit(main())
