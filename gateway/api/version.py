"""The headers of a version: ETag, Last-Modified and where it stands (R4 http.html#concurrency)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from gateway.store import Version


def etag(version: Version) -> str:
    """Return the weak entity tag of a version: ``W/"3"``."""
    return f'W/"{version.ver}"'


def tags(version: Version) -> dict[str, str]:
    """Return ETag and Last-Modified."""
    moment = datetime.fromtimestamp(version.ts_us // 1_000_000, UTC)
    return {"ETag": etag(version), "Last-Modified": format_datetime(moment, usegmt=True)}


def location(base: str, version: Version) -> str:
    """Return the version-specific URL."""
    return f"{base}/{version.type}/{version.id}/_history/{version.ver}"
