"""Addresses: where each analyser takes its work, and over which connection patient data may leave."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping

from gateway.canonical import Envelope
from gateway.errors import Misconfigured
from gateway.wire import er7
from gateway.wire.tls import client_context, is_here

Address = tuple[str, int]

_PLACE = re.compile(r"\s*([^=\s]+)\s*=\s*\[?([A-Za-z0-9.:-]+?)\]?:(\d{1,5})\s*\Z")


class Addresses:
    """What the settings ``work`` and ``work_port`` say.

    Raises:
        Misconfigured: an address is none, or patient data would leave without TLS.

    Attributes:
        trust: for TLS to analysers; None: there is none.
    """

    def __init__(self, adapter: str, settings: Mapping[str, str | int | float | bool]) -> None:
        self._named = dict(_place(one, adapter) for one in str(settings["work"]).split(",") if one.strip())
        self._port = int(settings["work_port"])
        self._plain = bool(settings["work_plain"])
        self.trust: ssl.SSLContext | None = client_context(adapter, settings)
        for host, _ in filter(None, self._named.values()):
            if not self._may_reach(host):
                told = "patient data would leave without TLS: set tls_cert and tls_client_ca"
                raise Misconfigured(f"{told}, or work_plain = true", where=f"{adapter} work")

    def __bool__(self) -> bool:
        """Return whether work is brought to any port."""
        return bool(self._port) or any(self._named.values())

    def same(self, message: er7.Message) -> bool:
        """Tell whether an analyser takes its work where it has asked for it."""
        name = message.get("MSH-3.1") or ""
        return name in self._named and self._named[name] is None

    def of(self, envelope: Envelope, message: er7.Message) -> Address | None:
        """Return where the sender of a question takes work, None where nobody knows."""
        named = self._named.get(message.get("MSH-3.1") or "")
        if named is not None:
            return named
        peer = envelope.meta.get("peer", "")
        return (peer, self._port) if self._port and peer and self._may_reach(peer) else None

    def _may_reach(self, host: str) -> bool:
        return self._plain or self.trust is not None or is_here(host)


def _place(said: str, adapter: str) -> tuple[str, Address | None]:
    """Return the name of an analyser and its port, None: it takes work on the connection on which it asks."""
    name, _, place = said.partition("=")
    if name.strip() and place.strip() == "same":
        return name.strip(), None
    found = _PLACE.match(said)
    if found is None or not 0 < int(found[3]) < 65536:
        raise Misconfigured("say NAME=HOST:PORT or NAME=same, several with commas", where=f"{adapter} work")
    return found[1], (found[2], int(found[3]))
