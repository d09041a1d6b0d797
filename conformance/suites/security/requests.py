"""Requests that are not what they seem: refused, and nothing shown (R4 security.html; RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from conformance.harness.check import Case, check, checks
from conformance.harness.client import Client
from conformance.harness.run import Run
from conformance.harness.target import Identity
from conformance.harness.words import Words, same
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import SYSTEM, created, discerning, name_of, patient
from conformance.suites.security.afterwards import goes_on
from conformance.suites.security.raw import place, request, say

_EVIL = "evil.example"


@checks(
    [
        Case(
            name,
            "R4-SECURITY",
            Words(f"有歧义的请求不被当作两个：{zh}", f"an ambiguous request is never two: {en}"),
            (name,),
        )
        for name, zh, en in (
            ("cl-te", "同时有 Content-Length 与 Transfer-Encoding", "Content-Length and Transfer-Encoding"),
            ("two-lengths", "两个不同的 Content-Length", "two lengths that differ"),
            ("te-unknown", "未知的 Transfer-Encoding", "a Transfer-Encoding that is none"),
            ("chunk", "畸形的分块", "a chunk that is none"),
            ("space", "头部名后有空格", "a blank before the colon"),
            ("line", "畸形的请求行", "a request line that is none"),
        )
    ]
)
def ambiguous(run: Run, name: str) -> None:
    """RFC 9112 §6.3, §11.2: what can be read in two ways is refused, or answered once and the line closed."""
    discerning(run)
    Claims.of(run).need("Patient", "create")
    heard = say(run, _said_in_two_ways(run)[name])
    refused = bool(heard.statuses) and 400 <= heard.statuses[0] < 600 and len(heard.statuses) == 1
    run.expect(
        refused or (not heard.statuses and heard.closed) or (len(heard.statuses) == 1 and heard.closed),
        "被拒绝，或只作为一个请求并断开",
        "it is refused, or answered once and the line closed",
        same(", ".join(str(one) for one in heard.statuses) or "-"),
    )
    run.expect(not any(one == 500 for one in heard.statuses), "非 500", "it is no 500")
    goes_on(run)


def _said_in_two_ways(run: Run) -> dict[str, bytes]:
    """Return the requests, each with another one inside."""
    base = place(run)[2]
    inner = request(run, f"{base}/metadata?smuggled=1")
    post = f"{base}/Patient?x=1"
    chunked, kind = "Transfer-Encoding: chunked", "Content-Type: application/fhir+json"
    return {
        "cl-te": request(
            run,
            post,
            kind,
            f"Content-Length: {len(inner) + 5}",
            chunked,
            method="POST",
            body=b"0\r\n\r\n" + inner,
        ),
        "two-lengths": request(
            run, post, kind, "Content-Length: 0", f"Content-Length: {len(inner)}", method="POST", body=inner
        ),
        "te-unknown": request(
            run, post, kind, "Transfer-Encoding: xchunked", "Content-Length: 0", method="POST", body=inner
        ),
        "chunk": request(run, post, kind, chunked, method="POST", body=b"zz\r\n{}\r\n0\r\n\r\n" + inner),
        "space": request(run, post, kind, f"Content-Length : {len(inner)}", method="POST", body=inner),
        "line": b"GARBAGE\r\n\r\n" + inner,
    }


@checks(
    [
        Case(
            name,
            "R4-SECURITY",
            Words(f"路径穿越被拒绝：{zh}", f"a path that climbs out is refused: {path}"),
            (path,),
        )
        for name, zh, path in (
            ("dots", "../", "/../../../../../../etc/passwd"),
            ("encoded", "%2e%2e", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
            ("slash", "%2f", "/Binary/..%2f..%2f..%2f..%2fetc%2fpasswd"),
            ("double", "%252e", "/%252e%252e/%252e%252e/etc/passwd"),
            ("backslash", "反斜线", "/..\\..\\..\\etc\\passwd"),
            ("null", "%00", "/Patient/%00/../../etc/passwd"),
        )
    ]
)
def traversal(run: Run, path: str) -> None:
    """As it stands on the line; the twin is the metadata."""
    discerning(run)
    base = place(run)[2]
    heard = say(run, request(run, base + path, "Connection: close"))
    run.expect(
        b"root:" not in heard.raw
        and all(400 <= one < 500 for one in heard.statuses)
        and (bool(heard.statuses) or heard.closed),
        "被拒绝（4xx）",
        "it is refused (4xx)",
        same(", ".join(str(one) for one in heard.statuses)),
    )
    good = say(run, request(run, f"{base}/metadata", "Connection: close"))
    run.expect(good.statuses[:1] == [200], "正常路径成功", "the right path is answered")


@check("R4-SECURITY", zh="不允许任意来源跨域读取", en="no page of just any origin may read")
def origins(run: Run) -> None:
    """CORS: neither ``*`` nor the origin that asks, on patient data and on the preflight."""
    discerning(run)
    body = created(run, patient(run))
    origin = f"https://{_EVIL}"
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }
    answers = [
        run.client().send("GET", name_of(body), None, "", {"Origin": origin}),
        run.client().send("OPTIONS", name_of(body), None, "", preflight),
    ]
    run.done(answers[0], "同源客户端可读取", "a client that is no page reads it")
    said = {one.headers.get("access-control-allow-origin", "") for one in answers}
    run.expect(
        not said & {"*", origin, "null"},
        "未允许该来源",
        "that origin is not allowed",
        same(", ".join(sorted(said - {""})) or "-"),
    )


@check(
    "R4-SECURITY",
    zh="陌生的 Host 被拒绝，或不出现在地址中",
    en="an unknown Host is refused, or does not appear in addresses",
)
def host(run: Run) -> None:
    """DNS rebinding and poisoned links: the Host of somebody else in Location and Bundle.link."""
    discerning(run)
    base = place(run)[2]
    path = f"{base}/Patient?identifier={SYSTEM}|{run.number}"
    run.expect(
        200 in say(run, request(run, path, "Connection: close")).statuses,
        "自己的 Host 成功",
        "its own Host is answered",
    )
    heard = say(run, request(run, path, f"Host: {_EVIL}", "Connection: close"))
    refused = bool(heard.statuses) and 400 <= heard.statuses[0] < 500
    run.expect(
        refused or _EVIL.encode() not in heard.raw,
        "被拒绝，或地址中没有它",
        "refused, or no address names it",
        same(", ".join(str(one) for one in heard.statuses)),
    )


@check("R4-SECURITY", zh="陌生的 Host 不带令牌得不到数据", en="an unknown Host without a token shows no data")
def rebinding(run: Run) -> None:
    """What a page in a browser on the same machine could do."""
    discerning(run)
    body = created(run, patient(run))
    path = f"{place(run)[2]}/{name_of(body)}"
    heard = say(run, request(run, path, f"Host: {_EVIL}", "Connection: close", identity=""))
    run.expect(
        str(body["id"]).encode() not in heard.raw and 200 not in heard.statuses,
        "得不到数据",
        "nothing is shown",
        same(", ".join(str(one) for one in heard.statuses)),
    )
    good = say(run, request(run, path, "Connection: close"))
    run.expect(200 in good.statuses, "自己的 Host 带令牌得到", "its own Host with a token is answered")


@check("R4-SECURITY", zh="转发头部不改变地址", en="headers of a proxy that is none do not change addresses")
def forwarded(run: Run) -> None:
    """X-Forwarded-Host and Forwarded from a client that is not a declared proxy."""
    discerning(run)
    client = run.client()
    headers = {"X-Forwarded-Host": _EVIL, "Forwarded": f"host={_EVIL}", "X-Forwarded-Prefix": f"/{_EVIL}"}
    answer = client.send("GET", f"Patient?identifier={SYSTEM}|{run.number}", None, "", headers)
    run.done(answer, "应答", "it is answered")
    run.expect(_EVIL.encode() not in answer.raw, "地址中没有它", "no address names it")


@check("R4-SECURITY", zh="TRACE 等方法被拒绝", en="TRACE and the like are refused")
def methods(run: Run) -> None:
    """Nothing of what was sent comes back."""
    discerning(run)
    for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND", "QIAOXING"):
        heard = say(
            run,
            request(
                run, f"{place(run)[2]}/metadata", "X-Secret: hidden-17", "Connection: close", method=method
            ),
        )
        run.expect(
            b"hidden-17" not in heard.raw and all(400 <= one < 600 and one != 500 for one in heard.statuses),
            "被拒绝",
            "it is refused",
            same(", ".join(str(one) for one in heard.statuses)),
        )
    goes_on(run)


@check(
    "NAT-23",
    zh="猜测令牌始终被拒绝，且不妨碍合法用户",
    en="guessed tokens are refused, always, and keep out nobody else",
    critical=True,
)
def guesses(run: Run) -> None:
    """Sixty guesses, eight at once; among them some that are nearly a good one."""
    body = created(run, patient(run))
    near = _near(run.client().held().get("Authorization", "Bearer x"))
    wrong = [*(f"Bearer {run.number}{place:04d}" for place in range(55)), "Bearer", "Bearer null", *near]

    def guess(token: str) -> int:
        return (
            Client(run.session.line, Identity("guess", {"Authorization": token}), run)
            .get(name_of(body))
            .status
        )

    with ThreadPoolExecutor(8) as pool:
        found = sorted(set(pool.map(guess, wrong)))
    run.expect(
        all(400 <= one < 500 for one in found),
        "均被拒绝（4xx）",
        "all are refused (4xx)",
        same(", ".join(str(one) for one in found)),
    )
    run.done(run.client().get(name_of(body)), "合法用户仍可读取", "who may read still does")


def _near(good: str) -> list[str]:
    """Return what is nearly a good ``Authorization``: who has it whole, scheme or not, has guessed nothing.

    Four characters more, since one that is left over, or what follows the padding, many readers of base64
    pass over; in other letters only where these make another token, as those of a number (a UUID) do not.
    """
    scheme, _, token = good.rpartition(" ")
    stem = token.rstrip("=")
    near = [stem[:-1], f"{stem}0000"]
    if not re.fullmatch(r"[0-9A-Fa-f-]+", token):
        near.append(token.swapcase())
    return [f"{scheme} {one}".strip() for one in near if one not in ("", token)]
