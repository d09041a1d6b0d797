"""Signatures: without the physician's own nothing takes effect (NAT article 20)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

from conformance.harness.check import Case, check, checks
from conformance.harness.gate.case import REVIEWS, SUBMITS
from conformance.harness.gate.signing import renewed, self_signed, turned
from conformance.harness.gate.state import reviewable, state, still, submitted
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.harness.words import Words
from conformance.simulators.exact import Resource
from conformance.simulators.internet.documents import with_
from conformance.simulators.jws import AUTHOR, REVIEW, sign

_SIGNATURES = {
    "unsigned": Words("未经医师电子签名的处方不生效", "a prescription that nobody signed takes no effect"),
    "one-byte": Words("签名值改动一位即无效", "a signature with one bit turned is none"),
    "edited": Words("签名后改动剂量即无效", "a dose that is changed after signing ends the signature"),
    "foreign-certificate": Words("来路不明的证书不予接受", "a certificate that nobody trusts is not taken"),
    "other-prescription": Words("另一张处方的签名不得重用", "another prescription's signature is not taken"),
    "other-person": Words("以他人证书签名的处方拒绝", "somebody else's certificate is refused"),
    "part": Words("仅签名部分内容的处方拒绝", "a signature over a part of the prescription is refused"),
    "purpose": Words("用途不符的签名不算医师签名", "a signature for another purpose is not the author's"),
    "old": Words("过早的签名不予接受", "a signature of long ago is not taken"),
    "machine": Words("以设备为开方人的处方拒绝", "a prescription whose author is a device is refused"),
}  # fmt: skip


_LONG = timedelta(hours=26)
"""How long ago a signature of long ago was made; no text says how old one may be."""
_LESSER = {"old": "no text says how old a signature may be: the 26 hours are the harness's own"}


@checks([
    Case(name, "NAT-20.4", words, (name,), name not in _LESSER, SUBMITS, lesser=_LESSER.get(name, ""))
    for name, words in _SIGNATURES.items()
])  # fmt: skip
def signature(run: Run, name: str) -> None:
    """Submit a prescription with a good signature, and another with one that is not."""
    run.step("签名正确的处方", "a prescription that is signed as it should be")
    good = Scene(run, suffix="p").begun()
    run.given(good.ordered(good.prescription()), "提交处方", "it is submitted")
    run.step("签名有问题的处方", "the same, where the signature is not as it should be")
    scene = Scene(run, suffix="b").begun()
    parts = _authored(scene, name)
    run.given(scene.write(parts), "写入处方草稿", "the draft is written")
    made = _signature(scene, parts, name)
    if name == "edited":
        more = copy.deepcopy(parts[1])
        more["dispenseRequest"]["quantity"]["value"] = 8
        run.given(scene.write([more]), "改动草稿", "the draft is changed")
    answer = scene.submit(parts, signature=made, signing=name != "unsigned")
    run.refused(answer, "拒绝", "it is refused")
    still(run, f"RequestGroup/{parts[0]['id']}", "draft")


def _authored(scene: Scene, name: str) -> list[Resource]:
    group, line = scene.prescription()
    if name != "machine":
        return [group, line]
    device = {"reference": scene.who("device")}
    return [with_(group, author=device), with_(line, requester=device)]


def _signature(scene: Scene, parts: list[Resource], name: str) -> Resource | None:
    keys, who = scene.run.session.keys(), scene.who("physician")
    if name == "one-byte":
        return turned(scene.signed(parts))
    if name == "foreign-certificate":
        return sign(scene.held(parts), self_signed(keys["physician"]), who, AUTHOR)
    if name == "other-prescription":
        other = scene.prescription(suffix="-2")
        scene.run.given(scene.write(other), "写入另一张处方", "another prescription is written")
        return scene.signed(other)
    if name == "other-person":
        return scene.signed(parts, "pharmacist", AUTHOR, who)
    if name == "part":
        return scene.signed(parts[:1])
    if name == "purpose":
        return scene.signed(parts, "physician", REVIEW, who)
    if name == "old":
        long_ago = datetime.now(UTC) - _LONG
        return renewed(scene.signed(parts), scene.held(parts), keys["physician"], long_ago)
    return None if name == "unsigned" else scene.signed(parts)


@check(
    "NAT-20.4",
    zh="未签名的病历（诊断）不生效",
    en="a record that nobody signed takes no effect",
    critical=True,
    needs=SUBMITS,
)
def record_unsigned(run: Run) -> None:
    """Submit the record of a visit with and without a signature."""
    good = Scene(run, suffix="p").begun()
    run.given(good.ordered([good.record()]), "病历签名提交", "a signed record is submitted")
    scene = Scene(run, suffix="b").begun()
    body = scene.record()
    run.refused(
        scene.ordered([body], signing=False), "未签名的病历拒绝", "the record without a signature is refused"
    )
    still(run, f"Composition/{body['id']}", "preliminary", "")


@check(
    "NAT-20.4",
    zh="药师审核须由药师本人签名",
    en="an approval is signed by the pharmacist and nobody else",
    critical=True,
    needs=REVIEWS,
)
def review_signed_by_another(run: Run) -> None:
    """Approve with the physician's key in the pharmacist's name."""
    reviewable(run)
    scene, _, task, group = submitted(run)
    before = state(run, group)
    signed = scene.signed(scene.whole(group), "physician", REVIEW, scene.who("pharmacist"))
    who = scene.who("pharmacist")
    answer = run.act("review", by=who, task=task, decision="approved", signature=signed, confirm=True)
    run.refused(answer, "拒绝", "it is refused")
    still(run, group, before)
