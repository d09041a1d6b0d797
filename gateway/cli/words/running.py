"""Words of `qiao demo`, `serve`, `send` and `adapter`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "serve": ("run the gateway", "运行网关"),
    "serve.host": ("address of the FHIR API", "FHIR 接口的地址"),
    "serve.port": ("port of the FHIR API", "FHIR 接口的端口"),
    "serve.ready": ("FHIR API  {url}", "FHIR 接口  {url}"),
    "serve.door": ("{adapter:<18} {address}", "{adapter:<18} {address}"),
    "serve.closed": (
        'WARNING: {adapter} stays closed: {reason} ([adapters."{adapter}"])',
        '警告：{adapter} 未打开：{reason}（[adapters."{adapter}"]）',
    ),
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
    "send": ("a test client", "测试客户端"),
    "send.hl7": (
        "send HL7 v2 files over MLLP and show the answers",
        "经 MLLP 发送 HL7 v2 文件并显示应答",
    ),
    "send.to": ("HOST:PORT of the receiver", "接收方 HOST:PORT"),
    "send.line": ("{file} message {index}: {code} {text}", "{file} 第 {index} 条：{code} {text}"),
    "send.unreachable": ("{to}: {reason}", "{to}：{reason}"),
    "send.timeout": ("seconds to wait for an answer", "等待应答的秒数"),
    "adapter": ("the ways in", "接入方式"),
    "adapter.list": ("adapters and their settings", "列出适配器及其设置"),
}
