"""Faults of XML over HTTP and SOAP: what a request lacks, and what is wrong with services that are asked."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "the SOAP envelope holds no message": "SOAP 信封中没有消息",
    "the call holds several messages; send each in a call of its own": (
        "一次调用中有多条消息，请每次调用只提交一条"
    ),
    "parts (multipart, MTOM) are not taken; send the envelope by itself": (
        "不接受 multipart（MTOM），请直接提交 SOAP 信封"
    ),
    "no answer could be made: send it again": "网关内部错误，未能应答，请重新发送",
    "a SOAP fault is no message": "SOAP Fault 不是消息",
    "this query is not answered at this door; ask the FHIR API": "本接口不提供此查询，请使用 FHIR API 查询",
    "no file in mappings/queries answers this question": "mappings/queries 中没有针对此查询的定义",
    "say whom or what the question is about; it would be about everybody": (
        "请指明查询的患者或单号，否则将涉及所有人"
    ),
    "this register of numbers is not known here": "不认识该号码的标识体系（OID）",
    "a question names at most 20 values of 200 characters": "每个查询条件最多 20 个值，每个值最多 200 个字符",
    "there are no wildcards; give the whole value": "不支持通配符，请给出完整的值",
    "several patients have this number: nobody can tell whose is meant": (
        "多名患者使用同一号码，无法确定是谁的"
    ),
    "say NAME=HOST:PORT or NAME=same, several with commas": (
        "格式为 名称=主机:端口 或 名称=same，多个用逗号分隔"
    ),
    "patient data would leave without TLS: set tls_cert and tls_client_ca, or work_plain = true": (
        "患者数据将不经 TLS 传出：请设置 tls_cert 和 tls_client_ca，或 work_plain = true"
    ),
    "the time begins after its end": "起始时间晚于结束时间",
    "this is no time; write 20260305 or 20260305142200": "不是时间；写法如 20260305 或 20260305142200",
    "this code is not known here; known are {codes}": "不认识该代码；可用的代码有 {codes}",
    "format is one of {formats}": "format 须为 {formats} 之一",
    "does not look at the parameter {name}": "没有用到参数 {name}",
    "there is no parameter {name}": "没有参数 {name}",
    "a parameter needs from, or low and high": "参数需要 from，或 low 与 high",
    "reply is no XML file in UTF-8 ({why})": "reply 应为 UTF-8 编码的 XML 文件（{why}）",
    "polls cannot be read ({why})": "无法读取 polls 文件（{why}）",
    "the file begins with polls: and a list of services to ask": "文件应以 polls: 开头，后接要查询的服务列表",
    "two polls are called {name}": "有两个查询同名：{name}",
    "{key} takes a number": "{key} 应为数字",
    "a poll needs a name; begin looks like 2026-01-01T00:00:00": (
        "每个查询都要有 name；begin 的写法如 2026-01-01T00:00:00"
    ),
    "a poll needs url, or wsdl and operation": "每个查询都要有 url，或者 wsdl 和 operation",
    "url is no address of a service; it looks like http://HOST:PORT/PATH": (
        "url 不是服务地址；写法如 http://主机:端口/路径"
    ),
    "wsdl needs operation": "使用 wsdl 时必须给出 operation",
    "soap is 1.1 or 1.2, or left out": "soap 只能是 1.1 或 1.2，或者不写",
    "rows is for JSON, items for XML; a poll has one of them": "rows 用于 JSON，items 用于 XML，二者只能选一",
    "with rows, good is a path and what stands there in a good answer, like code = 0": (
        "用 rows 时，good 写成路径和成功时的值，如 code = 0"
    ),
    "rows needs view, the name of a layout in mappings/rows": (
        "使用 rows 时必须给出 view（mappings/rows 中布局的名称）"
    ),
    "every, window and timeout are more than 0, overlap is not less": (
        "every、window、timeout 应大于 0，overlap 不得小于 0"
    ),
    "what was asked for last cannot be read; mend the file, or remove it to begin anew": (
        "无法读取上次查询的进度；请修复该文件，或删除它以重新开始"
    ),
    "the state of the polls cannot be written ({why})": "无法写入查询进度（{why}）",
}
