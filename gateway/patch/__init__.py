"""Patch: what the patch interaction does to a resource, as pure functions (R4 http.html#patch, RFC 6902).

An input is never changed. A patch that is no patch is a ``MalformedPatch`` (HTTP 400); one that this resource
does not take is ``Unprocessable`` (422, RFC 5789 §2.2): all of it is taken, or nothing.

``gateway.patch.fhirpath_patch`` is imported by whoever makes such patches: it brings the FHIRPath engine.
"""

from gateway.patch.failure import MalformedPatch, PatchFailed, Unprocessable
from gateway.patch.json_patch import patched
from gateway.patch.narrative import told_truly
from gateway.patch.same import same_resource

__all__ = [
    "MalformedPatch",
    "PatchFailed",
    "Unprocessable",
    "patched",
    "same_resource",
    "told_truly",
]
