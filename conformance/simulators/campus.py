"""``python -m conformance.simulators.campus``: a branch of the hospital (分院) whose HIS speaks no HL7 v2.

It lives through a day in its database, of which a gateway reads views; calls a gateway's XML service in three
styles; hands it shared documents; and puts tables into a folder. Of some visits it tells over several doors.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from http.client import HTTPException
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from sqlalchemy import Engine

from conformance.simulators import papers
from conformance.simulators.cases import OUTPATIENT
from conformance.simulators.database import (
    Change,
    Occupied,
    apply,
    connect,
    database_day,
    ensure,
    ensure_interface,
)
from conformance.simulators.day import DEFAULT_DATE
from conformance.simulators.drugs import FORMULARY
from conformance.simulators.line import line_to
from conformance.simulators.people import draw
from conformance.simulators.soap import post
from conformance.simulators.visits import Visit
from conformance.simulators.wards import DEPARTMENTS

STYLES = (("", ""), ("1.1", ""), ("1.2", ""), ("1.1", "HIPMessageServer"))
"""How its systems call a service: version of SOAP, and the element around a message that is text in it."""
EVERY = 0.5
"""Seconds between two lines of figures."""

Step = Callable[[], None]

_AT_ONCE = 6
"""Changes of the database in one step."""

_CASES = [one for one in OUTPATIENT if one.department in DEPARTMENTS and len(one.drugs) > 1]
_BOMB = (
    '<!DOCTYPE a [<!ENTITY b "无"><!ENTITY c "&b;&b;&b;&b;">]>'
    '<PRPA_IN201311UV02 xmlns="urn:hl7-org:v3">&c;</PRPA_IN201311UV02>'
)
_SHIFTED = ["B0000001", "张三", "", "1", "19700101"]
"""A line with a cell too many in its middle, and some too few at its end."""


@dataclass(slots=True)
class Figures:
    """What was said so far, by door."""

    rows: int = 0
    messages: int = 0
    documents: int = 0
    files: int = 0
    refused: int = 0
    unanswered: int = 0


@dataclass(slots=True)
class Campus:
    """The branch.

    Attributes:
        database, xml, cda, folder: where each door is, ``""`` for none.
    """

    database: str = ""
    xml: str = ""
    cda: str = ""
    folder: str = ""
    figures: Figures = field(default_factory=Figures)

    def day(self, seed: int, on: date, patients: int) -> Iterator[Step]:
        """Yield all that it does on one day, one step after the other, to be done by whoever asks."""
        rows = self._rows(seed, on, patients) if self.database else iter(())
        said = self._said(seed, on, max(3, patients // 3))
        for pair in itertools.zip_longest(rows, said):
            yield from (one for one in pair if one is not None)

    def _rows(self, seed: int, on: date, patients: int) -> Iterator[Step]:
        """Yield the changes of the database, some at a time."""
        engine, changes = connect(self.database), database_day(seed, on, patients)
        for start in range(0, len(changes), _AT_ONCE):
            yield partial(self._change, engine, changes[start : start + _AT_ONCE])
        engine.dispose()

    def _said(self, seed: int, on: date, visits: int) -> Iterator[Step]:
        """Yield what it tells of visits in XML, in documents and in tables."""
        rng = Random(f"qiao:campus:{seed}:{on:%Y%m%d}:{visits}")  # noqa: S311 - the same again, not a secret
        people = []
        for number in range(visits):
            visit = _visit(rng, f"{on:%y%m%d}{seed % 100:02d}{number:03d}", on)
            people.append(visit.person)
            yield from self._visit(visit, STYLES[number % len(STYLES)])
        if self.xml:
            yield partial(self._message, _BOMB, *STYLES[1])
        if self.folder:
            table = papers.written([*papers.table(people), _SHIFTED])
            yield partial(self._file, f"患者_{on:%Y%m%d}_{seed}.csv", table)

    def _visit(self, visit: Visit, style: tuple[str, str]) -> Iterator[Step]:
        number, drugs = visit.number, [FORMULARY[one] for one in visit.case.drugs][:2]
        if self.xml:
            yield partial(self._message, papers.registered(visit, f"{number}-1"), *style)
            yield partial(self._message, papers.visited(visit, f"{number}-2"), *style)
            yield partial(self._message, papers.ordered(visit, f"{number}-3", f"YZ{number}", drugs), *style)
        if self.cda:
            yield partial(self._document, papers.prescription(visit, f"CF{number}", drugs))
            yield partial(self._document, papers.laboratory(visit, f"JY{number}"))

    def _change(self, engine: Engine, changes: Sequence[Change]) -> None:
        self.figures.rows += apply(engine, changes, replace=True)

    def _message(self, message: str, version: str, operation: str) -> None:
        charset = "gb18030" if operation else "utf-8"
        said = post(self.xml, message, version, operation=operation, charset=charset)
        self.figures.messages += 1
        self.figures.refused += said.fault or said.status >= 400

    def _document(self, document: str) -> None:
        line = line_to(self.cda)
        try:
            headers = {"Content-Type": "text/xml; charset=utf-8"}
            line.request("POST", urlsplit(self.cda).path or "/", document.encode(), headers)
            self.figures.refused += line.getresponse().status >= 400
        finally:
            line.close()
        self.figures.documents += 1

    def _file(self, name: str, content: bytes) -> None:
        put(Path(self.folder), name, content)
        self.figures.files += 1


def put(folder: Path, name: str, content: bytes) -> None:
    """Write a file into a drop folder: under a name that nobody takes, then renamed, so that it is whole."""
    beside = folder / f".{name}.part"
    beside.write_bytes(content)
    beside.replace(folder / name)


def _visit(rng: Random, number: str, on: date) -> Visit:
    case = rng.choice(_CASES)
    department = DEPARTMENTS[case.department]
    person = draw(rng, f"F{number}", on, case.ages, case.sex)
    begun = datetime.combine(on, datetime.min.time()) + timedelta(hours=8, seconds=rng.randrange(6 * 3600))
    doctor, nowhere = rng.choice(department.physicians), ("", "", "")
    return Visit(f"FY{number}", "O", person, case, department, doctor, begun, nowhere)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 1 where a door did not answer."""
    parser = argparse.ArgumentParser(prog="python -m conformance.simulators.campus", description=__doc__)
    parser.add_argument("--database", default="", metavar="URL", help="SQLAlchemy URL of its database")
    parser.add_argument("--interface", default="", metavar="URL", help="database of the interface tables")
    parser.add_argument("--xml", default="", metavar="URL", help="the gateway's XML service")
    parser.add_argument("--cda", default="", metavar="URL", help="where the gateway takes documents")
    parser.add_argument("--folder", default="", metavar="DIR", help="the gateway's drop folder")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--date", type=date.fromisoformat, default=DEFAULT_DATE, metavar="YYYY-MM-DD")
    parser.add_argument("--patients", type=int, default=15, help="a day (default: %(default)s)")
    parser.add_argument(
        "--rate", type=float, default=0.0, metavar="N", help="steps a second (default: as fast as it goes)"
    )
    parser.add_argument("--once", action="store_true", help="one day, else day after day until interrupted")
    parser.add_argument("--prepare", action="store_true", help="only make tables and folder")
    options = parser.parse_args(arguments)
    try:
        prepare(options.database, options.interface, options.folder)
    except Occupied as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.prepare:
        return 0
    campus = Campus(options.database, options.xml, options.cda, options.folder)
    try:
        _play(campus, options)
    except KeyboardInterrupt:
        return 0
    _tell(campus.figures)
    return 1 if campus.figures.unanswered else 0


def prepare(database: str, interface: str = "", folder: str = "") -> None:
    """Make tables, views and folder, where there are none. Raises ``Occupied``: the tables are another's."""
    for url, make in ((database, ensure), (interface, ensure_interface)):
        if url:
            engine = connect(url)
            make(engine)
            engine.dispose()
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)


def _tell(figures: Figures) -> None:
    sys.stdout.write(json.dumps(asdict(figures)) + "\n")
    sys.stdout.flush()


def _play(campus: Campus, options: argparse.Namespace) -> None:
    told = time.monotonic()
    for number in itertools.count():
        on = options.date + timedelta(days=number)
        for step in campus.day(options.seed + number, on, options.patients):
            try:
                step()
            except (OSError, HTTPException):
                campus.figures.unanswered += 1
            if time.monotonic() - told >= EVERY:
                _tell(campus.figures)
                told = time.monotonic()
            if options.rate:
                time.sleep(1 / options.rate)
        if options.once:
            return


if __name__ == "__main__":
    sys.exit(main())
