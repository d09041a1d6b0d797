"""Systems: names of the code systems, identifiers and extensions that rules look for (docs/profiles.md)."""

RESIDENT_ID = "urn:oid:2.16.156.10011.1.3"
INSTITUTION = "urn:oid:2.16.156.10011.1.5"
"""Institution codes, on Organization.identifier."""
SUBJECTS = "urn:qiao:codes:clinical-subjects"
SERVICES = "urn:qiao:codes:internet-service"
REQUEST_KIND = "urn:qiao:codes:request-kind"
PRESCRIPTION_TYPE = "urn:qiao:codes:prescription-type"
EVIDENCE = "urn:qiao:codes:evidence-kind"
"""Kinds of dated evidence, on ``DocumentReference.type``; it is in date until ``context.period.end``."""
CONTRACTS = "urn:qiao:codes:contract-kind"
"""Kinds of agreements, on ``Contract.type``: ``partner``, ``family-doctor``, ``pharmacy``."""
TITLES = "urn:oid:2.16.156.10011.2.3.1.209"
"""Titles (专业技术职务, GB/T 8561), on ``PractitionerRole.code``: 231 主任医师, 232 副主任医师."""
SERIAL = "urn:qiao:id:serial"

EARLIER_DIAGNOSIS = "urn:qiao:extension:earlier-diagnosis"
CONSENT_COVERS = "urn:qiao:extension:consent-covers"
HOSPITAL_LEVEL = "urn:qiao:extension:hospital-level"
PRACTICE_FILING = "urn:qiao:extension:practice-filing"
"""On PractitionerRole: how somebody practises at an institution, and since when the province knows."""

ICD_10 = frozenset(
    {
        "urn:oid:2.16.156.10011.2.3.3.11",
        "urn:oid:2.16.156.10011.2.3.3.11.3",
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
    }
)
TCM = frozenset({"urn:oid:2.16.156.10011.2.3.3.14"})
"""Chinese medicine's own codes of diseases and patterns (GB/T 15657)."""
