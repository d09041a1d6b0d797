"""``qiao doctor`` remarks receivers that may all give the serials which one platform mints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.cli.doctor import LOOKS, examine
from gateway.settings import Settings, StoreSettings, TenantSettings
from gateway.settings.receivers import Receivers, ReceiverSettings

URL = "http://127.0.0.1:9/fhir"


@pytest.mark.parametrize(
    ("minted_by", "second", "level"),
    [
        ("platform", {}, "info"),
        ("platform", {"kinds": ("lab",)}, "info"),
        ("platform", {"gives_serials": False}, "ok"),
        ("platform", {"enabled": False}, "ok"),
        ("platform", {"kinds": ("visit",)}, "ok"),
        ("platform", {"tenant": "other"}, "ok"),
        ("gateway", {}, "ok"),
    ],
)
def test_one_receiver_gives_the_serials(
    tmp_path: Path, minted_by: Any, second: dict[str, Any], level: str
) -> None:
    settings = Settings(
        store=StoreSettings(url=f"sqlite:///{tmp_path}/qiao.db"),
        tenants={"default": TenantSettings(organization="990101001", minted_by=minted_by)},
        receivers=Receivers(
            named={"province": ReceiverSettings(URL), "city": ReceiverSettings(URL, **second)}
        ),
    )
    found = examine("receivers", LOOKS["receivers"], settings)
    assert found.level == level
    assert ("city, province may each give one" in found.text) == (level == "info")
