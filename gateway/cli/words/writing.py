"""Words of `qiao cda write`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "cda.write": (
        "write FHIR resources as a document of WS/T 500",
        "将 FHIR 资源写成 WS/T 500 共享文档",
    ),
    "cda.write.type": ("C0004, C0006 or C0007", "C0004、C0006 或 C0007"),
    "cda.write.from": (
        "FHIR JSON (a Bundle, a list, a resource), or the URL of a resource or search",
        "FHIR JSON 文件（Bundle、列表或单个资源），或资源、检索的 URL",
    ),
    "cda.write.out": ("file to write; - for standard output", "输出文件；- 为标准输出"),
    "cda.write.organization": (
        "code of the institution, 18 characters, where no Organization says it",
        "医疗机构代码（18 位），用于资源中没有 Organization 时",
    ),
    "cda.write.dialect": ("profile in mappings/senders", "mappings/senders 中的配置"),
    "cda.write.token": ("file with the bearer token of the server", "存放服务器访问令牌的文件"),
    "cda.write.done": ("written: {path}", "已写入：{path}"),
}
