"""RIS over HL7 v2 (MLLP): imaging reports (ORU^R01)."""

from adapters.pacs.ris_hl7v2.parse import parse
from adapters.pacs.ris_hl7v2.source import NAME, source
from gateway.spec import AdapterSpec, Field
from gateway.wire.hl7v2 import CONTENT_TYPE, answer, options

ADAPTER = AdapterSpec(
    id=NAME,
    kind="pacs",
    title="RIS over HL7 v2 (MLLP)",
    title_zh="放射信息系统（HL7 v2，MLLP）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    fields=tuple(Field(*option) for option in options(port=2577)),
)
