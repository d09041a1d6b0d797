"""The regulator's platform that the target feeds: a simulated one that is asked, and made to misbehave."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from cryptography import x509

from conformance.harness.verdict import Skipped, Unanswered
from conformance.simulators.exact import loads

if TYPE_CHECKING:
    from conformance.harness.client import Recorder
    from conformance.harness.session import Session


class Platform:
    """One that runs (``platform.url``), or one that the harness runs (``platform.listen``: HOST:PORT)."""

    def __init__(self, declared: Mapping[str, str], session: Session, recorder: Recorder) -> None:
        self._declared, self._session, self._recorder = declared, session, recorder

    @property
    def url(self) -> str:
        """Its address."""
        return self._declared.get("url") or self._session.once("platform", self._started)

    def state(self) -> dict[str, Any]:
        """Return what it has, and what it found wrong."""
        return self._ask("GET", "/state")

    def counts(self, day: str) -> dict[str, Any]:
        """Return its own counts of a day, with serials."""
        return self._ask("GET", f"/counts?day={day}&numbers=true")

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """Return what it has of the target's ledger after a number: ``n``, ``hash``, ``document``…"""
        tenant = self._session.target.feed.get("tenant", "default")
        return list(self._ask("GET", f"/entries?tenant={tenant}&after={after}").get("entries", []))

    def misbehave(self, mode: str, **how: Any) -> None:
        """Let it misbehave: ``away``, ``timeout``, ``lost``, ``half``…; ``""`` ends it."""
        self._ask("POST", "/misbehave", {"mode": mode, **how})

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        try:
            answer = httpx.request(
                method, self.url + path, json=body, timeout=self._session.target.patience, trust_env=False
            )
            found = loads(answer.content)
        except (httpx.HTTPError, ValueError) as error:
            raise Unanswered(
                f"监管平台未应答：{type(error).__name__}",
                f"the platform did not answer: {type(error).__name__}",
            ) from None
        return found if isinstance(found, dict) else {}

    def _started(self) -> str:
        from conformance.simulators.regulator.book import Book
        from conformance.simulators.regulator.envelope import Keys
        from conformance.simulators.regulator.message import Checks
        from conformance.simulators.regulator.mischief import Mischief
        from conformance.simulators.regulator.platform import Platform as Simulated
        from conformance.simulators.regulator.server import Server

        host, _, port = self._declared.get("listen", "127.0.0.1:0").rpartition(":")
        trust = self._declared.get("trust", "")
        authorities = x509.load_pem_x509_certificates(Path(trust).read_bytes()) if trust else []
        folder = self._session.stack.enter_context(tempfile.TemporaryDirectory(prefix="qiao-platform-"))
        book = Book(Path(folder) / "platform.db", False)
        try:
            server = Server(
                host, int(port), Simulated(book, Mischief(), Checks(book, authorities), Keys(b""), None)
            )
        except (OSError, ValueError) as error:
            raise Skipped(f"监管平台无法启动：{error}", f"the platform cannot start: {error}") from None
        server.start()
        self._session.stack.callback(server.stop)
        return server.url
