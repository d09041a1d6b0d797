"""Envelope: how the records of a request are put into its body and headers: encrypted, hashed, wrapped.

SM4-CBC (GB/T 32907, GB/T 17964), SM3 (GB/T 32905) and HMAC-SM3; which of them, over what and where they stand
is what the map says (docs/feed.md).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical.json import dumps
from gateway.errors import Misconfigured, Rejected
from gateway.feed.receiver.map_file import MapFile
from gateway.feed.receiver.markup import to_markup
from gateway.feed.receiver.template import Names, filled
from gateway.feed.receiver.wire import Request
from gateway.security.sm.sm3 import hmac_sm3, sm3
from gateway.security.sm.sm4 import sm4_decrypt, sm4_encrypt
from gateway.store.clock import instant

RECORDS = "{records}"
"""In a body that is a table: the records themselves, not as text."""

_BLOCK = 16
_BREAK = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True, frozen=True)
class Secrets:
    """Keys of one receiver: SM4's, and what HMAC-SM3 and ``{secret}`` use."""

    sm4: bytes = field(default=b"", repr=False)
    mac: bytes = field(default=b"", repr=False)
    secret: str = field(default="", repr=False)


class Envelope:
    """Makes the requests of one map.

    Args:
        url: of the platform; the paths of the map are below it.
        constants: what templates may name besides: ``value.…``, ``organization``.
        headers: that are sent with every request.

    Raises:
        Misconfigured: the map encrypts and there is no key.
    """

    def __init__(
        self,
        map_: MapFile,
        url: str,
        secrets: Secrets,
        constants: Mapping[str, str],
        headers: tuple[tuple[str, str], ...] = (),
        *,
        xml: bool = False,
    ) -> None:
        self._wire, self._url, self._secrets, self._xml = map_.wire, url.rstrip("/"), secrets, xml
        self._constants: dict[str, Any] = {
            name: lambda value=value: value for name, value in constants.items()
        }
        self._headers = headers
        if self._wire["encrypt"] != "none" and len(secrets.sm4) != _BLOCK:
            raise Misconfigured("needs sm4_key: 32 hexadecimal digits", where=map_.name)

    @property
    def names(self) -> Names:
        """What constants of fields may name."""
        return self._constants

    def request(
        self, content: Any, interface: str, key: str, count: int, at_us: int, day: str = ""
    ) -> Request:
        """Return the request for some content.

        Args:
            content: a record, or a list of them.
            interface: of the platform.
            key: what is the same whenever the same is sent: ``{key}``.
            count: of the records.
        """
        plain = to_markup(self._rooted(content), self._wire["root"]) if self._xml else dumps(content)
        iv, sealed = self._sealed(plain)
        names: dict[str, Any] = {
            **self._constants,
            "interface": lambda: interface, "key": lambda: key, "count": lambda: str(count),
            "day": lambda: day, "time": lambda: str(at_us // 1000),
            "seconds": lambda: str(at_us // 1_000_000),
            "moment": lambda: instant(at_us), "iv": iv.hex, "secret": lambda: self._secrets.secret,
            "payload": lambda: self._written(sealed), "plain": plain.decode,
        }  # fmt: skip
        for name, template in self._wire["digests"].items():
            names[f"digest.{name}"] = lambda text=template: sm3(filled(text, names).encode()).hex()
        for name, template in self._wire["macs"].items():
            names[f"mac.{name}"] = lambda text=template: self._mac(filled(text, names))
        body = self._body(content, sealed, names)
        headers = [("Content-Type", self._content_type), *self._headers]
        headers += [(name, _line(filled(text, names))) for name, text in self._wire["headers"].items()]
        return Request(
            self._wire["method"], self._url + filled(self._wire["path"], names), tuple(headers), body
        )

    def opened(self, text: str | bytes) -> bytes:
        """Return what an encrypted answer says. Raises ``Rejected``: it cannot be read."""
        try:
            data = text if isinstance(text, bytes) else text.encode()
            if self._wire["encoding"] == "base64":
                data = base64.b64decode(data, validate=True)
            elif self._wire["encoding"] == "hex":
                data = bytes.fromhex(data.decode())
        except (binascii.Error, ValueError):
            raise Rejected("the answer is not encoded as it should be", code="answer") from None
        if self._wire["encrypt"] == "none":
            return data
        iv = self._fixed_iv()
        if not iv:
            iv, data = data[:_BLOCK], data[_BLOCK:]
        return sm4_decrypt(self._secrets.sm4, iv, data)

    @property
    def _content_type(self) -> str:
        said = str(self._wire["content_type"])
        if said:
            return said
        return "application/xml; charset=utf-8" if self._xml else "application/json; charset=utf-8"

    def _rooted(self, content: Any) -> Any:
        return {self._wire["item"]: content} if isinstance(content, list) else content

    def _sealed(self, plain: bytes) -> tuple[bytes, bytes]:
        """Return the initialization vector and what stands for the payload, in bytes."""
        if self._wire["encrypt"] == "none":
            return b"", plain
        iv, cipher = sm4_encrypt(self._secrets.sm4, plain, self._fixed_iv())
        return iv, iv + cipher if self._wire["iv"] == "prefix" else cipher

    def _fixed_iv(self) -> bytes:
        said = self._wire["iv"]
        if said in ("prefix", "apart"):
            return b""
        try:
            found = bytes.fromhex(filled(said, self._constants))
        except ValueError:
            found = b""
        if len(found) != _BLOCK:
            raise Misconfigured("wire.iv is prefix, apart, or 32 hexadecimal digits")
        return found

    def _written(self, sealed: bytes) -> str:
        if self._wire["encrypt"] == "none":
            return sealed.decode()
        return sealed.hex() if self._wire["encoding"] == "hex" else base64.b64encode(sealed).decode()

    def _mac(self, text: str) -> str:
        if not self._secrets.mac:
            raise Misconfigured("the map has a MAC: set mac_key")
        return hmac_sm3(self._secrets.mac, text.encode()).hex()

    def _body(self, content: Any, sealed: bytes, names: Names) -> bytes:
        template = self._wire["body"]
        if not template:
            return sealed if self._wire["encoding"] == "raw" else self._written(sealed).encode()
        if isinstance(template, str):
            return str(filled(template, names)).encode()
        made = _with_records(template, content, names)
        return to_markup(made, self._wire["root"]) if self._xml else dumps(made)


def _with_records(template: Any, content: Any, names: Names) -> Any:
    if template == RECORDS:
        return content
    if isinstance(template, dict):
        return {key: _with_records(value, content, names) for key, value in template.items()}
    return filled(template, names)


def _line(text: object) -> str:
    """Return a header's value; what would end it is taken out."""
    return _BREAK.sub("", str(text))
