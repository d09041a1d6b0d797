"""Write-back to a SOAP operation: the body as its argument, its result and its Faults as verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from gateway.errors import Misconfigured
from gateway.feed.writeback.opening import open_wires
from gateway.settings import Settings, WritebackSettings
from gateway.store import Store

SPACE = "http://his.example/"
SPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope",
}  # fmt: skip


def result(code: str, more: str = "") -> bytes:
    inner = f"<Response><ResultCode>{code}</ResultCode>{more}</Response>".replace("<", "&lt;")
    return (
        f'<s:Envelope xmlns:s="{SPACES["1.1"]}"><s:Body><HIPMessageServerResponse xmlns="{SPACE}">'
        f"<HIPMessageServerResult>{inner}</HIPMessageServerResult>"
        f"</HIPMessageServerResponse></s:Body></s:Envelope>"
    ).encode()


def fault(version: str, code: str) -> bytes:
    inside = f"<faultcode>s:{code}</faultcode><faultstring>药品停用</faultstring>"
    if version == "1.2":
        inside = f"<s:Code><s:Value>s:{code}</s:Value></s:Code><s:Reason><s:Text>药品停用</s:Text></s:Reason>"
    space = SPACES[version]
    return f'<s:Envelope xmlns:s="{space}"><s:Body><s:Fault>{inside}</s:Fault></s:Body></s:Envelope>'.encode()


def test_a_prescription_is_an_argument_of_the_operation(store: Store, ward: Any, web: Any) -> None:
    ward.enter(store, ward.prescription(1, drug="维生素C<E&片"))
    his = web((200, result("0", "<OrderNo>H77</OrderNo>")))
    bench = ward.Bench(store, WritebackSettings(his.url, map="his-soap", begin="beginning"))
    bench.run()
    ((headers, body),) = his.came
    assert headers["soapaction"] == f'"{SPACE}HIPMessageServer"'
    assert headers["content-type"].startswith("text/xml")
    operation = etree.fromstring(body)[0][0]
    assert operation.tag == f"{{{SPACE}}}HIPMessageServer" and operation[0].text == "prescription"
    inner = etree.fromstring(operation[1].text.encode())
    assert inner.findtext("patient_name") == "林知夏"
    assert inner.findtext("item/drug_name") == "维生素C<E&片"
    assert bench.states() == {1: "acknowledged"}
    assert store.deliveries.delivery("default", bench.receiver, 1).receipt == "H77"  # type: ignore[union-attr]


@pytest.mark.parametrize(("status", "said", "state"), [
    (200, result("-1", "<ResultContent>无此患者</ResultContent>"), "refused"),
    (200, result("1001"), "acknowledged"),
    (500, fault("1.1", "Client"), "refused"),
    (200, fault("1.1", "Client"), "refused"),
    (500, fault("1.2", "Sender"), "refused"),
    (500, fault("1.1", "Server"), "sent"),
    (200, fault("1.2", "Receiver"), "sent"),
    (200, result("9999"), "sent"),
    (200, b"<html><body>login</body></html>", "sent"),
    (200, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "sent"),
    (200, b"", "sent"),
])  # fmt: skip
def test_the_answer_decides(store: Store, ward: Any, web: Any, status: int, said: bytes, state: str) -> None:
    ward.enter(store, ward.prescription(1))
    his = web((status, said))
    bench = ward.Bench(store, WritebackSettings(his.url, map="his-soap", begin="beginning"))
    bench.run(turns=1)
    assert bench.states() == {1: state}
    if state == "refused":
        assert "药品停用" in bench.reason(1) or "无此患者" in bench.reason(1)


def own(tmp_path: Path, soap: str) -> str:
    file = tmp_path / "own.yaml"
    file.write_text(
        f"outbound: own\nsoap: {soap}\nkinds: {{prescription: {{effective: xml-prescription}}}}\n"
    )
    return str(file)


def test_soap_12_with_the_body_as_elements(store: Store, ward: Any, web: Any, tmp_path: Path) -> None:
    ward.enter(store, ward.prescription(1))
    his = web((200, b"<ok/>"))
    map_ = own(
        tmp_path, '{version: "1.2", operation: Order, action: urn:o, arguments: {key: $key, order: $element}}'
    )
    bench = ward.Bench(store, WritebackSettings(his.url, map=map_, begin="beginning"))
    bench.run()
    ((headers, body),) = his.came
    root = etree.fromstring(body)
    assert root.tag == f"{{{SPACES['1.2']}}}Envelope" and 'action="urn:o"' in headers["content-type"]
    assert root.findtext(".//order/Request/rx_no") == "CF1" and len(root.findtext(".//key") or "") == 20
    assert bench.states() == {1: "acknowledged"}


@pytest.mark.parametrize(("soap", "why"), [
    ("{operation: Order, arguments: {a: b}}", r"\$body"),
    ("{arguments: {a: $body}}", "operation"),
    ('{operation: Order, version: "2", arguments: {a: $body}}', "1.1 or 1.2"),
    ("{operation: Order, style: rpc, arguments: {a: $body}}", "style"),
])  # fmt: skip
def test_what_cannot_be_an_operation_stops_the_start(ward: Any, tmp_path: Path, soap: str, why: str) -> None:
    said = WritebackSettings("http://127.0.0.1:1", map=own(tmp_path, soap))
    with pytest.raises(Misconfigured, match=why):
        open_wires(Settings(writeback={"his": said}), ward.maps())
