"""Faults of layouts, and of the rows and XML that they are for."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "{segment}-{number} is no free field": "{segment}-{number} 不是可用字段",
    "a place has at most {most} columns": "一个位置最多 {most} 列",
    "{text} reads nothing": "{text} 没有读取任何内容",
    "a quote or bracket of {text} is not closed": "{text} 的引号或括号没有闭合",
    "'rows' fill what 'make' or 'into' names": "rows 须与 make 或 into 同用",
    "head has {known}, not {key}": "head 只有 {known}，没有 {key}",
    "the path of a place finds elements, not {path}": "位置的路径须找到元素，而不是 {path}",
    "no layout in mappings/rows has this name": "mappings/rows 中没有这个名称的布局",
    "one row at a time is mapped": "每次只映射一行",
    "no layout in mappings/xml or mappings/cda fits": "mappings/xml 和 mappings/cda 中没有相符的布局",
    "{name} is no segment with its numbered fields": "{name} 不是带编号字段的段",
    "two places are called {name}": "有两个位置名为 {name}",
    "{name} is no name of a place: small letters, digits, _": "{name} 不能作位置名称：只用小写字母、数字和 _",
    "a layout has at most {most} places": "一个布局最多 {most} 个位置",
    "unknown key {key}; a place has at, segments, places": "未知的键 {key}；位置只有 at、segments、places",
    "{name} is also in {where}": "{name} 在 {where} 中也有",
    "several is patients, or left out, not {said}": "several 只能是 patients 或不写，不能是 {said}",
    "the message tells of several patients; send one for each": "一条消息涉及多名患者；请每名患者分别发送",
    "the message tells of several visits; send one for each": "一条消息涉及多次就诊；请每次就诊分别发送",
    "the document tells of several patients; let each come in a document of its own": (
        "文档涉及多名患者，请让每名患者单独成文"
    ),
    "one of several patients has no number; let each come in a document of its own": (
        "多名患者中有一名没有编号，请让每名患者单独成文"
    ),
    "the document tells of several visits; let each come in a document of its own": (
        "文档涉及多次就诊，请让每次就诊单独成文"
    ),
    "several {name} are read as one and tell of several {what}; "
    "make each a place of the layout, or let each come in a document of its own": (
        "多个 {name} 被当作一个读取，但它们的编号（{what}）不同；"
        "请在布局中为每个设一个位置（places），或让每个单独成文"
    ),
    "{name} tells which register {other} is of, and says none of {known}; let the view say one of them": (
        "{name} 说明 {other} 属于哪一种编号，但不是 {known} 之一；请让视图给出其中之一"
    ),
    "not a regular expression: {text}": "不是正则表达式：{text}",
    "a rule names a column of the view, not {name}": "规则须指明视图的字段，而不是 {name}",
    "no message map is for {event}": "没有 {event} 的消息映射",
    "the bytes are no page of rows": "字节不是行数据页",
    "a page has at most {most} rows": "一页最多 {most} 行",
    "a row has texts and nulls": "一行只有文本和空值",
    "a row has at most {most} rows that belong to it": "一行最多有 {most} 个明细行",
    "not an XPath: {text} ({error})": "不是 XPath：{text}（{error}）",
    "the document is longer than {size} bytes": "文档超过 {size} 字节",
    "a document type or an entity is not taken": "不接受 DOCTYPE 和实体",
    "elements are too deep inside each other": "元素嵌套过深",
    "the bytes are no well-formed XML": "字节不是格式正确的 XML",
    "elements are more than {depth} deep inside each other": "元素嵌套超过 {depth} 层",
    "the document has more than {most} elements": "文档的元素超过 {most} 个",
    "{view} has more than {most} rows with one key, or at one time that is finer than a microsecond; "
    "correct key or changed": (
        "{view} 中同一键值、或同一时刻（精于微秒）的行超过 {most} 行，请更正 key 或 changed"
    ),
}
