"""Faults of searches, histories and the operations that search."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "{type} has no search parameter of this name here; known are {known}": (
        "{type} 没有这个检索参数；可用：{known}"
    ),
    "this modifier is not supported here": "此处不支持该修饰符",
    "takes a date such as ge2026-03-01T08:00:00+08:00; prefixes are {known}": (
        "须为日期，如 ge2026-03-01T08:00:00+08:00；前缀可用 {known}"
    ),
    "takes a number such as lt5.40": "须为数值，如 lt5.40",
    "is written number, number|system|code or number||code": (
        "写法为 number、number|system|code 或 number||code"
    ),
    "is written value, system|value or |value": "写法为 value、system|value 或 |value",
    "is written code, system|code, |code or system|": "写法为 code、system|code、|code 或 system|",
    "is written system|code|value": "写法为 system|code|value",
    "is written system|code": "写法为 system|code",
    "is written latitude|longitude|distance|units": "写法为 纬度|经度|距离|单位",
    "is written _has:Type:reference:parameter": "写法为 _has:Type:reference:parameter",
    "takes Type/id, id or an absolute URL": "须为 Type/id、id 或绝对 URL",
    "takes 1 to {most} values, none of them empty": "须为 1 至 {most} 个值，且不能有空值",
    "takes {count} values joined by $": "须为 {count} 个值，用 $ 连接",
    "takes at most {most} keys": "最多 {most} 个排序键",
    "takes names of elements, joined by commas": "须为元素名称，用逗号分隔",
    "takes the id of a List": "须为 List 的 id",
    ":missing is true or false": ":missing 的值只能是 true 或 false",
    "has characters that no text has": "含有无效字符",
    "never refers to {type}": "不会引用 {type}",
    "refers to {known} only": "只能引用 {known}",
    "refers to nothing": "没有可引用的类型",
    "is no reference, nothing can be followed": "不是引用类型，不能链式检索",
    "follows over {most} references, or too many types: name them (subject:Patient.name)": (
        "链式检索超过 {most} 层或涉及类型过多：请写明类型（如 subject:Patient.name）"
    ),
    "current lists are not kept here": "不支持 current 列表（$current-…）",
    "no terminology is at hand for this modifier": "没有可供该修饰符使用的术语",
    "chains, _has and _list look at other resources, which these criteria cannot": (
        "链式检索、_has 和 _list 要查看其他资源，此处的条件不支持"
    ),
    "chains, _has, _list and the id of what a canonical URL names look at other resources, "
    "which these criteria cannot": (
        "链式检索、_has、_list 以及规范 URL 所指资源的 id 要查看其他资源，此处的条件不支持"
    ),
    "has canonical URLs, and {type} has none": "其值是规范 URL，而 {type} 没有规范 URL",
    "names no resource type of R4": "不是 R4 的资源类型",
    "is no resource type of R4": "不是 R4 的资源类型",
    "{type} is not found here": "此处没有 {type}",
    "this search is of {type} only; one of several types goes to the base": (
        "此检索只针对 {type}；检索多种类型请用基地址"
    ),
    "cannot sort by a parameter of this name": "不能按该参数排序",
    "knows {known}": "可用：{known}",
    "follows what is searched, no {type}; of what is included: _include:iterate={type_again}:…": (
        "从检索到的资源出发，而不是 {type}；从附带的资源出发请写 _include:iterate={type_again}:…"
    ),
    "this parameter never refers to that type": "该参数不会引用这种类型",
    "goes without _include and _revinclude": "不能与 _include、_revinclude 同时使用",
    "is _lastUpdated or -_lastUpdated": "只能是 _lastUpdated 或 -_lastUpdated",
    "was not issued for this search: follow Bundle.link as it stands": (
        "不是此检索的游标：请原样使用 Bundle.link 中的链接"
    ),
    "there are compartments of {known} only": "只有 {known} 的区段（compartment）",
    "the {type} compartment has no {member}": "{type} 区段（compartment）中没有 {member}",
    "$everything is of {known}": "$everything 只用于 {known}",
    "$everything is of one patient or visit: [type]/[id]/$everything; of all patients: Patient/$export": (
        "$everything 用于单个患者或就诊：[type]/[id]/$everything；全部患者请用 Patient/$export"
    ),
    "is no parameter of $everything: _type, _since, start, end, _count": (
        "不是 $everything 的参数；可用：_type、_since、start、end、_count"
    ),
    "is no parameter of $lastn, which answers on one page: max bounds it": (
        "不是 $lastn 的参数；$lastn 不分页，用 max 限制数量"
    ),
    "this search {why}: add a patient, a code, an identifier or a span of _lastUpdated": (
        "此检索{why}：请加上患者、编码、标识或 _lastUpdated 的范围"
    ),
    "must look at too many resources": "要查看的资源过多",
    "must look at each resource of the type": "要逐个查看该类型的全部资源",
    "refers to more than {most} other resources": "引用的其他资源超过 {most} 个",
    "includes more than {most} resources, or {size} MiB, on one page, lower _count too": (
        "每页附带的资源超过 {most} 个或 {size} MiB，可一并调小 _count"
    ),
    "has more than {most} Observations to choose from": "要从中选取的 Observation 超过 {most} 个",
    "shows more than {most} Observations, lower max too": (
        "要返回的 Observation 超过 {most} 个，可一并调小 max"
    ),
    "shows more than {size} MiB, lower max too": "要返回的内容超过 {size} MiB，可一并调小 max",
    "finds more than {most} resources, too many to be sorted": "找到的资源超过 {most} 个，无法排序",
}
