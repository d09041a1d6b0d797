"""Words of `qiao validate`, `terminology` and `profiles`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
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
}
