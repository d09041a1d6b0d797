"""Study: what is filed of each object, and the one record of a study that is composed from it.

The record is DICOM JSON: the study's attributes, its series in the Referenced Series Sequence, their
instances in the Referenced SOP Sequence, and the counts that Query/Retrieve knows (PS3.4 section C.3.4).
It is composed anew from what is filed: an object that comes twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from gateway.errors import Rejected
from gateway.wire.dicom.element import name_of, tag_of
from gateway.wire.dicom.json_model import as_json, from_json
from gateway.wire.dicom.limits import Limits
from gateway.wire.dicom.record import Header

Attributes = dict[str, Any]


def _tags(keywords: str) -> tuple[int, ...]:
    return tuple(sorted(tag for one in keywords.split() if (tag := tag_of(one)) is not None))


STUDY = _tags(
    "PatientName PatientID IssuerOfPatientID IssuerOfPatientIDQualifiersSequence OtherPatientIDsSequence"
    " PatientBirthDate PatientBirthTime PatientSex PatientAge PatientSize PatientWeight"
    " StudyInstanceUID StudyDate StudyTime TimezoneOffsetFromUTC AccessionNumber"
    " IssuerOfAccessionNumberSequence StudyID StudyDescription ReferringPhysicianName"
    " ReferringPhysicianIdentificationSequence PhysiciansOfRecord NameOfPhysiciansReadingStudy"
    " ProcedureCodeSequence ReasonForPerformedProcedureCodeSequence AdmittingDiagnosesDescription"
    " AdmissionID IssuerOfAdmissionIDSequence ServiceEpisodeID InstitutionName"
)
"""Tags that are filed once of a study: of the patient and the visit, too."""

SERIES = _tags(
    "SeriesInstanceUID Modality SeriesNumber SeriesDescription SeriesDate SeriesTime BodyPartExamined"
    " AnatomicRegionSequence Laterality PatientPosition ProtocolName PerformingPhysicianName OperatorsName"
    " PerformingPhysicianIdentificationSequence OperatorIdentificationSequence Manufacturer"
    " ManufacturerModelName DeviceSerialNumber StationName InstitutionalDepartmentName"
    " RequestAttributesSequence PerformedProcedureStepID PerformedProcedureStepStartDate"
    " PerformedProcedureStepStartTime PerformedProcedureStepDescription PerformedProtocolCodeSequence"
)
"""Tags that are filed once of a series."""

INSTANCE = _tags(
    "SOPClassUID SOPInstanceUID InstanceNumber ContentDate ContentTime NumberOfFrames Rows Columns"
    " ImageLaterality ConceptNameCodeSequence DocumentTitle CompletionFlag VerificationFlag"
)
"""Tags that are filed of each object."""

_STUDY_UID, _SERIES_UID, _INSTANCE_UID = 0x0020000D, 0x0020000E, 0x00080018
_ID, _ISSUER, _NAME, _BORN = "00100020", "00100021", "00100010", "00100030"
_REFERENCED_SERIES, _REFERENCED_SOP = "00081115", "00081199"
_OF_STUDY_SERIES, _OF_STUDY, _OF_SERIES, _MODALITIES = "00201206", "00201208", "00201209", "00080061"


_OURS = Limits(elements=20_000_000)
"""Those of a record that was composed here: of as many objects as were stored, each within the limits."""


class Entry(NamedTuple):
    """What is filed of one object: JSON texts, the same for the same attributes.

    Attributes:
        uids: of study, series and instance.
        study: attributes of the study, and what of them could not be read.
        series: the same of its series.
        instance: the same of itself.
    """

    uids: tuple[str, str, str]
    study: str
    series: str
    instance: str


def entry_of(header: Header) -> Entry:
    """Return what is filed of an object.

    Raises:
        Rejected: ``missing-uid``: it does not say which object of which series and study it is.
    """
    study, series, instance = (_uid(header, tag) for tag in (_STUDY_UID, _SERIES_UID, _INSTANCE_UID))
    return Entry(
        (study, series, instance), _part(header, STUDY), _part(header, SERIES), _part(header, INSTANCE)
    )


def _uid(header: Header, tag: int) -> str:
    keyword = name_of(tag)
    found = header.get(keyword)
    if found is None:
        raise Rejected(f"{keyword} is missing or is no UID", code="missing-uid", where=keyword)
    return found


def _part(header: Header, tags: tuple[int, ...]) -> str:
    said: Attributes = {"dataset": as_json(header, tags)}
    names = {name_of(tag) for tag in tags}
    flaws = {path: what for path, what in header.flaws.items() if path.partition("[")[0] in names}
    if flaws:
        said["flaws"] = flaws
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class _Level:
    """The attributes of one study or series, the newest of each."""

    def __init__(self) -> None:
        self.dataset: Attributes = {}
        self.flaws: dict[str, str] = {}
        self.differs: set[str] = set()
        self._seen: set[str] = set()

    def take(self, text: str) -> None:
        if text in self._seen:
            return
        self._seen.add(text)
        said = json.loads(text)
        self.flaws |= said.get("flaws", {})
        for tag, value in said["dataset"].items():
            if self.dataset.setdefault(tag, value) != value:
                self.differs.add(name_of(int(tag, 16)))
                self.dataset[tag] = value


def compose(entries: Iterable[Entry]) -> bytes:
    """Return the record of a study, in canonical JSON, in time that is linear in its objects.

    Args:
        entries: of one study, at least one, in the order in which they came: where two say different things
            of the same study or series, the later is believed, and ``differs`` names the attribute.

    Raises:
        Rejected: ``several-patients``: they are of more than one; ``several-studies``.
    """
    study = _Level()
    series: dict[str, _Level] = {}
    instances: dict[str, Entry] = {}
    patients: dict[str, _Patient] = {}
    for entry in entries:
        if entry.study not in patients:
            patients[entry.study] = _patient_of(json.loads(entry.study)["dataset"])
            study.take(entry.study)
        series.setdefault(entry.uids[1], _Level()).take(entry.series)
        instances[entry.uids[2]] = entry
    if len({entry.uids[0] for entry in instances.values()}) > 1:
        raise Rejected("the objects are of several studies", code="several-studies", where="StudyInstanceUID")
    if not _same(set(patients.values())):
        raise Rejected(
            "the objects of this study are of several patients", code="several-patients", where="PatientID"
        )
    return _document(study, series, instances)


class _Patient(NamedTuple):
    """Whom an object says that it is of; None for what it does not say."""

    number: str | None
    issuer: str | None
    name: str | None
    born: str | None


def _patient_of(dataset: Attributes) -> _Patient:
    said = [dataset.get(key, {}).get("Value") for key in (_ID, _ISSUER, _NAME, _BORN)]
    return _Patient(*[None if one is None else json.dumps(one, sort_keys=True) for one in said])


def _same(patients: set[_Patient]) -> bool:
    """Tell whether objects may be of one patient: by number; where one has none, by name and birth date."""
    numbers = {(one.number, one.issuer) for one in patients if one.number}
    if len({number for number, _ in numbers}) > 1 or len({issuer for _, issuer in numbers if issuer}) > 1:
        return False
    if all(one.number for one in patients):
        return True
    return all(len({one[at] for one in patients if one[at]}) < 2 for at in (2, 3))


def _document(study: _Level, series: dict[str, _Level], instances: dict[str, Entry]) -> bytes:
    flaws, differs = dict(study.flaws), set(study.differs)
    inside: dict[str, list[Attributes]] = {}
    for entry in instances.values():
        said = json.loads(entry.instance)
        inside.setdefault(entry.uids[1], []).append(said["dataset"])
        flaws |= said.get("flaws", {})
    items = []
    for uid, found in inside.items():
        level = series[uid]
        flaws |= level.flaws
        differs |= level.differs
        found.sort(key=lambda one: _order(one, "00200013", "00080018"))
        items.append(level.dataset | {_OF_SERIES: _count(found), _REFERENCED_SOP: _items(found)})
    items.sort(key=lambda one: _order(one, "00200011", "0020000E"))
    modalities = sorted({one for item in items for one in item.get("00080060", {}).get("Value", ())})
    dataset = study.dataset | {
        _OF_STUDY_SERIES: _count(items),
        _OF_STUDY: {"vr": "IS", "Value": [str(len(instances))]},
        _REFERENCED_SERIES: _items(items),
    }
    if modalities:
        dataset[_MODALITIES] = {"vr": "CS", "Value": modalities}
    made = {"dataset": dataset, "flaws": flaws, "differs": sorted(differs)}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _items(found: list[Attributes]) -> Attributes:
    return {"vr": "SQ", "Value": found}


def _count(found: list[Attributes]) -> Attributes:
    return {"vr": "IS", "Value": [str(len(found))]}


def _order(item: Attributes, number: str, uid: str) -> tuple[int, str]:
    """Return the place of a series or instance: by its number, those without one last."""
    said = item.get(number, {}).get("Value", ("",))[0]
    return (int(said) if said.lstrip("+-").isdigit() else 1 << 62, item.get(uid, {}).get("Value", ("",))[0])


def study_of(raw: bytes) -> Header:
    """Return the record of a study as a header; its ``flaws`` are those of the objects, and the differences.

    Raises:
        Rejected: ``not-dicom-json``.
    """
    try:
        said = json.loads(raw)
        header = from_json(said["dataset"], _OURS)
        header.flaws = dict.fromkeys(said["differs"], "differs") | said["flaws"]
    except (ValueError, KeyError, TypeError):
        raise Rejected("this is no record of a study", code="not-dicom-json", where="study") from None
    return header
