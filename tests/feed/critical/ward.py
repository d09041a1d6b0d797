"""A ward whose results are looked at, for the tests of critical values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.canonical import now_us
from gateway.canonical.actor import Principal
from gateway.canonical.json import loads
from gateway.feed.critical import UNREAD, Said, acknowledge, tasks
from gateway.store import Change, Store, Transact
from gateway.store.clock import instant

Body = dict[str, Any]
NOBODY = Principal()
MINUTE = 60_000_000
HOUR = 60 * MINUTE
HEAD = "critical: Observation\nminutes: 1\nrecent_hours: 1\ntests: "
_MEANING = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def potassium(
    value: str = "6.8", *, id: str = "o1", unit: str = "mmol/L", flag: str = "", **more: Any
) -> Body:
    """A potassium of the adult, taken now."""
    coding = [{"system": "http://loinc.org", "code": "2823-3"}, {"system": "urn:lis", "code": "K"}]
    sign = next((one for one in ("<=", ">=", "<", ">") if value.startswith(one)), "")
    quantity: Body = {"value": Decimal(value.removeprefix(sign)), "unit": unit, "code": unit}
    made: Body = {
        "resourceType": "Observation", "id": id, "status": "final", "code": {"coding": coding, "text": "钾"},
        "subject": {"reference": "Patient/adult"}, "basedOn": [{"reference": "ServiceRequest/r1"}],
        "effectiveDateTime": instant(now_us()), "valueQuantity": quantity, **more,
    }  # fmt: skip
    if sign:
        quantity["comparator"] = sign
    if flag:
        made["interpretation"] = [{"coding": [{"system": _MEANING, "code": flag}]}]
    return made


class Ward:
    """Writes results and reads what came of them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(self, *bodies: Body) -> None:
        changes = [Change("update", one["resourceType"], one["id"], one) for one in bodies]
        (done,) = self.store.write([Transact("default", "client:x", changes, caller=Principal("x"))])
        if done.error is not None:
            raise done.error

    def tasks(self, *, every: bool = False) -> list[Body]:
        return list(tasks(self.store, "default", every=every))

    def acknowledge(
        self, task: str, by: str = "李护士", text: str = "", principal: Principal = NOBODY, **more: str
    ) -> Any:
        act = lambda desk: acknowledge(desk, task, Said(by, text, **more), principal)  # noqa: E731
        (done,) = self.store.write([Transact("default", "x", [], act=act)])
        if done.error is not None:
            raise done.error
        return done.answer

    def all(self, type_: str) -> list[Body]:
        return [loads(one.body) for one in self.store.search("default", type_, []).matches]


def unread(ward: Ward) -> list[str]:
    return [one["description"] for one in tasks(ward.store, "default", code=UNREAD)]
