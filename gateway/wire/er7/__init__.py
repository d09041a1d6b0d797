"""ER7, the pipe-and-hat encoding of HL7 v2: parse, read, change, write, split, acknowledge."""

from gateway.wire.er7.ack import CONDITIONS, AckError, AnswerMode, acknowledge, answer_mode
from gateway.wire.er7.escape import escape, unescape
from gateway.wire.er7.message import Message
from gateway.wire.er7.parse import parse
from gateway.wire.er7.segment import Segment
from gateway.wire.er7.separators import DEFAULT, Separators
from gateway.wire.er7.split import split_messages

__all__ = [
    "CONDITIONS",
    "DEFAULT",
    "AckError",
    "AnswerMode",
    "Message",
    "Segment",
    "Separators",
    "acknowledge",
    "answer_mode",
    "escape",
    "parse",
    "split_messages",
    "unescape",
]
