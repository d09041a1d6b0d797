"""Whether a server can do what a script requires (R4 TestScript.metadata.capability)."""

from __future__ import annotations

from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.testscript.containment import TooMuch, missing
from conformance.testscript.unusable import Unusable


def lacking(minimum: Resource, statement: Resource) -> Words | None:
    """Return what a CapabilityStatement lacks of the least one, ``None`` where it has all.

    Only ``rest`` is compared: name, date and publisher of the least statement are its own.

    Raises:
        Unusable: they cannot be compared in bounded time.
    """
    try:
        place = missing({"rest": minimum.get("rest", [])}, {"rest": statement.get("rest", [])})
    except (TooMuch, RecursionError) as error:
        raise Unusable(
            "CapabilityStatement 过大，无法比较", "the CapabilityStatement is too large"
        ) from error
    if place is None:
        return None
    return Words(
        f"脚本要求的能力，服务器的 CapabilityStatement 没有：{place}",
        f"the server's CapabilityStatement lacks what the script requires: {place}",
    )
