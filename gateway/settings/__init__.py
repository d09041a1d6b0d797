"""Settings: every option of the gateway, typed; the only reader of the environment and of ``qiao.toml``.

Order, the later wins: the defaults below, the TOML file, ``QIAO_<SECTION>__<KEY>`` in the environment
(``QIAO_STORE__URL``, ``QIAO_API__PORT``, ``QIAO_ADAPTERS__PACS_RIS_HL7V2__PORT``), the command line.
No file is needed on loopback. Design §2, §5 and §6 ("loopback by default").
"""

from gateway.settings.casting import Value, cast, cast_one
from gateway.settings.exposure import CLIENTS, check_port, guard, is_loopback
from gateway.settings.hosts import is_listed
from gateway.settings.laboratory import LaboratorySettings
from gateway.settings.matching import MatchingSettings
from gateway.settings.places import clients_file, terminology_file
from gateway.settings.reading import PREFIX, load, override
from gateway.settings.receivers import Receivers, ReceiverSettings, secret
from gateway.settings.regulator import TenantSettings
from gateway.settings.sections import (
    ApiSettings,
    BulkSettings,
    MappingSettings,
    PipelineSettings,
    Settings,
    StoreSettings,
    SubscriptionSettings,
    TerminologySettings,
    ValidationSettings,
)
from gateway.settings.signatures import SignatureSettings
from gateway.settings.source import SourceSettings
from gateway.settings.spoken import language
from gateway.settings.supervision import SupervisionSettings
from gateway.settings.writeback import WritebackSettings

__all__ = [
    "CLIENTS",
    "PREFIX",
    "ApiSettings",
    "BulkSettings",
    "LaboratorySettings",
    "MappingSettings",
    "MatchingSettings",
    "PipelineSettings",
    "ReceiverSettings",
    "Receivers",
    "Settings",
    "SignatureSettings",
    "SourceSettings",
    "StoreSettings",
    "SubscriptionSettings",
    "SupervisionSettings",
    "TenantSettings",
    "TerminologySettings",
    "ValidationSettings",
    "Value",
    "WritebackSettings",
    "cast",
    "cast_one",
    "check_port",
    "clients_file",
    "guard",
    "is_listed",
    "is_loopback",
    "language",
    "load",
    "override",
    "secret",
    "terminology_file",
]
