"""The account: every valued leaf exactly once, and each with what really became of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.mapping.account import STATES, Accountant, Leaf, totals
from gateway.wire import er7
from gateway.wire.er7.leaves import all_leaves

SAMPLES = sorted((Path(__file__).parents[2] / "adapters").rglob("samples/*.hl7"))
ADT = r"MSH|^~\&|HIS|H|||20260101080000||ADT^A01^ADT_A01|1|P|2.5.1"


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


@pytest.fixture(scope="module")
def accountant(maps: Maps) -> Accountant:
    return Accountant(maps)


def account(maps: Maps, accountant: Accountant, raw: bytes) -> tuple[er7.Message, list[Leaf], set[str]]:
    message = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    profile = maps.profile("his/hl7v2", "", message)
    translation = maps.translate(message, envelope, profile)
    return message, accountant.account(message, envelope, profile, translation), set(translation.unmapped)


def message_of(*segments: str) -> bytes:
    return "\r".join(segments).encode()


def valued(message: er7.Message) -> list[tuple[int, str]]:
    return [
        (index, f"{segment.name}-{path}")
        for index, segment in enumerate(message.segments)
        for _, path in all_leaves(segment.fields, message.separators)
    ]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_valued_leaf_of_a_sample_is_accounted_for_once(
    path: Path, maps: Maps, accountant: Accountant
) -> None:
    message, leaves, unmapped = account(maps, accountant, path.read_bytes())
    assert [(leaf.segment, leaf.path) for leaf in leaves] == valued(message)
    assert {leaf.state for leaf in leaves} <= set(STATES)
    assert all(leaf.uses for leaf in leaves if leaf.state != "unmapped")
    for leaf in leaves:
        counted = any(leaf.path == one or leaf.path.startswith((f"{one}.", f"{one}[")) for one in unmapped)
        assert counted or leaf.state != "unmapped", f"{leaf.path} is unmapped, but was not counted"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_valued_leaf_of_an_altered_sample_is_accounted_for_once(
    data: st.DataObject, maps: Maps, accountant: Accountant
) -> None:
    lines = data.draw(st.sampled_from(SAMPLES)).read_bytes().replace(b"\n", b"\r").split(b"\r")
    lines = [line for line in lines if line]
    junk = st.lists(
        st.sampled_from([b"a", b"1", b"20260101", b"^", b"&", b"~", b'""', b"", b"M"]), max_size=7
    )
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(1, len(lines) - 1))
        fields = lines[at].split(b"|")
        fields[data.draw(st.integers(0, len(fields) - 1)) or -1] = b"".join(data.draw(junk))
        lines[at] = b"|".join(fields)
    if data.draw(st.booleans()):
        lines.append(b"ZZZ|1|" + b"".join(data.draw(junk)))
    try:
        message, leaves, _ = account(maps, accountant, b"\r".join(lines) + b"\r")
    except Rejected:
        return
    assert [(leaf.segment, leaf.path) for leaf in leaves] == valued(message)


def at(leaves: list[Leaf], path: str) -> Leaf:
    [leaf] = [leaf for leaf in leaves if leaf.path == path]
    return leaf


def test_what_became_of_a_leaf_is_told_with_the_rule(maps: Maps, accountant: Accountant) -> None:
    raw = message_of(
        ADT, "EVN|A01|20260101080000", "PID|1||P1^^^H^MR^^^^^^X9||张^三||1990xx|M", "PV1|1|I", "ZZZ|what"
    )
    _, leaves, _ = account(maps, accountant, raw)
    number = at(leaves, "PID-3.1")
    assert number.state == "mapped"
    assert any(use.rule == "PID[Patient]/PID-3" and "#identifier" in use.to for use in number.uses)
    assert any(use.to.startswith("Patient/") and use.part for use in number.uses)
    assert at(leaves, "PID-3.11").state == "unmapped"
    assert at(leaves, "PID-7").state == "malformed"
    assert at(leaves, "PID-7").uses[0].rule == "PID[Patient]/PID-7"
    assert at(leaves, "PID-1").state == "ignored"
    assert at(leaves, "PID-1").uses[0].to == "number of the segment"
    assert at(leaves, "ZZZ-1").state == "unmapped"
    assert at(leaves, "MSH-12").state in ("read", "mapped")
    assert totals(leaves).total() == len(leaves)
    assert list(totals(leaves)) == list(STATES)


def test_each_repetition_has_its_own_end(maps: Maps, accountant: Accountant) -> None:
    raw = message_of(ADT, "PID|1||P1^^^H^MR~P2^^^H2^PI||张^三", "PV1|1|I")
    _, leaves, _ = account(maps, accountant, raw)
    assert at(leaves, "PID-3[1].1").state == at(leaves, "PID-3[2].1").state == "mapped"


def test_a_null_that_deletes_is_mapped(maps: Maps, accountant: Accountant) -> None:
    raw = message_of(ADT.replace("A01", "A08", 1), 'PID|1||P1^^^H^MR||张^三|||""', "PV1|1|I")
    _, leaves, _ = account(maps, accountant, raw)
    gender = at(leaves, "PID-8")
    assert gender.state == "mapped"
    assert any(use.to.endswith("#gender deleted") for use in gender.uses)


def test_the_account_holds_no_value_of_the_message(maps: Maps, accountant: Accountant) -> None:
    raw = message_of(ADT, "PID|1||SECRET9^^^H^MR||QQQQ^WWWW", "PV1|1|I")
    _, leaves, _ = account(maps, accountant, raw)
    assert not any(word in repr(leaves) for word in ("SECRET9", "QQQQ", "WWWW"))


def test_another_version_of_the_maps_is_refused(maps: Maps, accountant: Accountant) -> None:
    raw = ADT.encode() + b"\rPID|1||P1^^^H^MR\r"
    message = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    profile = maps.profile("his/hl7v2", "", message)
    translation = maps.translate(message, envelope, profile)
    translation.map_version = "another"
    with pytest.raises(ValueError, match="another"):
        accountant.account(message, envelope, profile, translation)
