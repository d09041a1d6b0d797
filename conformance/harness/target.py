"""The target: a gateway under test, as its ``target.yaml`` declares it; what is not declared is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.harness.action import WHOLE, Action
from conformance.harness.login import Login
from conformance.harness.signed import Sign
from conformance.harness.words import Words
from conformance.harness.writes import NOTHING, Way, way


class Undeclared(ValueError):
    """A target file that cannot be used; says where and what to do.

    Attributes:
        reason: the same in both languages.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Words(zh, en)


@dataclass(slots=True, frozen=True)
class Identity:
    """Somebody whom the harness may be.

    Attributes:
        base: FHIR base of this one, where it is another than the target's.
        practitioner: reference to who acts, ``""`` where the client is bound or nobody acts.
        cert: client certificate and key, as PEM files.
        login: the call that tells what lets it in, None where it is declared.
        sign: how its calls are signed, None where they are not.
        secrets: everything that was declared as a secret, to be masked wherever it stands.
    """

    name: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    base: str = ""
    practitioner: str = ""
    cert: tuple[str, str] | None = None
    login: Login | None = None
    sign: Sign | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(slots=True, frozen=True)
class Door:
    """A way in that is not FHIR.

    Attributes:
        name: ``his``, ``lis``, ``ris``…
        protocol: ``mllp``, ``dicom``; of analysers ``astm``, ``chemistry``, ``law``; of a HIS without
            HL7 v2 ``sql``, ``soap``, ``cda``, ``files``, ``interface``.
        host, port: ``""`` and 0 where a door is a URL or a folder.
        options: whatever else is declared: ``url``, ``folder``, ``charset``, ``sender``, ``ca``, ``called``…
    """

    name: str
    protocol: str
    host: str
    port: int
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Target:
    """A gateway under test.

    Attributes:
        fhir: its FHIR base URL, without a slash at the end.
        identities: by name: ``operator``, ``physician``, ``pharmacist``, ``regulator``, ``foreign``…
        actions: by name: how it is asked to submit, review, cancel…
        writes: type → how what a check writes reaches it; empty: as FHIR.
        on_file: role → reference of what it has on file: ``organization``, ``physician``, ``pharmacist``…
        signing: ``keys`` (a folder), and role → name of its key.
        platform: the regulator's platform that it feeds: ``url`` of a simulated one, or ``listen``.
        rules: requirement → codes of which a refusal must name one; empty: any refusal counts.
        capabilities: names of what it has, derived from the rest and declared.
        settings: everything else that suites ask for, by dotted name.
        declared: SHA-256 of its file, ``""`` without one.
    """

    name: str
    fhir: str
    jurisdictions: tuple[str, ...] = ()
    identities: Mapping[str, Identity] = field(default_factory=dict)
    doors: Mapping[str, Door] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    writes: Mapping[str, Way] = field(default_factory=dict)
    on_file: Mapping[str, str] = field(default_factory=dict)
    signing: Mapping[str, str] = field(default_factory=dict)
    platform: Mapping[str, str] = field(default_factory=dict)
    feed: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    capabilities: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    ca: str = ""
    patience: float = 20.0
    declared: str = ""
    folder: Path = Path()

    def has(self, capability: str) -> bool:
        """Tell whether the target has something; ``a|b``: either.

        ``writes.TYPE``: it takes this type, as FHIR or by calls of its own; ``none`` takes nothing.
        """
        return any(one in self.capabilities or self._takes(one) for one in capability.split("|"))

    def _takes(self, capability: str) -> bool:
        kind, _, name = capability.partition(".")
        return kind == "writes" and bool(name) and way(self.writes, name) not in (None, NOTHING)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Whole addresses of its calls: they too are the target's, wherever they are."""
        told = (one.action for way in self.writes.values() if isinstance(way, tuple) for one in way)
        logins = (one.login.call for one in self.identities.values() if one.login)
        calls = (*self.actions.values(), *told, *logins)
        return tuple(one.path for one in calls if one.path.startswith(WHOLE))

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a declared setting by its dotted name."""
        found: Any = self.settings
        for part in name.split("."):
            if not isinstance(found, Mapping) or part not in found:
                return default
            found = found[part]
        return found


_KINDS = {
    "identities": Words("身份（identities.{name}）", "an identity (identities.{name})"),
    "doors": Words("接口（doors.{name}）", "a door (doors.{name})"),
    "actions": Words("业务操作（actions.{name}）", "an action (actions.{name})"),
    "writes": Words("如何写入（writes.{name}）", "how this is written (writes.{name})"),
    "on_file": Words("备案资料（on_file.{name}）", "something on file (on_file.{name})"),
    "signing": Words("电子签名密钥（signing）", "keys to sign with (signing)"),
    "platform": Words("监管平台（platform）", "the regulator's platform (platform)"),
    "feed": Words("监管数据接口（feed）", "the regulator's feed (feed)"),
    "seed": Words("可写入测试数据（seed: put）", "that test data may be written (seed: put)"),
    "operations": Words("FHIR 操作 ${name}", "the FHIR operation ${name}"),
}


def in_words(capability: str) -> Words:
    """Return what a capability is, for the reason of a skip."""
    first = capability.partition("|")[0]
    kind, _, name = first.partition(".")
    return _KINDS.get(kind, Words("能力 {whole}", "the capability {whole}")).filled(
        name=name, whole=capability
    )
