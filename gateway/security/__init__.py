"""Security: who may do what."""

from gateway.security.bearer import BearerToken

__all__ = ["BearerToken"]
