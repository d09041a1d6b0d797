"""Same: a patch never turns a resource into another one (R4 http.html#patch)."""

from __future__ import annotations

from typing import Any

from gateway.patch.failure import Unprocessable


def same_resource(before: dict[str, Any], after: Any) -> dict[str, Any]:
    """Return the result of a patch where it is still the resource that it was.

    Args:
        before: the resource as it was patched, with ``resourceType`` and ``id``.
        after: what the patch made of it.

    Raises:
        Unprocessable: it is no resource any more, or of another type or id.
    """
    if type(after) is not dict:
        raise Unprocessable("the patch leaves no resource", code="value")
    for name in ("resourceType", "id"):
        if type(after.get(name)) is not type(before.get(name)) or after.get(name) != before.get(name):
            raise Unprocessable(f"the patch changes the {name} of the resource", code="value")
    return after
