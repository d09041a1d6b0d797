"""The words of the command line, in English and Chinese: closed tables.

``WORDS`` is what the commands say, ``STATES`` and ``REASONS`` where a message stands and why. The sentences
of errors, English where they are raised, are in ``faults.py``. What is in no table is shown as it is.
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
    "json": (
        "JSON on standard output, one object a line: one for each thing that is listed",
        "在标准输出输出 JSON，每行一个对象；列表类命令每项一行",
    ),
    "usage.examples": ("examples:", "示例："),
    "usage.settings": (
        "Settings that it reads, from --config FILE and QIAO_SECTION__KEY: {settings}",
        "读取的配置（来自 --config 文件和 QIAO_节__键）：{settings}",
    ),
    "usage.no-settings": ("It reads no settings.", "不读取任何配置。"),
    "qiao.settings": (
        "`qiao COMMAND --help` shows examples and the settings that the command reads.",
        "`qiao 命令 --help` 给出示例和该命令读取的配置。",
    ),
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
    "convert.as": (
        "type of the Bundles: transaction (default), collection, or message (with its MessageHeader)",
        "Bundle 的类型：transaction（默认）、collection，或 message：带 MessageHeader 的 FHIR 消息",
    ),
    "convert.source": (
        "also hold the bytes of each message in a DocumentReference (with --as message or collection)",
        "同时用 DocumentReference 保存每条消息的原文（与 --as message 或 collection 合用）",
    ),
    "convert.source.where": (
        "--source goes with --as message or --as collection",
        "--source 须与 --as message 或 --as collection 合用",
    ),
    "convert.validate": (
        "check the resources: report (default) notes the issues, strict leaves the message out, off",
        "检查资源：report（默认）记录问题，strict 剔除该消息，off 不检查",
    ),
    "convert.sender": (
        "sender profile (default: chosen by MSH-3 and MSH-4)",
        "发送方配置（默认按 MSH-3、MSH-4 选择）",
    ),
    "convert.trace": (
        "write the lineage to OUT.trace.ndjson, what became of every leaf to OUT.account.ndjson",
        "把血缘写到 OUT.trace.ndjson，把每个值的去向写到 OUT.account.ndjson",
    ),
    "convert.jobs": ("processes", "进程数"),
    "convert.base": (
        "base URL of fullUrl (a message has urn:uuid)",
        "fullUrl 的基地址（message 用 urn:uuid）",
    ),
    "convert.trace.where": ("--trace needs -o OUT", "--trace 需要 -o OUT"),
    "convert.quarantined": ("{file} message {index}: {reason}", "{file} 第 {index} 条：{reason}"),
    "convert.progress": ("converting", "转换中"),
    "convert.done": (
        "{messages} messages: {converted} converted, {quarantined} not, {seconds} s",
        "共 {messages} 条：转换 {converted}，未能转换 {quarantined}，用时 {seconds} 秒",
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
        "only this state: received (not ended yet), stored, quarantined (waits with us), refused (breaks a "
        "rule), rejected (not understood, given back to its sender)",
        "只看某状态：received（未完成）、stored（已入库）、quarantined（隔离）、refused（违反规则）、"
        "rejected（无法识别，已退回发送方）",
    ),
    "inbox.reason": ("only for this reason", "只看某原因"),
    "inbox.limit": ("how many", "条数"),
    "inbox.show": ("one message, raw", "显示一条原始消息"),
    "inbox.id": ("inbox id", "收件箱编号"),
    "inbox.replay": ("translate again with today's maps", "用现在的映射重新转换"),
    "inbox.replay.all": (
        "every quarantined message; what was rejected stays with its sender",
        "所有被隔离的消息；已退回的仍由发送方处理",
    ),
    "inbox.replay.rejected": (
        "every rejected message all the same: its sender was told AR and may have sent it again, mended",
        "照样处理所有已退回的消息：发送方收到过 AR，可能已改正后重发",
    ),
    "inbox.replay.left": (
        "{count} rejected messages are left alone: their senders were told to mend them and send them again; "
        "--rejected works them all the same",
        "另有 {count} 条已退回的消息未处理：已通知发送方改正后重发；如仍需处理请用 --rejected",
    ),
    "inbox.show.id": ("id", "编号"),
    "inbox.show.tenant": ("tenant", "机构"),
    "inbox.show.adapter": ("adapter", "接入方式"),
    "inbox.show.sender": ("sender", "发送方"),
    "inbox.show.received_us": ("received", "收到时间"),
    "inbox.show.state": ("state", "状态"),
    "inbox.show.reason": ("reason", "原因"),
    "inbox.show.attempts": ("attempts", "尝试次数"),
    "inbox.show.control_id": ("control_id", "消息控制号"),
    "inbox.show.map_version": ("map_version", "映射版本"),
    "inbox.show.wrote": ("wrote", "写入"),
    "issue.fatal": ("fatal", "严重"),
    "issue.error": ("error", "错误"),
    "issue.warning": ("warning", "警告"),
    "issue.information": ("information", "提示"),
    "inbox.none": ("no such message: {id}", "没有这条消息：{id}"),
    "inbox.empty": ("nothing", "没有消息"),
    "inbox.which": (
        "give an ID, --quarantined, --rejected, or --all --since TIME",
        "请给出编号、--quarantined、--rejected，或 --all --since 时间",
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
    "mapping.problems": ("problems: {count}", "{count} 个问题"),
    "mapping.coverage": (
        "the HL7 v2-to-FHIR guide, row by row: implemented, left out, missing",
        "逐行对照 HL7 v2-to-FHIR 官方指南：已实现、有意不做、缺少",
    ),
    "mapping.coverage.maps": (
        "only these official maps, e.g. 'PV1[Encounter]' (default: all)",
        "只看这些官方映射，如 'PV1[Encounter]'（默认全部）",
    ),
    "mapping.coverage.missing": (
        "list the rows that are missing (codes: their number; name a code system for each)",
        "列出缺少的行（代码只列数量；写出代码表名则逐个列出）",
    ),
    "mapping.coverage.excluded": (
        "list the rows left out, with the reason (codes: their number; name a code system for each)",
        "列出有意不做的行及原因（代码只列数量；写出代码表名则逐个列出）",
    ),
    "mapping.coverage.codes": ("{name}  codes: {count}  {why}", "{name}  代码 {count} 个  {why}"),
    "mapping.coverage.codes.more": (
        "A code system named as argument lists its codes: qiao mapping coverage --excluded '{name}'",
        "写出代码表名可逐个列出代码：qiao mapping coverage --excluded '{name}'",
    ),
    "mapping.coverage.why": ("{reason}: {text}", "{reason}：{text}"),
    "mapping.coverage.why.not-in-r4": ("not in R4", "R4 没有"),
    "mapping.coverage.why.no-source-code": ("no source code", "没有源代码"),
    "mapping.coverage.why.guide-open": ("left open by the guide", "指南未定"),
    "mapping.coverage.why.guide-error": ("error of the guide", "指南有误"),
    "mapping.coverage.why.other-way": ("another way", "以别的方式实现"),
    "mapping.coverage.why.elsewhere": ("elsewhere", "写在别处"),
    "mapping.coverage.why.local": ("local to another country", "仅限他国"),
    "mapping.coverage.why.privacy": ("privacy", "隐私"),
    "mapping.coverage.why.withdrawn": ("withdrawn", "已废止"),
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
    "doctor.zone": (
        "the time zone database has no {name}: {found}",
        "时区数据库中没有 {name}：{found}",
    ),
    "doctor.codes.none": ("none of the hospital's own", "没有医院自有代码表"),
    "doctor.codes": ("{folder}: {count} files", "{folder}：{count} 个文件"),
    "doctor.maps": (
        "{types} message types, {senders} sender profiles, version",
        "{types} 种消息，{senders} 个发送方配置，版本",
    ),
    "doctor.cache.homeless": (
        "no home folder: the maps are compiled anew at every start",
        "没有主目录：每次启动都要重新编译映射",
    ),
    "doctor.cache.locked": (
        "{folder} cannot be written to: the maps are compiled anew at every start",
        "{folder} 不可写：每次启动都要重新编译映射",
    ),
    "doctor.cache.open": (
        "others may write to {path}: it is not read, and the maps are compiled anew at every start",
        "其他用户可以写入 {path}：不予读取，每次启动都要重新编译映射",
    ),
    "doctor.cache.close": (
        "chown and chmod go-w the file and its folder, or delete it",
        "请对该文件及其目录执行 chown 和 chmod go-w，或删除它",
    ),
    "doctor.disk": ("{free} GiB free beside the store ({folder})", "存储所在磁盘剩余 {free} GiB（{folder}）"),
    "doctor.store": ("{url}: {count} messages", "{url}：{count} 条消息"),
    "doctor.store.none": ("{url}: not there yet, can be made", "{url}：尚不存在，可以创建"),
    "doctor.store.folder": (
        "make the folder {folder}, or set [store] url",
        "请创建目录 {folder}，或修改 [store] url",
    ),
    "doctor.inbox.none": ("no messages yet", "尚无消息"),
    "doctor.inbox": (
        "{quarantined} wait in quarantine, {rejected} were rejected",
        "隔离中 {quarantined} 条，已退回 {rejected} 条",
    ),
    "doctor.senders": ("the last {count} messages: {listed}", "最近 {count} 条消息：{listed}"),
    "doctor.senders.silent": ("none of {names}", "没有来自 {names} 的消息"),
    "doctor.senders.default": (
        "{count} fit no sender profile: write one for their MSH-3 and MSH-4 (docs/add-a-mapping.md)",
        "{count} 条不符合任何发送方配置：请按其 MSH-3、MSH-4 新建配置（docs/add-a-mapping.md）",
    ),
    "doctor.port.taken": ("in use", "端口被占用"),
    "doctor.port.running": ("{ports}: a gateway answers there", "{ports}：已有网关在运行"),
    "doctor.port.running.do": (
        "nothing, if it is the one that you mean; a second one needs other ports and another store",
        "若正是该网关则无需处理；另起一个须使用其他端口和另一个存储",
    ),
    "doctor.port": (
        "stop the other process or set another {setting}",
        "请停掉占用者，或更改 {setting}",
    ),
    "doctor.do.versions": (
        "install again: make setup, or pip install",
        "请重新安装：make setup 或 pip install",
    ),
    "doctor.do.sqlite": (
        "use a Python that brings SQLite 3.35 or newer (any python.org build since 3.10)",
        "请使用自带 SQLite 3.35 或更新版本的 Python（3.10 以后的官方版本均可）",
    ),
    "doctor.do.root": (
        "keep one installation: remove the other one from the environment or PYTHONPATH",
        "请只保留一处安装：从环境或 PYTHONPATH 中移除另一处",
    ),
    "doctor.do.zone": (
        "install the system's tzdata package or mend TZ; lists show UTC until then, messages do not mind",
        "请安装系统的 tzdata 软件包或更正 TZ；此前列表显示 UTC，消息不受影响",
    ),
    "doctor.do.adapters": (
        "mend that section of the settings file; qiao adapter list shows the valid ones",
        "请更正配置文件的该节；可用的见 qiao adapter list",
    ),
    "doctor.do.codes": (
        "let the gateway's user read that folder and its files, or mend [mapping] codes",
        "请让网关的用户可读该目录及文件，或更正 [mapping] codes",
    ),
    "doctor.do.maps": (
        "mend that line, then run qiao mapping check; the running gateway keeps the maps it started with",
        "请更正该行后运行 qiao mapping check；运行中的网关仍使用启动时的映射",
    ),
    "doctor.do.cache": (
        "nothing must be done; to start sooner, give the gateway's user a home that it may write to",
        "可不处理；如需加快启动，请给网关的用户一个可写的主目录",
    ),
    "doctor.do.disk": (
        "free some space, or move the store: stop the gateway, move the file with its -wal, set [store] url",
        "请清理磁盘，或迁移存储：停止网关，连同 -wal 一起移动文件，再修改 [store] url",
    ),
    "doctor.do.wal": (
        "a backup or another reader holds it: end that, or restart the gateway; never delete the file",
        "有备份或其他读取者占用：请结束它或重启网关；切勿删除该文件",
    ),
    "doctor.do.store": (
        "look whether the file belongs to this program and its user may write to it and to its folder; else "
        "restore a backup",
        "请确认该文件属于本程序，且网关的用户可写该文件及其目录；否则请恢复备份",
    ),
    "doctor.do.inbox": (
        "qiao inbox list --state quarantined shows them; mend the maps or the profile, then replay. Rejected "
        "ones are the senders' to mend",
        "用 qiao inbox list --state quarantined 查看；更正映射或发送方配置后重放。已退回的由发送方改正",
    ),
    "doctor.do.senders": (
        "nothing, if they do not send here; else look at match in their profile",
        "若它们本不在此发送则无需处理；否则请检查其配置中的 match",
    ),
    "doctor.do.ports": (
        "mend the address or port in that section",
        "请更正该节中的地址或端口",
    ),
    "at-least-one": ("must be a number, 1 or more", "必须是不小于 1 的整数"),
    "port-number": ("must be a port, 0 to 65535", "必须是端口号，0 至 65535"),
    "gather.stray": (
        "{file}: stray text, {lines} lines, first at line {first}; passed over",
        "{file}：消息之外的文字 {lines} 行，首见于第 {first} 行；已略过",
    ),
    "gather.empty": (
        "no files in this folder that end in {suffixes}; name a file itself to read it whatever its name",
        "目录中没有以 {suffixes} 结尾的文件；其他文件请直接写出文件名",
    ),
    "port.option": (
        "--port, port in [api], or QIAO_API__PORT",
        "--port、[api] 的 port 或 QIAO_API__PORT",
    ),
    "convert.unread": (
        "read by no row: {listed}",
        "没有任何行读取：{listed}",
    ),
    "convert.issues": (
        "{count} values left out of converted messages; -o OUT lists them in OUT.issues.ndjson",
        "已转换的消息中有 {count} 个值未写入；使用 -o OUT 时逐条列在 OUT.issues.ndjson",
    ),
    "terminology": (
        "code systems, value sets and concept maps of your own",
        "自有的代码系统、值集和概念映射",
    ),
    "terminology.import": (
        "import CSV or FHIR JSON files, whole or not at all",
        "导入 CSV 或 FHIR JSON 文件，要么全部成功，要么不变",
    ),
    "terminology.files": (
        "CSV with the columns code and display (and parent), or FHIR JSON: CodeSystem, ValueSet, ConceptMap, "
        "Bundle, NDJSON",
        "CSV（列：编码、名称，可有上级编码），或 FHIR JSON：CodeSystem、ValueSet、ConceptMap、Bundle、NDJSON",
    ),
    "terminology.system": (
        "canonical URL of the code system of a CSV file",
        "CSV 文件所属代码系统的规范 URL",
    ),
    "terminology.version": (
        "its version; the same version again replaces it",
        "版本；同一版本再次导入则替换",
    ),
    "terminology.progress": ("importing", "导入中"),
    "terminology.imported": (
        "{artefacts} artefact(s), {concepts} concept(s) imported into {path}",
        "已导入 {artefacts} 项、{concepts} 个概念，存于 {path}",
    ),
    "terminology.list": ("what is imported", "列出已导入的内容"),
    "terminology.none": ("nothing is imported ({path})", "尚未导入任何内容（{path}）"),
    "terminology.lookup": ("what a code system says of a code", "查询代码的含义"),
    "terminology.lookup.system": ("canonical URL, with |version if you like", "规范 URL，可加 |版本"),
    "terminology.lookup.code": ("the code", "代码"),
    "profiles": ("the FHIR profiles of qiao", "qiao 自带的 FHIR 规范（profile）"),
    "profiles.list": ("profiles and extensions, with their types", "列出规范和扩展及其类型"),
    "profiles.package": (
        "write profiles, extensions and codes as a FHIR package (.tgz) for other tools",
        "把规范、扩展和代码写成其他工具可加载的 FHIR 包（.tgz）",
    ),
    "profiles.output": ("the package, e.g. qiao.profiles.tgz", "输出文件，如 qiao.profiles.tgz"),
    "profiles.written": ("{file}: {name}#{version}", "{file}：{name}#{version}"),
    "validate": ("find everything that is wrong with FHIR resources", "找出 FHIR 资源中的所有问题"),
    "validate.files": (
        "JSON, NDJSON or XML files, folders, or - for standard input",
        "JSON、NDJSON 或 XML 文件、目录，或 - 表示标准输入",
    ),
    "validate.profile": (
        "check against this profile, too (may be repeated)",
        "同时按此规范（profile）检查，可重复",
    ),
    "validate.definitions": (
        "further StructureDefinitions, ValueSets, CodeSystems: files, folders or FHIR packages (.tgz)",
        "另外的 StructureDefinition、ValueSet、CodeSystem：文件、目录或 FHIR 包（.tgz）",
    ),
    "validate.level": ("mildest severity to print", "显示的最低级别"),
    "validate.must-support": (
        "name must-support elements that are absent",
        "列出缺少的必须支持（must-support）元素",
    ),
    "validate.best-practice": (
        "leave out what the specification only recommends",
        "不提示规范仅作建议的内容",
    ),
    "validate.no-profile": (
        "nobody defines {url}; load it with --definitions",
        "没有 {url} 的定义，请用 --definitions 加载",
    ),
    "validate.no-file": ("there is no such file or folder", "没有此文件或目录"),
    "validate.progress": ("validating", "正在检查"),
    "validate.total": ("{valid} valid, {invalid} not valid", "{valid} 个有效，{invalid} 个无效"),
    "severity.fatal": ("fatal", "致命"),
    "severity.error": ("error", "错误"),
    "severity.warning": ("warning", "警告"),
    "severity.information": ("information", "提示"),
    "inbox.no-store": (
        "there is no store here; name it with --store",
        "此处没有存储，请用 --store 指定",
    ),
}

STATES: dict[str, str] = {
    "received": "未完成",
    "stored": "已入库",
    "quarantined": "隔离",
    "refused": "拒绝",
    "rejected": "已退回",
}
"""State of a message → Chinese."""

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
    "invalid": "资源不符合 FHIR",
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
"""Reason → Chinese; the English word itself stays beside it, because scripts look for it."""

_language: Language = "en"


def speak(language: Language) -> None:
    """Set the language of everything that :func:`say` returns in this process."""
    global _language
    _language = language


def say(key: str, **values: object) -> str:
    """Return the words of ``key`` in the chosen language, with ``values`` filled in."""
    return WORDS[key][_language == "zh"].format(**values)


def say_reason(code: str) -> str:
    """Return a reason, in Chinese with its meaning beside it."""
    meaning = REASONS.get(code, "") if _language == "zh" else ""
    return f"{code} {meaning}" if meaning else code


def say_state(state: str) -> str:
    """Return where a message stands, in Chinese with its meaning beside the word that scripts look for."""
    meaning = STATES.get(state, "") if _language == "zh" else ""
    return f"{state} {meaning}" if meaning else state


def say_fault(text: str) -> str:
    """Return the sentence of an error in the chosen language, or as it stands where no table has it."""
    if _language == "zh":
        for pattern, chinese in _patterns():
            if found := pattern.fullmatch(text):
                given = found.groupdict()
                return re.sub(r"{(\w+)}", lambda place: given[place[1]], chinese)  # noqa: B023 -- used at once
    return text


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    from gateway.cli.faults import FAULTS

    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(english)), re.DOTALL), chinese)
        for english, chinese in FAULTS.items()
    ]


def language() -> Language:
    """Return the language in which this process speaks."""
    return _language
