"""HIS over XML: HTTP POST and SOAP, the HL7 v3 services of a hospital platform, and vendors' own XML."""

from adapters.his.xml_http.answer import answer
from adapters.his.xml_http.parse import parse
from adapters.his.xml_http.source import CONTENT_TYPE, NAME, source
from gateway.spec import AdapterSpec, Field
from gateway.wire.tls import listening

ADAPTER = AdapterSpec(
    id=NAME,
    kind="his",
    title="HIS over XML and SOAP (HTTP)",
    title_zh="医院信息系统（XML、SOAP，HTTP）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    asked=True,
    fields=(
        *(Field(*one) for one in listening(8090)),
        Field("user", "str", "", "user for HTTP Basic"),
        Field("password", "str", "", "its password; empty: HTTP Basic is not asked for"),
        Field("token", "str", "", "Bearer token; empty: none is asked for"),
        Field("max_message", "int", 20_000_000, "bytes of one message; longer ones are answered 413"),
        Field("max_connections", "int", 256, "open connections; more are answered 503"),
        Field("head_timeout", "float", 15.0, "seconds from a request's first byte to the end of its headers"),
        Field("body_timeout", "float", 60.0, "seconds from there to the end of its body"),
        Field("reply", "str", "", "XML file: form of the answers to a vendor's XML (README); empty: ours"),
        Field("polls", "str", "", "YAML file of services that are asked (README); empty: none"),
        Field("state", "str", "qiao-his-xml-http.json", "file that remembers until when they were asked"),
        Field("idle_timeout", "float", 65.0, "seconds that a connection without a request is kept"),
    ),
)
