"""Watch: the governor that looks at results as they are written, and begins a Task for a critical one."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import each, first, patient_of
from gateway.canonical.moments import day_of, moment
from gateway.feed.critical.grounds import Ground, Person, Unread, ground_of, person_of, shown
from gateway.feed.critical.held import CALLED, begin_held, end_held, tasks_of
from gateway.feed.critical.old import begin_old
from gateway.feed.critical.rules import Rules
from gateway.feed.critical.task import GONE, begin, changed, id_of, is_open, misdirected, value_of
from gateway.feed.critical.unread import begin_unread
from gateway.store import Desk, Made, Occasion

_ANALYSED = "http://hl7.org/fhir/StructureDefinition/observation-analysis-date-time"
_HOUR_US = 3_600_000_000
_CLOCKS_US = 978_307_200_000_000
"""2001-01-01: an earlier time is that of a clock that was never set; such a result may be of today."""


class CriticalValues:
    """Governs Observations, through whichever door they come; it refuses nothing.

    The Task and its Communication are written in the transaction that stores the result, so that no critical
    result is stored that nobody is told of.
    """

    types = frozenset(("Observation",))

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """See ``gateway.store.governing.Governor``."""
        for one in made:
            if one.why != "merged" and (one.before_seq or one.method != "delete"):
                self._look(desk, one, occasion)

    def held(self, desk: Desk, bodies: Sequence[Resource], occasion: Occasion) -> None:
        """See ``gateway.store.governing.Witness``: results that wait in quarantine call, too."""
        results = [one for one in bodies if one.get("resourceType") == "Observation"]
        found = [(body, one) for body in results if isinstance(one := self._ground(desk, body), Ground)]
        if not found or tasks_of(desk, occasion.source):
            return
        old = [one for one in found if self._is_old(desk, one[0], occasion)]
        if len(old) < len(found):
            new = [one for one in found if one not in old]
            begin_held(desk, occasion, new, _sample(bodies), self._rules)
        if old:
            begin_old(desk, occasion, old, self._rules, held=True)

    def stored(self, desk: Desk, occasion: Occasion) -> None:
        """See ``gateway.store.governing.Witness``: what waits no more is nobody's to find."""
        end_held(desk, occasion.source, CALLED)

    def _look(self, desk: Desk, made: Made, occasion: Occasion) -> None:
        after = made.after
        found = self._ground(desk, after) if after is not None else None
        if found is None and after is not None and after["meta"]["versionId"] == "1":
            return  # a first version: nobody was ever called for it
        task = desk.read("Task", id_of({"resourceType": "Observation", "id": made.id}))
        gone = after is None or after.get("status") in _TAKEN_BACK
        value = GONE if gone or after is None else shown(after) or GONE
        if isinstance(found, Unread) and after is not None and not self._is_old(desk, after, occasion):
            begin_unread(desk, after, found)
        before = made.before if task is not None else None
        moved = before is not None and after is not None and patient_of(before) != patient_of(after)
        turned = before is not None and _side(self._ground(desk, before)) != _side(found)
        if task is not None and is_open(task):
            if moved and after is not None:
                task = misdirected(desk, task, after)
            if moved and isinstance(found, Ground) and after is not None:
                begin(desk, after, found, self._rules, task)
            elif moved or turned or value != value_of(task):
                changed(desk, task, found, value)
            return
        same = task is not None and not moved and not turned
        known = task is not None and same and value == value_of(task) == _stood(before)
        if not isinstance(found, Ground) or after is None or known:
            return
        waited = occasion.door == "message" and end_held(desk, occasion.source)
        if waited or task is not None or not self._is_old(desk, after, occasion):
            begin(desk, after, found, self._rules, task)
        elif _stood(made.before) != value:  # else it was counted with the version before
            begin_old(desk, occasion, [(after, found)], self._rules)

    def _ground(self, desk: Desk, observation: Resource) -> Ground | Unread | None:
        def whose() -> Person:
            type_, _, id_ = patient_of(observation).partition("/")
            taken = _taken_us(observation)
            on = taken if _CLOCKS_US < taken < desk.ts_us else desk.ts_us
            return person_of(desk.read(type_, id_) if type_ == "Patient" else None, day_of(on))

        return ground_of(self._rules, observation, whose)

    def _is_old(self, desk: Desk, observation: Resource, occasion: Occasion) -> bool:
        """Tell whether a result is one of former days: an analyser sends its memory, or a store is filled.

        What comes from a clock that nobody believes is of today.
        """
        if not occasion.clock:
            return False
        analysed = [first(one, "valueDateTime") for one in each(observation, "extension")
                    if first(one, "url") == _ANALYSED]  # fmt: skip
        said = (observation.get("issued"), *analysed)
        newest = max(_taken_us(observation), *(moment(one) or 0 for one in said))
        return _CLOCKS_US < newest < desk.ts_us - self._rules.recent_hours * _HOUR_US


_TAKEN_BACK = ("cancelled", "entered-in-error")


def _stood(before: Resource | None) -> str:
    """Return the value that a result had as it was last written, :data:`GONE` where none stood."""
    if before is None or before.get("status") in _TAKEN_BACK:
        return GONE
    return shown(before) or GONE


def _side(found: Ground | Unread | None) -> str:
    """Return on which side, or by which flag, a result is critical."""
    return found.code if isinstance(found, Ground) else ""


def _taken_us(observation: Resource) -> int:
    return moment(observation.get("effectiveDateTime")) or 0


def _sample(bodies: Sequence[Resource]) -> str:
    """Return the barcode of what a message reports on, ``""`` where it names none."""
    found = [one for one in bodies if one.get("resourceType") == "Specimen"]
    return str(first(found, "identifier.value", ""))
