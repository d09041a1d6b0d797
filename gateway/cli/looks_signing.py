"""A look at the keys of feeds for ``qiao doctor``: is what the regulator gets signed."""

from __future__ import annotations

from gateway.cli.looks import Remark
from gateway.cli.words import say
from gateway.settings import Settings


def signing(settings: Settings) -> str:
    """Look for receivers and regulators that get unsigned Bundles."""
    from gateway.feed.unsigned import unsigned

    found = unsigned(settings)
    if not found:
        return say("doctor.signing")
    raise Remark("info", say("feed.unsealed", sections=", ".join(found)), say("doctor.do.signing"))
