"""Mutants of the course of a visit: signatures, the pharmacist, serials, states."""

from __future__ import annotations

import dataclasses
from typing import Any

from mutants.mutant import instead, mutant, other_test, without_rules


@mutant(
    "NAT-20.5", "跳过药师：未经审核也可以调配", "the pharmacist is skipped: what nobody approved is dispensed"
)
def dispensed_unapproved() -> None:
    from gateway.feed.visit import redeem

    instead(redeem, "_check_usable", lambda _: lambda desk, unit: None)
    instead(redeem, "check_cleared", lambda _: lambda *given: None)
    without_rules("nat-20-approved", "nat-20-dispensed-unapproved")


@mutant("CQ18-7.2", "处方可以多次核销", "a prescription is redeemed again and again")
def redeemed_again() -> None:
    from gateway.feed.visit import redeem

    def always(desk: Any, unit: Any, task: Any, pharmacy: str, number: str) -> Any:
        serial, entry = redeem.identifier_in(unit), redeem.last_number(desk, unit.name)
        return redeem.Answer("completed", unit.name, serial, f"Task/{task['id']}", entry)

    instead(redeem, "_again", lambda _: always)


@mutant("NAT-20.4", "不验证签名值", "the value of a signature is not verified")
def signature_unverified() -> None:
    from gateway.security.signature.signatures import Signatures

    def make(unseal: Any) -> Any:
        def trusting(self: Any, payload: bytes, found: Any, *, who: str = "", **more: Any) -> Any:
            if not who:  # a head of the ledger, which no physician signs
                return unseal(self, payload, found, who=who, **more)
            provider = self._provider
            self._provider = _Agreeing(provider)
            try:
                return unseal(self, payload, found, who=who, **more)
            finally:
                self._provider = provider

        return trusting

    instead(Signatures, "unseal", make)


class _Agreeing:
    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def verify(self, *given: Any) -> bool:
        return True

    known = verify


@mutant("NAT-20.4", "签名可以属于另一张处方", "a signature may be of another prescription")
def signature_of_another() -> None:
    from gateway.security.signature import signatures

    instead(signatures, "_check_targets", lambda _: lambda claim, documents: None)
    signature_unverified()


@mutant("NAT-20.4", "他人的证书也可以签名", "somebody else's certificate signs")
def another_signs() -> None:
    from gateway.canonical.signed import Verified

    instead(Verified, "names_person", lambda _: lambda self, practitioner: True)


@mutant("NAT-20.4", "任何证书机构都被信任", "any authority's certificate is trusted")
def any_authority() -> None:
    from gateway.security.signature.certificate import read_certificate
    from gateway.security.signature.trust import Trust

    def path(self: Any, chain: Any, now: Any, signed: Any) -> Any:
        return tuple(read_certificate(one) for one in chain)

    instead(Trust, "path", lambda _: path)


@mutant("NAT-20.4", "没有签名也可以提交", "it is submitted without a signature")
def unsigned() -> None:
    without_rules("nat-20-signed", "nat-20-diagnosis-signed", "yn-32-signed")


@mutant("NAT-20.4", "人工智能可以开具处方", "a machine may be the author of a prescription")
def machine_prescribes() -> None:
    def unless_machine(test: Any) -> Any:
        return lambda scene: "Device/" not in str(scene.documents[0].get("author")) and test(scene)

    without_rules("nat-20-author")
    other_test("nat-20-signed", unless_machine)


@mutant("CQ49附3.5", "重复提交得到新的流水号", "a repeated submission gets another serial")
def serial_anew() -> None:
    from gateway.feed.visit import submit

    def make(again: Any) -> Any:
        def other(*given: Any) -> Any:
            found = again(*given)
            if not found.serial:
                return found
            value = found.serial["value"]
            return dataclasses.replace(found, serial={**found.serial, "value": value[:-2] + value[:-3:-1]})

        return other

    instead(submit, "_again", make)


@mutant("CQ49附3.5", "不同处方得到同一流水号", "two prescriptions get one serial")
def serial_reused() -> None:
    from gateway.feed.visit import submit

    seen: dict[tuple[str, str], Any] = {}

    def make(mint: Any) -> Any:
        def reused(desk: Any, hospital: Any, unit: Any) -> Any:
            made = mint(desk, hospital, unit)
            return seen.setdefault((unit.kind, unit.encounter), made)  # of one visit, so that others go on

        return reused

    instead(submit, "mint", make)


@mutant("CQ49附3.5", "已撤销处方的流水号又给了别的处方", "the serial of what was cancelled is given again")
def serial_given_again() -> None:
    from gateway.feed.visit import cancel, submit

    free: dict[str, Any] = {}  # by visit: what runs beside it must not take it first
    given: dict[str, Any] = {}

    def minting(mint: Any) -> Any:
        def minted(desk: Any, hospital: Any, unit: Any) -> Any:
            again = free.pop(unit.encounter, None) if unit.kind == "prescription" else None
            made = again or mint(desk, hospital, unit)
            given[made.value] = made
            return made

        return minted

    def taking(take_back: Any) -> Any:
        def freed(desk: Any, unit: Any, reason: str) -> None:
            take_back(desk, unit, reason)
            if unit.serial in given:
                free[unit.encounter] = given[unit.serial]

        return freed

    instead(submit, "mint", minting)
    instead(cancel, "take_back", taking)


@mutant("CQ49-3.1", "已提交的处方可以改写", "what was submitted is rewritten")
def submitted_rewritten() -> None:
    from gateway.feed.visit import writes

    def make(order: Any) -> Any:
        def lenient(desk: Any, hospital: Any, before: Any, after: Any) -> None:
            drug = "medicationCodeableConcept"
            changed = before is not None and after is not None and before.get(drug) != after.get(drug)
            if not changed or before.get("status") != after.get("status"):
                order(desk, hospital, before, after)

        return lenient

    instead(writes, "_order", make)


@mutant("NAT-16.2", "不核对操作人是谁", "nobody asks who acts")
def nobody_asked() -> None:
    without_rules("nat-16-real-name", "nat-16-in-person")


def _numbers(change: Any) -> None:
    """Change every serial as it is written: ``change(serial)``."""
    from gateway.store.serials.format import Format

    instead(
        Format, "serial", lambda written: lambda self, scope, number: change(written(self, scope, number))
    )


@mutant("CQ49附3.5", "流水号校验码不对", "the check character of a serial is wrong")
def check_character_wrong() -> None:
    def wrong(serial: str) -> str:
        if serial.startswith("CQP"):  # of a prescription: refused, it would hold up what follows it
            return serial
        return serial[:-1] + ("A" if serial[-1] != "A" else "B")

    _numbers(wrong)


@mutant("CQ49附3.2", "身份不明的患者也可以就诊", "a visit begins of a patient whose identity is not known")
def nobody_known() -> None:
    without_rules("nat-20-patient")
