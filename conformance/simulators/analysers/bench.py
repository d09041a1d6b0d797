"""An analyser at its line: asks by bar code, tells results, says what came of it, whatever it speaks."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime

from conformance.simulators.analysers.chemistry import Chemistry
from conformance.simulators.analysers.counter import Counter
from conformance.simulators.analysers.e1381 import AstmLine, records_of
from conformance.simulators.analysers.er7_line import Er7Line
from conformance.simulators.analysers.haematology import Haematology
from conformance.simulators.analysers.immunoassay import Immunoassay, is_work
from conformance.simulators.analysers.reach import Opening, Spoken, unheard
from conformance.simulators.analysers.tube import Analyser, Numbered, Told, fields
from conformance.simulators.mllp import acknowledgement

TAKEN = ("AA", "CA", "ACK")
_HL7: tuple[type[Numbered], ...] = (Chemistry, Counter, Immunoassay)


class Bench(ABC):
    """One analyser and where its host is.

    Args:
        where: opens a line to the host.
        patience: seconds to wait for each answer.
        spoken: is told all that goes over the line.
    """

    def __init__(
        self,
        analyser: Analyser,
        where: Opening,
        patience: float = 30.0,
        charset: str = "utf-8",
        spoken: Spoken = unheard,
    ) -> None:
        self.analyser, self.where = analyser, where
        self.patience, self.charset, self.spoken = patience, charset, spoken

    @abstractmethod
    def ask(self, barcode: str, at: datetime) -> Told:
        """Ask what is to be done with a tube. Raises ``OSError``: no line, no answer, or it is none."""

    @abstractmethod
    def tell(self, messages: Sequence[str]) -> list[str]:
        """Send results, on one connection; return the answer to each: ``ACK``, ``AA``, ``AE`` …

        Raises:
            OSError: no line, or no answer.
        """


class AstmBench(Bench):
    """The blood counter at its line."""

    def line(self) -> AstmLine:
        """Return a line, not open yet."""
        return AstmLine(self.where, self.patience, self.charset, self.spoken)

    def ask(self, barcode: str, at: datetime) -> Told:
        """Send Q, then take the host's message."""
        with self.line() as line:
            line.send(records_of(self.analyser.query(barcode, at)))
            return self.analyser.told(line.receive())

    def tell(self, messages: Sequence[str]) -> list[str]:
        """Send messages one after the other."""
        with self.line() as line:
            for one in messages:
                line.send(records_of(one))
        return ["ACK"] * len(messages)


class Hl7Bench(Bench):
    """An analyser that speaks HL7 v2 at its line.

    Attributes:
        work: HOST:PORT at which it takes its work; None: on the connection on which it asks (LAW, LAB-28).
        willing: it takes the work that it is brought; else it refuses all of it.
    """

    work: tuple[str, int] | None = None
    willing: bool = True

    def line(self) -> Er7Line:
        """Return a line, not open yet."""
        return Er7Line(self.where, self.patience, self.charset, self.spoken)

    def ask(self, barcode: str, at: datetime) -> Told:
        """Send the query; take the answer, and what comes behind it: here, or at a port of its own."""
        with ExitStack() as open_:
            port = None if self.work is None else open_.enter_context(socket.create_server(self.work))
            line = open_.enter_context(self.line())
            answer = line.ask(self.analyser.query(barcode, at))
            found = self.analyser.told(answer)
            if found.tests or not _more_comes(answer):
                return found
            return self._behind(line if port is None else open_.enter_context(self._brought(port)), at)

    def answers(self, barcode: str, at: datetime) -> str:
        """Send the query; return the first answer as it came."""
        with self.line() as line:
            return line.ask(self.analyser.query(barcode, at))

    def tell(self, messages: Sequence[str]) -> list[str]:
        """Send messages one after the other, each after the answer to the one before."""
        with self.line() as line:
            return [acknowledgement(line.ask(one).encode())[0] for one in messages]

    def _brought(self, port: socket.socket) -> Er7Line:
        """Return the line on which the host comes. Raises ``TimeoutError``: it does not."""
        port.settimeout(self.patience)
        taken, _ = port.accept()
        taken.settimeout(self.patience)
        return Er7Line(lambda _: taken, self.patience, self.charset, self.spoken)

    def _behind(self, line: Er7Line, at: datetime) -> Told:
        behind = line.take()
        if isinstance(self.analyser, Immunoassay) and is_work(behind):
            said = self.analyser.accepted if self.willing else self.analyser.refused
            line.put(said(behind, at))
        return self.analyser.told(behind)


def _more_comes(answer: str) -> bool:
    """Tell whether a query was found (QAK-2 ``OK``): a second message says what."""
    return any(fields(one)[2] == "OK" for one in answer.split("\r") if one.startswith("QAK|"))


def made(kind: str, name: str = "", stem: str = "") -> Analyser:
    """Return an analyser of a kind; ``stem`` begins its message numbers."""
    if kind == Haematology.kind:
        return Haematology(name or "HEMA-5")
    return next((one for one in _HL7 if one.kind == kind), Chemistry)(name, stem)


def bench(analyser: Analyser, where: Opening, patience: float = 30.0) -> Bench:
    """Return an analyser at a line, by what it speaks."""
    kind = AstmBench if isinstance(analyser, Haematology) else Hl7Bench
    return kind(analyser, where, patience)
