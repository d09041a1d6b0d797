"""Watch: the governor that looks at results as they are written, and begins a Task for a critical one."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import each, first, patient_of
from gateway.canonical.moments import day_of, moment
from gateway.feed.critical.grounds import Ground, Unread, ground_of, shown
from gateway.feed.critical.held import CALLED, begin_held, end_held, held_id
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
        if desk.version("Task", held_id(occasion.source)) is not None:
            return
        results = [one for one in bodies if one.get("resourceType") == "Observation"]
        found = [one for one in results if not self._is_old(desk, one, occasion)]
        grounds = [one for body in found if isinstance(one := self._ground(desk, body), Ground)]
        if grounds:
            begin_held(desk, occasion.source, grounds, _sample(bodies), self._rules)

    def stored(self, desk: Desk, occasion: Occasion) -> None:
        """See ``gateway.store.governing.Witness``: what waits no more is nobody's to find."""
        if desk.version("Task", held_id(occasion.source)) is not None:
            end_held(desk, occasion.source, CALLED)

    def _look(self, desk: Desk, made: Made, occasion: Occasion) -> None:
        version = made.version
        may_be = version is not None and not version.deleted and self._rules.may_be(version.body)
        if not may_be and not made.before_seq:
            return
        after = made.after
        found = self._ground(desk, after) if after is not None and may_be else None
        if found is None and version is not None and version.ver == 1:
            return  # a first version: nobody was ever called for it
        task = desk.read("Task", id_of({"resourceType": "Observation", "id": made.id}))
        gone = after is None or after.get("status") in _TAKEN_BACK
        value = GONE if gone or after is None else shown(after) or GONE
        if isinstance(found, Unread) and after is not None and not self._is_old(desk, after, occasion):
            begin_unread(desk, after, found)
        before = made.before if task is not None else None
        moved = before is not None and after is not None and patient_of(before) != patient_of(after)
        if task is not None and is_open(task):
            if moved and after is not None:
                task = misdirected(desk, task, after)
            if moved and isinstance(found, Ground) and after is not None:
                begin(desk, after, found, self._rules, task)
            elif moved or value != value_of(task):
                changed(desk, task, found, value)
            return
        known = task is not None and not moved and value == value_of(task) == _stood(before)
        if not isinstance(found, Ground) or after is None or known:
            return
        waited = occasion.door == "message" and end_held(desk, occasion.source)
        if waited or not self._is_old(desk, after, occasion):
            begin(desk, after, found, self._rules, task)

    def _ground(self, desk: Desk, observation: Resource) -> Ground | Unread | None:
        type_, _, id_ = patient_of(observation).partition("/")
        patient = desk.read(type_, id_) if type_ == "Patient" else None
        taken = _taken_us(observation)
        on = taken if _CLOCKS_US < taken < desk.ts_us else desk.ts_us
        return ground_of(self._rules, observation, patient, day_of(on))

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


def _taken_us(observation: Resource) -> int:
    return moment(observation.get("effectiveDateTime")) or 0


def _sample(bodies: Sequence[Resource]) -> str:
    """Return the barcode of what a message reports on, ``""`` where it names none."""
    found = [one for one in bodies if one.get("resourceType") == "Specimen"]
    return str(first(found, "identifier.value", ""))
