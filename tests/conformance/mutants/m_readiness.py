"""Mutants of readiness: what an institution must have is not asked for."""

from __future__ import annotations

from mutants.mutant import YUNNAN, dropped

dropped("any-level", "CQ49-1", ("cq49-1-level",), "一级医院也可以开办", "a hospital of any level may begin")
dropped(
    "no-connection",
    "CQ49-2.1",
    ("nat-6-connected",),
    "不核对是否与监管平台对接",
    "nobody asks whether the platform is connected",
)
dropped(
    "no-contact", "CQ49-4.1", ("cq49-4-contact",), "不核对职能部门和专职人员", "nobody asks whom to turn to"
)
dropped(
    "no-mlps",
    "CQ49附4",
    ("cq49-annex4-mlps",),
    "不核对等级保护三级证书",
    "nobody asks for the MLPS certificate",
)
dropped("any-name", "NAT-12", ("nat-12-name",), "不核对机构名称", "an institution is called anything")
dropped(
    "no-department",
    "NATA-2",
    ("nata-2-quality",),
    "不核对医疗质量部门",
    "nobody asks for a department of quality",
)
dropped(
    "no-seniors", "NATA-3.1", ("nata-3-seniors",), "不核对正高、副高医师", "nobody asks for senior physicians"
)
dropped(
    "no-training",
    "NATA-3.4",
    ("nata-3-training",),
    "不核对培训记录",
    "nobody asks whether staff were trained",
)
dropped(
    "no-documents", "NATA-5", ("nata-5-documents",), "不核对规章制度", "nobody asks for the rule documents"
)
dropped("no-subject", "NAT-32", ("nat-32-subject",), "不核对法律责任主体", "no legal subject is stated")
dropped(
    "second-name",
    "NAT-5",
    ("nat-5-second-name",),
    "加挂互联网医院不核对第二名称",
    "nobody asks for the second name of an internet hospital",
)
dropped(
    "no-normative-test",
    "CQ49-3.4c",
    ("cq49-3-normative-test",),
    "不核对规范性测试",
    "nobody asks for the normative test",
)
dropped(
    "nobody-dedicated", "NATA-3.2", ("nata-3-dedicated",), "不核对专职人员", "nobody asks for dedicated staff"
)
dropped(
    "yunnan-two",
    "YN-4",
    ("yn-4-one",),
    "可以有两个互联网医院",
    "an institution has two internet hospitals",
    YUNNAN,
)
