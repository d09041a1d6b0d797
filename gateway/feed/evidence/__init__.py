"""Evidence: dated documents that a hospital must have, and whether they hold: red, yellow or green.

docs/feedback.md; SC-57.2, CQ49-3.4c, NAT-17, NAT-24, NATA-3.4, NATA-5, SC-58. The gateway holds them and
tells when they end; whether what they say is true it cannot tell.
"""

from gateway.feed.evidence.kinds import Kind, kinds
from gateway.feed.evidence.state import Held, held

__all__ = ["Held", "Kind", "held", "kinds"]
