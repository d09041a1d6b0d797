"""Faults of maps: concept maps, FLAT maps and what their rows say, and the remarks of a mapping."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    'expected map: "SOURCE[Target]"': '应写明 map: "SOURCE[Target]"',
    "there is no column {what}; {name} has {known}": "没有列 {what}；{name} 有 {known}",
    "expected block: NAME": "应写明 block: 名称",
    "expected a mapping at the top": "最外层应为键值对",
    "not UTF-8; save the file in that encoding": "不是 UTF-8 编码；请另存为 UTF-8",
    "{key} takes a list, not {what}": "{key} 应为列表，而不是 {what}",
    "{key} takes names and their values, not {what}": "{key} 应为名称与值的对应，而不是 {what}",
    "{key} takes whole seconds, not {what}": "{key} 应为整数秒，而不是 {what}",
    "expected a resource: {known}": "应为资源：{known}",
    "'rows' takes a list of {…}": "'rows' 应为 {…} 的列表",
    "'repairs' takes a list of {…}": "'repairs' 应为 {…} 的列表",
    "'from' names nothing": "'from' 没有写明来源",
    "'with' takes elements and their values: {use: home}": "'with' 应为元素及其值：{use: home}",
    "'with' goes with move and append": "'with' 只与 move、append 合用",
    "'element' names a map and goes with 'append': {what}": (
        "'element' 是映射名，且只与 'append' 合用：{what}"
    ),
    "'fill' is for whole elements, not for {what}": "'fill' 只用于整个元素，不用于 {what}",
    "'maps' takes new segment maps, SEG[Resource], not {what}": (
        "'maps' 应为新的段映射 SEG[Resource]，而不是 {what}"
    ),
    "'requires' names {what}, which no row makes": "'requires' 中的 {what} 没有任何行生成",
    "{name} takes names and what they mean: {…}": "{name} 应为名称及其含义：{…}",
    "HL7 has no message structure {what}": "HL7 没有消息结构 {what}",
    "R4 has no resource type {what}": "R4 没有资源类型 {what}",
    "a row needs 'at'": "行缺少 'at'",
    "a row needs 'from' or 'value'": "行缺少 'from' 或 'value'",
    "a row needs 'to' or 'ignore'": "行缺少 'to' 或 'ignore'",
    "a repair needs 'id' and 'at'": "修复规则缺少 'id' 和 'at'",
    "a repair asks for fields: {what}": "修复规则的条件只能是字段：{what}",
    "a repair has one action of {known}, not {what}": "修复规则须恰有一个动作（{known}），而不是 {what}",
    "a repair names a field other than MSH-1 and MSH-2, not {what}": (
        "修复规则须指明 MSH-1、MSH-2 以外的字段，而不是 {what}"
    ),
    "cannot write {what}: name a field other than MSH-1 and MSH-2": (
        "不能写入 {what}：请指明 MSH-1、MSH-2 以外的字段"
    ),
    "quarantine takes a reason (small letters, hyphens) and needs 'when'": (
        "quarantine 须有原因（小写字母和连字符）和 'when'"
    ),
    "duplicate repair id {what}": "修复规则编号 {what} 重复",
    "duplicate row id {what}, first at {where}": "行编号 {what} 重复，首见于 {where}",
    "duplicate row id {what}; give it an 'id'": "行编号 {what} 重复，请写明 'id'",
    "duplicate row id {what}": "行编号 {what} 重复",
    "duplicate key {what}": "键 {what} 重复",
    "cyclic include: {what}": "循环引用：{what}",
    "an include has no key {what}": "include 没有键 {what}",
    "no block {what}; there are {known}": "没有块 {what}；现有 {known}",
    "no map {what} to add rows to": "没有可加行的映射 {what}",
    "no message map {what}; there are {known}": "没有消息映射 {what}；现有 {known}",
    "no row makes {what}": "没有任何行生成 {what}",
    "no row {what} to change{hint}": "没有可改动的行 {what}{hint}",
    "no row {what} to change": "没有可改动的行 {what}",
    "unknown map {what}": "没有映射 {what}",
    "unknown code table {what}": "没有代码表 {what}",
    "unknown variable {what}; known: {known}": "没有变量 {what}；可用：{known}",
    "unknown reason {what}; known: {known}": "没有原因 {what}；可用：{known}",
    "unknown charset {what}: use a name of HL7 table 0211": (
        "未知字符集 {what}：请使用 HL7 表 0211 中的名称"
    ),
    "unknown key {what}; it takes identifier, any, datatype, fixed or a list": (
        "未知的键 {what}；应为 identifier、any、datatype、fixed 或列表"
    ),
    "unknown key {what}; a block has block and rows": "未知的键 {what}；块只有 block 和 rows",
    "unknown key {what}; overrides has rows and add": "未知的键 {what}；overrides 只有 rows 和 add",
    "{what}; functions are {known}": "{what}；可用的函数：{known}",
    "map {what} is also in {where}": "映射 {what} 也在 {where} 中",
    "{event} is also mapped by {where}": "{event} 也由 {where} 映射",
    "the maps need the table {what}": "映射需要代码表 {what}",
    "the map CWE[CodeableConcept] is missing; OBX-5 needs it": (
        "缺少映射 CWE[CodeableConcept]，OBX-5 需要它"
    ),
    "not a source path: {what}": "不是来源路径：{what}",
    "not a target path: {what} at {where}": "不是目标路径：{what}，从 {where} 起",
    "not an ER7 path: {what}; write SEG[n]-F[r].C.S": "不是 ER7 路径：{what}；写法为 SEG[n]-F[r].C.S",
    "condition {what}: {why}": "条件 {what}：{why}",
    "after 'is' comes numeric, han, resident or null": "'is' 之后只能是 numeric、han、resident 或 null",
    "unknown test {what} after {where}": "{where} 之后的判断 {what} 未知",
    "{what} needs a comparison with a number": "{what} 须与数值比较",
    "% may stand at the start and at the end only": "% 只能在开头和结尾",
    "what is {what} doing here?": "此处不应有 {what}",
    "cannot read {what}": "无法识别 {what}",
    "ends too early": "不完整",
    "expected {what}": "此处应为 {what}",
    "only extension(…) takes an address: {what}": "只有 extension(…) 可带地址：{what}",
    "{type} has no element {what} (in {where}); it has {known}": (
        "{type} 没有元素 {what}（在 {where} 中）；有 {known}"
    ),
    "{type} has no element {what} (in {where})": "{type} 没有元素 {what}（在 {where} 中）",
    "{type} has no element {what}": "{type} 没有元素 {what}",
    "{where} has no place {what}": "{where} 中没有位置 {what}",
    "{what} ends in the unknown type {type}": "{what} 的类型 {type} 未知",
    "{what} is a datatype path in a segment map": "{what} 是数据类型路径，但这里是段映射",
    "{what} is a segment path in a datatype map": "{what} 是段路径，但这里是数据类型映射",
    "{what} changes with every message; 'memo' maps cannot read it": (
        "{what} 每条消息都不同，'memo' 映射不能读取"
    ),
    "{what} of {type} is a {here}, not a Reference": "{type} 的 {what} 是 {here}，不是 Reference",
    "{what} is no value for a {type}": "{what} 不是 {type} 的值",
    "{what} cannot be deleted": "{what} 不能删除",
    "{type} needs 'as' to be coded": "{type} 须用 'as' 写明如何编码",
    "{how} makes a {made}; {what} is a {type}": "{how} 生成 {made}，而 {what} 是 {type}",
    "{how} works on a whole segment": "{how} 作用于整个段",
    "{map} fills a {target}, not a {type}": "{map} 填写 {target}，而不是 {type}",
    "{action} takes a whole field, not {what}": "{action} 须为整个字段，而不是 {what}",
    "{row} takes the keys that change, or null: {codes: …}": "{row} 须为要改动的键或 null：{codes: …}",
    "of {row} only {known} can change": "{row} 只能改动 {known}",
    "an identifier names one resource: 'again' needs another key": (
        "一个标识只对应一个资源：'again' 须换用其他键"
    ),
    "[@key] names an element of the whole resource": "[@key] 须为整个资源的元素",
    "find takes as, of (a resource that a row makes), same and when, and goes with append": (
        "find 须有 as、of（某行生成的资源）、same 和 when，并与 append 合用"
    ),
    "merge takes type, from, as (a map) and into; a link or unlink takes kind, type, other and into": (
        "merge 须有 type、from、as（映射）和 into；link 或 unlink 须有 kind、type、other 和 into"
    ),
    "not YAML: {why}": "不是 YAML：{why}",
    "lines with # say 'key: value', each key once": "以 # 开头的行写作 'key: value'，每个键一次",
    "{path} is malformed; the element was left out": "{path} 的值格式不正确，该元素未写入",
    "{path} is a date that stands for none; it was left out": "{path} 为表示“无”的占位日期，未写入",
    "no identity for this {type}; it was left out": "缺少 {type} 的标识，未写入",
    "the event lies in the future; its time was not used": "事件时间在未来，未用于判断先后",
    "repaired as the sender's profile says, in {count} segments": "已按发送方配置修复，共 {count} 段",
    "repaired as the sender's profile says": "已按发送方配置修复",
    "an older event adds only what nobody has told since: the state is newer": (
        "事件早于现有状态，只补缺，未改写"
    ),
    "{kind} while mapping: report it with the inbox id": "映射时发生 {kind}：请连同收件箱编号一起报告",
    "an entry has {known}": "条目须写明 {known}",
    "an entry needs 'row' or 'rows'": "条目缺少 'row' 或 'rows'",
    "false leaves this door closed": "false 表示不打开此入口",
}
