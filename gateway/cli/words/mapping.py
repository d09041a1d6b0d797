"""Words of `qiao mapping`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
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
}
