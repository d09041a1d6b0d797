"""The words of the command line, in English and Chinese: closed tables.

``WORDS`` is what the commands say, ``REASONS`` why a message waits in quarantine, ``FAULTS`` the sentences of
``gateway.errors``, which are English where they are raised. What is in no table is shown as it stands.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Language = Literal["zh", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "qiao": (
        "HL7 v2 in, FHIR R4 out, durably. Exit codes: 0 done, 1 bad data, 2 usage or settings.",
        "HL7 v2 消息进，FHIR R4 资源出，落盘为先。退出码：0 完成，1 数据有问题，2 用法或配置有误。",
    ),
    "version": ("print the version", "显示版本"),
    "lang": (
        "language of messages: zh or en (default: the locale)",
        "提示语言：zh 或 en（默认随系统）",
    ),
    "json": ("machine-readable output", "输出 JSON"),
    "config": (
        "settings file (TOML); none is needed on loopback",
        "配置文件（TOML）；只在本机使用时不需要",
    ),
    "store": ("store URL, e.g. sqlite:///qiao.db", "存储地址，如 sqlite:///qiao.db"),
    "serve": ("run the gateway", "运行网关"),
    "serve.host": ("address of the FHIR API", "FHIR 接口的地址"),
    "serve.port": ("port of the FHIR API", "FHIR 接口的端口"),
    "serve.ready": ("FHIR API  {url}", "FHIR 接口  {url}"),
    "serve.door": ("{adapter:<18} {address}", "{adapter:<18} {address}"),
    "serve.stopped": ("stopped", "已停止"),
    "demo": ("a simulated hospital day flows into FHIR", "演示：模拟医院的一天，消息变成 FHIR"),
    "demo.once": ("one day, then exit", "跑完一天即退出"),
    "demo.dir": (
        "keep the store in DIR/qiao.db (default: a temporary folder)",
        "把存储保留在 DIR/qiao.db（默认临时目录）",
    ),
    "demo.seed": ("seed of the simulated day", "模拟数据的种子"),
    "demo.patients": ("patients of the day", "当天的患者人数"),
    "demo.rate": (
        "messages per second (default: a readable pace; as fast as possible with --once)",
        "每秒消息数（默认便于观看；--once 时尽快）",
    ),
    "demo.title": ("qiao: a hospital day becomes FHIR", "桥：医院的一天变成 FHIR"),
    "demo.received": ("received", "收到"),
    "demo.repeats": ("  repeats, answered again", "  重复，原样应答"),
    "demo.stored": ("stored", "入库"),
    "demo.quarantined": ("quarantined", "隔离"),
    "demo.refused": ("refused", "拒绝"),
    "demo.rejected": ("not understood", "无法识别"),
    "demo.rate.now": ("messages/s", "条/秒"),
    "demo.resources": ("resources", "资源"),
    "demo.over": (
        "The day is over; the API stays up. Ctrl-C ends.",
        "这一天结束了；接口仍在运行，按 Ctrl-C 退出。",
    ),
    "demo.running": ("The day is running. Ctrl-C ends.", "正在运行，按 Ctrl-C 退出。"),
    "demo.simulators": ("the simulators failed (exit code {code})", "模拟器失败（退出码 {code}）"),
    "convert": ("HL7 v2 files to FHIR bundles, offline", "离线把 HL7 v2 文件转换成 FHIR Bundle"),
    "convert.files": ("files, folders, or - for standard input", "文件、目录，或 - 表示标准输入"),
    "convert.output": ("NDJSON file (default: standard output)", "NDJSON 输出文件（默认标准输出）"),
    "convert.sender": (
        "sender profile (default: chosen by MSH-3 and MSH-4)",
        "发送方配置（默认按 MSH-3、MSH-4 选择）",
    ),
    "convert.trace": (
        "write the lineage to OUT.trace.ndjson, what became of every leaf to OUT.account.ndjson",
        "把血缘写到 OUT.trace.ndjson，把每个值的去向写到 OUT.account.ndjson",
    ),
    "convert.jobs": ("processes", "进程数"),
    "convert.base": ("base URL of the bundles' fullUrl", "Bundle 中 fullUrl 的基地址"),
    "convert.trace.where": ("--trace needs -o OUT", "--trace 需要 -o OUT"),
    "convert.quarantined": ("{file} message {index}: {reason}", "{file} 第 {index} 条：{reason}"),
    "convert.progress": ("converting", "转换中"),
    "convert.done": (
        "{messages} messages: {converted} converted, {quarantined} quarantined, {seconds} s",
        "共 {messages} 条：转换 {converted}，隔离 {quarantined}，用时 {seconds} 秒",
    ),
    "send": ("a test client", "测试客户端"),
    "send.hl7": (
        "send HL7 v2 files over MLLP and show the answers",
        "经 MLLP 发送 HL7 v2 文件并显示应答",
    ),
    "send.to": ("HOST:PORT of the receiver", "接收方 HOST:PORT"),
    "send.line": ("{file} message {index}: {code} {text}", "{file} 第 {index} 条：{code} {text}"),
    "send.unreachable": ("{to}: {reason}", "{to}：{reason}"),
    "send.timeout": ("seconds to wait for an answer", "等待应答的秒数"),
    "inbox": ("what came in, and what became of it", "收件箱：收到了什么，结果如何"),
    "inbox.list": ("newest first", "最新的在前"),
    "inbox.state": (
        "only this state: received, stored, quarantined, refused",
        "只看某状态：received、stored、quarantined、refused",
    ),
    "inbox.reason": ("only quarantined for this reason", "只看某隔离原因"),
    "inbox.limit": ("how many", "条数"),
    "inbox.show": ("one message, raw", "显示一条原始消息"),
    "inbox.id": ("inbox id", "收件箱编号"),
    "inbox.replay": ("translate again with today's maps", "用现在的映射重新转换"),
    "inbox.replay.all": ("every quarantined message", "所有被隔离的消息"),
    "inbox.none": ("no such message: {id}", "没有这条消息：{id}"),
    "inbox.empty": ("nothing", "没有消息"),
    "inbox.which": (
        "give an ID, --quarantined, or --all --since TIME",
        "请给出编号、--quarantined，或 --all --since 时间",
    ),
    "inbox.account": (
        "what becomes of every field, component and sub-component, with today's maps",
        "用现在的映射逐个交代每个字段、组件、子组件的去向",
    ),
    "inbox.account.none": (
        "it cannot be translated ({reason}), so nothing is written of it",
        "无法转换（{reason}），没有写入任何内容",
    ),
    "inbox.replay.every": (
        "every stored and quarantined message since --since, in their order; a newer state stays",
        "按原顺序重新转换 --since 以来所有已入库和被隔离的消息；较新的状态保持不变",
    ),
    "inbox.replay.sender": ("with --all: only this sender profile", "与 --all 合用：只处理此发送方"),
    "inbox.replay.dry-run": (
        "with --all: tell what would change, write nothing",
        "与 --all 合用：只报告会有什么变化，不写入",
    ),
    "inbox.replay.since": ("--all needs --since TIME", "--all 需要 --since 时间"),
    "inbox.replay.only-all": (
        "--since, --sender and --dry-run go with --all",
        "--since、--sender、--dry-run 须与 --all 合用",
    ),
    "inbox.replay.progress": ("replaying", "重放中"),
    "inbox.replay.stopped": (
        "stopped; everything up to {id} is done: go on with --since {id}",
        "已停止；{id} 及之前的已完成，可用 --since {id} 继续",
    ),
    "inbox.replay.done": (
        "{messages} messages: {stored} wrote new versions, {unchanged} changed nothing, "
        "{quarantined} could not be stored ({kept} of them stay as they were)",
        "共 {messages} 条：{stored} 条写入新版本，{unchanged} 条无变化，"
        "{quarantined} 条无法入库（其中 {kept} 条保持原状）",
    ),
    "inbox.replay.dry": (
        "nothing written; {messages} messages: {stored} would write new versions, {unchanged} would change "
        "nothing, {quarantined} could not be stored",
        "未写入；共 {messages} 条：{stored} 条会写入新版本，{unchanged} 条无变化，{quarantined} 条无法入库",
    ),
    "since": (
        "a time (2026-03-01 or 2026-03-01T08:00), an age (30m, 12h, 7d) or an inbox id",
        "时间（2026-03-01 或 2026-03-01T08:00）、时长（30m、12h、7d）或收件箱编号",
    ),
    "since.bad": (
        "no time, age or inbox id: {text}",
        "不是时间、时长或收件箱编号：{text}",
    ),
    "mapping.gaps": (
        "codes without a map, by sender and table, with the line to add",
        "没有映射的代码：按发送方和代码表统计，并给出可粘贴的行",
    ),
    "mapping.gaps.sender": ("only of this sender profile", "只看此发送方"),
    "mapping.gaps.table": ("only of this code table", "只看此代码表"),
    "mapping.gaps.edit": ("in {path}, under codes:", "在 {path} 的 codes: 下加入："),
    "mapping.gaps.make": (
        "in a new file {path} with 'extends: {table}', under codes:",
        "新建 {path}，写明 'extends: {table}'，在 codes: 下加入：",
    ),
    "mapping.gaps.total": (
        "{codes} codes without a map, {shown} shown; {since} more were counted and are mapped by now",
        "{codes} 个代码没有映射，显示 {shown} 个；另有 {since} 个曾计入，现已有映射",
    ),
    "mapping.diff": (
        "what would change with other maps, resource by resource; 1 if anything would",
        "换用另一套映射会有什么变化，逐个资源列出；有变化时退出码为 1",
    ),
    "mapping.diff.files": (
        "files, folders, or - for standard input (default: the messages of the inbox)",
        "文件、目录，或 - 表示标准输入（默认取收件箱中的消息）",
    ),
    "mapping.diff.maps": ("folder with the other maps", "另一套映射的目录"),
    "mapping.diff.limit": ("at most so many messages", "最多比较多少条消息"),
    "mapping.diff.values": (
        "show the values too: they are patient data",
        "同时显示值：其中含患者数据",
    ),
    "mapping.diff.since": ("--since goes with the inbox, not with files", "--since 只用于收件箱，不用于文件"),
    "mapping.diff.progress": ("comparing", "比较中"),
    "mapping.diff.total": (
        "{messages} messages, {differing} differ",
        "共 {messages} 条消息，{differing} 条有差异",
    ),
    "adapter": ("the ways in", "接入方式"),
    "adapter.list": ("adapters and their settings", "列出适配器及其设置"),
    "mapping": ("the maps", "映射"),
    "mapping.check": ("load and check every map", "加载并检查所有映射"),
    "mapping.ok": ("{count} message types, no problems", "{count} 种消息，无问题"),
    "mapping.problems": ("{count} problems", "{count} 个问题"),
    "mapping.coverage": (
        "the HL7 v2-to-FHIR guide, row by row: implemented, left out, missing",
        "逐行对照 HL7 v2-to-FHIR 官方指南：已实现、有意不做、缺少",
    ),
    "mapping.coverage.maps": (
        "only these official maps, e.g. 'PV1[Encounter]' (default: all)",
        "只看这些官方映射，如 'PV1[Encounter]'（默认全部）",
    ),
    "mapping.coverage.missing": ("list the rows that are missing", "列出缺少的行"),
    "mapping.coverage.excluded": ("list the rows left out, with the reason", "列出有意不做的行及原因"),
    "mapping.coverage.rows": ("rows", "行数"),
    "mapping.coverage.done": ("implemented", "已实现"),
    "mapping.coverage.left": ("left out", "不做"),
    "mapping.coverage.lack": ("missing", "缺少"),
    "mapping.coverage.note": (
        "{share:.1%} of the rows with a target are implemented, {accounted:.1%} accounted for. Counted: rows "
        "that name a FHIR attribute (a proposed extension is none); {bare} code rows name no source code.",
        "有目标的行中已实现 {share:.1%}，有交代 {accounted:.1%}。"
        "只计写明 FHIR 属性的行（提议中的扩展不计）；{bare} 个代码行没有源代码。",
    ),
    "mapping.guide.unknown": ("the guide has no map {name}", "官方指南中没有映射 {name}"),
    "mapping.seed": (
        "an official map as a first draft in our row format",
        "把官方映射译成本项目行格式的初稿",
    ),
    "mapping.seed.maps": (
        "official maps, e.g. 'TXA[DocumentReference]'",
        "官方映射，如 'TXA[DocumentReference]'",
    ),
    "mapping.seed.write": (
        "write the file into the folder with maps, where there is none yet",
        "写入映射目录（已有文件时不覆盖）",
    ),
    "mapping.seed.written": ("written: {path}", "已写入：{path}"),
    "mapping.seed.there": ("there is one already: {path}", "已存在：{path}"),
    "mapping.translate": ("translate a code by a code table", "按代码表翻译一个代码"),
    "mapping.translate.table": ("name or canonical URL of the table", "代码表名称或规范 URL"),
    "mapping.translate.code": ("the code, or its name", "代码或名称"),
    "mapping.translate.system": ("coding system of the code", "代码所属的编码体系"),
    "mapping.translate.reverse": ("find the source codes of a target", "由目标代码反查源代码"),
    "mapping.translate.none": (
        "table {name} has no map for this code; it keeps its coding",
        "代码表 {name} 中没有该代码的映射；保留原编码",
    ),
    "mapping.translate.unknown": (
        "there is no code table {name}; there are {known}",
        "没有代码表 {name}；现有 {known}",
    ),
    "mapping.codes": ("folder with the hospital's own code tables", "医院自有代码表目录"),
    "mapping.root": ("folder with maps (default: those shipped)", "映射目录（默认随软件提供的）"),
    "doctor": ("check this installation", "检查本机安装"),
    "doctor.ok": ("all well", "一切正常"),
    "doctor.bad": ("{count} to mend", "有 {count} 处需要处理"),
    "doctor.space": ("free some space", "请清理磁盘"),
    "doctor.port": (
        "in use; stop the other process or set another {setting}",
        "端口被占用：请停掉占用者，或更改 {setting}",
    ),
    "at-least-one": ("must be a number, 1 or more", "必须是不小于 1 的整数"),
    "port-number": ("must be a port, 0 to 65535", "必须是端口号，0 至 65535"),
    "gather.empty": (
        "no files in this folder that end in {suffixes}; name a file itself to read it whatever its name",
        "目录中没有以 {suffixes} 结尾的文件；其他文件请直接写出文件名",
    ),
    "port.option": (
        "--port, port in [api], or QIAO_API__PORT",
        "--port、[api] 的 port 或 QIAO_API__PORT",
    ),
    "convert.issues": (
        "{count} values left out of converted messages; -o OUT lists them in OUT.issues.ndjson",
        "已转换的消息中有 {count} 个值未写入；使用 -o OUT 时逐条列在 OUT.issues.ndjson",
    ),
    "inbox.no-store": (
        "there is no store here; name it with --store",
        "此处没有存储，请用 --store 指定",
    ),
}

REASONS: dict[str, str] = {
    "bad-separators": "分隔符有误",
    "empty": "没有内容",
    "gave-up": "多次处理未完成，已放弃",
    "internal-error": "网关内部错误",
    "key-of-another-patient": "标识已属于另一名患者",
    "no-adapter": "接入方式已不存在",
    "no-appointment-number": "没有预约号",
    "no-control-id": "缺少消息控制号",
    "no-document-number": "没有文档号",
    "no-goal": "没有可识别的目标",
    "no-location": "没有可识别的位置",
    "no-merge-source": "没有可识别的被合并患者",
    "no-message-type": "缺少消息类型",
    "no-order-number": "没有医嘱号",
    "no-patient": "没有可识别的患者",
    "no-problem": "没有可识别的健康问题",
    "no-staff-number": "没有人员编号",
    "no-visit": "没有可识别的就诊",
    "not-hl7": "不是 HL7 v2 消息",
    "not-production": "不是生产数据",
    "not-the-owner": "该发送方无权合并这类资源",
    "refused": "拒绝",
    "several-messages": "一帧中有多条消息",
    "store-conflict": "与存储内容冲突",
    "too-large": "消息过长",
    "too-many-fields": "字段过多",
    "too-many-segments": "段过多",
    "undecodable": "无法按任何已知字符集解码",
    "unknown-format": "尚无此格式的映射",
    "unknown-type": "没有此消息类型的映射",
    "unreadable": "无法读取",
    "unsupported-processing-id": "不支持的处理标识（MSH-11）",
    "unsupported-version": "不支持的 HL7 版本",
}
"""Reason of a quarantine → Chinese; the English word itself stays beside it, because scripts look for it."""

FAULTS: dict[str, str] = {
    "no such file or folder": "没有这个文件或目录",
    "cannot be read: {why}": "无法读取：{why}",
    "cannot be written: {why}": "无法写入：{why}",
    "is not TOML: {why}": "不是 TOML 格式：{why}",
    "unknown section [{name}]; valid: {valid}": "未知的配置节 [{name}]；可用：{valid}",
    "unknown key {name}; valid: {valid}": "未知的键 {name}；可用：{valid}",
    "unknown key {name}; known are {valid}": "未知的键 {name}；可用：{valid}",
    "must be one of {valid}": "必须是其中之一：{valid}",
    "must be a table": "必须是一个表",
    "must be tables like {example}": "必须是形如 {example} 的表",
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
    "{url} is no store URL; write sqlite:///PATH": "{url} 不是存储地址；请写 sqlite:///路径",
    "the store must be a file: sqlite:///PATH": "存储必须是文件：sqlite:///路径",
    "{path} is a database of another program": "{path} 是其他程序的数据库",
    "nothing there": "没有内容",
    "no map for this message type": "没有此消息类型的映射",
    "there are no maps for this format yet": "尚无此格式的映射",
    "the bytes are text in no known charset": "字节不符合任何已知字符集",
    "the text does not begin with an MSH segment": "文本不以 MSH 段开头",
    "the bytes do not begin with an MSH segment": "字节不以 MSH 段开头",
    "the separators are not four or five distinct punctuation characters": "分隔符不是四或五个互不相同的标点",
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
}
"""Sentence of an error, ``{…}`` for what varies → Chinese; the first that fits is taken."""

_language: Language = "en"


def speak(language: Language) -> None:
    """Set the language of everything that :func:`say` returns in this process."""
    global _language
    _language = language


def say(key: str, **values: object) -> str:
    """Return the words of ``key`` in the chosen language, with ``values`` filled in."""
    return WORDS[key][_language == "zh"].format(**values)


def say_reason(code: str) -> str:
    """Return the reason of a quarantine, in Chinese with its meaning beside it."""
    meaning = REASONS.get(code, "") if _language == "zh" else ""
    return f"{code} {meaning}" if meaning else code


def say_fault(text: str) -> str:
    """Return the sentence of an error in the chosen language, or as it stands where no table has it."""
    if _language == "zh":
        for pattern, chinese in _patterns():
            if found := pattern.fullmatch(text):
                return chinese.format(**found.groupdict())
    return text


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(english)), re.DOTALL), chinese)
        for english, chinese in FAULTS.items()
    ]


def language() -> Language:
    """Return the language in which this process speaks."""
    return _language
