"""Doors that are not FHIR: HL7 v2 over MLLP. Others come when a target declares them."""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.evidence.exchange import Exchange, Message
from conformance.harness.client import Recorder
from conformance.harness.target import Door
from conformance.harness.verdict import Broken, Unanswered
from conformance.simulators.mllp import END, START, acknowledgement, frame


@dataclass(slots=True, frozen=True)
class Acknowledged:
    """The answer to a message.

    Attributes:
        code: MSA-1: ``AA``, ``AE``, ``AR``, ``CA``…; ``?`` where it has none.
        control: MSA-2.
        raw: the whole answer without framing.
    """

    code: str
    control: str
    raw: bytes
    evidence: int = 0

    @property
    def errors(self) -> list[str]:
        """The ERR segments, as text."""
        lines = re.split(r"[\r\n]+", self.raw.decode("utf-8", "replace"))
        return [one for one in lines if one.startswith("ERR|")]


class MllpDoor:
    """A sending system's line to a door (HL7 v2 Transport Specification: MLLP R1)."""

    def __init__(self, door: Door, recorder: Recorder, patience: float) -> None:
        if door.protocol != "mllp":
            raise Broken(f"不支持 {door.protocol}", f"no client for {door.protocol}")
        self._door, self._recorder, self._patience = door, recorder, patience
        self._line: socket.socket | None = None

    def send(self, message: bytes | str, *, read: bool = True) -> Acknowledged:
        """Send one message and return its acknowledgement.

        Args:
            message: ER7; a text goes out in the door's charset.
            read: False: the line is cut before the answer comes, as when a cable is pulled.

        Raises:
            Unanswered: no line, or no answer in time.
        """
        raw = (
            message
            if isinstance(message, bytes)
            else message.encode(self._door.options.get("charset", "utf-8"))
        )
        began, clock = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), time.perf_counter()
        asked = Message(f"MLLP {self._door.name}", {}, raw, len(raw))
        try:
            answer = self._exchange(raw) if read else self._thrown(raw)
        except (OSError, ssl.SSLError) as error:
            self.close()
            seconds = time.perf_counter() - clock
            self._recorder.book.note(
                Exchange(self._recorder.doing, "mllp", began, seconds, asked, None, type(error).__name__)
            )
            what = "time-out" if isinstance(error, TimeoutError) else type(error).__name__
            raise Unanswered(
                f"接口 {self._door.name} 未应答：{what}", f"door {self._door.name} did not answer: {what}"
            ) from None
        heard = Message("", {}, answer, len(answer))
        seconds = time.perf_counter() - clock
        number = self._recorder.book.note(
            Exchange(self._recorder.doing, "mllp", began, seconds, asked, heard)
        )
        code, control = acknowledgement(answer)
        return Acknowledged(code, control.decode("latin-1"), answer, number)

    def break_off(self, part: bytes) -> None:
        """Send the beginning of a frame, then cut the line. Raises :class:`Unanswered`: there is no line."""
        try:
            self._open().sendall(START + part)
        except (OSError, ssl.SSLError) as error:
            what = type(error).__name__
            raise Unanswered(
                f"接口 {self._door.name} 无法连接：{what}", f"no line to door {self._door.name}: {what}"
            ) from None
        finally:
            self.close()

    def close(self) -> None:
        """Close the line."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _thrown(self, raw: bytes) -> bytes:
        self._open().sendall(frame(raw))
        self.close()
        return b""

    def _exchange(self, raw: bytes) -> bytes:
        line = self._open()
        line.sendall(frame(raw))
        heard = b""
        until = time.monotonic() + self._patience
        while END not in heard:
            piece = line.recv(65536)
            if not piece:
                raise ConnectionResetError("closed before the acknowledgement")
            heard += piece
            if time.monotonic() > until or len(heard) > 1024 * 1024:
                raise TimeoutError("no whole answer")
        return heard.partition(END)[0].lstrip(START)

    def _open(self) -> socket.socket:
        if self._line is None:
            line = socket.create_connection((self._door.host, self._door.port), timeout=self._patience)
            options = self._door.options
            if options.get("ca"):
                context = ssl.create_default_context(cafile=options["ca"])
                if options.get("cert"):
                    context.load_cert_chain(options["cert"], options.get("key"))
                line = context.wrap_socket(line, server_hostname=self._door.host)
            self._line = line
        return self._line
