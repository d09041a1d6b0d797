"""The canonical URLs of the Subscriptions R5 Backport 1.1.0 (hl7.org/fhir/uv/subscriptions-backport)."""

from __future__ import annotations

_GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport"
_DEFINITION = f"{_GUIDE}/StructureDefinition"

FILTER_CRITERIA = f"{_DEFINITION}/backport-filter-criteria"
PAYLOAD_CONTENT = f"{_DEFINITION}/backport-payload-content"
HEARTBEAT_PERIOD = f"{_DEFINITION}/backport-heartbeat-period"
TIMEOUT = f"{_DEFINITION}/backport-timeout"
MAX_COUNT = f"{_DEFINITION}/backport-max-count"
CHANNEL_TYPE = f"{_DEFINITION}/backport-channel-type"
CAPABILITY_TOPIC = f"{_DEFINITION}/capabilitystatement-subscriptiontopic-canonical"

SUBSCRIPTION_PROFILE = f"{_DEFINITION}/backport-subscription"
STATUS_PROFILE = f"{_DEFINITION}/backport-subscription-status-r4"
NOTIFICATION_PROFILE = f"{_DEFINITION}/backport-subscription-notification-r4"

STATUS_OPERATION = f"{_GUIDE}/OperationDefinition/backport-subscription-status"
EVENTS_OPERATION = f"{_GUIDE}/OperationDefinition/backport-subscription-events"

ERROR_SYSTEM = "http://terminology.hl7.org/CodeSystem/subscription-error"
