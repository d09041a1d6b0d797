"""Supervision: what a gateway does for the regulators of its tenants, wired from the settings."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from gateway.bootstrap.address import Base
from gateway.canonical.sample import DAY_US
from gateway.feed.alerting import Alerting, Write
from gateway.feed.bundle import Bundler, Seal
from gateway.feed.critical import CriticalValues, Rules, load_rules
from gateway.feed.feedback import Feedback
from gateway.feed.governors import Governors
from gateway.feed.institution import Institutions
from gateway.feed.laboratory import DeltaRules, LaboratoryOrders, load_delta_rules
from gateway.feed.obligations import Obligations
from gateway.feed.pull import Pull
from gateway.feed.purging import RECORDS, Retention
from gateway.feed.relay import RelayWorker, open_relay
from gateway.feed.unsigned import unsigned
from gateway.feed.visit.from_platform import from_platform
from gateway.feed.visit.governor import Visits
from gateway.feed.visit.hospital import bookkeeping_of
from gateway.policy import policy_of
from gateway.security import DEFAULT_TENANT
from gateway.security.signature import Signatures, open_signatures
from gateway.settings import Settings
from gateway.store import Store

_LOG = logging.getLogger("qiao")


@dataclass(slots=True, frozen=True)
class Supervision:
    """What knows what each tenant owes its regulator, and sees to it."""

    signatures: Signatures
    obligations: Obligations
    visits: Visits
    pull: Pull


def supervise(settings: Settings, store: Store, base: Base) -> Supervision:
    """Let what is written be governed; what is set wrong stops the start."""
    signatures, owed = open_signatures(settings.signatures), obligations(settings, store)
    governor = visits(settings, store, signatures, owed)
    warn_unsigned(settings)
    return Supervision(signatures, owed, governor, pull(settings, store, signatures, base))


def alerting(settings: Settings, supervised: Supervision, write: Write) -> Alerting:
    """Return what looks at what is due, late, over or missing."""
    tenants = sorted({*settings.tenants, *settings.supervision})
    escalate = critical_rules(settings).escalate
    return Alerting(supervised.obligations, tenants, write=write, escalate=escalate)


def obligations(settings: Settings, store: Store) -> Obligations:
    """Return what each tenant owes its regulator; what is set wrong stops the start."""
    obligations = Obligations(store, settings.tenant, settings.supervised)
    for tenant in {DEFAULT_TENANT, *settings.tenants, *settings.supervision}:
        obligations.duties(tenant)
    return obligations


def visits(settings: Settings, store: Store, signatures: Signatures, obligations: Obligations) -> Visits:
    """Let internet visits be governed, and the books of each tenant be kept as its settings say."""
    for tenant in {DEFAULT_TENANT, *settings.tenants}:
        store.keep_books(tenant, bookkeeping_of(settings.tenant(tenant)))
        policy_of(settings.tenant(tenant))  # a pack that is wrong stops the start, not the first prescription
    governor = Visits(settings.tenant, signatures)
    first = Retention(governor.hospitals, RECORDS)  # it names the article where others only say no
    last = Retention(governor.hospitals)  # of the rest the states say more: what to do instead
    laboratory = [LaboratoryOrders()] if settings.laboratory.orders else []
    feedback = Feedback(obligations.duties)
    store.pass_on_barcodes(max(settings.laboratory.barcode_days, 1) * DAY_US)
    store.govern(Governors(first, feedback, governor, last, *_critical(settings), *laboratory))
    return governor


def critical_rules(settings: Settings) -> Rules:
    """Return which results are critical; a file that is wrong stops the start."""
    said = settings.laboratory
    return load_rules(Path(said.critical_rules) if said.critical_rules else None)


def _critical(settings: Settings) -> tuple[CriticalValues, ...]:
    """Return what looks for critical values, nothing where the settings say not to."""
    rules = critical_rules(settings)
    return (CriticalValues(rules),) if settings.laboratory.critical else ()


def delta_rules(settings: Settings) -> DeltaRules:
    """Return from which change on a result is worth a second look; a file that is wrong stops the start."""
    said = settings.laboratory.delta_rules
    return load_delta_rules(Path(said) if said else None)


def warn_unsigned(settings: Settings) -> None:
    """Say at the start whose feeds leave without a signature."""
    for section in unsigned(settings):
        _LOG.warning("%s has no sign_key: what the regulator gets is not signed", section)


def pull(settings: Settings, store: Store, signatures: Signatures, base: Base) -> Pull:
    """Return what serves the ledgers to those who come for them."""

    def seal(tenant: str) -> Seal | None:
        key = settings.tenant(tenant).sign_key
        return Seal(signatures, key) if key else None

    institutions = Institutions(store, settings.tenant)
    bundler = Bundler(base, institutions.of, seal)
    return Pull(store, bundler, settings.tenant, signatures)


def relay(settings: Settings, store: Store, base: Base, supervised: Supervision, write: Write) -> RelayWorker:
    """Return what sends the ledgers to their receivers; serials that a platform gives come back by it."""
    serials = from_platform(settings, write, supervised.visits.hospitals)
    return open_relay(settings, store, base, serials, supervised.signatures)
