"""Serialise: a changed Message back to bytes, with every untouched byte where it was."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.wire.er7.charset import writing_codec

if TYPE_CHECKING:
    from gateway.wire.er7.message import Message

_END = re.compile(r"\r\n|\r|\n")


def serialise(message: Message) -> bytes:
    """Return the bytes of ``message``; its ``originals`` say which segments changed.

    Added segments follow the last received one, with the message's own line end.
    """
    between = _bytes_between(message)
    codec = writing_codec(message.declared_charset, message.charset)
    out = [message.raw[: message.start]]
    written = at = 0  # characters already in ``out``; where the search goes on
    for place, segment in enumerate(message.segments[: message.received]):
        original = message.originals.get(place, segment.text)
        begin = message.text.index(original, at)
        at = begin + len(original)
        if place in message.originals:
            out += (between(written, begin), segment.text.encode(codec))
            written = at
    added = message.segments[message.received :]
    if added:
        found = _END.search(message.text)
        end = found.group() if found else "\r"
        last = _END.match(message.text, at)
        out.append(between(written, last.end() if last else at))
        written = last.end() if last else at
        out.append("".join(("" if last else end, *(s.text + end for s in added))).encode(codec))
    out.append(between(written, len(message.text)))
    return b"".join(out)


def _bytes_between(message: Message) -> Callable[[int, int], bytes]:
    """Return a function from two places in ``text`` to the received bytes between them."""
    body = message.raw[message.start :]
    if message.text.encode(message.charset) == body:
        return lambda begin, end: message.text[begin:end].encode(message.charset)
    # The codec knows two ways to write a character: find each character's own bytes.
    places = _places(body, message.charset)
    return lambda begin, end: body[places[begin] : places[end]]


def _places(body: bytes, charset: str) -> list[int]:
    """Return where each character begins in ``body``, and at last where ``body`` ends."""
    decoder = codecs.getincrementaldecoder(charset)()
    places = [0]
    for number in range(len(body)):
        decoded = decoder.decode(body[number : number + 1])
        places += [number + 1] * len(decoded)
    places[-1] = len(body)
    return places
