"""Faults of what a body says: packing, JSON and XML, ids and types that contradict the address."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "line {line}: {why}": "第 {line} 行：{why}",
    "the body is not packed with gzip as it says": "请求体声明为 gzip 压缩，实际并非如此",
    "something follows what is packed with gzip": "gzip 内容之后还有多余数据",
    "the body that is packed with gzip ends too early": "gzip 压缩的请求体不完整",
    "the body is not JSON": "请求体不是 JSON",
    "it has a number or text that cannot be written as JSON": "含有 JSON 无法表示的数字或文字",
    "the body must be a Parameters resource": "请求体必须是 Parameters 资源",
    "the body must be a resource of R4 that names its resourceType": (
        "请求体必须是写明 resourceType 的 R4 资源"
    ),
    "the resource breaks rules of FHIR R4": "资源不符合 FHIR R4 的规则",
    "its meta is no object": "meta 不是对象",
    "the resource is of another type than the address, {type}": "资源类型与地址中的 {type} 不一致",
    "the resource is of another type than the address: {type}": "资源类型与地址中的 {type} 不一致",
    "the resource is of another type than the request": "资源类型与请求不一致",
    "the resource must have the id that the address names": "资源必须带有与地址相同的 id",
    "the resource has another id than the address": "资源的 id 与地址不一致",
    "the id of the resource is another one than that of the request": "资源的 id 与请求不一致",
    "an id is 1 to 64 of A-Z a-z 0-9 - .": "id 为 1 至 64 个字符，只能用 A-Z a-z 0-9 - .",
    "an id is 1 to 64 letters, digits, - and .": "id 为 1 至 64 个字符，只能用字母、数字、- 和 .",
    "is no FHIR id (1 to 64 of A-Z a-z 0-9 - .)": "不是 FHIR id（1 至 64 个字符，只能用 A-Z a-z 0-9 - .）",
    "the resource has a text that is no Unicode text": "资源中有文本不是有效的 Unicode",
    "not a FHIR date": "不是 FHIR 日期",
    "no such day, time or zone": "没有这样的日期、时间或时区",
    "no such second": "没有这样的秒数",
    "a number beyond any decimal": "数值超出小数的范围",
    "write a resource: the text is empty": "内容为空，应为一个资源",
    "send less at once: the text is larger than this door takes": "内容超过允许的大小，请分批发送",
    "nest the text less deeply": "嵌套过深",
    "write the text in UTF-8": "应使用 UTF-8 编码",
    "write the text in UTF-8, and say so": "应使用 UTF-8 编码，并在声明中写明",
    "mend the JSON at this place": "请修正此处的 JSON 语法",
    "mend the XML at this place": "请修正此处的 XML 语法",
    "write a number: NaN, Infinity and endless digits are none in JSON": (
        "JSON 不允许 NaN、Infinity 或过长的数字"
    ),
    "leave the byte order mark out": "请去掉字节顺序标记（BOM）",
    "write each name once in an object: readers keep either one": "同一对象中键不能重复",
    "leave the document type out: FHIR takes neither it nor entities": (
        "请去掉文档类型声明（DTD）：FHIR 不允许 DTD 和实体"
    ),
    "put the resource into the namespace http://hl7.org/fhir": "资源必须属于命名空间 http://hl7.org/fhir",
    "name a resource type of R4 here": "此处应为 R4 资源类型",
    "put the element into the namespace http://hl7.org/fhir": "元素必须属于命名空间 http://hl7.org/fhir",
    "put the div into the namespace http://www.w3.org/1999/xhtml": (
        "div 必须属于命名空间 http://www.w3.org/1999/xhtml"
    ),
    "leave the element out: R4 has none here": "R4 在此处没有该元素",
    "leave the attribute out: R4 has value on primitives, id on elements, url on extensions": (
        "请去掉该属性：R4 只有基本类型的 value、元素的 id、扩展的 url"
    ),
    "write the elements in the order of the definition: this one comes too late": (
        "元素须按定义中的顺序书写，此元素位置过后"
    ),
    "write the element once": "该元素只能出现一次",
    "give the element a value or an extension": "元素须有值或扩展",
    "put the text into an attribute value: only a narrative has text": (
        "文字应写在 value 属性中：只有叙述（narrative）可含文字"
    ),
    "put exactly one resource in here": "此处应恰有一个资源",
    "the answer cannot be written as XML; ask for JSON: {why}": "响应无法写成 XML，请改用 JSON：{why}",
    "the answer cannot be written as XML; ask for JSON: {why} ({path})": (
        "响应无法写成 XML，请改用 JSON：{why}（{path}）"
    ),
    "it is no resource of R4": "不是 R4 资源",
    "R4 defines no such element here": "R4 在此处没有这个元素",
    "it is an empty list": "列表为空",
    "it is nested too deeply": "嵌套过深",
    "it must be a list": "必须是列表",
    "it must be an object that is not empty": "必须是非空对象",
    "it must be one well-formed div in the XHTML namespace": "必须是 XHTML 命名空间中一个格式正确的 div",
    "it has neither a value nor an extension": "既没有值也没有扩展",
    "what stands beside a value must be an object that is not empty": "值旁的 _元素 必须是非空对象",
    "it must be of the JSON type {kind}": "JSON 类型必须是 {kind}",
    "it has a character that XML forbids": "含有 XML 不允许的字符",
}
