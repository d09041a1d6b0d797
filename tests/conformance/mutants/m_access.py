"""Mutants of access and security: who should not, may; what should stay inside, leaks."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from mutants.mutant import Answered, front, instead, mutant

ROW = "CQ49-3.4a"


@mutant(ROW, "过期的令牌仍被接受", "a token that has expired is accepted")
def expired_token() -> None:
    from gateway.security.client import Client

    instead(Client, "expired", lambda _: lambda self, now: False)


@mutant(ROW, "其他机构可以读取", "another hospital's token reads what is here")
def other_tenant() -> None:
    from gateway.security.clients import Clients

    def make(caller: Any) -> Any:
        def anywhere(self: Any, authorization: Any) -> Any:
            found = caller(self, authorization)
            return found and dataclasses.replace(found, tenant=_Same(found.tenant))

        return anywhere

    instead(Clients, "caller", make)


class _Same(str):
    """A tenant that is every other one, too."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


@mutant(ROW, "只读身份可以写入", "who may only read writes")
def reader_writes() -> None:
    from gateway.security import access

    def make(right_of: Any) -> Any:
        return lambda method, path: (
            "read" if (found := right_of(method, path)) in ("write", "transaction") else found
        )

    instead(access, "right_of", make)


@mutant(ROW, "监管身份看得到病房资料", "a regulator sees the wards")
def regulator_sees_wards() -> None:
    from gateway.security.clients import Clients

    instead(Clients, "_bounded", lambda _: lambda self, caller: caller)


@mutant(ROW, "401 不说明认证方式", "401 does not say how to authenticate")
def no_challenge() -> None:
    def answered(_: dict[str, Any], answer: Answered) -> None:
        if answer.status == 401:
            answer.headers.pop("www-authenticate", None)

    front(answered=answered)


@mutant("NAT-23", "错误信息中有患者的资料", "an error tells what the patient's data are")
def error_tells() -> None:
    from gateway.api import resource
    from gateway.api.unfit import Unfit

    def make(read: Any) -> Any:
        def telling(here: Any, data: bytes, type_: str, id_: str) -> Any:
            try:
                return read(here, data, type_, id_)
            except Unfit as error:
                said = data.decode("utf-8", "replace")[:2000]
                error.issues = [
                    dataclasses.replace(
                        one, issue=dataclasses.replace(one.issue, text=f"{one.issue.text}: {said}")
                    )
                    for one in error.issues
                ]
                raise

        return telling

    instead(resource, "_read", make)


@mutant("R4-SECURITY", "展开 XML 外部实体", "external entities of XML are expanded")
def entities_expanded() -> None:
    from lxml import etree

    from gateway.api import resource

    def make(read: Any) -> Any:
        def expanded(here: Any, data: bytes) -> Any:
            if b"<!DOCTYPE" in data:
                try:
                    parser = etree.XMLParser(resolve_entities=True, load_dtd=True)
                    data = etree.tostring(etree.fromstring(data, parser))
                except etree.XMLSyntaxError:
                    pass
            return read(here, data)

        return expanded

    instead(resource, "read", make)


@mutant("R4-SECURITY", "允许任何网页跨域访问", "any page in a browser may ask")
def any_origin() -> None:
    def answered(scope: dict[str, Any], answer: Answered) -> None:
        answer.headers["access-control-allow-origin"] = "*"

    front(answered=answered)


@mutant("NAT-21.2", "患者可以读到他人的病历", "a patient reads what belongs to another one")
def other_patient() -> None:
    from gateway.api import patient_access

    async def anything(self: Any, scope: Any, tenant: str, rest: str, patient: str) -> bool:
        return bool(scope["method"] in ("GET", "HEAD"))

    instead(patient_access.PatientAccess, "_may", lambda _: anything)
    instead(patient_access, "_is_own", lambda _: lambda version, patient: True)


@mutant("CQ49-3.5a", "监管数据可以发往任何境内主机", "data are sent to any host that is not abroad")
def any_receiver() -> None:
    from gateway.feed import endpoint

    def make(fault: Any) -> Any:
        def lenient(address: str, *given: Any, **more: Any) -> str:
            here = re.search(r"//[^/]*[a-z]\.(?:example|net|cn)(?:[:/]|$)", address)
            return "" if here else str(fault(address, *given, **more))

        return lenient

    instead(endpoint, "fault", make)


@mutant("CQ49-3.3", "公众可以看到医师的身份证号", "the public sees the ID number of a physician")
def public_tells_id() -> None:
    from gateway.api import disclosed

    def make(shown: Any) -> Any:
        def whole(resource: Any) -> Any:
            found = shown(resource)
            return {**found, "identifier": resource.get("identifier", [])}

        return whole

    instead(disclosed, "shown", make)


@mutant("CQ49-3.3", "公众查不到诊疗服务范围", "the public finds no services")
def public_sees_nothing() -> None:
    from gateway.api.disclosure import Disclosed

    instead(Disclosed, "search", lambda _: lambda self, type_, pairs: ([], None))


@mutant("NAT-23", "答复中没有 Cache-Control: no-store", "answers with patient data may be kept by caches")
def cached() -> None:
    from gateway.api import server

    server._HEADERS[:] = [one for one in server._HEADERS if one[0] != "Cache-Control"]


@mutant("R4-SECURITY", "以任何 Host 都应答，并写入地址", "any Host is answered, and stands in addresses")
def any_host() -> None:
    from gateway.security import access

    instead(access, "is_local", lambda _: lambda scope: True)
