"""Simulated hospital platform: posts XML messages to a service, plain or in SOAP 1.1 or 1.2.

``python -m conformance.simulators.soap URL FILE…``: messages of HL7 v3, of a vendor, documents.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.simulators.line import line_to

ENVELOPES = {
    "1.1": ("http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset={charset}"),
    "1.2": ("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset={charset}"),
}
"""Version of SOAP → namespace and content type."""

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")


@dataclass(slots=True, frozen=True)
class Said:
    """What a service answered.

    Attributes:
        status: of HTTP.
        body: its bytes.
        fault: it is a SOAP fault.
    """

    status: int
    body: bytes

    @property
    def fault(self) -> bool:
        """Tell whether it is a SOAP fault, in either version."""
        return re.search(rb"<(\w+:)?Fault[\s/>]", self.body) is not None


def dressed(message: str, version: str, operation: str = "", namespace: str = "urn:hl7-org:v3") -> str:
    """Return a message as it goes over the wire.

    Args:
        version: ``"1.1"``, ``"1.2"`` or ``""`` for plain XML.
        operation: element around the message; with one the message is text in CDATA, as Chinese platforms do.
    """
    plain = _DECLARATION.sub("", message)
    if not version:
        return plain
    if operation:
        escaped = plain.replace("]]>", "]]]]><![CDATA[>")
        plain = f'<{operation} xmlns="{namespace}"><payload><![CDATA[{escaped}]]></payload></{operation}>'
    uri = ENVELOPES[version][0]
    return f'<soap:Envelope xmlns:soap="{uri}"><soap:Body>{plain}</soap:Body></soap:Envelope>'


def post(
    url: str, message: str, version: str = "1.1", *, operation: str = "", charset: str = "utf-8"
) -> Said:
    """Post a message and return the answer. Raises ``OSError`` where nobody answers."""
    kind = ENVELOPES[version][1] if version else "application/xml; charset={charset}"
    headers = {"Content-Type": kind.format(charset=charset)}
    if version == "1.1":
        headers["SOAPAction"] = f'"{operation}"'
    body = f'<?xml version="1.0" encoding="{charset}"?>' + dressed(message, version, operation)
    line = line_to(url)
    try:
        line.request("POST", urlsplit(url).path or "/", body.encode(charset), headers)
        answer = line.getresponse()
        return Said(answer.status, answer.read())
    finally:
        line.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Post files; returns 1 where an answer is a fault or an error."""
    parser = argparse.ArgumentParser(prog="python -m conformance.simulators.soap", description=__doc__)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--soap", default="1.1", choices=("1.1", "1.2", "none"))
    parser.add_argument(
        "--operation", default="", help="element around the message, which then is text in it"
    )
    parser.add_argument("--charset", default="utf-8")
    options = parser.parse_args(arguments)
    wrong = 0
    for path in options.files:
        version = "" if options.soap == "none" else options.soap
        said = post(
            options.url,
            path.read_text("utf-8"),
            version,
            operation=options.operation,
            charset=options.charset,
        )
        wrong += said.fault or said.status >= 400
        sys.stdout.write(
            f"{path.name}  {said.status}{'  fault' if said.fault else ''}  {len(said.body)} bytes\n"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
