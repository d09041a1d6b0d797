"""Pointer: where a JSON Pointer leads in a document (RFC 6901)."""

from __future__ import annotations

import re
from typing import Any

from gateway.patch.failure import MalformedPatch, Unprocessable

Pointer = tuple[str, ...]
"""The reference tokens of a JSON Pointer, unescaped; none for the whole document."""

LONGEST = 2048
"""Characters of a pointer."""

END = "-"
"""The element after the last one of an array (RFC 6901 §4)."""

_index = re.compile(r"0|[1-9][0-9]{0,8}").fullmatch
_bad_escape = re.compile(r"~(?![01])").search


def pointer(text: Any, member: str) -> Pointer:
    """Return the tokens of a JSON Pointer.

    Args:
        member: the member of the operation that it stands in, for the error.

    Raises:
        MalformedPatch: it is none, or longer than ``LONGEST``.
    """
    if type(text) is not str or (text and text[0] != "/") or _bad_escape(text):
        raise MalformedPatch(f'"{member}" is no JSON Pointer (RFC 6901)')
    if len(text) > LONGEST:
        raise MalformedPatch(f'"{member}" is longer than {LONGEST} characters', code="too-long")
    return tuple(one.replace("~1", "/").replace("~0", "~") for one in text.split("/")[1:])


def written(tokens: Pointer) -> str:
    """Return tokens as a JSON Pointer, in words where it is the whole document."""
    if not tokens:
        return "the resource"
    return "".join("/" + one.replace("~", "~0").replace("/", "~1") for one in tokens)


def value_at(root: Any, tokens: Pointer) -> Any:
    """Return the value that a pointer leads to.

    Raises:
        Unprocessable: it leads to nothing; says how far it went, by tokens of the document only.
    """
    for at, token in enumerate(tokens):
        place = token if type(root) is dict else position(root, token, tokens[:at])
        try:
            root = root[place]
        except (KeyError, IndexError):
            raise _nothing(tokens[:at], "which has nothing of the next name or index") from None
    return root


def position(array: Any, token: str, reached: Pointer) -> int:
    """Return the index of an array that a token means.

    Args:
        reached: where the array stands, for the error.

    Raises:
        Unprocessable: the value is no array, or the token no index of an element.
    """
    if type(array) is not list:
        raise _nothing(reached, "which has nothing below it")
    if token == END:
        raise _nothing(reached, "and - means what is after its last element")
    if not _index(token):
        raise _nothing(reached, "an array, and the next token is no index")
    return int(token)


def _nothing(reached: Pointer, why: str) -> Unprocessable:
    return Unprocessable(f"its pointer ends at {written(reached)}, {why}", code="not-found")
