"""Services: the services of a hospital platform by their codes (WS/T 790) and what they send."""

from __future__ import annotations

_ADDED = [
    "BloodTransAppInfo", "CheckAppInfo", "CheckAppointStatusInfo", "DischargeInfo", "EncounterCardInfo",
    "ExamAppInfo", "InPatientInfo", "OperationAppInfo", "OperationScheduleInfo", "OrderInfo",
    "OutPatientAppointStatusInfo", "OutPatientInfo", "PathologyAppInfo", "SourceAndScheduleInfo",
    "TransferInfo",
]  # fmt: skip
_REGISTERED = ["OrganizationInfo", "PatientInfo", "ProviderInfo", "Terminology"]
_UPDATED = ["CheckStatusInfo", "ExamStatusInfo", "OperationStatusInfo", "OrderFillerStatusInfo"]

SERVICES: tuple[str, ...] = tuple(
    sorted(
        [f"{name}{verb}" for name in _ADDED for verb in ("Add", "Query", "Update")]
        + [f"{name}{verb}" for name in _REGISTERED for verb in ("Register", "Query", "Update")]
        + [f"{name}{verb}" for name in _UPDATED for verb in ("Query", "Update")]
        + ["PatientInfoMerge", "DocumentRegister", "DocumentAccess", "DocumentRetrieve"]
    )
)
"""The service codes, each an operation of the WSDL."""

QUERIES = frozenset(
    {
        "QUMT_IN020030UV01", "PRPA_IN201305UV02", "PRPA_IN900300UV", "PRPM_IN306010UV01", "PRPM_IN406010UV01",
        "PRSC_IN100000UV", "PRVS_IN000003UV01", "RCMR_IN000029UV01", "RCMR_IN000031UV01",
    }
)  # fmt: skip
"""Interactions that ask for something instead of telling it."""

ANSWERED = frozenset({"QUMT_IN020030UV01", "PRPA_IN201305UV02", "PRPA_IN900300UV"})
"""Those that are answered from the store, by ``mappings/queries``."""

_BY_SMALL = {name.lower(): name for name in SERVICES}


def service_named(text: str) -> str:
    """Return the service code that a text is, in its own spelling; ``""`` where it is none."""
    return _BY_SMALL.get(text.strip().strip('"').rpartition("/")[2].rpartition(".")[2].lower(), "")
