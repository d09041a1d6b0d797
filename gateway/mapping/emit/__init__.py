"""Emit: one segment or datatype map becomes the source of one Python function.

A segment map becomes ``m(f, h, run)``: fields, resource in the making, run. A datatype map becomes
``m(v, run, s)``: one raw repetition, run, the separator of its components; it returns the FHIR value or
None. Generated functions are about twice as fast as closures, and they are never written to disk.

What a remembered map made is shared between messages (``gateway.mapping.memory``): generated code never
changes a value that it did not make itself.
"""

from gateway.mapping.emit.function import Emitter
from gateway.mapping.emit.reading import piece
from gateway.mapping.emit.shape import Shape
from gateway.mapping.emit.world import World

__all__ = ["Emitter", "Shape", "World", "piece"]
