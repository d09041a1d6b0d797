"""Where the platform gives the serials: what its answer says ends the waiting of the document (CQ49附3.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.canonical.json import loads
from gateway.feed.visit.from_platform import from_platform
from gateway.feed.visit.hospital import Hospitals
from gateway.feed.visit.signing import Checked
from gateway.settings import Receivers, ReceiverSettings, Settings, TenantSettings
from gateway.store import Desk, Entered, Entry, Store, Transact, Transacted

Make = Callable[..., Any]
SETTINGS = Settings(
    tenants={"default": TenantSettings(organization="990101001", minted_by="platform")},
    receivers=Receivers((), {"city": ReceiverSettings(url="http://127.0.0.1:9", gives_serials=False)}),
)


def waiting(number: str) -> Callable[[Desk], Entered]:
    """An act that writes an exam request that was submitted and waits for its serial."""

    def act(desk: Desk) -> Entered:
        visit = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "VR"}}
        desk.write(visit)
        kind = {"coding": [{"system": "urn:qiao:codes:request-kind", "code": "exam"}]}
        request = desk.write(
            {"resourceType": "ServiceRequest", "id": f"x{number}", "status": "draft", "intent": "order",
             "identifier": [{"system": "urn:oid:2.16.156.10011.1.24", "value": number}], "category": [kind],
             "encounter": {"reference": "Encounter/e1"}, "subject": {"reference": "Patient/p1"}}
        )  # fmt: skip
        return desk.append(Entry("exam", "submitted", request))

    return act


def serve(store: Store, bench: Make, kit: Any, serials: dict[int, str], name: str = "province") -> Any:
    async def write(transact: Transact) -> Transacted:
        (done,) = store.write([transact])
        return done

    on = bench(kit.Platform(serials=lambda one: serials.get(one["n"], "")), name=name)
    assigns = from_platform(SETTINGS, write, Hospitals(SETTINGS.tenant, Checked(None)))
    on.relay._claim = lambda entry, serial: assigns(name, entry, serial)
    return on


def test_the_serial_of_the_platform_makes_the_document_effective(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, waiting("K1"))
    on = serve(store, bench, kit, {1: "PLATFORM0001"})
    on.run()
    version = store.read("default", "ServiceRequest", "xK1")
    assert version is not None
    request = loads(version.body)
    assert request["status"] == "active" and request["requisition"]["value"] == "PLATFORM0001"
    assert request["requisition"]["assigner"] == {"display": "province"}
    on.run()
    entries = store.ledger.entries("default")
    assert [(one.event, one.serial) for one in entries] == [("submitted", ""), ("effective", "PLATFORM0001")]
    assert on.states() == {1: "acknowledged", 2: "acknowledged"}


def test_one_serial_for_two_documents_is_an_exception(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, waiting("K1"), waiting("K2"))
    on = serve(store, bench, kit, {1: "PLATFORM0001", 2: "PLATFORM0001"})
    on.run()
    assert on.states()[2] == "refused" and on.alerts() == ["refused"]
    assert "serial" in store.deliveries.delivery("default", on.receiver, 2).reason


def test_a_lost_answer_gives_the_same_serial_again(store: Store, bench: Make, kit: Any) -> None:
    kit.enter(store, waiting("K1"))
    on = serve(store, bench, kit, {1: "PLATFORM0001"})
    times = iter([True])
    on.platform.after = lambda: kit.lost() if next(times, False) else None
    on.run()
    on.run()
    assert on.counts()["acknowledged"] == 2 and on.platform.repeats == 1


def test_another_receiver_that_refused_the_submission_gets_nothing_after_it(
    store: Store, bench: Make, kit: Any
) -> None:
    """What waits has no serial, what follows has one: at each receiver it is one document."""
    kit.enter(store, waiting("K1"))
    strict = kit.Platform(refuses=lambda one: "no serial" if one["event"] == "submitted" else "")
    city = bench(strict, name="city")
    city.turn()
    province = serve(store, bench, kit, {1: "PLATFORM0001"})
    province.run()
    city.run()
    assert province.states() == {1: "acknowledged", 2: "acknowledged"}
    assert city.states() == {1: "refused", 2: "held"} and strict.taken == {}
    store.deliveries.drop(city.receiver, [1], "told by telephone", 1)
    city.run()
    assert strict.order == [2]


def test_the_serials_of_a_second_platform_count_nothing_where_it_is_said(
    store: Store, bench: Make, kit: Any
) -> None:
    """Province and city both number what they take; whoever is first, a document has the province's."""
    kit.enter(store, waiting("K1"), waiting("K2"))
    city = serve(store, bench, kit, {n: f"CITY{n:04d}" for n in range(1, 5)}, "city")
    city.run()
    province = serve(store, bench, kit, {1: "PLATFORM0001", 2: "PLATFORM0002"})
    province.run()
    city.run()
    for on in (city, province):
        assert set(on.states().values()) == {"acknowledged"} and on.counts()["acknowledged"] == 4
    assert [one.serial for one in store.ledger.entries("default")] == ["", "", "PLATFORM0001", "PLATFORM0002"]
