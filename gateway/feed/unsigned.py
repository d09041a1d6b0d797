"""Unsigned: whose FHIR messages and pages leave without a signature, though somebody gets them.

A receiver that takes messages, or a client with the role ``regulator``, cannot tell a Bundle without a
signature from one that somebody changed on the way (docs/feed.md, docs/feed-pull.md).
"""

from __future__ import annotations

from gateway.errors import Misconfigured
from gateway.security.client import Client, read_clients
from gateway.settings import Settings, clients_file


def unsigned(settings: Settings, tenant: str = "") -> list[str]:
    """Return the sections of the settings that name no ``sign_key`` where one is missed.

    Args:
        tenant: of this one alone, ``""``: of all.
    """
    pulled = {one.tenant for one in _clients(settings).values() if one.role == "regulator"}
    sections = {
        f"[tenants.{name}]" for name in pulled if name == (tenant or name) and not _key(settings, name)
    }
    for name, said in settings.receivers.named.items():
        signs = said.kind == "message" or (said.kind == "xml" and not said.map)
        mine = said.tenant == (tenant or said.tenant)
        if mine and said.enabled and signs and not (said.sign_key or _key(settings, said.tenant)):
            sections.add(f"[receivers.{name}]")
    return sorted(sections)


def _key(settings: Settings, tenant: str) -> str:
    return settings.tenant(tenant).sign_key


def _clients(settings: Settings) -> dict[str, Client]:
    try:
        return read_clients(clients_file(settings))
    except (FileNotFoundError, Misconfigured):  # that is told elsewhere
        return {}
