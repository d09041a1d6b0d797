"""Capture: the messages in what was recorded of a line, framed or bare, with or without ENQ and answers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from gateway.wire.astm.assembly import Received
from gateway.wire.astm.machine import Machine
from gateway.wire.astm.profile import Counters, Limits, Profile
from gateway.wire.port import MIB

_CHUNK = 1 << 16


def messages_in(
    source: BinaryIO | bytes,
    profile: Profile | None = None,
    *,
    limit: int = 10 * MIB,
    counters: Counters | None = None,
) -> Iterator[Received]:
    """Yield the messages of a recording; what both ends said may stand in it.

    Args:
        source: bytes, or a binary stream of any length; memory stays near ``limit``.
        profile: of the sender; frames are taken without ENQ and whatever their numbers are.
        limit: bytes of the longest message, and of the longest frame; what is longer is passed over.
        counters: told of frames that are bad, repeated or too long, and of noise.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    told = replace(profile or Profile(), enquiry=False, numbers="any", interrupt=False)
    limits = Limits(max_frame=limit, max_message=limit, max_noise=1 << 62, max_enquiries=1 << 62)
    counted = counters or Counters()
    machine = Machine(told, limits, counted)
    while data := stream.read(_CHUNK):
        machine.feed(data)
        yield from _worked(machine)
        if machine.closed:
            machine = Machine(told, limits, counted)
    left = list(_known(machine, machine.end()))
    counted.messages += sum(one.whole for one in left)
    counted.incomplete += sum(not one.whole for one in left)
    yield from left


def _worked(machine: Machine) -> Iterator[Received]:
    machine.advance()
    while machine.holding:
        yield from _known(machine, machine.storing)
        machine.lost = False
        machine.stored()
        machine.advance()
    machine.written.clear()


def _known(machine: Machine, messages: list[Received]) -> Iterator[Received]:
    """Yield messages; one in which a frame was bad and did not come again has no known end.

    What follows such a frame may be of another sample: an instrument would have been asked for it again.
    """
    for one in messages:
        yield replace(one, ended="cut") if machine.lost else one
