"""Faults of clinical documents: what is not one, and the schemas that they are held against."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "the root element is not ClinicalDocument of urn:hl7-org:v3": (
        "根元素不是 urn:hl7-org:v3 命名空间的 ClinicalDocument"
    ),
    "no C0001.xsd … C0053.xsd is in it": "其中没有 C0001.xsd 至 C0053.xsd",
    "{name}.xsd is no XML schema": "{name}.xsd 不是 XML Schema",
    "no folder, tar or zip archive that can be read": "不是可读取的目录、tar 或 zip 文件",
    "{code}: nothing becomes {becomes}": "{code}：没有 {becomes} 这一去向",
    "{code}: a line has {count} columns": "{code}：每行应有 {count} 列",
    "{code} is there twice": "{code} 出现两次",
    "the first line names the columns: {columns}": "首行应为列名：{columns}",
    "schemas: {why}": "schemas：{why}",
    "no layout {name} beside it": "同一目录中没有布局 {name}",
    "{name} is like another layout itself": "布局 {name} 本身也引用了其他布局",
}
