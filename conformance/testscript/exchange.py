"""Owns what one run says to servers: which server, whose credentials, what is kept for later actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.testscript.address import Sources
from conformance.testscript.content import LARGEST, Content
from conformance.testscript.fixtures import Fixtures
from conformance.testscript.identity import Identity, identity, located
from conformance.testscript.request import Request, build, origin
from conformance.testscript.script import Operation, Script
from conformance.testscript.sender import Answer, Destination, Sender
from conformance.testscript.unusable import Unusable
from conformance.testscript.variables import Variables

_DONE = range(200, 300)


class Exchanges:
    """The requests of one run.

    Args:
        destinations: by number; 0 stands for each number that is not there.
        origins: headers by number of an origin, whose part this engine plays.
        anywhere: whether a script may name addresses at other servers; they get no credentials.
    """

    def __init__(
        self, script: Script, destinations: Mapping[int, Destination], sender: Sender, fixtures: Fixtures,
        variables: Variables, origins: Mapping[int, Mapping[str, str]], *, anywhere: bool,
    ) -> None:  # fmt: skip
        self._script, self._destinations, self._send = script, destinations, sender
        self._fixtures, self._variables, self._origins = fixtures, variables, origins
        self._anywhere = anywhere
        self._sources = Sources(variables.fill, variables.content, self.identity)

    def perform(self, operation: Operation) -> tuple[Request, Content, Content]:
        """Send an operation's request; returns (it, as it was sent, the answer), both kept under their ids.

        Raises:
            Unusable: it cannot be made or sent, or nobody answered.
        """
        destination = self.destination(operation.destination)
        made = build(operation, destination.base, self._sources)
        self._introduce(made, operation, destination)
        sent = made.content()
        if operation.request_id:
            self._fixtures.keep(operation.request_id, sent)
        came = content(self._send(made.method, made.url, made.headers, made.body))
        if operation.response_id:
            self._fixtures.keep(operation.response_id, came)
        self._remember(operation, came)
        return made, sent, came

    def implicitly(self, method: str, fixture: str, number: int) -> Content:
        """Create or delete a fixture without an action of the script's (R4 autocreate, autodelete)."""
        source = self._variables.content(fixture)
        who = self.identity(fixture)
        code = "delete" if method == "DELETE" else "update" if who.id else "create"
        wanted = Operation(code=code, resource=who.type or source.type, destination=number or None)
        if method != "DELETE":
            wanted = replace(wanted, source_id=fixture)
        return self.perform(replace(wanted, target_id=fixture if who.id else ""))[2]

    def destination(self, number: int | None) -> Destination:
        """Return the server of a number. Raises ``Unusable``: it is not clear which, or nobody gave it."""
        declared = self._script.destinations
        if number is None and len(declared) > 1:
            raise Unusable(
                "有多个 destination，操作须指明其一",
                "there are several destinations: the operation has to name one",
            )
        if number is not None and declared and number not in declared:
            raise Unusable(f"脚本未声明 destination {number}", f"the script declares no destination {number}")
        index = number if number is not None else next(iter(declared), 0)
        found = self._destinations.get(index) or self._destinations.get(0)
        if found is None:
            raise Unusable(
                f"没有给出 destination {index} 的服务器", f"no server is given for destination {index}"
            )
        return found

    def identity(self, id_: str) -> Identity:
        """Return who a fixture is on the server: what that said when it was created goes first."""
        if id_ in self._fixtures.identities:
            return Identity(*self._fixtures.identities[id_])
        return identity(self._variables.content(id_))

    def _introduce(self, made: Request, operation: Operation, destination: Destination) -> None:
        """Credentials go to the server that they are for, whatever address a script names."""
        if (
            operation.origin is not None
            and self._script.origins
            and operation.origin not in self._script.origins
        ):
            raise Unusable(
                f"脚本未声明 origin {operation.origin}", f"the script declares no origin {operation.origin}"
            )
        whose = next(
            (
                one
                for one in (destination, *self._destinations.values())
                if origin(one.base) == origin(made.url)
            ),
            None,
        )
        if whose is None and not (self._anywhere and origin(made.url)[0] in ("http", "https")):
            raise Unusable(
                f"网址不在被测服务器上：{made.url}", f"the address is at none of the servers: {made.url}"
            )
        own = {
            **(whose.headers if whose else {}),
            **(self._origins.get(operation.origin or 0, {}) if whose else {}),
        }
        names = {name.lower() for name, _ in operation.request_headers}
        for name, value in own.items():
            if name.lower() not in names:
                made.set(name, value)

    def _remember(self, operation: Operation, came: Content) -> None:
        """A fixture that was created has the id that the server gave it: targetId, autodelete mean that."""
        if not operation.source_id or came.status not in _DONE or operation.method == "GET":
            return
        where = located(came)
        if where.id and where.type == self._variables.content(operation.source_id).type:
            self._fixtures.identities[operation.source_id] = (where.type, where.id)


def content(answer: Answer) -> Content:
    """Return an answer as assertions look at it. Raises ``Unusable``: it is too long."""
    if len(answer.body) > LARGEST:
        raise Unusable("应答超过 16 MiB", "the answer is larger than 16 MiB")
    return Content(
        answer.body, {name.lower(): value for name, value in answer.headers.items()}, answer.status
    )
