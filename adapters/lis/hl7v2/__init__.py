"""LIS over HL7 v2 (MLLP): laboratory results (ORU^R01)."""

from adapters.lis.hl7v2.parse import parse
from adapters.lis.hl7v2.source import NAME, source
from gateway.spec import AdapterSpec, Field
from gateway.wire.hl7v2 import CONTENT_TYPE, answer, options

ADAPTER = AdapterSpec(
    id=NAME,
    kind="lis",
    title="LIS over HL7 v2 (MLLP)",
    title_zh="检验信息系统（HL7 v2，MLLP）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    fields=tuple(Field(*option) for option in options(port=2576)),
)
