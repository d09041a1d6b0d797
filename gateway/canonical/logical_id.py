"""Logical ids: what R4 lets be one (datatypes.html#id)."""

from __future__ import annotations

import re

ID = r"[A-Za-z0-9\-.]{1,64}"
"""A regular expression, for those of addresses and references too."""

is_id = re.compile(ID).fullmatch
