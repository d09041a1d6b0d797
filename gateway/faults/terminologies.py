"""Faults of terminology operations, and of value sets and code systems that come along."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "say which code system by its url": "请用 url 指明代码系统",
    "the coding is of another code system": "coding 属于另一个代码系统",
    "a code needs its system": "code 须与 system 一起给出",
    "a coding needs a code": "coding 缺少 code",
    "it has no coding": "没有 coding",
    "give one of code with system, coding, codeableConcept": (
        "请给出其中之一：code（与 system 一起）、coding、codeableConcept"
    ),
    "give one of {known}": "请给出且只给出其中之一：{known}",
    "give one value set: an id, a url or a ValueSet": "请给出一个值集：id、url 或 ValueSet",
    "it is not the url of this ConceptMap": "这不是此 ConceptMap 的 url",
    "reverse needs the url of a ConceptMap": "reverse 须同时给出 ConceptMap 的 url",
    "this value set is not known here": "此处没有这个值集",
    "a filter by regular expression needs an imported value set": (
        "随请求提交的值集不能用正则表达式过滤；请先导入该值集"
    ),
    "its version must be a text": "version 必须是文本",
    "a concept without a code, or with a display that is no text": "有概念缺少 code，或 display 不是文本",
    "has neither compose nor expansion": "既没有 compose 也没有 expansion",
    "includes nothing": "没有包含任何内容",
    "{part}.valueSet must be a list of URLs": "{part}.valueSet 必须是 URL 的列表",
    "{part} needs a system or a valueSet": "{part} 缺少 system 或 valueSet",
    "filter.op {op} is not understood": "不支持 filter.op {op}",
    "a regular expression that is too long": "正则表达式过长",
    "a filter whose regular expression is none": "过滤条件的正则表达式无效",
    "has no groups": "没有 group",
    "has no {known}": "没有 {known}",
    "is no {known} or Bundle of them, but {kind}": "不是 {known} 或其 Bundle，而是 {kind}",
    "a list of objects is something else": "应为对象的列表",
    "{name} is missing or no text": "{name} 缺失或不是文本",
    "the value set cannot be expanded: {why}": "值集无法展开：{why}",
    "the codes of {url} cannot be counted": "{url} 的编码不可枚举",
    "not all of {url} is known here": "此处只有 {url} 的一部分",
    "only a part of its expansion is known here": "此处只有其展开结果的一部分",
    "it says nothing of its codes": "没有说明包含哪些编码",
    "{system} has no end": "{system} 的编码不可枚举",
    "the value set has more than {most} codes; ask for pages with count and offset, or filter": (
        "值集的编码超过 {most} 个；请用 count 和 offset 分页，或加 filter"
    ),
    "both codes must be of one code system": "两个编码须属于同一代码系统",
    "the codes of this code system do not subsume": "此代码系统的编码没有层级关系",
    "the codes of this system do not subsume": "此代码系统的编码没有层级关系",
    "the members of this value set cannot be named": "无法列出此值集的成员",
    "{what} is not known here": "此处没有 {what}",
    "this code is not known here": "此处没有这个编码",
    "{op} needs the property concept, not {name}": "{op} 只用于属性 concept，而不是 {name}",
    "no such operator: {op}": "没有这个运算符：{op}",
    "the regular expression is too long": "正则表达式过长",
    "the regular expression is none": "正则表达式无效",
}
