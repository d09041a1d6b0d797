"""Population: a few patients and what was observed of them, once a run; searches must tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.harness.run import Run
from conformance.simulators.exact import Number, Resource
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.ground import CODES, SYSTEM, created, observation, patient

_UCUM = "http://unitsofmeasure.org"


@dataclass(slots=True, frozen=True)
class Population:
    """What there is to find.

    Attributes:
        number: of the run; names and codes are made of it.
        ids: letter in the cases (``p1``, ``o3``) → id at the server; without what it does not take.
    """

    number: str
    ids: Mapping[str, str]

    @property
    def letters(self) -> dict[str, str]:
        """Id at the server → letter."""
        return {value: name for name, value in self.ids.items()}

    def given(self, base: str) -> dict[str, str]:
        """Return what the cases name."""
        return {"n": self.number, "system": SYSTEM, "codes": CODES, "base": base, **self.ids}


def population(run: Run) -> Population:
    """Return it; it is written when first asked for. Raises :class:`Skipped`: the server does not take it."""
    return run.session.once("fhir.population", lambda: _written(run))


def _written(run: Run) -> Population:
    number, claims = run.number, Claims.of(run)
    ids = {name: str(created(run, body)["id"]) for name, body in _people(run).items()}
    for kind, made in (
        ("Observation", _observed),
        ("RiskAssessment", _risks),
        ("Questionnaire", _questionnaires),
    ):
        if claims.can(kind, "create", "read"):
            ids |= {name: str(created(run, body)["id"]) for name, body in made(run, ids).items()}
    return Population(number, ids)


def _people(run: Run) -> dict[str, Resource]:
    n = run.number
    return {
        "p1": _person(run, "-1", "", "如玉", gender="female", birthDate="1990-03-07"),
        "p2": _person(
            run,
            "-2",
            "son",
            "志强",
            gender="male",
            birthDate="1990-03",
            meta={"tag": [{"system": CODES, "code": n}]},
        ),
        "p3": _person(
            run, "-3", "Müller", "磊", gender="male", birthDate="1985-12-31", identifier=[{"value": f"{n}-3"}]
        ),
        "p4": _person(run, ",4", "", "秀英", gender="other", active=False, birthDate=None),
    }


def _person(run: Run, suffix: str, ending: str, given: str, **more: Any) -> Resource:
    said = patient(run, suffix, name=[{"family": f"Q{run.number}{ending}", "given": [given]}])
    return {name: value for name, value in {**said, **more}.items() if value is not None}


def _observed(run: Run, ids: Mapping[str, str]) -> dict[str, Resource]:
    first, second = f"Patient/{ids['p1']}", f"Patient/{ids['p2']}"
    grams = {"value": Number("7.5"), "unit": "g/L", "system": _UCUM, "code": "g/L"}
    period = {"effectiveDateTime": None, "effectivePeriod": {"start": "2025-03-01", "end": "2025-03-10"}}
    made = {
        "o1": observation(run, first, "5.40"),
        "o2": observation(run, first, "5.41", effectiveDateTime="2025-03-07"),
        "o3": observation(run, first, effectiveDateTime="2025-04", valueQuantity=grams),
        "o4": observation(run, second, "5.4", **period),
        "o5": observation(run, second, effectiveDateTime="2024", status="preliminary", valueString="待定"),
        "o6": observation(run, first, effectiveDateTime="2024-12-31", component=_components(run.number)),
    }
    return {
        letter: {name: value for name, value in body.items() if value is not None}
        for letter, body in made.items()
    }


def _components(number: str) -> list[Resource]:
    return [
        {
            "code": {"coding": [{"system": CODES, "code": f"{number}{letter}"}]},
            "valueQuantity": {"value": value, "unit": "mm[Hg]", "system": _UCUM, "code": "mm[Hg]"},
        }
        for letter, value in (("s", 120), ("d", 80))
    ]


def _risks(run: Run, ids: Mapping[str, str]) -> dict[str, Resource]:
    return {
        letter: {
            "resourceType": "RiskAssessment",
            "status": "final",
            "subject": {"reference": f"Patient/{ids['p1']}"},
            "prediction": [{"probabilityDecimal": Number(value)}],
        }
        for letter, value in (("r1", "0.80"), ("r2", "0.82"), ("r3", "0.3"))
    }


def _questionnaires(run: Run, ids: Mapping[str, str]) -> dict[str, Resource]:
    return {
        letter: {
            "resourceType": "Questionnaire",
            "status": "draft",
            "url": f"{SYSTEM}/q/{run.number}{ending}",
        }
        for letter, ending in (("q1", ""), ("q2", "/2"), ("q3", "-other"))
    }
