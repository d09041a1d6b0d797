"""LIS by ASTM: analysers on TCP ports and serial lines (E1381/LIS1-A, E1394/LIS2-A2)."""

from adapters.lis.astm.answer import answer
from adapters.lis.astm.parse import parse
from adapters.lis.astm.settings import FIELDS
from adapters.lis.astm.source import CONTENT_TYPE, NAME, source
from gateway.spec import AdapterSpec

ADAPTER = AdapterSpec(
    id=NAME,
    kind="lis",
    title="Analysers by ASTM (E1381/LIS1-A, E1394/LIS2-A2)",
    title_zh="检验仪器（ASTM E1381/LIS1-A、E1394/LIS2-A2）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    fields=FIELDS,
    keeps=True,
    asked=True,
)
