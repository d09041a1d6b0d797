"""HIS over XML: HTTP POST and SOAP, the HL7 v3 services of a hospital platform, and vendors' own XML."""

from adapters.his.xml_http.answer import answer
from adapters.his.xml_http.parse import parse
from adapters.his.xml_http.source import CONTENT_TYPE, NAME, source
from gateway.spec import AdapterSpec, Field

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
        Field("host", "str", "127.0.0.1", "address to bind; anything but loopback needs the tls settings"),
        Field("port", "int", 8090, "TCP port, 0 for any free one"),
        Field("tenant", "str", "default", "the hospital behind this door"),
        Field("tls_cert", "str", "", "PEM file with our certificate chain"),
        Field("tls_key", "str", "", "PEM file with its private key"),
        Field(
            "tls_client_ca", "str", "",
            "PEM file with the authority that signs the senders' certificates; "
            "only senders that show such a certificate may connect",
        ),
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
)  # fmt: skip
