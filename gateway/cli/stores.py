"""Stores: how a command comes to the store: one that must exist already, or one that is made."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.cli.output import read_settings
from gateway.cli.words import say
from gateway.errors import Misconfigured
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.store import Store


@contextmanager
def named_store(options: argparse.Namespace) -> Iterator[Store]:
    """Lend the store that ``--config`` and ``--store`` name, for the tenant of ``--tenant`` if there is one.

    Raises:
        Misconfigured: as :func:`existing_store`.
    """
    with existing_store(read_settings(options), getattr(options, "tenant", "default")) as store:
        yield store


@contextmanager
def existing_store(settings: Settings, tenant: str = "default") -> Iterator[Store]:
    """Lend a store that exists: a wrong path must not make an empty one, nor a wrong name pass for a tenant.

    Raises:
        Misconfigured: there is no store, or neither it nor the settings know the tenant.
    """
    if not there_is_a_store(settings):
        raise Misconfigured(say("inbox.no-store"), where=settings.store.place)
    store = open_or_make(settings)
    try:
        if tenant not in {"default", *settings.tenants, *settings.supervision} and not store.knows(tenant):
            raise Misconfigured(say("no-such-tenant"), where=tenant)
        yield store
    finally:
        store.close()


def open_or_make(settings: Settings) -> Store:
    """Open a store, or make it where there is none. Raises ``Misconfigured``."""
    from gateway.store import open_store

    wanted = settings.store
    return open_store(
        wanted.url, synchronous=wanted.synchronous, zone=wanted.zone, answer_seconds=wanted.answer_seconds
    )


def there_is_a_store(settings: Settings) -> bool:
    """Tell whether there is one, without making it. Raises ``Retry`` where a server does not answer."""
    if settings.store.file:
        return settings.store.file.is_file()
    from gateway.store.migrations import standing

    return standing(settings.store.url).version > 0
