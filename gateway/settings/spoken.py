"""Spoken: the language in which qiao speaks to who started it."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import Literal


def language(asked: str = "", environment: Mapping[str, str] | None = None) -> Literal["zh", "en"]:
    """Return the language of messages: ``asked``, else ``QIAO_LANG``, else the locale, else English."""
    env = os.environ if environment is None else environment
    names = ("QIAO_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = asked or next((env[name] for name in names if env.get(name)), "")
    if not said and environment is None:
        said = locale.getlocale()[0] or ""
    return "zh" if said.lower().startswith(("zh", "chinese")) else "en"
