"""A branch of one check, whose HIS speaks no HL7 v2: rows, calls of services, documents, files.

A target declares which doors it has (``protocol: sql``, ``soap``, ``cda``, ``files``, ``interface``); what it
does not declare is skipped by that name. What comes in is read back as FHIR, as of any other door.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from conformance.harness.answer import Answer
from conformance.harness.check import Body, Case, check, checks
from conformance.harness.run import Run
from conformance.harness.talk import kept
from conformance.harness.target import Door
from conformance.harness.verdict import Ended, Skipped
from conformance.harness.words import Words, same
from conformance.simulators import campus, papers
from conformance.simulators.cases import OUTPATIENT
from conformance.simulators.cases import Case as Picture
from conformance.simulators.database import Change, Occupied, apply, connect, ensure
from conformance.simulators.drugs import FORMULARY, Drug
from conformance.simulators.exact import Resource, dumps
from conformance.simulators.people import Person
from conformance.simulators.soap import ENVELOPES, dressed
from conformance.simulators.visits import Visit
from conformance.suites.exchange.hospital import Hospital
from conformance.suites.exchange.trial import EXCHANGE

Rows = Sequence[tuple[str, str, Mapping[str, str | None]]]
"""Action (``insert``, ``update``, ``delete``), table, values."""

SUITES = Path(__file__).parents[1]


class Branch(Hospital):
    """One branch for one check.

    Args:
        protocols: of the doors that must be there.
    """

    def __init__(self, run: Run, *protocols: str) -> None:
        super().__init__(run)
        self._doors = {one: door(run, one) for one in protocols}
        self._engine: Engine | None = None

    def visit(self, person: Person | None = None) -> Visit:
        """Return an outpatient's visit with two drugs; nothing is said of it yet."""
        found = self.consultation(_PICTURE, person)
        self.noted(found.person.mrn)
        return found

    @property
    def drugs(self) -> list[Drug]:
        """The drugs of its prescriptions: two."""
        return [FORMULARY[one] for one in _PICTURE.drugs][:2]

    def open(self, protocol: str) -> None:
        """Go on only where there is a door of this protocol, too. Raises :class:`Skipped`."""
        self._doors[protocol] = door(self.run, protocol)

    def option(self, protocol: str, name: str) -> str:
        """Return what else the target declares of a door, ``""`` for nothing."""
        return self._doors[protocol].options.get(name, "")

    def close(self) -> None:
        """Close the line to the database."""
        if self._engine is not None:
            self._engine.dispose()

    # Rows of its database.

    def rows(self, rows: Rows) -> None:
        """Write rows, as one transaction. Raises :class:`Skipped`: the database cannot be written."""
        change = Change(now(), tuple(rows))  # type: ignore[arg-type]
        self.run.book.about(dumps(self._patient_said(rows)))
        with self._kept(self._doors["sql"], "sql", json.dumps(rows, ensure_ascii=False)):
            apply(self._database(), [change])

    def asked(self, protocol: str, query: str, **given: str) -> list[str]:
        """Return the first column of what a query finds in a database of the branch."""
        where = self._doors[protocol]
        with self._kept(where, "sql", json.dumps(given)):
            engine = connect(where.options["url"])
            try:
                with engine.connect() as connection:
                    return [str(one[0]) for one in connection.execute(text(query), given)]
            finally:
                engine.dispose()

    def _database(self) -> Engine:
        if self._engine is None:
            self._engine = _opened(self._doors["sql"])
        return self._engine

    @contextmanager
    def _kept(self, where: Door, protocol: str, said: str) -> Iterator[None]:
        keep = kept(self.run, where, protocol)  # type: ignore[arg-type]
        with keep(protocol.upper()) as talk:
            talk.asked = said
            try:
                yield
            except (SQLAlchemyError, OSError) as error:
                what = type(error).__name__
                raise Skipped(
                    f"无法写入接口 {where.name}：{what}", f"door {where.name} cannot be written: {what}"
                ) from None

    def _patient_said(self, rows: Rows) -> Resource:
        """Return whom rows speak of, as FHIR, so that it is masked in evidence."""
        said = next((one for _, table, one in rows if table == "BRDA"), {})
        return {
            "resourceType": "Patient", "name": [{"text": said.get("XM") or ""}],
            "identifier": [{"value": said.get("SFZH") or ""}, {"value": said.get("LXDH") or ""}],
            "address": [{"text": said.get("DZ") or ""}],
        }  # fmt: skip

    # Messages, documents, files.

    def say(self, message: str | bytes, style: str = "", charset: str = "utf-8") -> Answer:
        """Post a message to the XML service.

        Args:
            style: ``""`` plain, ``1.1``, ``1.2``, or ``1.1 Operation``: the message as text inside a call.
        """
        version, _, operation = style.partition(" ")
        kind = ENVELOPES[version][1] if version else "application/xml; charset={charset}"
        headers = {"Content-Type": kind.format(charset=charset), "Accept": "*/*"}
        if version == "1.1":
            headers["SOAPAction"] = f'"{operation}"'
        if isinstance(message, str):
            whole = f'<?xml version="1.0" encoding="{charset}"?>{dressed(message, version, operation)}'
            message = whole.encode(charset)
        return self.posted("soap", message, headers)

    def hand_over(self, document: str | bytes) -> Answer:
        """Post a shared document."""
        raw = document if isinstance(document, bytes) else document.encode()
        return self.posted("cda", raw, {"Content-Type": "text/xml; charset=utf-8", "Accept": "*/*"})

    def posted(self, protocol: str, raw: bytes, headers: dict[str, str]) -> Answer:
        """Post bytes as they are to the door of a protocol."""
        options = self._doors[protocol].options
        if options.get("token"):
            self.run.book.hide(options["token"])
            headers["Authorization"] = f"Bearer {options['token']}"
        return self.run.client().send("POST", options["url"], raw, headers=headers)

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file. Raises :class:`Skipped`: the folder cannot be written."""
        where = self._doors["files"]
        with self._kept(where, "file", content.decode("gb18030", "replace")):
            campus.put(Path(where.options["folder"]), f"{name}_{self.run.number}.csv", content)

    # What becomes of it.

    def encounter(self, visit: Visit) -> Resource:
        """Expect the visit, once."""
        zh, en = "就诊已入库", "the visit is there"
        return self.one(f"Encounter?identifier={visit.number}", zh, en)

    def orders(self, person: Person, number: int) -> list[Resource]:
        """Return what was prescribed to a patient, as soon as there is so much of it."""
        query = f"MedicationRequest?patient.identifier={person.mrn}"
        return self.found(query, lambda them: len(them) >= number)

    def stamp(self, minutes: int = 0) -> str:
        """Return a moment of today as the HIS writes it, some minutes from now, in China."""
        return f"{now() + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"


def _opened(where: Door) -> Engine:
    """Return the database of the branch. Raises :class:`Skipped`: it is one of somebody else."""
    engine = connect(where.options["url"])
    try:
        ensure(engine)
    except Occupied as error:
        engine.dispose()
        names = ", ".join(error.names)
        raise Skipped(
            f"接口 {where.name} 的数据库中已有非本工具创建的 {names}，未作任何改动；须为专用的空数据库",
            f"door {where.name}: {error}",
        ) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


_PICTURE: Picture = next(one for one in OUTPATIENT if len(one.drugs) > 1 and not one.decoction)


def now() -> datetime:
    """Return the wall clock in China, without a zone, as databases of HIS have it."""
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=8)


def door(run: Run, protocol: str) -> Door:
    """Return the door of a protocol. Raises :class:`Skipped`: the target declares none."""
    run.need(f"doors.{protocol}")
    return next(one for one in run.target.doors.values() if one.protocol == protocol)


def branch(
    *protocols: str, zh: str, en: str, requirement: str = EXCHANGE, **options: Any
) -> Callable[[Body], Body]:
    """Declare ``function(run, branch)`` as a check; doors of these protocols must be declared."""
    needs = tuple(f"doors.{one}" for one in protocols)
    return lambda body: check(requirement, zh=zh, en=en, needs=needs, **options)(_with(body, protocols))


def branches(name: str, *protocols: str) -> Callable[[Body], Body]:
    """Declare ``function(run, branch, facts)`` once for each case of ``suites/exchange_his/NAME.yaml``."""
    needs = tuple(f"doors.{one}" for one in protocols)
    listed = yaml.safe_load((SUITES / "exchange_his" / f"{name}.yaml").read_text("utf-8"))
    cases = [
        Case(one["name"], one.get("requirement", EXCHANGE), Words(one["zh"], one["en"]), (one,), needs=needs)
        for one in listed
    ]
    return lambda body: checks(cases)(_with(body, protocols))


def _with(body: Body, protocols: Sequence[str]) -> Body:
    @wraps(body)
    def tried(run: Run, *given: Any) -> None:
        made = Branch(run, *protocols)
        try:
            body(run, made, *given)
        finally:
            with suppress(Ended):
                made.sweep()
            made.close()

    return tried


def status(answer: Answer) -> Words:
    """Return an answer as a reason may show it."""
    return same(f"HTTP {answer.status} {answer.type}".strip())


__all__ = ["Branch", "Rows", "branch", "branches", "door", "now", "papers", "status"]
