"""The headers of a version: ETag, Last-Modified and where it stands (R4 http.html#concurrency)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request

from gateway.store import Version

MODIFIED = "qiao.modified"
"""Key of the scope of an inner request: a list that takes ``lastUpdated`` (microseconds) of what is answered.

HTTP dates end at the second; Bundle.entry.response.lastModified is that of the resource (R4 bundle.html).
"""


def etag(version: Version) -> str:
    """Return the weak entity tag of a version: ``W/"3"``."""
    return f'W/"{version.ver}"'


def tags(request: Request, version: Version) -> dict[str, str]:
    """Return ETag and Last-Modified."""
    note(request, version)
    moment = datetime.fromtimestamp(version.ts_us // 1_000_000, UTC)
    return {"ETag": etag(version), "Last-Modified": format_datetime(moment, usegmt=True)}


def note(request: Request, version: Version) -> None:
    """Tell the Bundle that a request stands in, if any, of which moment the version is."""
    if MODIFIED in request.scope:
        request.scope[MODIFIED].append(version.ts_us)


def location(base: str, version: Version) -> str:
    """Return the version-specific URL."""
    return f"{base}/{version.type}/{version.id}/_history/{version.ver}"
