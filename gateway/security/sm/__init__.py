"""Chinese commercial cryptography (国密): SM2 in Python integers, SM3 and SM4 of ``cryptography``.

GB/T 32918 (SM2), GB/T 32905 (SM3), GB/T 32907 (SM4). ``cryptography`` has no SM2; why it is written here,
and what that costs: docs/signatures.md. Python's integers do not run in constant time: keys that matter
belong into an HSM behind a signature server.
"""

from gateway.security.sm.sm2 import IDENTITY, public_key, sign, verify
from gateway.security.sm.sm3 import hmac_sm3, sm3
from gateway.security.sm.sm4 import sm4_decrypt, sm4_encrypt

__all__ = [
    "IDENTITY",
    "hmac_sm3",
    "public_key",
    "sign",
    "sm3",
    "sm4_decrypt",
    "sm4_encrypt",
    "verify",
]
