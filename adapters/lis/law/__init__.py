"""Analysers after IHE PaLM LAW (HL7 v2.5.1 over MLLP): queries (LAB-27), work (LAB-28), results (LAB-29)."""

from adapters.lis.law.parse import parse
from adapters.lis.law.source import NAME, OPTIONS, source
from gateway.spec import AdapterSpec, Field
from gateway.wire.hl7v2 import CONTENT_TYPE, answer

ADAPTER = AdapterSpec(
    id=NAME,
    kind="lis",
    title="Analysers after IHE LAW (HL7 v2.5.1, MLLP)",
    title_zh="检验分析仪（IHE LAW，HL7 v2.5.1，MLLP）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    asked=True,
    fields=tuple(Field(*option) for option in OPTIONS),
)
