"""The demo's ground: its keys and certificates, and the settings of its gateway."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gateway.cli.demo_foreign import SENDERS
from gateway.settings import (
    ApiSettings,
    Receivers,
    ReceiverSettings,
    Settings,
    SignatureSettings,
    StoreSettings,
    TenantSettings,
)

RECEIVER = "regulator"
JURISDICTION = ("cn-chongqing",)
NAME = "渡桥市人民医院互联网医院"
OFFERED = ("E11", "E78", "I10", "I11", "I20", "I25", "J45", "K29")
"""Diseases that the demo's hospital sees over the internet: diabetes, hypertension, asthma and such."""


def make_keys(folder: Path) -> None:
    """Make an authority, and keys of physician, pharmacist, hospital and regulator, in ``folder/ca``."""
    from gateway.security.signature.demonstration import (
        PHARMACIST,
        PHYSICIAN,
        Hospital,
        Signer,
        demonstration,
    )

    if (folder / "ca" / "trust.pem").exists():
        return
    hospital = Signer("gateway", NAME, "12990101MA0000017Q")
    demonstration(folder / "ca", (PHYSICIAN, PHARMACIST, hospital), algorithm="ES256")
    office = Hospital("渡桥市卫生健康委员会", "11990101MB0000001A")
    demonstration(folder / "ca", (Signer("regulator", "监管平台", "11990101MB0000001A"),), office, "ES256")


def open_to_all(port: int) -> ApiSettings:
    """Return an API that asks nobody who he is."""
    return ApiSettings(port=port)


def guarded(folder: Path, port: int, clients: Path, *, tls: bool) -> ApiSettings:
    """Return an API that only clients may use, with TLS where that is asked for."""
    if not tls:
        return ApiSettings(port=port, clients=str(clients))
    from gateway.cli.demo_tls import loopback_certificate

    _, certificate, key = loopback_certificate(folder / "ca")
    return ApiSettings(port=port, clients=str(clients), tls_cert=str(certificate), tls_key=str(key))


def settings(
    folder: Path,
    api: ApiSettings,
    platform: str,
    jurisdiction: Sequence[str] = JURISDICTION,
    tenants: Sequence[str] = ("default",),
) -> Settings:
    """Return settings of an embedded store and free ports; files and environment play no part.

    Args:
        platform: URL of the regulator's.
        jurisdiction: policy packs that every tenant is held to.
    """
    ca = folder / "ca"
    tenant = TenantSettings(
        jurisdiction=tuple(jurisdiction),
        sign_key="gateway",
        public=True,
        audit_reads=True,
        parameters={"offered-diagnoses": OFFERED},
    )
    return Settings(
        store=StoreSettings(url=f"sqlite:///{folder / 'qiao.db'}"),
        api=api,
        adapters={name: {"port": 0} for name in SENDERS},
        tenants=dict.fromkeys(tenants, tenant),
        signatures=SignatureSettings(trust=(str(ca / "trust.pem"),), keys=str(ca / "keys")),
        receivers=Receivers(
            named={RECEIVER: ReceiverSettings(url=platform, sign_key="gateway", longest_pause=5)}
        ),
    )
