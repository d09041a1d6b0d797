"""The regulator's platform that the target feeds: a simulated one that is asked, and made to misbehave."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from cryptography import x509

from conformance.evidence.exchange import Exchange, Message
from conformance.harness.client import KEPT
from conformance.harness.verdict import Skipped, Unanswered
from conformance.simulators.exact import dumps, loads

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
        return list(self._ledger(after).get("entries", []))

    def come(self, after: int = 0) -> list[dict[str, Any]]:
        """Return what has come, also what it refused for what stands in it: ``n``, ``hash``, ``serial``."""
        found = self._ledger(after)
        return [*found.get("refused", []), *found.get("entries", [])]

    def _ledger(self, after: int) -> dict[str, Any]:
        tenant = self._session.target.feed.get("tenant", "default")
        return self._ask("GET", f"/entries?tenant={tenant}&after={after}")

    def misbehave(self, mode: str, **how: Any) -> None:
        """Let it misbehave: ``away``, ``timeout``, ``lost``, ``half``…; ``""`` ends it."""
        self._ask("POST", "/misbehave", {"mode": mode, **how})

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask, and keep what was said as evidence. Raises :class:`Unanswered`."""
        content = b"" if body is None else dumps(body).encode()
        headers = {"Content-Type": "application/json"} if content else {}
        request = Message(f"{method} {self.url}{path}", headers, content[:KEPT], len(content))
        began, clock = datetime.now(UTC), time.perf_counter()
        try:
            answer = httpx.request(
                method, self.url + path, content=content or None, headers=headers,
                timeout=self._session.target.patience, trust_env=False,
            )  # fmt: skip
        except httpx.HTTPError as error:
            what = type(error).__name__
            self._note(request, None, began, clock, what)
            raise Unanswered(f"监管平台未应答：{what}", f"the platform did not answer: {what}") from None
        heard = {name.lower(): value for name, value in answer.headers.items()}
        raw = answer.content
        self._note(request, Message(str(answer.status_code), heard, raw[:KEPT], len(raw)), began, clock)
        return _object(raw)

    def _note(
        self, request: Message, answer: Message | None, began: datetime, clock: float, error: str = ""
    ) -> None:
        seconds, at = round(time.perf_counter() - clock, 6), began.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._recorder.book.note(Exchange(self._recorder.doing, "http", at, seconds, request, answer, error))

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


def _object(raw: bytes) -> dict[str, Any]:
    """Return a JSON object. Raises :class:`Unanswered`: the platform said something that is no JSON."""
    try:
        found = loads(raw)
    except (ValueError, RecursionError) as error:
        what = type(error).__name__
        raise Unanswered(f"监管平台未应答：{what}", f"the platform did not answer: {what}") from None
    return found if isinstance(found, dict) else {}
