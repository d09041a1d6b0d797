"""Which language a client reads, Chinese or English, by Accept-Language (RFC 9110 §12.5.4)."""

from __future__ import annotations

from functools import lru_cache

from starlette.requests import Request
from starlette.types import Scope

from gateway.api.quality import quality

VARY = (b"vary", b"accept-language")
_LONGEST = 1024
"""Characters of the header that are read."""


def reads_chinese(scope: Scope) -> bool:
    """Tell whether the client of a request would rather read Chinese than English."""
    given = [value for name, value in scope["headers"] if name == b"accept-language"]
    return bool(given) and _prefers_chinese(b",".join(given)[:_LONGEST].decode("latin-1"))


def in_chinese(request: Request) -> bool:
    """Tell the same of a request."""
    return reads_chinese(request.scope)


def content_language(chinese: bool) -> tuple[bytes, bytes]:
    """Return the header that names the language of an answer (RFC 9110 §8.5)."""
    return b"content-language", b"zh-CN" if chinese else b"en"


def headers(chinese: bool) -> dict[str, str]:
    """Return the headers of an answer that comes in either language."""
    return {name.decode(): value.decode() for name, value in (content_language(chinese), VARY)}


@lru_cache(maxsize=256)
def _prefers_chinese(accepted: str) -> bool:
    """Compare what ``zh`` and ``en`` weigh; of the same weight, the one that stands first."""
    wishes = [(one.partition(";")[0].strip().lower(), quality(one)) for one in accepted.split(",")]
    others = max((weight for range_, weight in wishes if range_ == "*"), default=0.0)
    zh, zh_at = _best(wishes, "zh", others)
    en, en_at = _best(wishes, "en", others)
    return zh > en or (zh == en > 0 and zh_at < en_at)


def _best(wishes: list[tuple[str, float]], language: str, others: float) -> tuple[float, int]:
    """Return what a language weighs and where that stands; ``zh-Hans-CN`` is ``zh``, too."""
    named = [
        (weight, -at) for at, (range_, weight) in enumerate(wishes) if range_.partition("-")[0] == language
    ]
    weight, at = max(named, default=(others, -len(wishes)))
    return weight, -at
