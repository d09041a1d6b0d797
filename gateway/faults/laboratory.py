"""Faults of the laboratory: critical values and their rules."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "critical rules have critical: Observation, minutes, flags and tests": (
        "危急值规则须有 critical: Observation，以及 minutes、flags 和 tests"
    ),
    "a critical test has test, en, codes, and limits or grades": (
        "危急值项目须有 test、en、codes，以及 limits 或 grades"
    ),
    "two critical tests have one code": "两个危急值项目使用了同一代码",
    "a limit has unit, at_most, at_least, sex, from and under": (
        "界限可有 unit、at_most、at_least、sex、from 和 under，其中 unit 必填"
    ),
    "at_most is below at_least, and one of them is there": "at_most 须小于 at_least，且至少给出其一",
    "sex is male or female": "sex 只能为 male 或 female",
    "an age is a number of d, mo or a: 28 d": "年龄为数字加 d、mo 或 a，如 28 d",
    "at_most and at_least are numbers": "at_most 和 at_least 须为数字",
    "it is a whole number from 1 to {most}": "须为 1 至 {most} 的整数",
    "critical rules and limits are lists": "危急值规则与界限须为列表",
    "there is no table {name} of tests": "没有检验项目对照表 {name}",
    "specimen is a word of the table specimen-type, not {said}": (
        "specimen 须为标本类型对照表中的词，而不是 {said}"
    ),
    "needs is specimen, or nothing": "needs 只能为 specimen，或不填",
    "an attachment of more than {count} MiB was left out; it is in the message": (
        "附件超过 {count} MiB，未写入资源，原文保留在收件箱"
    ),
    "delta rules have delta: Observation, and tests": "差值检查规则须有 delta: Observation 和 tests",
    "a delta rule has test, codes, unit, within, and change or percent": (
        "差值检查规则须有 test、codes、unit（UCUM）、within（天），以及 change 或 percent"
    ),
    "change, percent and molar_mass are numbers above zero": (
        "change、percent 和 molar_mass 须为大于 0 的数字"
    ),
    "there is no delta rule for this result, or it says no patient or time": (
        "该结果没有差值检查规则，或缺少患者、时间"
    ),
    "required are some of {names}": "required 只能取 {names} 中的值",
    "molar_mass is a number of grams": "molar_mass 为克数",
    "the unit of a limit is none of UCUM": "界限的单位不是 UCUM 单位",
    "the hospital's rules want this with an acknowledgement": "按本院规则，确认危急值时必须填写该项",
    "it is longer than the 500 characters that are taken": "超过了可填写的 500 个字符",
    "there is no such critical value": "没有这条危急值",
    "the table {table} has no code for {test}; add it (docs/host-query.md), then retry": (
        "对照表 {table} 中没有项目 {test} 的代码，请补充（docs/host-query.md）后重试"
    ),
    "a range goes from one number to another of the same length, counted up in its last digits": (
        "号码范围的起止须长度相同，仅末尾数字递增"
    ),
    "a range has 1 to {most} numbers": "号码范围为 1 至 {most} 个",
    "say which tests are its own (orders of the sender's profile); it would hear of everybody": (
        "请在发送方配置的 orders 中说明其项目，否则会涉及所有患者"
    ),
    "too much work waits for this analyser": "该仪器待下发的申请过多",
    "the work of analysers cannot be kept: {what}": "无法保存仪器的待检项目：{what}",
    "most is a number up to {most}, not {said}": "most 为不超过 {most} 的数，而不是 {said}",
    "say who has taken note of it": "请说明接收人",
    "nobody of this id is on file: give one that is, or a name": (
        "系统中没有该标识的人员，请填写已有人员的标识或姓名"
    ),
    "this client acts for another person than it names": "该客户端代表的人员与所填写的人员不符",
    "there are more: acknowledge these, or search for Tasks": "还有更多未列出，请先确认这些，或检索 Task",
}
