"""Words of `qiao demo`, `serve`, `send`, `conformance` and `adapter`, in English and in Chinese."""

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
    "demo": (
        "a simulated hospital day becomes FHIR; internet visits are gated and reach a simulated regulator",
        "演示：模拟医院的一天变成 FHIR，互联网诊疗经核验后报送模拟监管平台",
    ),
    "demo.once": ("one day, then exit", "跑完一天即退出"),
    "demo.dir": (
        "keep stores and keys: DIR/qiao.db, DIR/regulator.db, DIR/ca (default: a temporary folder)",
        "保留存储和密钥：DIR/qiao.db、DIR/regulator.db、DIR/ca（默认临时目录）",
    ),
    "demo.seed": ("seed of the simulated day", "模拟数据的种子"),
    "demo.patients": ("patients of the day", "当天的患者人数"),
    "demo.rate": (
        "messages per second (default: a readable pace; as fast as possible with --once)",
        "每秒消息数（默认便于观看；--once 时尽快）",
    ),
    "demo.target": (
        "stay as a target of `qiao conformance`, to clients only; FILE says how to reach it, and with which "
        "tokens, as long as it stands",
        "作为 `qiao conformance` 的被测目标持续运行，仅对持令牌的客户端开放；运行期间 FILE 写明地址与令牌",
    ),
    "demo.needs-target": ("is for --target FILE only", "只能与 --target FILE 合用"),
    "demo.idle": ("with --target: no day is played before", "与 --target 合用：不先播放模拟的一天"),
    "demo.tls": ("with --target: the FHIR API over TLS", "与 --target 合用：FHIR 接口使用 TLS"),
    "demo.jurisdiction": (
        "rules that it is held to, may be repeated (default: cn-chongqing)",
        "适用的规则，可重复给出（默认 cn-chongqing）",
    ),
    "demo.ready": (
        "The target stands. Ctrl-C ends. Next:\n  qiao conformance run --target {file} --report report",
        "被测目标已就绪，按 Ctrl-C 退出。接下来：\n  qiao conformance run --target {file} --report report",
    ),
    "demo.title": (
        "qiao: a hospital day becomes FHIR, and the regulator has every internet visit",
        "桥：医院的一天变成 FHIR，互联网诊疗全部到达监管平台",
    ),
    "demo.received": ("received", "收到"),
    "demo.repeats": ("repeats", "重复"),
    "demo.together": ("together", "合计"),
    "demo.door.his/hl7v2": ("HIS HL7 v2", "HIS HL7 v2"),
    "demo.door.his/sql_view": ("branch: views", "分院：数据库视图"),
    "demo.door.his/xml_http": ("branch: XML, SOAP", "分院：XML、SOAP"),
    "demo.door.his/cda": ("branch: documents", "分院：共享文档"),
    "demo.door.his/files": ("branch: files", "分院：文件"),
    "demo.door.lis/astm": ("analysers: ASTM", "仪器：ASTM"),
    "demo.door.lis/law": ("analysers: LAW", "仪器：LAW"),
    "demo.door.lis/hl7v2": ("LIS, analysers: HL7 v2", "LIS、仪器：HL7 v2"),
    "demo.door.pacs/ris_hl7v2": ("RIS HL7 v2", "RIS HL7 v2"),
    "demo.stored": ("stored", "入库"),
    "demo.quarantined": ("quarantined", "隔离"),
    "demo.refused": ("refused", "拒绝"),
    "demo.rejected": ("not understood", "无法识别"),
    "demo.rate.now": ("messages/s", "条/秒"),
    "demo.resources": ("resources", "资源"),
    "demo.visits": ("internet visits", "互联网就诊"),
    "demo.submitted": ("submitted", "提交"),
    "demo.effective": ("took effect", "生效"),
    "demo.gated": ("refused by rules", "被规则拒绝"),
    "demo.asked": ("analysers told / asked", "仪器查询：下达/询问"),
    "demo.critical": ("critical values, open", "危急值，待确认"),
    "demo.ledger": ("ledger entries", "台账条目"),
    "demo.acknowledged": ("acknowledged by regulator", "监管平台已确认"),
    "demo.open": ("open", "未确认"),
    "demo.exceptions": ("exceptions", "异常"),
    "demo.countersigned": ("countersigned up to", "已会签至"),
    "demo.told": ("told to the branch", "已回写分院"),
    "demo.head": ("head", "链头"),
    "demo.next": (
        "What to look at next:\n"
        "  qiao demo --dir DIR                                    keeps everything, stays up\n"
        "  qiao feed verify --store sqlite:///DIR/qiao.db         the chain and every document in it\n"
        "  qiao policy explain nat-20-forbidden-drug              why a prescription was refused\n"
        "  qiao inbox list --store sqlite:///DIR/qiao.db          every message, and what became of it\n"
        "  qiao inbox show ID --account --store …                 of every field of one\n"
        "  qiao critical list --store sqlite:///DIR/qiao.db       critical values, not acknowledged",
        "接下来可以看：\n"
        "  qiao demo --dir DIR                                    保留全部数据并持续运行\n"
        "  qiao feed verify --store sqlite:///DIR/qiao.db         核验台账链及其中每份文书\n"
        "  qiao policy explain nat-20-forbidden-drug              处方为何被拒绝\n"
        "  qiao inbox list --store sqlite:///DIR/qiao.db          每条消息及其结果\n"
        "  qiao inbox show ID --account --store …                 某条消息每个字段的去向\n"
        "  qiao critical list --store sqlite:///DIR/qiao.db       尚无人确认的危急值",
    ),
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
    "send.astm": (
        "send ASTM messages of an analyser over TCP or a serial device, and show what is answered",
        "通过 TCP 或串口发送检验仪器的 ASTM 消息并显示应答",
    ),
    "send.astm.to": (
        "HOST:PORT of the receiver, or a serial device (/dev/ttyUSB0)",
        "接收方 HOST:PORT，或串口设备（/dev/ttyUSB0）",
    ),
    "send.astm.speed": ("bits in a second of a serial device", "串口波特率"),
    "send.astm.answers": (
        "messages to wait for and show, after a host query",
        "等待并显示的应答消息数（查询之后）",
    ),
    "send.xml": (
        "post XML files over HTTP, bare or in SOAP, and show the answers",
        "经 HTTP 或 SOAP 发送 XML 文件并显示应答",
    ),
    "send.xml.to": ("URL of the receiver", "接收方 URL"),
    "send.xml.soap": ("put each message into an envelope of this version", "将消息放入该版本的 SOAP 信封"),
    "send.xml.service": (
        "service that is called (PatientInfoRegister); in an envelope the message becomes its text",
        "所调用的服务（如 PatientInfoRegister）；在信封中消息作为文本传递",
    ),
    "send.xml.user": ("user for HTTP Basic", "HTTP Basic 用户名"),
    "send.xml.password": ("file whose first line is the password", "首行为密码的文件"),
    "send.xml.token": ("file whose first line is a Bearer token", "首行为 Bearer 令牌的文件"),
    "send.xml.ca": (
        "PEM file of the authority of the receiver's certificate",
        "接收方证书颁发机构的 PEM 文件",
    ),
    "send.xml.cert": ("PEM file of our certificate", "本方证书 PEM 文件"),
    "send.xml.key": ("PEM file of its private key", "本方私钥 PEM 文件"),
    "send.xml.progress": ("sending", "发送中"),
    "send.timeout": ("seconds to wait for an answer", "等待应答的秒数"),
    "conformance": (
        "test any gateway against the rules that hold for it, and report what was found",
        "合规测试：按适用的规定检测任意网关并出具报告",
    ),
    "conformance.rest": (
        "run, attest, compare, verify, …; `qiao conformance --help` shows them",
        "run、attest、compare、verify 等；`qiao conformance --help` 列出全部",
    ),
    "adapter": ("the ways in", "接入方式"),
    "adapter.list": ("adapters and their settings", "列出适配器及其设置"),
    "adapter.asked": ("closed until the settings have this section", "设置中写入本节后才会打开"),
    "adapter.run": (
        "read all that a source has now into the store, then end; started again it goes on",
        "把来源现有的数据全部读入存储后结束；中断后重新运行即可继续",
    ),
    "adapter.run.adapter": ("which one, as his/sql_view", "适配器，如 his/sql_view"),
    "adapter.run.unknown": ("there is no such adapter; there are {known}", "没有这个适配器；现有：{known}"),
    "adapter.run.closed": (
        "nothing says where to read; set what qiao adapter list shows",
        "未配置读取位置；请按 qiao adapter list 所示设置",
    ),
    "adapter.run.listens": (
        "this one waits for senders; qiao serve opens it",
        "该适配器等待发送方连接；请用 qiao serve 打开",
    ),
    "adapter.run.stopped": ("stopped; the same command goes on", "已停止；再次运行同一命令即可继续"),
    "adapter.run.done": (
        "{count} delivered in {seconds} s, {rate} a second",
        "已送入 {count} 条，用时 {seconds} 秒，每秒 {rate} 条",
    ),
    "adapter.template": (
        "the views that a hospital's vendor is asked for, as SQL",
        "输出请医院厂商实现的对接视图（SQL）",
    ),
    "adapter.template.none": ("only {only} reads views", "只有 {only} 读取视图"),
    "adapter.template.dialect": ("which database", "数据库种类"),
    "adapter.template.as": ("views, or interface tables", "视图，或接口表"),
    "adapter.template.view": ("only this one; may be given several times", "只输出此视图；可给出多次"),
    "adapter.template.unknown": ("there is no such view; there are {known}", "没有这个视图；现有：{known}"),
}
