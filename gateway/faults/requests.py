"""Faults of requests: addresses, methods, headers, tokens, sizes and the parameters of every interaction."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "the gateway could not take it: {name}": "网关未能接收该消息：{name}",
    "say whose record it is: X-Qiao-Patient: Patient/ID": "请指明是谁的病历：X-Qiao-Patient: Patient/ID",
    "nothing is served at this address": "此地址没有可用的服务",
    "this address does not take this method": "此地址不支持该 HTTP 方法",
    "only JSON and XML of R4 are served: application/fhir+json, application/fhir+xml; fhirVersion=4.0": (
        "只提供 R4 的 JSON 和 XML：application/fhir+json、application/fhir+xml；fhirVersion=4.0"
    ),
    "this address does not take this content type, FHIR version, charset or coding": (
        "此地址不接受该内容类型、FHIR 版本、字符集或压缩方式"
    ),
    "the resource has been deleted": "资源已删除",
    "the body is too long": "请求体过大",
    "the URL is too long; use POST [base]/[type]/_search": "URL 过长；请改用 POST [base]/[type]/_search",
    "the URL has too many parameters": "URL 中的参数过多",
    "the headers are too long": "请求头过长",
    "an error of the server; tell its operator the X-Request-Id": (
        "服务器内部错误；请将 X-Request-Id 告知管理员"
    ),
    "the request cannot be served": "无法处理该请求",
    "this is no HTTP request": "不是有效的 HTTP 请求",
    "the request takes too long": "请求超时",
    "too many connections; come again": "连接数过多，请稍后重试",
    "what was read stays on record as it is": "查阅记录不可修改或删除",
    "the trail of reads cannot be written now": "目前无法写入查阅记录，暂不提供资料，请稍后重试",
    "too many large bodies at once; send it again": "同时处理的大请求过多，请稍后重新发送",
    "too many long answers wait for their readers; come again": ("等待客户端读取的大响应过多，请稍后重试"),
    "the gateway is stopping": "网关正在停止",
    "the first sender of this message left while it waited": "该消息的首个发送方在等待中断开",
    "without clients this gateway serves addresses of its own machine only: qiao client add": (
        "尚未登记客户端，网关只接受本机访问；请用 qiao client add 登记"
    ),
    "this server is not known by this name: set [api] public_url, or behind_proxy": (
        "服务器不认此主机名；请设置 [api] public_url 或 behind_proxy"
    ),
    "this token is not known, or expired": "令牌无效或已过期",
    "send Authorization: Bearer and your token": "请在请求头中发送 Authorization: Bearer 加令牌",
    "this needs the role {roles} ({right}); {client} has the role {role}": (
        "此操作需要角色 {roles}（{right}）；{client} 的角色是 {role}"
    ),
    "this client may not do that": "该客户端无权执行此操作",
    "this server only reads": "本服务器只读",
    "needs a search parameter that says which resource is meant": "须用检索参数指明所指的资源",
    "this server does not validate": "本服务器不提供校验",
    "this server has no terminology": "本服务器没有术语",
    "this server has no code tables": "本服务器没有代码对照表",
    "this server has no subscriptions": "本服务器不提供订阅",
    "this server has no such resource type; see metadata": "本服务器没有这种资源类型，请查看 metadata",
    "R4 has no such resource type": "R4 没有这种资源类型",
    "there is no such resource": "没有这个资源",
    "there is no such version": "没有这个版本",
    "there is no such Subscription": "没有这个 Subscription",
    "there is no such ConceptMap": "没有这个 ConceptMap",
    "there is no such {kind}": "没有这个 {kind}",
    "it is not the url of this {kind}": "这不是此 {kind} 的 url",
    "say which one by its url": "请用 url 指明是哪一个",
    "this interaction takes {known} only": "此交互只接受参数 {known}",
    "this operation does not take such a parameter": "此操作没有这个参数",
    "a parameter without a name": "参数没有名称",
    "the content is {media}": "内容的类型是 {media}",
    "the parameters are too many or not UTF-8": "参数过多，或不是 UTF-8",
    "says nothing of which resource is meant": "没有指明是哪个资源",
    'is * or entity tags such as W/"3"': '应为 *，或 W/"3" 之类的实体标签',
    "is one of {known}": "必须是其中之一：{known}",
    "is a list": "必须是列表",
    "is a list of objects": "必须是对象的列表",
    "is a number that is not negative": "必须是非负整数",
    "is a number above 0": "必须是大于 0 的整数",
    "it must be the number of an event": "必须是事件序号",
    "it must be true or false": "必须是 true 或 false",
    "it must be a whole number": "必须是整数",
    "it must be a text": "必须是文本",
    "it must have one value, a text or a reference": "必须恰有一个值：文本或引用",
    "it must have one value: {kind}": "必须恰有一个值，类型为 {kind}",
    "it must be given once, with one value": "必须只出现一次，且只有一个值",
    "it may be given once only": "只能出现一次",
    "may be given once only": "只能出现一次",
    "every parameter has a name": "每个参数都须有名称",
    "takes a moment such as 2026-03-01T08:00:00+08:00": "须为时间点，如 2026-03-01T08:00:00+08:00",
    "takes an instant such as 2026-03-01T08:00:00+08:00": "须为带时区的时刻，如 2026-03-01T08:00:00+08:00",
    "names at least one element": "须至少写明一个元素",
    "goes without _summary": "不能与 _summary 同时使用",
}
