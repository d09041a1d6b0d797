"""Regulator: ``[tenants.NAME]``, what a hospital is to its regulator: code, rules, serials, ledger.

Design §3 "Policy", "Serials and ledger".
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.errors import Misconfigured
from gateway.settings.casting import cast, listed

Parameter = str | int | bool | tuple[str, ...]
"""A parameter of a policy pack: text, number, switch or list of texts."""


@dataclass(slots=True, frozen=True)
class TenantSettings:
    """``[tenants.NAME]``: one hospital. A tenant without a section is one with these defaults.

    Attributes:
        organization: institution code (``urn:oid:2.16.156.10011.1.5``) under which its documents get their
            serials; ``""``: that of the Organization that provides the visit (``Encounter.serviceProvider``).
        jurisdiction: names of policy packs above ``cn`` (``"cn-chongqing"``); ``qiao policy list``.
        packs: folder with packs of the hospital's own, ``""`` for none.
        parameters: parameters of the packs that are set otherwise, ``[tenants.NAME.parameters]``.
        serials: name of the format of serials (``mappings/serials``), ``""``: that of the last jurisdiction.
        node: number of this database among those of one hospital, part of each serial.
        hash: of the ledger; a ledger that has begun keeps its own.
        minted_by: who gives the serials: this gateway, or the platform, for whose answer documents wait.
        sign_key: name of a key of ``[signatures]`` that signs what is pulled and the ledger's heads, ``""``:
            they go unsigned.
        regulator: what names the authority in the certificates of countersignatures (``[signatures]
            organization``); none: any certificate that is trusted and not this hospital's.
        regulator_sees: what clients with the role ``regulator`` find, read and export: what belongs to
            internet visits (``"visits"``), or all that there is (``"all"``).
        governed: whether internet visits are held to the rules, get serials and enter the ledger.
        every_order: whether every order and dispense must belong to an internet visit, as where there are no
            others.
        effective_orders: what becomes of an order of an internet visit that the API brings and that holds
            already: stored, flagged and ledgered, or refused, but from clients that are trusted for it
            (``arrived`` in ``clients.toml``).
        public: whether anybody may read, without a token, which institutions, services and physicians these
            are (``GET /public/NAME/…``), as the law asks of internet hospitals.
        audit_reads: whether each read of a patient's data over the API leaves an AuditEvent: who, when,
            whose.
    """

    organization: str = ""
    jurisdiction: tuple[str, ...] = ()
    packs: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    serials: str = ""
    node: int = 0
    hash: Literal["sm3", "sha256"] = "sm3"
    minted_by: Literal["gateway", "platform"] = "gateway"
    sign_key: str = ""
    regulator: tuple[str, ...] = ()
    regulator_sees: Literal["visits", "all"] = "visits"
    governed: bool = True
    every_order: bool = False
    effective_orders: Literal["flag", "refuse"] = "flag"
    public: bool = False
    audit_reads: bool = False

    @property
    def format(self) -> str:
        """Name of the format of its serials."""
        return self.serials or (self.jurisdiction[-1] if self.jurisdiction else "cn")


def read_tenants(table: object, origin: str) -> dict[str, TenantSettings]:
    """Return the tenants that a file says, by name.

    Raises:
        Misconfigured: names file, tenant and key.
    """
    if not isinstance(table, dict):
        raise Misconfigured("must be tables like [tenants.NAME]", where=f"{origin} [tenants]")
    return {str(name): _tenant(said, f"{origin} [tenants.{name}]") for name, said in table.items()}


def _tenant(table: object, where: str) -> TenantSettings:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    types = typing.get_type_hints(TenantSettings)
    if unknown := sorted(set(table) - set(types)):
        raise Misconfigured(f"unknown key {unknown[0]!r}; valid: {listed(types)}", where=where)
    said = dict(table)
    parameters = _parameters(said.pop("parameters", {}), f"{where} parameters")
    rest = {key: cast(types[key], value, f"{where} {key}") for key, value in said.items()}
    return TenantSettings(parameters=parameters, **rest)  # type: ignore[arg-type]


def _parameters(table: object, where: str) -> dict[str, Parameter]:
    if not isinstance(table, dict):
        raise Misconfigured("must be a table", where=where)
    found: dict[str, Parameter] = {}
    for name, value in table.items():
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            found[name] = tuple(value)
        elif isinstance(value, str | int):
            found[name] = value
        else:
            raise Misconfigured(
                "must be text, a number, true, false or a list of texts", where=f"{where} {name}"
            )
    return found
