"""ER7, the pipe-and-hat encoding of HL7 v2: parse, read, change, write, split, acknowledge."""

from gateway.wire.er7.ack import CONDITIONS, AckError, AnswerMode, acknowledge, answer_mode
from gateway.wire.er7.apart import apart, roles, told_apart
from gateway.wire.er7.batch import Batch, File, acknowledge_batch, batches_in
from gateway.wire.er7.escape import escape, unescape
from gateway.wire.er7.message import Message
from gateway.wire.er7.parse import parse
from gateway.wire.er7.question import event_of, is_acknowledgement
from gateway.wire.er7.respond import encoded_like, opening, respond
from gateway.wire.er7.segment import Segment
from gateway.wire.er7.separators import DEFAULT, Separators
from gateway.wire.er7.split import split_messages

__all__ = [
    "CONDITIONS",
    "DEFAULT",
    "AckError",
    "AnswerMode",
    "Batch",
    "File",
    "Message",
    "Segment",
    "Separators",
    "acknowledge",
    "acknowledge_batch",
    "answer_mode",
    "apart",
    "batches_in",
    "encoded_like",
    "escape",
    "event_of",
    "is_acknowledgement",
    "opening",
    "parse",
    "respond",
    "roles",
    "split_messages",
    "told_apart",
    "unescape",
]
