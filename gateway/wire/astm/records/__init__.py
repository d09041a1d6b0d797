"""Records of analysers, ASTM E1394 / CLSI LIS2-A2: parse, read, change, write."""

from gateway.wire.astm.records.delimiters import DEFAULT, Delimiters
from gateway.wire.astm.records.escape import escape, unescape
from gateway.wire.astm.records.message import Message
from gateway.wire.astm.records.parse import parse
from gateway.wire.astm.records.record import Record
from gateway.wire.astm.records.samples import is_same_sample, samples
from gateway.wire.astm.records.write import write

__all__ = [
    "DEFAULT",
    "Delimiters",
    "Message",
    "Record",
    "escape",
    "is_same_sample",
    "parse",
    "samples",
    "unescape",
    "write",
]
