"""Security: who may do what."""

from gateway.security.access import Access
from gateway.security.caller import CALLER, LOCAL, Caller, caller_of
from gateway.security.client import DEFAULT_TENANT
from gateway.security.clients import Clients
from gateway.security.rights import right_of

__all__ = ["CALLER", "DEFAULT_TENANT", "LOCAL", "Access", "Caller", "Clients", "caller_of", "right_of"]
