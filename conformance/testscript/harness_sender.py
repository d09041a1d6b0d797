"""Scripts and the harness: its client leaves evidence of every exchange, its masker learns what to hide."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.evidence.masking import Masker
from conformance.harness.client import Client
from conformance.harness.verdict import Unanswered
from conformance.testscript.request import origin
from conformance.testscript.sender import Answer, Sender
from conformance.testscript.unusable import Unusable

_OWN = {"accept": "Accept", "content-type": "Content-Type"}
"""Headers that the client sets itself unless they are given by exactly these names."""


def through(client: Client) -> Sender:
    """Return a sender that is one identity at the target; its credentials go nowhere else."""

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if origin(url) != origin(client.base):
            raise Unusable(f"网址不在被测服务器上：{url}", f"the address is not at the target: {url}")
        given = {_OWN.get(name.lower(), name): value for name, value in headers.items()}
        try:
            answer = client.send(method, url, body, headers=dict.fromkeys(_OWN.values(), "") | given)
        except Unanswered as error:
            raise Unusable(error.reason.zh, error.reason.en) from error
        return Answer(answer.status, answer.headers, answer.raw)

    return send


def learning(sender: Sender, masker: Masker) -> Sender:
    """Return a sender from which a masker learns who is spoken of.

    With ``Settings(mask=masker.text)`` messages and the TestReport then name nobody: a masker hides what it
    has met in its place, and an action's message is made after its exchange.
    """

    def send(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        masker.url(url)
        masker.body(body or b"", _type(headers))
        answer = sender(method, url, headers, body)
        masker.headers(answer.headers)
        masker.body(answer.body, _type(answer.headers))
        return answer

    return send


def _type(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "content-type"), "")
