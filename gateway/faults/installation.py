"""Faults of the installation, of stores, and of definitions and terminologies that are loaded."""

from __future__ import annotations

FAULTS: dict[str, str] = {
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
    "the store does not answer, and it is not known what it has stored ({why})": (
        "存储没有响应，尚不知道是否已存储（{why}）"
    ),
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
