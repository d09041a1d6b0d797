"""Which search parameters each type has, with their paths: a closed table (R4 §3.1.1, registry of 4.0.1).

One row per type. A parameter is ``name:kind:path[|path…][>posting]``:

- ``name``, ``kind`` and ``path`` are those of the official SearchParameter; ``[x]`` stands for a choice.
- ``>posting``: the name under which its postings are filed where that is not ``name``. All references
  to a patient are filed as ``patient``, so that one patient's postings lie side by side.
- a leading ``+`` marks a reference that ``_include`` follows but that is not searched by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

Kind = Literal["code", "token", "reference", "date"]

_TABLE = """
Patient
  identifier:token:identifier
  +general-practitioner:reference:generalPractitioner=Practitioner,Organization,PractitionerRole
  +link:reference:link.other=Patient,RelatedPerson
  +organization:reference:managingOrganization=Organization
Encounter
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/encounter-status
  subject:reference:subject=Patient,Group>patient
  patient:reference:subject=Patient>patient
  date:date:period
  +based-on:reference:basedOn=ServiceRequest
  +location:reference:location.location=Location
  +part-of:reference:partOf=Encounter
  +practitioner:reference:participant.individual=Practitioner
  +service-provider:reference:serviceProvider=Organization
Practitioner
  identifier:token:identifier
PractitionerRole
  identifier:token:identifier
  date:date:period
  +practitioner:reference:practitioner=Practitioner
  +organization:reference:organization=Organization
  +location:reference:location=Location
Organization
  identifier:token:identifier
  +partof:reference:partOf=Organization
Location
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/location-status
  +organization:reference:managingOrganization=Organization
  +partof:reference:partOf=Location
Condition
  identifier:token:identifier
  code:token:code
  clinical-status:token:clinicalStatus
  subject:reference:subject=Patient,Group>patient
  patient:reference:subject=Patient>patient
  encounter:reference:encounter=Encounter
  onset-date:date:onset[x]
  recorded-date:date:recordedDate
  +asserter:reference:asserter=Practitioner,Patient,PractitionerRole,RelatedPerson
Coverage
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/fm-status
  beneficiary:reference:beneficiary=Patient>patient
  patient:reference:beneficiary=Patient>patient
  +payor:reference:payor=Organization,Patient,RelatedPerson
  +policy-holder:reference:policyHolder=Organization,Patient,RelatedPerson
  +subscriber:reference:subscriber=Patient,RelatedPerson
AllergyIntolerance
  identifier:token:identifier
  code:token:code|reaction.substance
  clinical-status:token:clinicalStatus
  patient:reference:patient=Patient>patient
  date:date:recordedDate
  onset:date:reaction.onset
  +asserter:reference:asserter=Practitioner,Patient,PractitionerRole,RelatedPerson
  +recorder:reference:recorder=Practitioner,Patient,PractitionerRole,RelatedPerson
MedicationRequest
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/CodeSystem/medicationrequest-status
  code:token:medicationCodeableConcept
  subject:reference:subject=Patient,Group>patient
  patient:reference:subject=Patient>patient
  encounter:reference:encounter=Encounter
  date:date:dosageInstruction.timing.event
  authoredon:date:authoredOn
  +intended-performer:reference:performer=Practitioner,Organization,CareTeam,Device,Patient,PractitionerRole,RelatedPerson
  +medication:reference:medicationReference=Medication
  +requester:reference:requester=Practitioner,Organization,Device,Patient,PractitionerRole,RelatedPerson
ServiceRequest
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/request-status
  code:token:code
  subject:reference:subject=Patient,Group,Device,Location>patient
  patient:reference:subject=Patient>patient
  encounter:reference:encounter=Encounter,EpisodeOfCare
  authored:date:authoredOn
  +based-on:reference:basedOn=CarePlan,MedicationRequest,ServiceRequest
  +performer:reference:performer=Practitioner,Organization,CareTeam,Device,Patient,HealthcareService,PractitionerRole,RelatedPerson
  +requester:reference:requester=Practitioner,Organization,Device,Patient,PractitionerRole,RelatedPerson
  +specimen:reference:specimen=Specimen
Specimen
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/specimen-status
  subject:reference:subject=Patient,Group,Device,Substance,Location>patient
  patient:reference:subject=Patient>patient
  collected:date:collection.collected[x]
  +collector:reference:collection.collector=Practitioner,PractitionerRole
  +parent:reference:parent=Specimen
Observation
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/observation-status
  code:token:code
  subject:reference:subject=Patient,Group,Device,Location>patient
  patient:reference:subject=Patient>patient
  encounter:reference:encounter=Encounter,EpisodeOfCare
  date:date:effective[x]
  +based-on:reference:basedOn=CarePlan,MedicationRequest,NutritionOrder,DeviceRequest,ServiceRequest,ImmunizationRecommendation
  +derived-from:reference:derivedFrom=Media,Observation,ImagingStudy,MolecularSequence,QuestionnaireResponse,DocumentReference
  +has-member:reference:hasMember=Observation,MolecularSequence,QuestionnaireResponse
  +performer:reference:performer=Practitioner,Organization,CareTeam,Patient,PractitionerRole,RelatedPerson
  +specimen:reference:specimen=Specimen
DiagnosticReport
  identifier:token:identifier
  status:code:status=http://hl7.org/fhir/diagnostic-report-status
  code:token:code
  subject:reference:subject=Patient,Group,Device,Location>patient
  patient:reference:subject=Patient>patient
  encounter:reference:encounter=Encounter,EpisodeOfCare
  date:date:effective[x]
  issued:date:issued
  +based-on:reference:basedOn=CarePlan,MedicationRequest,NutritionOrder,ServiceRequest,ImmunizationRecommendation
  +performer:reference:performer=Practitioner,Organization,CareTeam,PractitionerRole
  +result:reference:result=Observation
  +results-interpreter:reference:resultsInterpreter=Practitioner,Organization,CareTeam,PractitionerRole
  +specimen:reference:specimen=Specimen
Provenance
  patient:reference:target=Patient>patient
  +target:reference:target=*
  recorded:date:recorded
  +agent:reference:agent.who=Practitioner,Organization,Device,Patient,PractitionerRole,RelatedPerson
  +location:reference:location=Location
"""


@dataclass(slots=True, frozen=True)
class Parameter:
    """One search parameter of one type.

    Attributes:
        name: as it stands in the URL.
        kind: ``code`` is a token without a system of its own.
        paths: element paths below the resource.
        targets: of a reference; empty for "any type".
        system: of a ``code``: the code system that its binding implies.
        posting: the name that enters the posting's key.
        searched: False where only ``_include`` knows it.
    """

    name: str
    kind: Kind
    paths: tuple[str, ...]
    targets: tuple[str, ...]
    system: str
    posting: str
    searched: bool


def _parse(line: str) -> Parameter:
    searched = not line.startswith("+")
    name, kind, rest = line.lstrip("+").split(":", 2)
    rest, _, posting = rest.partition(">")
    paths, _, extra = rest.partition("=")
    targets = () if kind != "reference" or extra == "*" else tuple(extra.split(","))
    return Parameter(
        name,
        cast("Kind", kind),
        tuple(paths.split("|")),
        targets,
        extra if kind == "code" else "",
        posting or name,
        searched,
    )


def _load() -> dict[str, dict[str, Parameter]]:
    table: dict[str, dict[str, Parameter]] = {}
    current: dict[str, Parameter] = {}
    for line in _TABLE.strip().splitlines():
        if line.startswith("  "):
            parameter = _parse(line.strip())
            current[parameter.name] = parameter
        else:
            current = table[line] = {}
    return table


PARAMETERS: dict[str, dict[str, Parameter]] = _load()
"""Type → name → Parameter; its keys are the types that the server serves."""

COMMON = ("_id", "_lastUpdated")
"""Parameters of every type (R4 §3.1.1.2)."""

RESULT = ("_count", "_include", "_total", "_format", "_pretty", "_cursor")
"""Parameters that shape the answer (R4 §3.1.1.5)."""
