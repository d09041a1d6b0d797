"""Faults of code tables, of adapters that cannot be loaded, and of single rows of maps."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "not a code table ({kind})": "不是代码表（{kind}）",
    "not CSV: {why}": "不是 CSV：{why}",
    "a CodeSystem needs its url": "CodeSystem 缺少 url",
    "a code or system with white space that FHIR does not allow": "代码或体系含有 FHIR 不允许的空白",
    "a code without a target; leave it out instead": "代码没有目标；请删去该行",
    "an empty code": "代码为空",
    "code {what} is also added by {where}": "代码 {what} 也由 {where} 加入",
    "duplicate code {what}, also in line {line}": "代码 {what} 重复，另见第 {line} 行",
    "codes is a mapping: code: target": "codes 应为“代码: 目标”的键值对",
    "column {what} is unknown or there twice; known are {known}": "列 {what} 未知或重复；可用：{known}",
    "the column {what} is missing": "缺少列 {what}",
    "more cells than columns; a text with a comma needs quotes": "单元格多于列数；含逗号的文字须加引号",
    "no row of column names: code,target,display,system": "缺少列名行：code,target,display,system",
    "equivalence {what} is none of {known}": "equivalence {what} 不在 {known} 之中",
    "two targets fit equally well; keep the right one": "两个目标同样适用，请只留一个",
    "it extends {what}, and there is no such table": "它扩展 {what}，但没有这个代码表",
    "it is table {what} or extends {other}, not both": "不能既是代码表 {what} 又扩展 {other}",
    "table {what} is also in {where}; say 'extends: {name}' to add codes": (
        "代码表 {what} 也在 {where} 中；如要加入代码，请写 'extends: {name}'"
    ),
    "{what} is no name of a table: letters, digits and -": "{what} 不是代码表名称：只用字母、数字和 -",
    "timing is Timing.repeat: an object": "timing 应为 Timing.repeat 对象",
    "a concept without a code": "有概念缺少 code",
    "an element without a code": "有 element 缺少 code",
    "duplicate code {what}": "代码 {what} 重复",
    "unmapped.mode {what}: a code without a map keeps its original coding": (
        "unmapped.mode {what}：没有映射的代码保留原编码"
    ),
    "not UTF-8; in a spreadsheet save it as 'CSV UTF-8'": "不是 UTF-8；请在表格软件中另存为“CSV UTF-8”",
    "not JSON: {why}": "不是 JSON：{why}",
    "no table says that it translates this system; name one by its url": (
        "没有代码对照表写明转换此体系；请用 url 指明一个"
    ),
    "timing is not JSON": "timing 不是 JSON",
    "__init__.py must set ADAPTER = AdapterSpec(…)": "__init__.py 须写明 ADAPTER = AdapterSpec(…)",
    "ADAPTER.id is {what}, the folder says {other}": "ADAPTER.id 为 {what}，而目录名为 {other}",
    "cannot be imported: {why}": "无法导入：{why}",
    "synchronous must be one of {valid}": "synchronous 必须是其中之一：{valid}",
    "the store failed": "存储出错",
    "a reference has no use for the key {what} (in {where})": "引用不使用键 {what}（在 {where} 中）",
    "an extension takes 'append', not 'link'": "扩展用 'append'，不用 'link'",
    "'append' into an extension stands alone, without 'element'": "写入扩展的 'append' 不与 'element' 合用",
    "not a number of places: {what}": "不是位数：{what}",
    "it takes the numbers of {count} components: [1, 2]": "须为 {count} 个组件的序号：[1, 2]",
    "it takes one of {known}, not {what}": "须为 {known} 之一，而不是 {what}",
    "it takes the text of a field": "须为字段的文字",
    "it takes codes and what they mean: {H: I}": "须为代码及其含义：{H: I}",
    "it takes a field of {segment}, not {what}": "须为 {segment} 的字段，而不是 {what}",
    "not a date pattern such as %d/%m/%Y %H:%M: {what}": "不是 %d/%m/%Y %H:%M 这样的日期格式：{what}",
    "{key} is one of {known}, not {what}": "{key} 必须是 {known} 之一，而不是 {what}",
    "{key} names {what}, which no row makes": "{key} 中的 {what} 没有任何行生成",
    "{key} is a list of objects": "{key} 应为对象的列表",
    "dependsOn and product are not understood": "不支持 dependsOn 和 product",
    "the message names nothing to merge": "消息中没有可识别的合并对象",
    "this sender does not own {type} and may not join two of them": "该发送方无权合并 {type}",
    "the sender's profile sets such messages aside ({what})": "发送方配置要求隔离这类消息（{what}）",
    "the id is no FHIR id": "编号不是 FHIR id",
    "the answer is longer than an acknowledgement can be": "应答过长，不是确认消息",
}
