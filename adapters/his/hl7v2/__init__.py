"""HIS over HL7 v2 (MLLP): admissions, transfers, discharges, merges (ADT), prescriptions (OMP, RDE)."""

from adapters.his.hl7v2.parse import parse
from adapters.his.hl7v2.source import NAME, source
from gateway.spec import AdapterSpec, Field
from gateway.wire.hl7v2 import CONTENT_TYPE, answer, options

ADAPTER = AdapterSpec(
    id=NAME,
    kind="his",
    title="HIS over HL7 v2 (MLLP)",
    title_zh="医院信息系统（HL7 v2，MLLP）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    fields=tuple(Field(*option) for option in options(port=2575)),
)
