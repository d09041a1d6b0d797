"""What can be wrong with XML itself: it is no FHIR XML (R4 §2.6.1), or JSON could not hold it."""

from __future__ import annotations

from gateway.validation.faults import Rule

NOT_XML = Rule("xml", "fatal", "structure", "mend the XML at this place", "请修正此处的 XML 语法")
NOT_UTF8 = Rule("xml", "fatal", "structure", "write the text in UTF-8, and say so", "应使用 UTF-8 编码")
TOO_LONG = Rule(
    "xml",
    "fatal",
    "too-long",
    "send less at once: the text is larger than this door takes",
    "内容超过允许的大小，请分批发送",
)
DTD = Rule(
    "xml-dtd",
    "fatal",
    "structure",
    "leave the document type out: FHIR takes neither it nor entities",
    "不允许 DOCTYPE 和自定义实体",
)
TOO_DEEP = Rule("xml", "fatal", "structure", "nest the text less deeply", "XML 嵌套过深")
ROOT_NAMESPACE = Rule(
    "xml-namespace",
    "fatal",
    "structure",
    "put the resource into the namespace http://hl7.org/fhir",
    "资源应属于命名空间 http://hl7.org/fhir",
)
NO_RESOURCE = Rule(
    "xml-resource", "fatal", "structure", "name a resource type of R4 here", "此处应为 R4 资源类型"
)
NAMESPACE = Rule(
    "xml-namespace",
    "error",
    "structure",
    "put the element into the namespace http://hl7.org/fhir",
    "元素应属于命名空间 http://hl7.org/fhir",
)
DIV = Rule(
    "xml-namespace",
    "error",
    "structure",
    "put the div into the namespace http://www.w3.org/1999/xhtml",
    "div 应属于命名空间 http://www.w3.org/1999/xhtml",
)
UNKNOWN = Rule(
    "xml-element", "error", "structure", "leave the element out: R4 has none here", "R4 在此处没有该元素"
)
ATTRIBUTE = Rule(
    "xml-attribute",
    "error",
    "structure",
    "leave the attribute out: R4 has value on primitives, id on elements, url on extensions",
    "R4 在此处没有该属性：只有 value、id、url",
)
ORDER = Rule(
    "xml-order",
    "error",
    "structure",
    "write the elements in the order of the definition: this one comes too late",
    "元素顺序应与定义一致，此元素出现过晚",
)
TWICE = Rule("xml-twice", "error", "structure", "write the element once", "该元素只能出现一次")
BARE = Rule(
    "xml-empty",
    "error",
    "structure",
    "give the element a value or an extension",
    "元素应有 value 属性或扩展",
)
TEXT = Rule(
    "xml-text",
    "error",
    "structure",
    "put the text into an attribute value: only a narrative has text",
    "文本应写入 value 属性，仅叙述可含文本",
)
ONE_RESOURCE = Rule(
    "xml-resource", "error", "structure", "put exactly one resource in here", "此处应恰有一个资源"
)
