"""Places: which member, parameter, element or header holds what, by its name alone."""

from __future__ import annotations

import re
from functools import lru_cache

from conformance.evidence.marks import Kind
from conformance.evidence.seen import CONFIDENTIAL

_WHO = (
    r"(?:patient|doctor|physician|practitioner|pharmacist|reviewer|nurse|user|real|full|contact|guardian|person|child"
    r"|mother|father|signer|author|operator|applicant|member|holder|staff|employee|linkman|spouse|relative|dr)"
)
_FORMS: tuple[tuple[Kind, str], ...] = (
    ("secret", CONFIDENTIAL),
    (
        "name",
        rf"{_WHO}(?:full|real)?names?|(?:family|given|first|last|middle|maiden|mothersmaiden|nick)name|surname|forename"
        r"|family|given|authorstring|xm|(?:hz|br|ys|yh|lxr|jhr|hs)xm|.*姓名|(?:患者|病人|医生|医师|药师|护士|联系人|监护人)(?:名|名字)?",
    ),
    (
        "number",
        r"(?:patient|user)?(?:idcard|identitycard|idno|idnumber|cert(?:ificate)?no)(?:no|num|number)?|sfzh|sfzhm|sfz|zjhm|zjh"
        r"|passport(?:no|number)?|ssn|driverslicen[cs]e|(?:medical|insurance|social)card(?:no|number)?|ybkh|sbkh"
        r"|.*身份证(?:号码?)?|.*证件号码?|护照号码?|医保卡号|社保卡号",
    ),
    (
        "phone",
        rf"(?:{_WHO}|home|work|link)?(?:phone|mobile|tel|telephone|cellphone|fax)(?:no|num|number)?|telecom|lxdh|sjhm?|dhhm"
        r"|.*电话(?:号码)?|.*手机号?码?|联系方式",
    ),
    ("email", r"(?:\w+)?e?mail(?:address)?|.*邮箱|电子邮件"),
    (
        "address",
        r"(?:home|street|living|current|contact|patient|work)?addr(?:ess)?(?:line|text|detail|postalcode)?|jtzz|xzz|jzdz|lxdz"
        r"|hkdz|birthplace|.*(?:地址|住址|出生地)",
    ),
    ("birth", r"birth(?:date|time|day)?|dateofbirth|dob|csrq|出生日期|出生时间|生日"),
)
_KINDS = tuple((kind, re.compile(text)) for kind, text in _FORMS)
PARTS = frozenset(
    ("family", "given", "surname", "forename", "familyname", "givenname", "firstname", "lastname",
     "middlename", "maidenname")
)  # fmt: skip
"""Parts of names: masked where they stand, and too common to be looked for elsewhere."""
_PUBLIC = re.compile(
    r"(?:医院|卫生院|卫生室|诊所|门诊部|中心|公司|药房|药店|科室?|部门?|服务站|管理局|委员会|平台|大学|学院|组|站|局|系统"
    r"|hospital|clinic|department|center|centre|pharmacy|laboratory|organi[sz]ation|inc\.?|ltd\.?|gateway|system)\W*$",
    re.IGNORECASE,
)
_LINE = re.compile(r"[\u3400-\u9fff]|\S\s+\S")
PERSONAL_NUMBERS = re.compile(r"(?:NN[A-Z]{0,3}|NI|PPN|SS|DL|HC|PRC|CZ|MA|MC|TAX|BA|BC|CC|TIN|JHN|NIIP|SB)")
"""Types of identifiers (HL7 table 0203) that go with somebody; a record number of one hospital does not."""
PEOPLE = re.compile(r"(?:^|/)(?:Patient|Practitioner|PractitionerRole|RelatedPerson|Person)(?:/|$|\?)")
NAMED = frozenset(
    ("subject", "patient", "individual", "actor", "author", "performer", "requester", "recorder",
     "asserter", "practitioner", "verifier", "who", "sender", "recipient", "informant", "interpreter",
     "resultsInterpreter", "attester", "party", "collector", "enterer", "operator", "source",
     "beneficiary", "subscriber", "policyHolder", "provider", "witness", "grantor", "informationSource",
     "member", "generalPractitioner", "reporter", "dispenser", "evaluator", "supervisor", "interpretedBy",
     "signer", "attendingPhysician")
)  # fmt: skip
"""Members that refer to people; of some, also to organizations: those are told by their names."""


def part(name: str) -> Kind:
    """Return what a part of a name is: of a family name the first character may stay."""
    return "name" if name.lower() in ("family", "familyname", "surname", "lastname") else "given"


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind | None:
    """Return what stands under a name, None: nothing that is masked by its place."""
    low = name.lower()
    bare = low.replace("_", "").replace("-", "")
    for kind, form in _KINDS:
        if form.fullmatch(low) or form.fullmatch(bare):
            return kind
    return None


def belongs(kind: Kind, value: str) -> bool:
    """Tell whether a value is what its place says: an institution's name is no person's, a URL no address."""
    if kind == "name":
        return not _PUBLIC.search(value)
    if kind == "address":
        return bool(_LINE.search(value)) and "://" not in value
    return True
