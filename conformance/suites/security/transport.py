"""Transport: encrypted on the way (SC article 48, YN article 46)."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import struct
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.harness.check import Case, check, checks
from conformance.harness.run import Run
from conformance.harness.verdict import Skipped, Unanswered
from conformance.harness.words import Words, same
from conformance.suites.fhir.ground import created, name_of, patient
from conformance.suites.security.raw import needs_tls, place, request, say

_STRONG = {"RSA": 2048, "DSA": 2048, "EC": 224, "SM2": 256}
"""Bits of a key, by its kind, below which it has less than 112 bits of strength (NIST SP 800-57-1)."""
_SM2 = bytes.fromhex("06082a811ccf5501822d")
"""The curve's OID 1.2.156.10197.1.301 in DER (GB/T 33560)."""
_HELLO, _ALERT = 0x16, 0x15
_SUITES = (0xC02F, 0xC030, 0xC02B, 0xC02C, 0xC013, 0xC014, 0xC009, 0xC00A, 0x009C, 0x002F, 0x0035)


@check("SC-48.2", zh="接口只以 TLS 提供", en="the API is offered over TLS only", critical=True)
def encrypted(run: Run) -> None:
    """Plain HTTP is no way for patient data, but on the machine itself, where nothing is transmitted."""
    host, _, _ = place(run)
    if run.target.fhir.startswith("http:") and _is_loopback(host):
        raise Skipped(
            "目标以本机回环地址的明文 HTTP 受测，未经传输；请以生产地址（https）测试",
            "the target is asked on its own machine, nothing is transmitted; ask its production address",
        )
    run.expect(
        run.target.fhir.startswith("https:"),
        "基地址为 https",
        "its base is https",
        same(run.target.fhir.partition(":")[0]),
    )
    run.done(run.client().get("metadata"), "以 TLS 应答", "it answers over TLS")


@check("SC-48.2", zh="同一端口拒绝明文 HTTP", en="plain HTTP is refused at the same port", critical=True)
def plain_refused(run: Run) -> None:
    """The same request, without TLS: nothing of FHIR comes back."""
    needs_tls(run)
    body = created(run, patient(run))
    path = f"{place(run)[2]}/{name_of(body)}"
    heard = say(run, request(run, path), tls=False)
    run.expect(
        str(body["id"]).encode() not in heard.raw and 200 not in heard.statuses,
        "得不到数据",
        "nothing is shown",
    )
    run.expect(200 in say(run, request(run, path)).statuses, "以 TLS 得到", "over TLS it is")


@checks(
    [
        Case(name, "SC-48.2", Words(f"TLS {name} {zh}", f"TLS {name} is {en}"), (minor, taken), critical=True)
        for name, minor, taken, zh, en in (
            ("1.0", 1, False, "被拒绝", "refused"),
            ("1.1", 2, False, "被拒绝", "refused"),
            ("1.2", 3, True, "或更高版本可用", "taken"),
        )
    ]
)
def tls(run: Run, minor: int, taken: bool) -> None:
    """A ClientHello of that version, by hand: libraries refuse the old ones themselves."""
    needs_tls(run)
    heard = say(run, _hello(place(run)[0], minor), tls=False).raw
    answered = len(heard) > 10 and heard[0] == _HELLO and heard[5] == 2 and heard[10] == minor
    if taken and not answered:
        answered = _modern(run)
    run.expect(
        answered is taken,
        "可用" if taken else "被拒绝",
        "it is taken" if taken else "it is refused",
        Words("可用" if answered else "被拒绝", "taken" if answered else "refused"),
    )


@check(
    "SC-48.2",
    zh="证书可信、在有效期内、密钥足够强",
    en="the certificate is trusted, in date, and its key is strong",
    critical=True,
)
def certificate(run: Run) -> None:
    """The chain and the name are verified as a client would."""
    needs_tls(run)
    host, port, _ = place(run)
    context = ssl.create_default_context(cafile=run.target.ca or None)
    try:
        with (
            socket.create_connection((host, port), timeout=10) as line,
            context.wrap_socket(line, server_hostname=host) as secure,
        ):
            raw = secure.getpeercert(binary_form=True) or b""
    except ssl.SSLError:
        run.expect(False, "证书可信", "it is trusted", Words("不可信", "not trusted"))
        return
    except OSError as error:
        raise Unanswered("目标未应答：无法连接", "the target did not answer: no line") from error
    found = x509.load_der_x509_certificate(raw)
    run.expect(
        found.not_valid_before_utc <= datetime.now(UTC) <= found.not_valid_after_utc,
        "在有效期内",
        "it is in date",
    )
    kind, size = _key(found)
    run.expect(size >= _STRONG.get(kind, 2048), "密钥足够强", "its key is strong", same(f"{kind} {size}"))
    name = _hash(found)
    run.expect(name not in ("md5", "sha1"), "签名算法未过时", "it is signed by no outdated hash", same(name))


def _key(found: x509.Certificate) -> tuple[str, int]:
    """Return the kind of a key and its bits. Raises :class:`Skipped`: it is of a kind that is not known."""
    try:
        key = found.public_key()
    except (UnsupportedAlgorithm, ValueError):
        if _SM2 in found.public_bytes(Encoding.DER):
            return "SM2", 256
        raise Skipped("证书密钥的种类无法识别", "the key is of a kind that is not known") from None
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.key_size
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return "RSA" if isinstance(key, rsa.RSAPublicKey) else "DSA", key.key_size
    return "EC", 256  # Ed25519 and Ed448, which come in one size each


def _hash(found: x509.Certificate) -> str:
    """Return the name of the hash that a certificate is signed with, ``""`` for none, or an unknown one."""
    try:
        return found.signature_hash_algorithm.name if found.signature_hash_algorithm else ""
    except UnsupportedAlgorithm:  # SM3
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _modern(run: Run) -> bool:
    """Tell whether TLS 1.3 is taken, where 1.2 is not."""
    try:
        return 200 in say(run, request(run, f"{place(run)[2]}/metadata", "Connection: close")).statuses
    except Unanswered:
        return False


def _hello(host: str, minor: int) -> bytes:
    """Return a ClientHello of TLS 1.(minor-1) (RFC 5246 §7.4.1.2)."""
    name = host.encode()
    server = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    groups = struct.pack("!HHHH", 6, 29, 23, 24)
    algorithms = struct.pack("!H6H", 12, 0x0403, 0x0804, 0x0401, 0x0503, 0x0501, 0x0201)
    parts = [(10, groups), (11, b"\x01\x00"), (13, algorithms)]
    if not _numeric(host):
        parts.insert(0, (0, server))
    extensions = b"".join(struct.pack("!HH", kind, len(said)) + said for kind, said in parts)
    suites = struct.pack(f"!{len(_SUITES)}H", *_SUITES)
    body = b"\x03" + bytes([minor]) + bytes(range(32)) + b"\x00"
    body += (
        struct.pack("!H", len(suites))
        + suites
        + b"\x01\x00"
        + struct.pack("!H", len(extensions))
        + extensions
    )
    hello = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack("!H", len(hello)) + hello


def _numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
