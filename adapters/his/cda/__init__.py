"""HIS by clinical documents: WS/T 500-2016 shared documents (HL7 CDA R2), one in each HTTP request."""

from adapters.his.cda.answer import answer
from adapters.his.cda.parse import parse
from adapters.his.cda.source import CONTENT_TYPE, NAME, source
from gateway.spec import AdapterSpec, Field
from gateway.wire.tls import listening

ADAPTER = AdapterSpec(
    id=NAME,
    kind="his",
    title="HIS by clinical documents (CDA, WS/T 500)",
    title_zh="医院信息系统（CDA 电子病历共享文档，WS/T 500）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    fields=(
        *(Field(*one) for one in listening(8091)),
        Field("token", "str", "", "Bearer token that senders must show; empty: none is asked for"),
        Field("schemas", "str", "", "folder or archive with C0001.xsd …: deviations are kept as remarks"),
        Field("max_message", "int", 20_000_000, "bytes of one document; longer ones are answered 413"),
        Field("max_connections", "int", 64, "open connections; more are answered 503"),
        Field("timeout", "float", 60.0, "seconds for a request to come, and for its answer to be taken"),
    ),
)
