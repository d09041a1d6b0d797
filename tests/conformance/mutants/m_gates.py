"""Mutants of the gates: a rule of the policy that is not there, or not asked."""

from __future__ import annotations

from mutants.mutant import YUNNAN, dropped

dropped(
    "no-consent", "NAT-18", ("nat-18-consent",), "未取得知情同意也可以接诊", "a visit begins without consent"
)
dropped("first-visit", "NAT-19.1", ("nat-19-revisit", "cq49-2-revisit"), "接收首诊", "first visits are taken")
dropped(
    "any-diagnosis",
    "NAT-20.1",
    ("nat-20-same-diagnosis", "nat-20-diagnosis-comparable"),
    "不核对诊断是否与线下一致",
    "nobody compares the diagnosis with the earlier one",
)
dropped(
    "record-not-read",
    "NAT-20.2",
    ("nat-20-read", "nat-20-read-unseen"),
    "未掌握病历资料也可以开方",
    "it is prescribed without the record",
)
dropped(
    "no-guardian",
    "NAT-20.3",
    ("nat-20-young-child-guardian", "cq49-5-young-child"),
    "低龄儿童开方不需要监护人",
    "a young child needs no guardian",
)
dropped(
    "no-specialist",
    "NAT-20.3",
    ("nat-20-young-child-specialist", "cq49-5-young-child"),
    "低龄儿童开方不需要相关专业医师",
    "a young child needs no physician of the subject",
)
dropped(
    "forbidden-drug",
    "NAT-20.6",
    ("nat-20-forbidden-drug",),
    "可以开具麻醉、精神药品",
    "narcotics are prescribed",
)
dropped(
    "unknown-drug",
    "NAT-20.6",
    ("nat-20-unknown-drug",),
    "目录外药品不挂起，直接放行",
    "an unknown drug is not held",
)
dropped(
    "licence-expired",
    "CQ49-4.2",
    ("nat-29-licence", "cq49-4-licence"),
    "执业证过期仍可执业",
    "who has a licence that has expired goes on",
)
dropped(
    "three-years",
    "NAT-29",
    ("nat-29-years",),
    "不核对三年独立临床工作经验",
    "nobody asks for three years of practice",
)
dropped("not-in-register", "NAT-16", ("nat-16-register",), "不核对电子注册系统", "nobody asks the e-register")
dropped(
    "insurance",
    "NAT-24",
    ("nat-24-insurance",),
    "医疗责任保险过期仍可接诊",
    "liability insurance may have run out",
)
dropped(
    "no-pharmacist-on-duty",
    "NATA-3.3",
    ("nata-3-pharmacist-on-duty",),
    "无药师在岗仍可提交处方",
    "it is prescribed while no pharmacist is on duty",
)
dropped(
    "another-subject",
    "NATA-1",
    ("nata-1-subject-known", "nata-1-subject-approved", "nata-1-subject-parent"),
    "未核准的诊疗科目也可以开展",
    "a subject that is not approved is offered",
)
dropped(
    "agreement-lapsed",
    "NAT-13",
    ("nat-13-agreement",),
    "合作协议失效后仍可接诊",
    "visits go on after the partner's agreement has lapsed",
)
dropped(
    "uninvited-consultant",
    "NAT-19.3",
    ("nat-19-consultation",),
    "会诊不需要线下接诊医师邀请",
    "a consultant needs no invitation",
)
dropped(
    "ordered-after-the-end",
    "NAT-19.2",
    ("nat-19-visit-over",),
    "终止后仍可开单",
    "it is ordered after the visit was ended",
)
dropped(
    "courier",
    "NAT-20.7",
    ("nat-20-delivery",),
    "不核对配送机构资质",
    "nobody asks whether the courier is qualified",
)
dropped(
    "duplicate-test",
    "CQ18-2.2",
    ("cq18-2-duplicate",),
    "重复检查不提示",
    "a repeated test is not pointed out",
)
dropped(
    "no-care", "CQ49-5.2", ("cq49-5-care",), "儿童、老年人不作提示", "children and the elderly are not marked"
)
dropped(
    "fields-missing",
    "SC-31.4",
    ("nat-20-fields", "nat-20-request-fields"),
    "处方必备内容不全也可以提交",
    "a prescription lacks mandatory fields",
)
dropped(
    "no-receiver",
    "SC-36",
    ("cq49-annex3-receiver",),
    "转诊不需要明确接收机构",
    "a transfer names no receiver",
)
dropped(
    "yunnan-scope",
    "SC-23.1",
    ("yn-25-scope",),
    "超出执业范围也可以接诊",
    "practice goes beyond the scope of the licence",
    YUNNAN,
)
dropped(
    "yunnan-contract",
    "SC-37",
    ("nat-19-family-doctor", "yn-27-contract"),
    "家庭医生服务不需要签约协议",
    "a family physician needs no contract",
    YUNNAN,
)
dropped(
    "yunnan-consent",
    "YN-28.2",
    ("yn-28-consent",),
    "知情同意书内容不全也可以",
    "a consent says less than it must",
    YUNNAN,
)
dropped(
    "yunnan-talk",
    "YN-30.2",
    ("yn-30-contact", "yn-30-contact-warning"),
    "没有实时沟通也可以开方",
    "it is prescribed without a talk",
    YUNNAN,
)
dropped(
    "yunnan-province",
    "SC-23.2",
    ("yn-26-province",),
    "不核对注册或备案地点",
    "nobody asks where staff are registered",
    YUNNAN,
)
