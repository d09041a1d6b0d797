"""Server: a signature server in front of an HSM, over HTTP with the small JSON interface of
docs/signatures.md.

Products of vendors speak interfaces of their own (GM/T 0029 names functions, not a wire form); what is
between them and this one is a few lines of theirs, not of the gateway's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from gateway.errors import Misconfigured, Rejected, Retry
from gateway.security.signature.provider import ALGORITHMS, Algorithm, Key
from gateway.security.signature.software import verify_value
from gateway.security.sm.der import raw_signature

_LARGEST = 65536
"""Bytes of an answer."""
_REMEMBERED = 65_536
"""Verdicts that are kept, the newest: whether a value is that of a key over some bytes never changes. A bad
one is asked again whenever there is time to wait."""


class ServerProvider:
    """Keys of a signature server.

    Args:
        url: where its interface begins, https but on this machine.
        token: sent as ``Authorization: Bearer``, ``""`` for none.
        ca: PEM file with the authorities of its certificate, ``""``: the system's.
        timeout: seconds that one request may take.
        verifies: ask it to verify too, instead of doing it here.
    """

    def __init__(
        self, url: str, *, token: str = "", ca: str = "", timeout: float = 10, verifies: bool = False
    ) -> None:
        self._url = url.rstrip("/")
        self._verifies = verifies
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            context = ssl.create_default_context(cafile=ca or None)
        except OSError as error:
            raise Misconfigured(f"cannot be read: {error.strerror or error}", where=ca) from None
        self._client = httpx.Client(headers=headers, verify=context, timeout=timeout, trust_env=False)
        self._key = lru_cache(maxsize=1024)(self._ask_key)
        self._lock = Lock()
        self._verdicts: dict[bytes, bool] = {}

    def key(self, name: str) -> Key:
        """Return what is known of a key; asked once. Raises ``Misconfigured`` or ``Retry``."""
        return self._key(name)

    def sign(self, name: str, data: bytes) -> bytes:
        """Return the signature value over ``data``. Raises ``Misconfigured`` or ``Retry``."""
        algorithm = self.key(name).algorithm
        answer = self._ask("POST", f"keys/{quote(name, safe='')}/sign", {"data": _text(data)})
        value = _bytes(answer.get("signature"))
        der = algorithm in ("SM2", "ES256") and len(value) != 64
        try:
            return raw_signature(value) if der else value
        except Rejected:
            raise _no_answer() from None

    def verify(self, algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bool:
        """Tell whether ``value`` is a certificate's signature over ``data``. Raises ``Rejected`` or
        ``Retry``."""
        if not self._verifies:
            return verify_value(algorithm, certificate, data, value)
        question = _question(algorithm, certificate, data, value)
        if self._verdicts.get(question):
            return True
        asked = {
            "algorithm": algorithm,
            "certificate": _text(certificate),
            "data": _text(data),
            "signature": _text(value),
        }
        good = self._ask("POST", "verify", asked).get("valid") is True
        self._remember(question, good)
        return good

    def known(self, algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bool | None:
        """Return what the server said of a value before; None: it has not been asked yet."""
        if not self._verifies:
            return verify_value(algorithm, certificate, data, value)
        return self._verdicts.get(_question(algorithm, certificate, data, value))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _remember(self, question: bytes, good: bool) -> None:
        with self._lock:
            self._verdicts[question] = good
            while len(self._verdicts) > _REMEMBERED:
                del self._verdicts[next(iter(self._verdicts))]

    def _ask_key(self, name: str) -> Key:
        answer = self._ask("GET", f"keys/{quote(name, safe='')}")
        algorithm, chain = answer.get("algorithm"), answer.get("certificates")
        if algorithm not in ALGORITHMS or not isinstance(chain, list) or not chain:
            raise _no_answer()
        return Key(algorithm, tuple(_bytes(one) for one in chain))

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            with self._client.stream(method, f"{self._url}/{path}", json=body) as response:
                status, text = response.status_code, _limited(response)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise Retry("the signature server does not answer", after=5) from None
        if status == 404:
            raise Misconfigured("the signature server has no such key", where=path)
        if status in (401, 403):
            raise Misconfigured("the signature server refuses the token", where=self._url)
        if status != 200:
            raise Retry("the signature server does not answer", after=5)
        try:
            answer = orjson.loads(text)
        except ValueError:
            raise _no_answer() from None
        if not isinstance(answer, dict):
            raise _no_answer()
        return answer


def _question(algorithm: Algorithm, certificate: bytes, data: bytes, value: bytes) -> bytes:
    parts = (algorithm.encode(), certificate, data, value)
    return hashlib.sha256(b"".join(len(one).to_bytes(8, "big") + one for one in parts)).digest()


def _limited(response: httpx.Response) -> bytes:
    text = b""
    for part in response.iter_bytes():
        text += part
        if len(text) > _LARGEST:
            raise _no_answer()
    return text


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise _no_answer() from None


def _no_answer() -> Retry:
    return Retry("the signature server's answer is not of its interface", after=60)
