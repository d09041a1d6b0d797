"""Faults of write-back: its settings, the maps that lead out, and what cannot be said to a HIS."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "must be tables like [writeback.NAME]": "须为 [writeback.NAME] 形式的表",
    "needs an address: to": "缺少地址 to",
    "needs a host and a port": "须有主机和端口",
    "patient data would leave without TLS: use {safe}://, or say plain = true": (
        "患者数据将不经 TLS 发出：请改用 {safe}://，或明确设置 plain = true"
    ),
    "the database cannot be reached this way: {error}": "无法以此方式连接数据库：{error}",
    "there is no such profile; there is {known}": "没有此配置；可用的有 {known}",
    "there is no such map; there is {known}, or the path of a YAML file": (
        "没有此映射；可用的有 {known}，或给出 YAML 文件的路径"
    ),
    "a map of the form {form} is not for {scheme}://": "{form} 形式的映射不能用于 {scheme}://",
    "no ledger has such events of {kind}": "台账中 {kind} 没有这样的事件",
    "the number under which the HIS knew this patient has ended, and none is in force: "
    "let the HIS say which it is (ADT A08, A40), then retry": (
        "HIS 原先识别该患者的号码已失效，且没有有效的号码：请让 HIS 告知现用号码（ADT A08、A40）后重试"
    ),
    "several may be the hospital: {names}; give it its 18-character code, or type prov it alone": (
        "无法确定哪个机构是医院：{names}；请为其填写 18 位机构代码，或仅将其类型标为 prov"
    ),
    "the map has no {kind}": "映射中没有 {kind}",
    "the map has no {kind} {event}": "映射中没有 {kind} {event}",
    "a document of WS/T 500 has no place for an end": "WS/T 500 的文档没有表示取消或终止的位置",
    "it would be told as if it took effect: name $happened, or a fact of its own, in the map": (
        "会被当作生效发出：请在映射中写明 $happened 或其自己的事实"
    ),
    "a second event would pass for a row that is there: key needs a column that is $key": (
        "第二个事件会被当作已有的行：key 中须有取值为 $key 的列"
    ),
    "all maps of a set have one form": "同一套映射须为同一形式",
    "says where the code is, and which codes are well": "须说明代码的位置，以及表示成功的代码",
    "is ok or again": "须为 ok 或 again",
    "is 1.1 or 1.2": "须为 1.1 或 1.2",
    "is for {forms}": "只用于 {forms} 形式",
    "names an operation, and which of its arguments is the $body or $element": (
        "须说明操作的名称，以及哪个参数是 $body 或 $element"
    ),
    "form is one of {forms}": "form 须为 {forms} 之一",
    "needs a name: outbound": "缺少名称 outbound",
    "must be a list of segments": "须为段的列表",
    "there is no block {name}": "没有段组 {name}",
    "there is no shape {name}": "没有形状 {name}",
    "there is no map {name}": "没有映射 {name}",
    "there is no code table {name}": "没有代码表 {name}",
    "there is no function {name}; there is {known}": "没有函数 {name}；可用的有 {known}",
    "key names columns that say whether a row is there already": "key 须为能判断行是否已存在的列",
    "must be a table of rows": "须为行的表",
    "a row is a path, a constant in quotes or a table": "行须为路径、引号中的常量或表",
    "a row needs a path, a value or fields": "行须有 path、value 或 fields",
    "+ names shapes": "+ 须为形状的名称",
    "no condition: {text}": "不是条件：{text}",
    "no name of a fact: {text}": "不是事实的名称：{text}",
    "a path begins with a type, a dot or $, not {text}": "路径须以资源类型、点或 $ 开头：{text}",
    "there is no {type} to say this of": "缺少 {type}，无法生成",
    "is no URI of a register": "不是号码体系的 URI",
    "+ names shapes, or has fields": "+ 须为形状的名称，或带 fields",
    "nothing is known for what must be there: {places}": "必填内容缺失：{places}",
    "nobody knows the charset {charset}": "未知的字符集 {charset}",
    "a character is not in the charset {charset}": "字符集 {charset} 中没有某个字符",
    "the table has no such column": "表中没有此列",
    "a value is not what the column takes": "值不符合列的类型",
    "the map has no place for what must not be left out: {places}": (
        "映射中没有位置可写而又不能省略的内容：{places}"
    ),
    "more decimals than the {count} of the column: widen it": "小数位多于该列的 {count} 位：请加宽该列",
    "more digits than the {count} of the column before its point: widen it": (
        "整数位多于该列的 {count} 位：请加宽该列"
    ),
    "several rows of {table} have one key ({columns}): give each line a number of its own": (
        "{table} 中有多行的键（{columns}）相同：请为每一行给出各自的编号"
    ),
    "several lines have one number: give each line one of its own (an identifier of type PLAC)": (
        "多行的编号相同：请为每一行给出各自的编号（类型为 PLAC 的标识）"
    ),
    "longer than the {length} characters of the column": "超过该列 {length} 个字符的长度",
    "C0004, C0006 and C0007 can be written": "可写出的有 C0004、C0006 和 C0007",
    "there is no resource in it": "其中没有资源",
    "it is no JSON": "不是 JSON",
    "a document is of one; there are {count}: {which}": "一份文档只写一件，这里有 {count} 件：{which}",
    "a document is of one patient; there are {count}: {which}": (
        "一份文档只属于一名患者，这里有 {count} 名：{which}"
    ),
    "a result that is referred to is not there: {which}": "报告引用的结果不存在：{which}",
    "a result is not final (status): write the report when it is: {which}": (
        "结果尚非最终状态（status），请待其最终后再写文档：{which}"
    ),
    "a result has a modifierExtension: {which}": "结果带有 modifierExtension：{which}",
    "a result has a value that the document cannot say: {which}": "文档无法表达结果的值：{which}",
    "the report has neither a result nor a conclusion; a document has no place for what is attached": (
        "报告既无结果也无结论；文档中没有放附件的位置"
    ),
    "it refers to more than {count} resources: write it from a file": (
        "所引用的资源超过 {count} 个：请改用文件"
    ),
    "more than {count} pages: write it from a file": "超过 {count} 页：请改用文件",
    "the next page is on another server": "下一页在另一台服务器上",
    "cannot be written: {error}": "无法写入：{error}",
    "it is of several patients: {which}": "涉及多名患者：{which}",
    "there is no {what} to say; there is {known}": "没有可写的 {what}，只有 {known}",
    "the document says {count} things no more: entered-in-error": (
        "文档不再包含 {count} 项：标为 entered-in-error"
    ),
    "the document says {count} things no more that others have said too: left as they are": (
        "文档不再包含 {count} 项，但其他来源也有记载：保持不变"
    ),
}
