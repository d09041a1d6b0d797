"""Where the bytes come from: a TCP port that analysers connect to, and the lines that a file names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from adapters.lis.astm.calling import Calling
from adapters.lis.astm.lines import Line, own, read_lines
from adapters.lis.astm.reception import CONTENT_TYPE, NAME, Reception
from adapters.lis.astm.settings import Settings, limits_of
from gateway.errors import Misconfigured
from gateway.spec import Ask, Deliver
from gateway.wire.astm import AstmServer
from gateway.wire.tls import server_context

__all__ = ["CONTENT_TYPE", "NAME", "AstmDoor", "source"]

_WHERE = f'[adapters."{NAME}"]'


class AstmDoor:
    """A ``gateway.spec.Source``: what analysers send is committed, then acknowledged.

    Args:
        settings: of the adapter's ``fields``.

    Raises:
        Misconfigured: a setting or a line means nothing; says what there is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._limits = settings, limits_of(settings)
        lines = read_lines(Path(str(settings["lines"])), settings) if settings["lines"] else []
        self._lines = (own(settings), *lines)
        self._reception = Reception(str(settings["tenant"]), [one for one in lines if one.peer])
        self._tls = server_context(NAME, settings)
        self._own = self._server(own(settings), int(settings["port"]))
        self._ports = {one.name: self._server(one, one.listen) for one in lines if one.listen}
        self._called = [
            Calling(one, self._reception.of(one), self._limits) for one in lines if one.call or one.serial
        ]

    def _server(self, line: Line, port: int) -> AstmServer:
        host = str(self._settings["host"])
        return AstmServer(
            self._reception.of(line), host=host, port=port,
            profile=line.profile, limits=self._limits, ssl=self._tls,
        )  # fmt: skip

    def answered_by(self, ask: Ask) -> None:
        """Take what answers the questions of instruments."""
        self._reception.ask = ask

    async def start(self, deliver: Deliver) -> None:
        """Open the ports and begin to receive; what is called is opened as soon as it answers.

        Raises:
            Misconfigured: a port cannot be bound; those that were are closed again.
        """
        self._reception.deliver = deliver
        begun: list[AstmServer] = []
        for name, server in {"": self._own, **self._ports}.items():
            try:
                await server.start()
            except Misconfigured as error:
                for one in begun:
                    await one.stop()
                said = f"{error.reason}; set another port"
                where = f"{_WHERE} line {name}" if name else _WHERE
                raise Misconfigured(said, code=error.code, where=where) from None
            begun.append(server)
        for line in self._called:
            line.start()

    async def stop(self) -> None:
        """Accept nothing new, commit what is under way, close."""
        for line in self._called:
            await line.stop()
        for server in (self._own, *self._ports.values()):
            await server.stop()

    @property
    def layouts(self) -> Mapping[str, str]:
        """Return the layouts that the settings name, and which line does."""
        return {
            one.layout: f"{_WHERE} line {one.name}" if one.name else _WHERE
            for one in self._lines
            if one.layout
        }

    def status(self) -> Mapping[str, int | str]:
        """Return addresses, counters of all lines together, how messages ended, when lines were heard."""
        host, port = self._own.address
        told: dict[str, int | str] = {"address": f"{host}:{port}"}
        for name, server in self._ports.items():
            told[f"line {name}"] = ":".join(map(str, server.address))
        for one in self._called:
            told[f"line {one.line.name}"] = one.state
        counted: Counter[str] = Counter()
        seen = [one.counters for one in (self._own, *self._ports.values())]
        for counters in (*seen, *(one.counters for one in self._called)):
            counted.update(asdict(counters))
        return {**told, **counted, **self._reception.counts, **self._reception.heard}


def source(settings: Settings) -> AstmDoor:
    """Return the door, not yet open."""
    return AstmDoor(settings)
