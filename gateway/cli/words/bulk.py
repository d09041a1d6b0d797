"""Words of `qiao export` and `import`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "bulk.no-url": ("is no FHIR base URL; write http://HOST/fhir", "不是 FHIR 基地址；请写 http://主机/fhir"),
    "bulk.token": (
        "file with the token of this client (Authorization: Bearer)",
        "存放本客户端令牌的文件（Authorization: Bearer）",
    ),
    "export": (
        "take resources out of a FHIR server by Bulk Data $export, into NDJSON files",
        "用 Bulk Data $export 从 FHIR 服务器批量导出资源，写成 NDJSON 文件",
    ),
    "export.from": ("FHIR base URL of the server", "服务器的 FHIR 基地址"),
    "export.output": ("folder for the files", "存放文件的目录"),
    "export.type": (
        "only this resource type; may be given several times",
        "只导出此资源类型；可给出多次",
    ),
    "export.since": (
        "only what changed since: a time, an age (7d), or transactionTime of the last export",
        "只导出此后的变化：时间、时长（7d），或上次导出的 transactionTime",
    ),
    "export.until": ("the state of things at this time", "导出该时刻的状态"),
    "export.filter": (
        "a search that resources of its type must meet (Observation?status=final); may be given "
        "several times",
        "该类型的资源须满足的检索条件（如 Observation?status=final）；可给出多次",
    ),
    "export.patients": ("only what belongs to patients", "只导出属于患者的资源"),
    "export.group": ("only what belongs to the members of this Group", "只导出属于该 Group 成员的资源"),
    "export.resume": ("go on with the export that was begun in DIR", "继续目录中未完成的导出"),
    "export.begun": (
        "an export was begun here: go on with --resume, or take another folder",
        "此目录中已有导出：请用 --resume 继续，或换一个目录",
    ),
    "export.not-begun": ("no export was begun here", "此目录中没有未完成的导出"),
    "export.preparing": ("preparing", "准备中"),
    "export.fetching": ("fetching", "下载中"),
    "export.stopped": ("stopped; go on with --resume", "已停止；可用 --resume 继续"),
    "export.short": (
        "{file}: {lines} lines came, the server counted {count}",
        "{file}：收到 {lines} 行，服务器计为 {count} 行",
    ),
    "export.done": (
        "{count} resources in {folder}; the next export goes on with --since {at}",
        "共 {count} 个资源，位于 {folder}；下次导出可用 --since {at} 接续",
    ),
    "export.errors": (
        "the server had {count} remarks; see the error file",
        "服务器有 {count} 条说明，见 error 文件",
    ),
    "import": (
        "put NDJSON files into a FHIR server that has $import, or straight into a store",
        "把 NDJSON 文件导入有 $import 的 FHIR 服务器，或直接导入存储",
    ),
    "import.files": (
        "NDJSON files (.gz too), - for standard input",
        "NDJSON 文件（可为 .gz），- 表示标准输入",
    ),
    "import.to": ("FHIR base URL of the server", "服务器的 FHIR 基地址"),
    "import.tenant": ("with --store: whose resources they are", "与 --store 合用：资源归属的机构"),
    "import.first": ("begin with this line of the file", "从文件的此行开始"),
    "import.where": (
        "say where to: --to URL, or --store URL",
        "请指明目的地：--to 地址，或 --store 地址",
    ),
    "import.one-file": ("--first goes with one file", "--first 只能与一个文件合用"),
    "import.made": ("{place}: a new store", "{place}：新建存储"),
    "import.progress": ("importing", "导入中"),
    "import.stopped": (
        "stopped; what is done is kept: go on with {file} --first {line}",
        "已停止，完成的部分已保留；可用 {file} --first {line} 继续",
    ),
    "import.done": (
        "{lines} lines: {created} created, {updated} updated, {unchanged} unchanged, {deleted} deleted, "
        "{failed} not taken",
        "共 {lines} 行：新建 {created}，更新 {updated}，无变化 {unchanged}，删除 {deleted}，未接受 {failed}",
    ),
}
