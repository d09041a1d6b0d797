"""Faults: the sentences of ``gateway.errors``, English where they are raised, in Chinese."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "nobody defines {url}; load it with [validation] definitions": (
        "没有 {url} 的定义，请用 [validation] definitions 加载"
    ),
    "no such file or folder": "没有这个文件或目录",
    "cannot be read: {why}": "无法读取：{why}",
    "cannot be written: {why}": "无法写入：{why}",
    "is not TOML: {why}": "不是 TOML 格式：{why}",
    "unknown section [{name}]; valid: {valid}": "未知的配置节 [{name}]；可用：{valid}",
    "unknown key {name}; valid: {valid}": "未知的键 {name}；可用：{valid}",
    "unknown key {name}; known are {valid}": "未知的键 {name}；可用：{valid}",
    "must be one of {valid}": "必须是其中之一：{valid}",
    "must be a table": "必须是一个表",
    "must be a table of keys": "必须是键值表",
    "needs {key}": "缺少 {key}",
    "triggers must be a list of tables": "triggers 必须是表的列表",
    "resource must be types of R4, or all": "resource 必须是 R4 的资源类型，或 all",
    "interactions must be some of {valid}": "interactions 只能取自：{valid}",
    "must be tables like {example}": "必须是形如 {example} 的表",
    "must be between 0 and 65535": "必须在 0 至 65535 之间",
    "everybody may write this file; chmod o-w": "任何人都可写此文件；请 chmod o-w",
    "must be tables like [clients.NAME]": "必须是形如 [clients.NAME] 的表",
    "a client's name is 1 to 64 letters, digits, - or _": "客户端名称为 1 至 64 个字母、数字、- 或 _",
    "a tenant's name is 1 to 32 small letters, digits or -": "机构名称为 1 至 32 个小写字母、数字或 -",
    "has the token of {name}": "与 {name} 的令牌相同",
    "must be sha256: and 64 hexadecimal digits": "必须是 sha256: 加 64 位十六进制数字",
    "must be a time with a zone, 2027-01-31T00:00:00Z": "必须是带时区的时间，如 2027-01-31T00:00:00Z",
    "there is a client {name} already; revoke it or take another name": (
        "已有客户端 {name}；请先撤销或换用其他名称"
    ),
    "there is no client {name}": "没有客户端 {name}",
    "is written in a way that only a person can change; edit it": "写法只能人工修改；请直接编辑该文件",
    "token is missing": "缺少 token",
    "role is missing": "缺少 role",
    "must be {kind}": "类型必须是 {kind}",
    'host {host} can be reached from outside: set {missing}, or use host = "127.0.0.1"': (
        '地址 {host} 可从外部访问：请设置 {missing}，或使用 host = "127.0.0.1"'
    ),
    "the guide has no segment, datatype or code map {name}": "官方指南中没有段、数据类型或代码映射 {name}",
    "no such adapter; there are: {valid}": "没有这个接入方式；现有：{valid}",
    "no sender profile {name}; there are {valid}": "没有发送方配置 {name}；现有：{valid}",
    "cannot bind {address}: {why}; set another port ({option})": (
        "无法绑定 {address}：{why}；请换一个端口（{option}）"
    ),
    "cannot bind {address}: {why}; set another {setting}": "无法绑定 {address}：{why}；请更改 {setting}",
    "cannot connect to {address}: {why}": "无法连接 {address}：{why}",
    "no answer from {address}: {why}": "{address} 没有应答：{why}",
    "this is no store URL; write sqlite:///PATH or postgresql://USER@HOST/DATABASE": (
        "这不是存储地址；请写 sqlite:///路径 或 postgresql://用户@主机/数据库"
    ),
    "the store must be a file, sqlite:///PATH, or a database, postgresql://USER@HOST/DATABASE": (
        "存储必须是文件 sqlite:///路径，或数据库 postgresql://用户@主机/数据库"
    ),
    "PostgreSQL {found} is too old, {least} is needed": "PostgreSQL {found} 版本过低，需要 {least}",
    "the database is encoded in {found}; create one with ENCODING 'UTF8'": (
        "数据库编码是 {found}；请用 ENCODING 'UTF8' 新建"
    ),
    "{path} is indexed for zone {found}, [store] zone is {zone}: set it back, or stop the gateway "
    "and run qiao db upgrade": (
        "{path} 按时区 {found} 建立索引，而 [store] zone 是 {zone}：请改回，或停止网关后运行 qiao db upgrade"
    ),
    "{path} has schema version {found}, this program needs {needed}: "
    "stop the gateway, then run qiao db upgrade": (
        "{path} 的结构版本是 {found}，本程序需要 {needed}：请停止网关，然后运行 qiao db upgrade"
    ),
    "the upgrade of {path} was not finished: run qiao db upgrade again, it goes on where it was": (
        "{path} 的升级尚未完成：请再次运行 qiao db upgrade，它会从中断处继续"
    ),
    "the store is open elsewhere: stop the gateway and whatever else reads it, then try again": (
        "存储正被其他进程打开：请停止网关及其他读取者，然后重试"
    ),
    "there is no store in this database": "该数据库中没有存储",
    "no room for a copy of the store: {size} MiB needed, {free} MiB free; "
    "back it up elsewhere, then run qiao db upgrade --no-copy": (
        "空间不足，无法复制存储：需要 {size} MiB，剩余 {free} MiB；"
        "请另行备份，然后运行 qiao db upgrade --no-copy"
    ),
    "{path} is a database of another program": "{path} 是其他程序的数据库",
    "nothing there": "没有内容",
    "no map for this message type": "没有此消息类型的映射",
    "there are no maps for this format yet": "尚无此格式的映射",
    "the bytes are text in no known charset": "字节不符合任何已知字符集",
    "the text does not begin with an MSH segment": "文本不以 MSH 段开头",
    "the bytes do not begin with an MSH segment": "字节不以 MSH 段开头",
    "the separators are not four or five distinct punctuation characters": (
        "分隔符不是四或五个互不相同的标点"
    ),
    "more than one MSH segment": "有不止一个 MSH 段",
    "more segments than a message can have": "段数超过上限",
    "more fields than a message can have": "字段数超过上限",
    "the message names no {name}": "消息中没有可识别的 {name}",
    "the identifier of this {type} already belongs to a record of another patient; "
    "give the sender's profile a narrower scope (visit, date or year)": (
        "此 {type} 的标识已属于另一名患者的记录；请在发送方配置中缩小 scope（visit、date 或 year）"
    ),
    "{where} ({name}) is required": "缺少 {where}（{name}）",
    "not a version of HL7 v2; correct MSH-12": "不是 HL7 v2 版本，请更正 MSH-12",
    "MSH-11 says that this is not production; list its value in the sender's profile to take it": (
        "MSH-11 表明这不是生产数据；如需接收，请在发送方配置中列出该值"
    ),
    "MSH-11 is not in HL7 table 0103 (P, D, T)": "MSH-11 不在 HL7 表 0103（P、D、T）中",
    "tried {count} times and never finished": "尝试 {count} 次均未完成",
    "adapter {name} is gone": "接入方式 {name} 已不存在",
    # maps
    'expected map: "SOURCE[Target]"': '应写明 map: "SOURCE[Target]"',
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
    "an identifier names one resource: 'again: new' needs another key": (
        "一个标识只对应一个资源：'again: new' 须换用其他键"
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
    "false leaves this door closed": "false 表示不打开此入口",
    # sender profiles
    "{key} must be one of {known}, not {what}": "{key} 必须是 {known} 之一，而不是 {what}",
    "match takes fields of the header (MSH-3), not {what}": (
        "match 须为消息头字段（如 MSH-3），而不是 {what}"
    ),
    "scope of {type} is one of {known}, not {what}": "{type} 的 scope 必须是 {known} 之一，而不是 {what}",
    "sender {what} has the same match": "发送方 {what} 的 match 与此相同",
    "zone must look like +08:00, not {what}": "zone 的写法为 +08:00，而不是 {what}",
    "a zone is written Z or +08:00, at most 14 hours from UTC": (
        "时区写作 Z 或 +08:00，与 UTC 相差不超过 14 小时"
    ),
    "sender {what} is defined twice": "发送方 {what} 定义了两次",
    # code tables
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
    # installation
    "{name} is there twice; remove one of the folders": "{name} 出现两次，请移除其中一个目录",
    "packages do not come from one root: {what}; install qiao once": (
        "程序包不在同一处：{what}；请只安装一份 qiao"
    ),
    "{path} has schema version {found}, which no program wrote: restore a backup": (
        "{path} 的结构版本为 {found}，不是任何版本写成的：请恢复备份"
    ),
    "{path} has schema version {found}, this program knows only {known}: "
    "use the newer program that wrote it": (
        "{path} 的结构版本为 {found}，本程序只认识 {known}：请使用写入它的较新程序"
    ),
    "the store {path} cannot be opened: {why}": "无法打开存储 {path}：{why}",
    "the store cannot commit ({why})": "存储无法提交（{why}）",
    "the store cannot be read ({why})": "存储无法读取（{why}）",
    "the store {path} cannot be upgraded now ({why})": "存储 {path} 现在无法升级（{why}）",
    "SQLite {found} is too old, {needed} is needed": "SQLite {found} 过旧，需要 {needed}",
    "say which code system it is: --system URL": "请指明代码系统：--system URL",
    "has no column {what}; its columns are {found}": "缺少列 {what}；现有列：{found}",
    "has a header and no rows": "只有表头，没有数据行",
    "is empty": "是空的",
    "has no code": "没有编码",
    "has {found} cells, the header {known}": "有 {found} 个单元格，表头只有 {known} 个",
    "code {code} is there twice, first in line {line}": "编码 {code} 重复，首次出现在第 {line} 行",
    "code {code} is there twice": "编码 {code} 重复",
    "its parent {code} is not in the file": "上级编码 {code} 不在文件中",
    "the hierarchy runs in a circle at code {code}": "层级在编码 {code} 处成环",
    "the value set contains itself": "值集包含自身",
    "is there twice in one version": "同一版本出现两次",
    "is no FHIR package: {why}": "不是 FHIR 包：{why}",
    "{url} is defined in {where} already": "{url} 已在 {where} 中定义",
    "is no FHIR resource: it has no resourceType": "不是 FHIR 资源：缺少 resourceType",
    "is a {kind}; definitions are {valid}": "是 {kind}；定义应为 {valid}",
    "has no canonical url (an absolute URL or URN)": "缺少规范 url（绝对地址或 URN）",
    "a StructureDefinition needs its {name}": "StructureDefinition 缺少 {name}",
    "a StructureDefinition needs a differential or a snapshot": (
        "StructureDefinition 缺少 differential 或 snapshot"
    ),
    "an element has no path": "有元素缺少 path",
    "is too large": "过大",
    "is not CSV: {why}": "不是 CSV：{why}",
    "is not JSON: {why}": "不是 JSON：{why}",
    "is not JSON, nor is this line of it": "不是 JSON，这一行也不是",
    "is nested too deeply": "嵌套过深",
    "is no CodeSystem, ValueSet, ConceptMap or Bundle of them, but {what}": (
        "不是 CodeSystem、ValueSet、ConceptMap 或其 Bundle，而是 {what}"
    ),
    "has no CodeSystem, ValueSet, ConceptMap": "其中没有 CodeSystem、ValueSet 或 ConceptMap",
    "has no concepts": "没有概念",
    "its url must be an absolute URI without a version": "url 必须是不带版本的绝对 URI",
    "is neither UTF-8 nor GB18030 text": "既不是 UTF-8 也不是 GB18030 文本",
    "supplements of code systems are not understood": "不支持代码系统的补充（supplement）",
    "--system and --version are for a file with one code system": (
        "--system 和 --version 只用于含一个代码系统的文件"
    ),
    "another import is running": "另一个导入正在进行",
    "is no file of terminologies: {why}": "不是术语文件：{why}",
    "this code system is not known here": "此处没有这个代码系统",
    "this code system has no such code here": "此代码系统中没有这个编码",
}
"""Sentence of an error, ``{…}`` for what varies → Chinese; the first that fits is taken."""
