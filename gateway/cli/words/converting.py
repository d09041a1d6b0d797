"""Words of `qiao convert`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "convert": (
        "HL7 v2 files, CDA documents and tables (CSV, Excel, JSON) to FHIR bundles, offline",
        "离线把 HL7 v2 文件、CDA 文档和表格（CSV、Excel、JSON）转换成 FHIR Bundle",
    ),
    "convert.files": ("files, folders, or - for standard input", "文件、目录，或 - 表示标准输入"),
    "convert.view": (
        "the files are tables of this layout (mappings/rows): patient, prescription, …",
        "这些文件是该布局（mappings/rows）的表格：patient、prescription 等",
    ),
    "convert.pattern": (
        "the files are tables, and this YAML (or folder) says what they are, as for his/files",
        "这些文件是表格，由该 YAML（或目录）说明其内容，同 his/files 的匹配规则",
    ),
    "convert.output": ("NDJSON file (default: standard output)", "NDJSON 输出文件（默认标准输出）"),
    "convert.as": (
        "type of the Bundles: transaction (default), collection, message (with its MessageHeader), or "
        "document (of a CDA file: its Composition and what that refers to)",
        "Bundle 的类型：transaction（默认）、collection、message（带 MessageHeader 的 FHIR 消息），"
        "或 document（由 CDA 文档而来：Composition 及其引用的资源）",
    ),
    "cda": ("clinical documents (CDA, WS/T 500)", "CDA 电子病历共享文档（WS/T 500）"),
    "cda.check": (
        "where documents deviate from the XML schemas of WS/T 500; a report, not a refusal",
        "列出文档与 WS/T 500 XML Schema 的偏离；仅报告，不影响接收",
    ),
    "cda.schemas": (
        "folder, tar or zip archive with C0001.xsd to C0053.xsd",
        "含 C0001.xsd 至 C0053.xsd 的目录、tar 或 zip 文件",
    ),
    "cda.conforms": ("as its schema asks", "符合规范"),
    "cda.error.no-document": ("this is no clinical document", "不是 CDA 临床文档"),
    "cda.error.no-schema": ("there is no schema for its code", "没有该文档类型的 Schema"),
    "cda.error.not-xml": ("no well-formed XML", "不是格式良好的 XML"),
    "cda.error.undecodable": ("text in no charset that is known", "无法识别的字符编码"),
    "cda.error.has-doctype": ("a document type or an entity is not taken", "不接受 DOCTYPE 或实体"),
    "cda.error.too-large": ("too large", "文件过大"),
    "cda.error.too-deep": ("elements are too deep inside each other", "元素嵌套过深"),
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
    "captures.checksums": (
        "{file}: no frame has the right checksum; all of them were taken without",
        "{file}：没有一帧校验和正确，已忽略校验和读取",
    ),
    "captures.bad": (
        "{file}: {count} frames are bad and were passed over, as an instrument's receiver does",
        "{file}：{count} 帧校验或序号错误，已按接收方规则跳过",
    ),
    "captures.noise": (
        "{file}: {count} bytes belong to no frame and no record; passed over",
        "{file}：{count} 字节不属于任何帧或记录；已略过",
    ),
    "gather.stray": (
        "{file}: stray text, {lines} lines, first at line {first}; passed over",
        "{file}：消息之外的文字 {lines} 行，首见于第 {first} 行；已略过",
    ),
    "gather.empty": (
        "no files in this folder that end in {suffixes}; name a file itself to read it whatever its name",
        "目录中没有以 {suffixes} 结尾的文件；其他文件请直接写出文件名",
    ),
    "convert.unread": (
        "read by no row: {listed}",
        "没有任何行读取：{listed}",
    ),
    "convert.issues": (
        "{count} values left out of converted messages; -o OUT lists them in OUT.issues.ndjson",
        "已转换的消息中有 {count} 个值未写入；使用 -o OUT 时逐条列在 OUT.issues.ndjson",
    ),
}
