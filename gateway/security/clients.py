"""Clients: who may ask now, as ``clients.toml`` says; a changed file counts while the gateway runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import Misconfigured
from gateway.security.caller import LOCAL, Caller, Sees
from gateway.security.client import DEFAULT_TENANT, Client, digest, read_clients
from gateway.security.roles import Right

LOOK_EVERY = 1.0
"""Seconds between two looks at the file."""
TOKEN = "token"  # noqa: S105 -- a name
"""Name of the client whose token stands in the settings, ``[api] token``."""

_log = logging.getLogger("qiao.security")
_SCHEME = b"bearer "


Stamp = tuple[int, int, int] | None
_GONE: Stamp = (0, 0, 0)


@dataclass(slots=True, frozen=True)
class _Known:
    """The clients of the last good state of the file, by digest; None where there has been no file."""

    clients: dict[bytes, Client] | None = None
    stamp: Stamp = None
    names: dict[str, Client] = field(default_factory=dict)


class Clients:
    """The clients of one gateway.

    Args:
        file: ``clients.toml``; None for a gateway that has none.
        token: of the settings: an operator of the default tenant; ``""`` for none.
        clock: monotonic seconds.
        sees: what the regulator of a tenant sees of it; None: what belongs to the supervised business.

    Raises:
        Misconfigured: the file is there and wrong.
    """

    def __init__(
        self,
        file: Path | None = None,
        token: str = "",
        clock: Callable[[], float] = time.monotonic,
        sees: Callable[[str], Sees] | None = None,
    ) -> None:
        self._file = file
        self._sees = sees
        self._clock = clock
        self._own = (
            {digest(token.encode()): Client(TOKEN, digest(token.encode()), "operator", DEFAULT_TENANT)}
            if token
            else {}
        )
        self._own_names = {one.name: one for one in self._own.values()}
        stamp = self._stamp()
        self._known = self._read(stamp) if stamp else _Known()
        self._next_look = clock() + LOOK_EVERY

    @property
    def guarded(self) -> bool:
        """Whether a token is asked for: there is a file, even an empty one, or a token in the settings."""
        return self._known.clients is not None or bool(self._own)

    @property
    def some(self) -> bool:
        """Whether anybody can show a token."""
        now = datetime.now(UTC)
        return bool(self._own) or any(not one.expired(now) for one in self._clients.values())

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants that have a client, and the default one."""
        return frozenset({DEFAULT_TENANT, *(one.tenant for one in self._clients.values())})

    def caller(self, authorization: bytes | None) -> Caller | None:
        """Return who shows this ``Authorization`` header; None for nobody that is known."""
        if self._clock() >= self._next_look:
            self.look()
        if not self.guarded:
            return LOCAL
        if authorization is None or authorization[:7].lower() != _SCHEME:
            return None
        shown = digest(authorization[7:].strip())
        client = self._clients.get(shown) or self._own.get(shown)
        if client is None or (client.expires is not None and client.expired(datetime.now(UTC))):
            return None
        return self._bounded(client.caller)

    def limited(self, name: str, tenant: str) -> bool:
        """Tell whether the client of a name sees only what belongs to the supervised business; any thread."""
        client = self._known.names.get(name) or self._own_names.get(name)
        return client is not None and client.tenant == tenant and self._bounded(client.caller).sees != "all"

    def _bounded(self, caller: Caller) -> Caller:
        if caller.role != "regulator" or (self._sees is not None and self._sees(caller.tenant) == "all"):
            return caller
        return replace(caller, sees="visits")

    def may(self, name: str, tenant: str, right: Right) -> bool:
        """Tell whether the client of a name has a right now; any thread. Without clients everybody has it."""
        if self._clock() >= self._next_look:
            self.look()
        if not self.guarded:
            return True
        client = self._known.names.get(name) or self._own_names.get(name)
        if client is None or client.tenant != tenant or client.expired(datetime.now(UTC)):
            return False
        return client.caller.may(right)

    def look(self) -> None:
        """Take over a changed file; one that is gone or broken changes nothing, and is told once."""
        self._next_look = self._clock() + LOOK_EVERY
        stamp = self._stamp() or (_GONE if self._known.stamp else None)
        if stamp == self._known.stamp:
            return
        if stamp == _GONE:
            _log.error("%s is gone: its clients go on until the gateway stops", self._file)
        elif stamp is not None:
            try:
                self._known = self._read(stamp)
                _log.info("%s: %d clients", self._file, len(self._clients))
            except (Misconfigured, FileNotFoundError) as error:
                _log.error("the clients stay as they were: %s", error)
        self._known = replace(self._known, stamp=stamp)

    @property
    def _clients(self) -> dict[bytes, Client]:
        return self._known.clients or {}

    def _read(self, stamp: Stamp) -> _Known:
        assert self._file is not None
        names = read_clients(self._file)
        return _Known({one.digest: one for one in names.values()}, stamp, names)

    def _stamp(self) -> Stamp:
        """Return what tells one state of the file from another, None where there is none."""
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return (-1, 0, 0)
        return found.st_mtime_ns, found.st_size, found.st_ino
