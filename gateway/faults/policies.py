"""Faults of policy packs; what their rules say to a document stands in the packs, in both languages."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "the file is not as it should be: {why}": "文件内容有误：{why}",
    "the jurisdiction is the name of the file": "jurisdiction 必须与文件名相同",
    "the id stands twice": "id 重复",
    "there is no event {what}": "没有事件 {what}",
    "there is no key {what}": "没有键 {what}",
    "there is no condition {what}": "没有条件 {what}",
    "there are {known}": "可用：{known}",
    "a verdict is flag, warn, hold or refuse": "verdict 必须是 flag、warn、hold 或 refuse",
    "hold is for {known}: of anything else nobody releases it": (
        "hold 只用于 {known}：其他环节没有可以放行的人，请改用 refuse 或 warn"
    ),
    "a code is one of {known}": "code 必须是其中之一：{known}",
    "what only platforms do, and no text says, may warn but not refuse": (
        "只见于平台做法、法规未写明的规则，只能提示（flag、warn），不能拒绝"
    ),
    "a rule needs an event, a case that it fires in and one that it passes": (
        "规则须有事件，以及一个触发的例子和一个通过的例子"
    ),
    "a case is a mapping": "例子必须是键值对",
    "it ends before it begins": "结束早于开始",
    "a list of drugs has {known}": "药品目录须有 {known}",
    "the fixture has no variant {what}": "测试数据没有变体 {what}",
    "a row has either rules or a reason why there are none": "每项要求要么有规则，要么写明没有的理由",
    "an entry has zh and en": "条目须有 zh 和 en",
    "no pack has a rule, no table a condition of this name": "没有此编号的规则，也没有此名称的条件",
    "no pack has a rule, no table a condition of this name; near it: {known}": (
        "没有此编号的规则，也没有此名称的条件；相近的有：{known}"
    ),
    "a list has texts only": "列表中只能是文本",
    "it must be a mapping": "必须是键值对",
    "the key {what} is missing": "缺少键 {what}",
    "{what} is of the wrong kind": "{what} 的类型不对",
    "qiao ships a pack of this name": "与 qiao 自带的规则包同名",
    "there is no such folder": "没有这个目录",
    "no pack of these jurisdictions has such a parameter": "这些地区的规则包没有这个参数",
    "the parameter is of another kind": "参数的类型不对",
    "a pack below has a rule of this id": "下层规则包已有此 id 的规则",
    "no pack below has a rule {what}": "下层规则包没有规则 {what}",
    "a condition is one name with its parameters": "条件须为一个名称及其参数",
    "{what} takes a list of conditions": "{what} 须为条件的列表",
    "the parameters of {what} are a mapping": "{what} 的参数必须是键值对",
    "{name} has no parameter {what}": "{name} 没有参数 {what}",
    "the pack has no parameter {what}": "规则包没有参数 {what}",
    "{name} needs the parameter {what}": "{name} 缺少参数 {what}",
    "{key} of {name} must be a {kind}": "{name} 的 {key} 类型必须是 {kind}",
}
