"""MLLP, the framing of HL7 v2 over TCP: server, client and the framing itself."""

from gateway.wire.mllp.client import MllpClient, send_once
from gateway.wire.mllp.connection import Handle
from gateway.wire.mllp.frame import Framer, frame
from gateway.wire.mllp.limits import Counters, Limits, Peer
from gateway.wire.mllp.server import MllpServer

__all__ = ["Counters", "Framer", "Handle", "Limits", "MllpClient", "MllpServer", "Peer", "frame", "send_once"]
