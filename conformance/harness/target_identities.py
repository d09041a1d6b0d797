"""Reads who the harness may be at a target: the ``identities`` of ``target.yaml``, with their credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.harness.login import COOKIE, Login
from conformance.harness.signed import ALGORITHMS, ENCODINGS, PLACES, SIGNATURE, Sign, usable
from conformance.harness.target import Identity, Undeclared
from conformance.harness.target_calls import CALL, call, paths_of, texts
from conformance.harness.target_keys import known
from conformance.harness.template import places

_KEYS = {"token", "headers", "fhir", "practitioner", "asserts", "cert", "key", "login", "sign"}
_LOGIN = (CALL - {"as"}) | {"header", "over"}
_SIGN = {"algorithm", "secret", "text", "headers", "encoding"}
_BEARER = "Authorization: Bearer {token}"


def identity(name: str, said: Any, folder: Path) -> Identity:
    """Return somebody whom the harness may be. Raises :class:`Undeclared`."""
    where = f"identities.{name}"
    if not isinstance(said, Mapping):
        raise Undeclared(
            f"{where}：须为键值对，含 `token:`、`headers:` 或 `login:`",
            f"{where}: a mapping is needed, with `token:`, `headers:` or `login:`",
        )
    known(said, _KEYS, where)
    kept: list[str] = []
    headers = {key: secret(one, f"{where}.headers.{key}", folder, kept)
               for key, one in texts(said, "headers", where).items()}  # fmt: skip
    token = secret(said.get("token"), f"{where}.token", folder, kept)
    if token:
        headers["Authorization"] = f"Bearer {token}"
    cert = (
        (placed(str(said["cert"]), folder), placed(str(said.get("key") or said["cert"]), folder))
        if said.get("cert")
        else None
    )
    asserts = str(said.get("practitioner") or "") if said.get("asserts", True) else ""
    login = _login(f"{where}.login", said["login"], folder, kept) if said.get("login") is not None else None
    sign = _sign(f"{where}.sign", said["sign"], folder, kept) if said.get("sign") is not None else None
    base = str(said.get("fhir") or "").rstrip("/")
    return Identity(name, headers, base, asserts, cert, login, sign, tuple(kept))


def let_in(identities: Mapping[str, Identity], own: Mapping[str, Any]) -> dict[str, Identity]:
    """Take away whom a profile names without credentials, where the target's file gives some to others.

    Nobody would let them in; not declared, they are what a skip names.
    """
    said = {name for name, one in identities.items() if one.headers or one.cert or one.login or one.sign}
    return {name: one for name, one in identities.items() if not said or name in said or name in own}


def secret(said: Any, where: str, folder: Path, kept: list[str]) -> str:
    """Return a secret: itself, or of ``file:PATH`` or ``env:NAME``, which is added to what is ``kept``."""
    text = str(said or "")
    if text.startswith("file:"):
        try:
            text = Path(placed(text[5:], folder)).read_text("utf-8").strip()
        except OSError as error:
            raise Undeclared(f"{where}：{error.strerror}", f"{where}: {error.strerror}") from None
    elif text.startswith("env:"):
        if text[4:] not in os.environ:
            raise Undeclared(
                f"{where}：环境变量中没有 {text[4:]}", f"{where}: {text[4:]} is not in the environment"
            )
        text = os.environ[text[4:]]
    if text and text != said:
        kept.append(text)
    return text


def placed(path: str, folder: Path) -> str:
    """Return a path beside the target's file."""
    return str(folder / path) if path and not Path(path).is_absolute() else path


def _login(where: str, said: Any, folder: Path, kept: list[str]) -> Login:
    given: dict[str, str] = {}
    hidden = _hidden(said, where, folder, given)
    kept += given.values()
    made = call(where, "login", hidden, _LOGIN)
    name, colon, template = str(hidden.get("header") or _BEARER).partition(":")
    needed = set(places(template))
    if not made.path or not colon or not needed or needed - {*made.answer, COOKIE}:
        raise Undeclared(
            f"{where}：须有 path、answer（如 {{token: data.token}}）和 header（如 {_BEARER}），"
            f"header 只能用 answer 中的名称或 {{{COOKIE}}}",
            f"{where}: path, answer (as {{token: data.token}}) and header (as {_BEARER}) are needed; a "
            f"header names what is in answer, or {{{COOKIE}}}",
        )
    over = texts(hidden, "over", where)
    paths_of(f"{where}.over", over)
    return Login(made, {name.strip(): template.strip()}, given, over)


def _hidden(said: Any, where: str, folder: Path, given: dict[str, str]) -> Any:
    """Return a call with a place for each of its secrets, which may have braces in them."""
    if isinstance(said, str) and said.startswith(("env:", "file:")):
        name = f"secret{len(given)}"
        given[name] = secret(said, where, folder, [])
        return f"{{{name}}}"
    if isinstance(said, Mapping):
        return {name: _hidden(one, f"{where}.{name}", folder, given) for name, one in said.items()}
    return [_hidden(one, where, folder, given) for one in said] if isinstance(said, list) else said


def _sign(where: str, said: Any, folder: Path, kept: list[str]) -> Sign:
    if not isinstance(said, Mapping):
        raise Undeclared(f"{where}：须为键值对", f"{where}: a mapping is needed")
    known(said, _SIGN, where)
    algorithm, encoding = str(said.get("algorithm") or ALGORITHMS[0]), str(said.get("encoding") or "hex")
    if not usable(algorithm) or encoding not in ENCODINGS:
        raise Undeclared(
            f"{where}：algorithm 须为 {'、'.join(ALGORITHMS)} 之一且本机支持，"
            f"encoding 须为 {'、'.join(ENCODINGS)}",
            f"{where}: algorithm is one of {', '.join(ALGORITHMS)} that this computer has, encoding of "
            f"{', '.join(ENCODINGS)}",
        )
    key = secret(said.get("secret"), f"{where}.secret", folder, [])
    text, headers = str(said.get("text") or ""), texts(said, "headers", where)
    if not key or not text or not any(f"{{{SIGNATURE}}}" in one for one in headers.values()):
        raise Undeclared(
            f"{where}：须有 secret、text，以及含 {{{SIGNATURE}}} 的 headers",
            f"{where}: secret, text, and headers with {{{SIGNATURE}}} are needed",
        )
    _places(f"{where}.text", text, set(PLACES))
    _places(f"{where}.headers", list(headers.values()), {*PLACES, SIGNATURE} - {"secret"})
    if not algorithm.startswith("hmac-") and "secret" not in set(places(text)):
        raise Undeclared(
            f"{where}.text：{algorithm} 不含密钥，须写明 {{secret}} 的位置",
            f"{where}.text: {algorithm} has no key; say where {{secret}} stands",
        )
    kept.append(key)
    return Sign(algorithm, text, headers, key, encoding)


def _places(where: str, template: Any, there: set[str]) -> None:
    unknown = sorted(set(places(template)) - there)
    if unknown:
        raise Undeclared(
            f"{where}：没有 {', '.join(unknown)}；可用 {', '.join(sorted(there))}",
            f"{where}: there is no {', '.join(unknown)}; there are {', '.join(sorted(there))}",
        )
