"""Reads ``target.yaml``: a profile of the target's kind (``extends``), with what this one is laid over it."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from conformance.harness.action import Action
from conformance.harness.target import Identity, Target, Undeclared
from conformance.harness.target_calls import action, ways
from conformance.harness.target_doors import door
from conformance.harness.target_identities import identity, let_in, placed
from conformance.harness.target_keys import known, read_by_somebody

PROFILES = Path(__file__).parents[1] / "targets"
_KEYS = {
    "extends", "name", "fhir", "jurisdiction", "identities", "doors", "actions", "signing", "platform",
    "feed", "on_file", "rules", "capabilities", "settings", "tls", "patience", "seed", "writes",
}  # fmt: skip
_LARGEST = 1024 * 1024


def read(path: Path) -> Target:
    """Return the target that a file declares.

    Raises:
        Undeclared: it cannot be read or says what nobody understands; names the place.
    """
    said = _loaded(path)
    return made(said, folder=path.resolve().parent, declared=hashlib.sha256(path.read_bytes()).hexdigest())


def of_url(url: str, profile: str = "fhir") -> Target:
    """Return a target of which only the FHIR base is known."""
    return made({"extends": profile, "fhir": url, "name": urlsplit(url).netloc})


def made(said: Mapping[str, Any], folder: Path = Path(), declared: str = "") -> Target:
    """Return the target that a mapping declares. Raises :class:`Undeclared`."""
    whole = _extended(said)
    known(whole, _KEYS, "target")
    base = _base(whole)
    identities = _identities(whole, said, folder)
    target = Target(
        name=str(whole.get("name") or urlsplit(base).netloc),
        fhir=base,
        jurisdictions=_list(whole.get("jurisdiction")),
        identities=identities,
        doors={name: door(name, one, folder) for name, one in _table(whole, "doors").items()},
        actions=_actions(whole),
        writes=ways({kind: one for kind, one in _table(whole, "writes").items() if one is not None}),
        on_file=_texts(whole, "on_file"),
        signing=_signing(whole, folder),
        platform=_texts(whole, "platform"),
        feed=_texts(whole, "feed"),
        rules={name: _list(one) for name, one in _table(whole, "rules").items()},
        settings=_settings(whole),
        ca=_authorities(whole, folder, identities.values()),
        patience=_seconds(whole.get("patience", 20)),
        declared=declared,
        folder=folder,
    )
    object.__setattr__(target, "capabilities", _capabilities(target, whole))
    return target


def _identities(whole: Mapping[str, Any], said: Mapping[str, Any], folder: Path) -> dict[str, Identity]:
    found = {name: identity(name, one, folder) for name, one in _table(whole, "identities").items()}
    return let_in(found, _table(said, "identities"))


def _actions(whole: Mapping[str, Any]) -> dict[str, Action]:
    """Return the calls; what says null is taken away."""
    said = _table(whole, "actions")
    read_by_somebody(said, "actions")
    return {name: action(name, one) for name, one in said.items() if one is not None}


def _signing(whole: Mapping[str, Any], folder: Path) -> dict[str, str]:
    said = _texts(whole, "signing")
    return {name: placed(one, folder) if name == "keys" else one for name, one in said.items()}


def _authorities(whole: Mapping[str, Any], folder: Path, identities: Iterable[Identity]) -> str:
    """Return the file of the authorities of the certificate. Raises :class:`Undeclared`: it is no use."""
    tls = _table(whole, "tls")
    known(tls, {"ca"}, "tls")
    ca = placed(str(tls.get("ca") or ""), folder)
    _trusted(ca, [(f"identities.{one.name}", one.cert) for one in identities if one.cert])
    return ca


def _texts(whole: Mapping[str, Any], name: str) -> dict[str, str]:
    return {key: str(one) for key, one in _table(whole, name).items()}


def _base(whole: Mapping[str, Any]) -> str:
    base = str(whole.get("fhir") or "").rstrip("/")
    if set(base) & set("?#"):
        raise Undeclared(
            "fhir：基地址不得含 ? 或 #：其后会接上资源类型；参数请由 identities.operator.headers 给出",
            "fhir: a base has no ? and no #, as types of resources follow it; give what the target needs as "
            "identities.operator.headers",
        )
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
        raise Undeclared(
            "fhir：须为目标的 FHIR 基地址，如 https://gateway.example/fhir",
            "fhir: the FHIR base of the target, as https://gateway.example/fhir",
        )
    if "@" in urlsplit(base).netloc:  # it would stand in the report
        raise Undeclared(
            "fhir：地址中不得含用户名和密码；请在 identities.operator 中给出 token 或 headers",
            "fhir: no user and password in the address; give identities.operator a token or headers",
        )
    return base


def _loaded(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise Undeclared(f"{path.name}：超过 1 MiB", f"{path.name}: larger than 1 MiB")
        said = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Undeclared(
            f"{path}：没有此文件；`qiao demo --target FILE` 可写出一份作为起点",
            f"{path}: there is no such file; `qiao demo --target FILE` writes one to begin with",
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Undeclared(f"{path.name}：{error}", f"{path.name}: {error}") from None
    if not isinstance(said, dict):
        raise Undeclared(
            f"{path.name}：须为键值对，至少有 `fhir:`",
            f"{path.name}: a mapping is needed, with `fhir:` at least",
        )
    return said


def _extended(said: Mapping[str, Any]) -> dict[str, Any]:
    name = said.get("extends")
    if name is None:
        return dict(said)
    profile = PROFILES / f"{name}.yaml"
    if not str(name).replace("-", "").isalnum() or not profile.is_file():
        there = ", ".join(sorted(one.stem for one in PROFILES.glob("*.yaml")))
        raise Undeclared(
            f"extends：没有模板 {name}；现有 {there}",
            f"extends: there is no profile {name}; there are {there}",
        )
    return _laid(_extended(_loaded(profile)), said)


def _laid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another; what says null is taken away."""
    laid = dict(below)
    for name, value in above.items():
        if isinstance(value, Mapping) and isinstance(laid.get(name), Mapping):
            laid[name] = _laid(laid[name], value)
        else:
            laid[name] = value
    return {name: value for name, value in laid.items() if name != "extends"}


def _table(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise Undeclared(f"{name}：须为键值对", f"{name}: a mapping is needed")
    return {str(key): value for key, value in found.items()}


def _list(said: Any) -> tuple[str, ...]:
    if said is None:
        return ()
    return tuple(str(one) for one in said) if isinstance(said, list | tuple) else (str(said),)


def _seconds(said: Any) -> float:
    if not isinstance(said, int | float) or not 0 < said <= 600:
        raise Undeclared("patience：须为 0 至 600 秒", "patience: seconds between 0 and 600")
    return float(said)


def _trusted(ca: str, certificates: list[tuple[str, tuple[str, str]]]) -> None:
    """See that certificates can be used: where not, it is no fault of the target. Raises ``Undeclared``."""
    where = "tls.ca"
    try:
        ssl.create_default_context(cafile=ca or None)
        for name, cert in certificates:
            where = name
            ssl.create_default_context().load_cert_chain(*cert, password="")  # nobody is asked for one
    except (OSError, ssl.SSLError) as error:
        raise Undeclared(
            f"{where}：{error.strerror or '不是 PEM 证书，或没有对应的私钥'}",
            f"{where}: {error.strerror or 'no certificate, or no key of it, in PEM'}",
        ) from None


def _settings(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings; a pattern of serials that is none would be an error of each check that uses it."""
    settings = _table(whole, "settings")
    read_by_somebody(settings, "settings")
    pattern = str(_table(settings, "serials").get("pattern") or "")
    try:
        re.compile(pattern)
    except re.error as error:
        raise Undeclared(
            f"settings.serials.pattern：不是正则表达式：{error}",
            f"settings.serials.pattern: no regular expression: {error}",
        ) from None
    return settings


def _capabilities(target: Target, said: Mapping[str, Any]) -> frozenset[str]:
    """Return what the target has: what is declared as such, and what follows from the rest."""
    found = {"fhir", *_list(said.get("capabilities"))}
    found |= {f"identities.{name}" for name in target.identities}
    found |= {f"doors.{name}" for name in target.doors}
    found |= {f"doors.{one.protocol}" for one in target.doors.values()}
    found |= {f"actions.{name}" for name in target.actions}
    found |= {f"writes.{name}" for name in target.writes if target.has(f"writes.{name}")}
    found |= {f"on_file.{name}" for name in target.on_file}
    found |= {name for name in ("signing", "platform", "feed", "writes") if getattr(target, name)}
    if said.get("seed") == "put":
        found.add("seed")
    return frozenset(found)
