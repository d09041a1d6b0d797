"""Faults of settings, clients, ports, stores, files and subscriptions."""

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
    "must be Patient/ID": "应为 Patient/ID",
    "a client with the role patient needs patient, or asserts": "patient 角色的客户端须有 patient 或 asserts",
    "only a client with the role patient has a patient": "只有 patient 角色的客户端可填写 patient",
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
    "must be Practitioner/ID, PractitionerRole/ID or SYSTEM|VALUE": (
        "应为 Practitioner/ID、PractitionerRole/ID 或 SYSTEM|VALUE"
    ),
    'host {host} can be reached from outside: set {missing}, or use host = "127.0.0.1"': (
        '地址 {host} 可从外部访问：请设置 {missing}，或使用 host = "127.0.0.1"'
    ),
    "others can come through the proxy (behind_proxy): set {missing}": (
        "他人可经由代理访问（behind_proxy）：请设置 {missing}"
    ),
    "the guide has no segment, datatype or code map {name}": "官方指南中没有段、数据类型或代码映射 {name}",
    "no such adapter; there are: {valid}": "没有这个接入方式；现有：{valid}",
    "no sender profile {name}; there are {valid}": "没有发送方配置 {name}；现有：{valid}",
    "cannot bind {address}: {why}; set another port ({option})": (
        "无法绑定 {address}：{why}；请换一个端口（{option}）"
    ),
    "cannot bind {address}: {why}; set another {setting}": "无法绑定 {address}：{why}；请更改 {setting}",
    "{why}; set another port": "{why}；请换一个端口",
    "not kept, send again: {why}": "未能保存，请重发：{why}",
    "cannot bind {address}: {why}": "无法绑定 {address}：{why}",
    "tls_cert, tls_key or tls_client_ca cannot be loaded: {why}": (
        "无法加载 tls_cert、tls_key 或 tls_client_ca：{why}"
    ),
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
    "the text does not begin with an H record": "文本不以 H 记录开头",
    "a report stands before its patient, or beside nobody: PID comes before OBR": (
        "报告位于患者之前，或没有患者：PID 应在 OBR 之前"
    ),
    "a PID, PV1, ORC, OBR, SPM or SAC is damaged: its name, its separators or the line end before it": (
        "有 PID、PV1、ORC、OBR、SPM 或 SAC 段已损坏：段名、分隔符，或前一段的行尾"
    ),
    "a line looks like H, P, O, Q or R and is none: its letter or delimiters are damaged": (
        "有一行像 H、P、O、Q 或 R 记录却不是：记录字母或分隔符已损坏"
    ),
    "the delimiters after H are not distinct punctuation characters": "H 之后的分隔符不是互不相同的标点",
    "more records than a message can have": "记录数超过一条消息的上限",
    "not a path of ASTM records: {what}; write R[n].F[r].C": (
        "不是 ASTM 记录的路径：{what}；请写作 R[n].F[r].C"
    ),
    "the line is closed": "线路已关闭",
    "too many messages wait to be sent": "等待发送的消息过多",
    "the message was not taken": "对方没有接收该消息",
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
    "the number of this document already belongs to a document of another kind; where each kind is numbered "
    "by itself, give Composition and DocumentReference the scope kind in the sender's profile, then replay": (
        "此文书编号已属于另一种文书；如各类文书分别编号，请在发送方配置中为 Composition 和 DocumentReference "
        "设置 scope: kind，然后重放"
    ),
    "the number of this visit already belongs to a stay at another time; where one number is given to "
    "several stays, give Encounter the scope admission in the sender's profile, then replay": (
        "此就诊号已属于另一时间的就诊；如同一号码用于多次就诊，请在发送方配置中为 Encounter "
        "设置 scope: admission，然后重放"
    ),
    "{where} ({name}) is required": "缺少 {where}（{name}）",
    "not a version of HL7 v2; correct MSH-12": "不是 HL7 v2 版本，请更正 MSH-12",
    "MSH-11 says that this is not production; list its value in the sender's profile to take it": (
        "MSH-11 表明这不是生产数据；如需接收，请在发送方配置中列出该值"
    ),
    "MSH-11 is not in HL7 table 0103 (P, D, T)": "MSH-11 不在 HL7 表 0103（P、D、T）中",
    "tried {count} times and never finished": "尝试 {count} 次均未完成",
    "the sender's charset cannot hold the value": "发送方的字符集无法表示该值",
    "adapter {name} is gone": "接入方式 {name} 已不存在",
    "the simulated HIS of the branch cannot make its database": "分院的模拟 HIS 无法建立数据库",
    "not answered yet": "尚未应答",
}
