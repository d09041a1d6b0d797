"""Method: the interaction that made a version, as the ``version`` table has it (R4 http.html#history).

What a message makes is an update: its id follows from the business key, so the same is made again by a PUT.
The numbers stand in every database file.
"""

from __future__ import annotations

from typing import Literal

Method = Literal["update", "delete", "create", "patch"]

METHODS: tuple[Method, ...] = ("update", "delete", "create", "patch")
"""All interactions that make a version, in the order of their numbers."""

NUMBERS: dict[Method, int] = {name: number for number, name in enumerate(METHODS)}
"""Interaction → its number."""

VERBS: dict[Method, str] = {"update": "PUT", "delete": "DELETE", "create": "POST", "patch": "PATCH"}
"""Interaction → its HTTP method (R4 valueset-http-verb.html)."""

DELETED = f"v.method = {NUMBERS['delete']}"
"""SQL: a version is a tombstone."""
