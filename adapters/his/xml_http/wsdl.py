"""WSDL: what a client generator needs (WSDL 1.1, SOAP 1.1 and 1.2, document/literal wrapped)."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from adapters.his.xml_http.services import SERVICES
from gateway.wire.xml.v3 import V3

GENERIC = "HIPMessageServer"
"""The one operation that most Chinese platforms have: ``(action, message)``."""

_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="HIPService" targetNamespace="{V3}" xmlns:tns="{V3}"
 xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/">
"""


def wsdl(address: str) -> bytes:
    """Return the description of a service at an address (URL)."""
    names = (GENERIC, *SERVICES)
    parts = [
        _HEAD,
        f'<wsdl:types><xs:schema targetNamespace="{V3}" elementFormDefault="qualified">\n',
        *(_elements(name) for name in names),
        "</xs:schema></wsdl:types>\n",
        *(
            f'<wsdl:message name="{name}{end}"><wsdl:part name="parameters" element="tns:{name}{end}"/>'
            "</wsdl:message>\n"
            for name in names
            for end in ("", "Response")
        ),
        '<wsdl:portType name="HIPServicePortType">\n',
        *(
            f'<wsdl:operation name="{name}"><wsdl:input message="tns:{name}"/>'
            f'<wsdl:output message="tns:{name}Response"/></wsdl:operation>\n'
            for name in names
        ),
        "</wsdl:portType>\n",
        _binding("HIPServiceSoap11", "soap", names),
        _binding("HIPServiceSoap12", "soap12", names),
        '<wsdl:service name="HIPService">\n',
        _port("HIPServiceSoap11", "soap", address),
        _port("HIPServiceSoap12", "soap12", address),
        "</wsdl:service>\n</wsdl:definitions>\n",
    ]
    return "".join(parts).encode()


def _elements(name: str) -> str:
    action = '<xs:element name="action" type="xs:string"/>' if name == GENERIC else ""
    return (
        f'<xs:element name="{name}"><xs:complexType><xs:sequence>{action}'
        '<xs:element name="message" type="xs:string"/></xs:sequence></xs:complexType></xs:element>\n'
        f'<xs:element name="{name}Response"><xs:complexType><xs:sequence>'
        f'<xs:element name="{name}Result" type="xs:string"/>'
        "</xs:sequence></xs:complexType></xs:element>\n"
    )


def _binding(name: str, prefix: str, operations: tuple[str, ...]) -> str:
    body = f'<{prefix}:body use="literal"/>'
    return (
        f'<wsdl:binding name="{name}" type="tns:HIPServicePortType">'
        f'<{prefix}:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>\n'
        + "".join(
            f'<wsdl:operation name="{one}"><{prefix}:operation soapAction="{V3}:{one}" style="document"/>'
            f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>\n"
            for one in operations
        )
        + "</wsdl:binding>\n"
    )


def _port(binding: str, prefix: str, address: str) -> str:
    said = quoteattr(address)
    return (
        f'<wsdl:port name="{binding}" binding="tns:{binding}">'
        f"<{prefix}:address location={said}/></wsdl:port>\n"
    )
