"""Trouble: what an operator is told of a receiver, once when it begins and once when it is over."""

from __future__ import annotations

from gateway.store.alerts import Alerts

UNREACHABLE, REFUSED, SIGN_IN = "unreachable", "refused", "sign-in"


class Trouble:
    """The alerts of one receiver; a store is asked only where something may have changed."""

    def __init__(self, alerts: Alerts, tenant: str, name: str) -> None:
        self._alerts, self._tenant, self._subject = alerts, tenant, f"receiver:{name}"
        self._on: dict[str, bool] = {}

    def say(self, kind: str, on: bool, detail: str, at_us: int) -> None:
        """Begin an alert, or clear it, where it is not so already."""
        if self._on.get(kind) is on:
            return
        if on:
            self._alerts.begin(self._tenant, self._subject, kind, detail, at_us)
        else:
            self._alerts.clear(self._tenant, self._subject, kind, at_us)
        self._on[kind] = on

    def is_on(self, kind: str) -> bool:
        """Tell whether an alert is on, as far as it is known here; before anything was said it may be."""
        return self._on.get(kind, True)
