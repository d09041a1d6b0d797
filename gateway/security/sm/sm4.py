"""SM4-CBC: the block cipher of GB/T 32907 in the mode of GB/T 17964, padded as PKCS #7 says (RFC 5652
§6.3)."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from gateway.errors import Rejected

_BLOCK = 16


def sm4_encrypt(key: bytes, plain: bytes, iv: bytes = b"") -> tuple[bytes, bytes]:
    """Return the initialization vector and the cipher text, which is padded to whole blocks.

    CBC hides, it does not protect: add HMAC-SM3 over vector and cipher text, and check it before decrypting.

    Args:
        key: 16 bytes.
        iv: 16 bytes, of which no two messages of a key may have the same; ``b""`` for random ones.
    """
    iv = iv or secrets.token_bytes(_BLOCK)
    padder, encryptor = PKCS7(8 * _BLOCK).padder(), Cipher(SM4(key), CBC(iv)).encryptor()
    return iv, encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def sm4_decrypt(key: bytes, iv: bytes, text: bytes) -> bytes:
    """Return what was encrypted.

    Raises:
        Rejected: it was not encrypted with this key, or is no whole number of blocks.
    """
    try:
        decryptor, unpadder = Cipher(SM4(key), CBC(iv)).decryptor(), PKCS7(8 * _BLOCK).unpadder()
        return unpadder.update(decryptor.update(text) + decryptor.finalize()) + unpadder.finalize()
    except ValueError:
        raise Rejected("the text was not encrypted with this key", code="not-encrypted") from None
