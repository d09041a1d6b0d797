"""A client of the target's FHIR API, as one identity; everything it says and hears is kept as evidence."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import httpx

from conformance.evidence.exchange import Book, Exchange, Message
from conformance.harness.action import FHIR_JSON
from conformance.harness.answer import Answer
from conformance.harness.login import Login, Logins, Told
from conformance.harness.names import Names
from conformance.harness.target import Identity, Target
from conformance.harness.verdict import Skipped, Unanswered
from conformance.simulators.exact import Resource, dumps, loads

KEPT_ALIVE = 2.0
"""Seconds that an idle line is kept; many servers close it after five, in the middle of a request."""
KEPT = 256 * 1024
"""Bytes of a body that evidence keeps at most before it is masked and cut."""
LARGEST = 64 * 1024 * 1024
"""Bytes of an answer; a target that sends more is not read on."""


class Recorder(Protocol):
    """Where exchanges are kept: the check that is under way."""

    book: Book
    doing: str


@dataclass(slots=True)
class Scribe:
    """Keeps exchanges that are no check's: nobody asks for them afterwards."""

    doing: str
    book: Book = field(default_factory=Book)


class Line:
    """The lines to a target, shared by all clients: one pool for each client certificate.

    Attributes:
        names: what the target calls what the harness wrote.
        logins: what those were told who log in.
    """

    def __init__(self, target: Target) -> None:
        self.target, self.names, self.logins = target, Names(), Logins()
        self._pools: dict[tuple[str, str] | None, httpx.Client] = {}
        self._opening = threading.Lock()

    def pool(self, cert: tuple[str, str] | None) -> httpx.Client:
        """Return the pool for a client certificate."""
        with self._opening:  # checks begin side by side
            if cert not in self._pools:
                self._pools[cert] = self._opened(cert)
            return self._pools[cert]

    def _opened(self, cert: tuple[str, str] | None) -> httpx.Client:
        return httpx.Client(
            timeout=httpx.Timeout(self.target.patience, connect=min(5.0, self.target.patience)),
            verify=self._trust(cert), follow_redirects=False, trust_env=False, cookies=_no_cookies(),
            limits=httpx.Limits(
                max_connections=64, max_keepalive_connections=32, keepalive_expiry=KEPT_ALIVE
            ),
        )  # fmt: skip

    def _trust(self, cert: tuple[str, str] | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.target.ca or None)
        if cert:
            context.load_cert_chain(*cert, password="")  # no prompt in the middle of a run
        return context

    def close(self) -> None:
        """Close all lines."""
        for one in self._pools.values():
            one.close()


class Client:
    """One identity at the target's FHIR API."""

    def __init__(self, line: Line, identity: Identity, recorder: Recorder) -> None:
        self._line, self.identity, self._recorder = line, identity, recorder
        self.base = identity.base or line.target.fhir

    def get(self, path: str, **headers: str) -> Answer:
        """Read an address: below the base, ``//`` below the host, or whole."""
        return self.send("GET", path, headers=headers)

    def post(self, path: str, body: Any, by: str = "", **headers: str) -> Answer:
        """Post a resource, or bytes."""
        return self.send("POST", path, body, by, headers)

    def put(self, body: Resource, by: str = "", **headers: str) -> Answer:
        """Write a resource under its own id."""
        return self.send("PUT", f"{body['resourceType']}/{body['id']}", body, by, headers)

    def delete(self, path: str, by: str = "") -> Answer:
        """Delete what stands at an address."""
        return self.send("DELETE", path, None, by)

    def transaction(self, bodies: list[Resource], by: str = "") -> Answer:
        """Write several resources under their ids, all or none."""
        entries = [
            {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
            for one in bodies
        ]
        return self.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries}, by)

    def held(self) -> dict[str, str]:
        """Return the headers that let in: declared, and told by a login, which is made where there was none.

        Raises:
            Skipped: the login was refused.
        """
        login = self.identity.login
        return {**self.identity.headers, **(login.sent(self._logged_in(login)[1]) if login else {})}

    def send(
        self, method: str, path: str, body: Any = None, by: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and return its answer, whatever it says.

        Args:
            by: reference to the practitioner who acts, for identities that assert one.
            headers: with ``_`` for ``-``; what is ``""`` is not sent.

        Raises:
            Unanswered: there was none: refused, cut, too slow, too long, or not to be trusted.
            Skipped: whoever asks logs in first, and was refused.
        """
        names = self._line.names
        url = self.url(names.theirs(path))
        content = body if isinstance(body, bytes) or body is None else dumps(names.theirs(body)).encode()
        ours, login = self._ours(url), self.identity.login

        def ask(told: Told) -> Answer:
            credentials = self._credentials(method, url, content, told) if ours else {}
            whole = self._headers(content is not None, by, headers or {}, credentials)
            return self._asked(method, url, content, whole)

        if login is None or not ours:
            return ask({})
        turn, told = self._logged_in(login)
        answer, logins = ask(told), self._line.logins
        if login.refused(answer.status, answer.content) and logins.over(self.identity.name, turn):
            answer = ask(self._logged_in(login)[1])
            if login.refused(answer.status, answer.content):
                logins.vain(self.identity.name)
        return answer

    def _asked(self, method: str, url: str, content: bytes | None, whole: dict[str, str]) -> Answer:
        names = self._line.names
        began, clock = datetime.now(UTC), time.perf_counter()
        request = Message(f"{method} {url}", whole, (content or b"")[:KEPT], len(content or b""))
        try:
            status, heard, raw = self._exchange(method, url, content, whole)
        except (httpx.HTTPError, ssl.SSLError, OSError, ValueError) as error:
            what = f"{type(error).__name__}: {error}"
            self._note(request, None, began, clock, what)
            raise Unanswered(
                f"目标未应答：{_kind(error)}", f"the target did not answer: {_kind(error)}"
            ) from error
        number = self._note(request, Message(str(status), heard, raw[:KEPT], len(raw)), began, clock)
        return Answer(status, heard, _ours(raw, names), number, time.perf_counter() - clock)

    def url(self, path: str) -> str:
        """Return the whole address: ``//x`` is below the host, what has a scheme stays."""
        if urlsplit(path).scheme in ("http", "https"):
            return path
        if path.startswith("//"):
            return urljoin(self.base, path[1:])
        return f"{self.base}/{path}" if path and not path.startswith("?") else f"{self.base}{path}"

    def _logged_in(self, login: Login) -> tuple[int, Told]:
        """Return what the login told, and the how manieth it was. Raises :class:`Skipped`: it was refused."""
        turn, told = self._line.logins.of(self.identity.name, lambda: self._log_in(login))
        self._recorder.book.hide(*told.values())
        return turn, told

    def _log_in(self, login: Login) -> Told:
        method, path, headers, body = login.call.request(login.given)
        nobody = Client(self._line, replace(self.identity, login=None, practitioner=""), self._recorder)
        answer = nobody.send(method, path, body, headers=headers)
        told = login.told(answer.content, answer.headers)
        if told is None or not answer.ok or login.call.undone(answer.content):
            where = f"identities.{self.identity.name}.login"
            raise Skipped(
                f"前提未满足：登录（{where}）；实际：HTTP {answer.status}",
                f"prerequisite not met: logged in ({where}); found: HTTP {answer.status}",
            )
        return told

    def _credentials(self, method: str, url: str, content: bytes | None, told: Told) -> dict[str, str]:
        one = self.identity
        signed = one.sign.sent(method, url, content or b"", told) if one.sign else {}
        return {**one.headers, **(one.login.sent(told) if one.login else {}), **signed}

    def _headers(
        self, has_body: bool, by: str, more: Mapping[str, str], credentials: Mapping[str, str]
    ) -> dict[str, str]:
        found = {
            "Accept": FHIR_JSON,
            **({"Content-Type": FHIR_JSON} if has_body else {}),
            **credentials,
        }
        acting, asserting = (
            by or self.identity.practitioner,
            self._line.target.setting("practitioner_header", ""),
        )
        if acting and asserting:
            found[asserting] = acting
        said = {name.replace("_", "-"): value for name, value in more.items()}
        known = {name.lower() for name in said}
        found = {name: value for name, value in found.items() if name.lower() not in known} | said
        return {name: value for name, value in found.items() if value}

    def _ours(self, url: str) -> bool:
        """Tell whether an address is the target's; one of elsewhere is followed without credentials."""
        there = (self.base, self._line.target.fhir, *self._line.target.addresses)
        return urlsplit(url)[:2] in {urlsplit(one)[:2] for one in there}

    def _exchange(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        pool = self._line.pool(self.identity.cert)
        until = time.monotonic() + self._line.target.patience
        with pool.stream(method, url, content=content, headers=dict(headers)) as answer:
            pieces, size = [], 0
            for piece in answer.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > LARGEST or time.monotonic() > until:
                    raise httpx.ReadTimeout("the answer is too long, or comes too slowly")
            return (
                answer.status_code,
                {name.lower(): value for name, value in answer.headers.items()},
                b"".join(pieces),
            )

    def _note(
        self, request: Message, response: Message | None, began: datetime, clock: float, error: str = ""
    ) -> int:
        seconds = round(time.perf_counter() - clock, 6)
        at = began.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        exchange = Exchange(self._recorder.doing, "http", at, seconds, request, response, error)
        return self._recorder.book.note(exchange)


def _no_cookies() -> CookieJar:
    """Return a jar that keeps none: identities share a line, and a session of one is none of another."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _ours(raw: bytes, names: Names) -> bytes:
    """Return what came with the names by which the checks know it; as it is where that is no JSON."""
    if not names or raw.lstrip()[:1] not in (b"{", b"["):
        return raw
    try:
        return dumps(names.ours(loads(raw))).encode()
    except (ValueError, RecursionError):
        return raw


def _kind(error: Exception) -> str:
    """Return what went wrong, without addresses and texts of the target: the same in each run."""
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error).upper():
        return "certificate not trusted"
    if isinstance(error, httpx.ConnectError):
        return "connection refused"
    if isinstance(error, httpx.TimeoutException):
        return "time-out"
    return type(error).__name__
