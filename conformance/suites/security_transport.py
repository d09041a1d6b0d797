"""Security and transport: encrypted, bounded, and nothing told to whom it does not concern.

NAT article 23, SC article 48, YN articles 46 and 47, CQ49 article 3(5), R4 security.html.
"""

from __future__ import annotations

from conformance.harness.check import Suite
from conformance.suites.security import egress, limits, requests, storage, telling, transport

SUITE = Suite("security_transport", zh="安全与传输", en="Security and transport")
PARTS = (transport, storage, telling, limits, requests, egress)
