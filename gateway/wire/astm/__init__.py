"""ASTM: the line of analysers (E1381, CLSI LIS1-A); their records (E1394, LIS2-A2) are in ``records``."""

from gateway.wire.astm.assembly import Received
from gateway.wire.astm.capture import messages_in
from gateway.wire.astm.client import AstmClient, send_once
from gateway.wire.astm.door import Door, Handle
from gateway.wire.astm.frame import frame, frames
from gateway.wire.astm.link import Link
from gateway.wire.astm.machine import Machine
from gateway.wire.astm.profile import Counters, Limits, Profile
from gateway.wire.astm.reader import Reader, Token
from gateway.wire.astm.serial import open_serial
from gateway.wire.astm.server import AstmServer

__all__ = [
    "AstmClient",
    "AstmServer",
    "Counters",
    "Door",
    "Handle",
    "Limits",
    "Link",
    "Machine",
    "Profile",
    "Reader",
    "Received",
    "Token",
    "frame",
    "frames",
    "messages_in",
    "open_serial",
    "send_once",
]
