"""The words of the command line, in English and Chinese: one closed table."""

from __future__ import annotations

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
    "convert.trace": ("write the lineage to OUT.trace.ndjson", "把血缘写到 OUT.trace.ndjson"),
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
    "inbox.which": ("give an ID or --quarantined", "请给出编号或 --quarantined"),
    "adapter": ("the ways in", "接入方式"),
    "adapter.list": ("adapters and their settings", "列出适配器及其设置"),
    "mapping": ("the maps", "映射"),
    "mapping.check": ("load and check every map", "加载并检查所有映射"),
    "mapping.ok": ("{count} message types, no problems", "{count} 种消息，无问题"),
    "mapping.problems": ("{count} problems", "{count} 个问题"),
    "mapping.root": ("folder with maps (default: those shipped)", "映射目录（默认随软件提供的）"),
    "doctor": ("check this installation", "检查本机安装"),
    "doctor.ok": ("all well", "一切正常"),
    "doctor.bad": ("{count} to mend", "有 {count} 处需要处理"),
    "doctor.space": ("free some space", "请清理磁盘"),
    "doctor.port": (
        "in use; stop the other process or set another port",
        "端口被占用：请停掉占用者或换端口",
    ),
}

_language: Language = "en"


def speak(language: Language) -> None:
    """Set the language of everything that :func:`say` returns in this process."""
    global _language
    _language = language


def say(key: str, **values: object) -> str:
    """Return the words of ``key`` in the chosen language, with ``values`` filled in."""
    return WORDS[key][_language == "zh"].format(**values)


def language() -> Language:
    """Return the language in which this process speaks."""
    return _language
