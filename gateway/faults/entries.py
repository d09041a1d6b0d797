"""Faults of changes: conditions, versions, entries of a batch or transaction, and what the store says."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "an entry needs request.method and request.url": "条目缺少 request.method 和 request.url",
    "has {most} entries at most": "最多 {most} 个条目",
    "its resource is no object": "resource 不是对象",
    "request.url is one of another server": "request.url 指向其他服务器",
    "request.url is no address of a resource": "request.url 不是资源的地址",
    "request.url has both an id and a search": "request.url 同时含有 id 和检索条件",
    "request.url of a create is a type": "新建资源时 request.url 应为资源类型",
    "a Bundle is no entry of a batch": "batch 的条目不能是 Bundle",
    "a Binary with a patch is {media}": "承载补丁的 Binary 的 contentType 应为 {media}",
    "the data of the Binary is no base64": "Binary.data 不是 base64",
    "the type of the Bundle is batch or transaction here": "此处 Bundle.type 只能是 batch 或 transaction",
    "the answers of this Bundle are too long together; ask for less at once": (
        "此 Bundle 的响应合计过大，请减少一次请求的内容"
    ),
    "another entry has the same fullUrl": "另一条目的 fullUrl 与此相同",
    "another entry has the same condition": "另一条目的条件与此相同",
    "another entry changes the same resource": "另一条目也要修改同一资源",
    "the resource exists": "资源已存在",
    "that version is the current one": "当前版本正是所指定的版本",
    "the resource is deleted": "资源已删除",
    "the resource was deleted": "资源已删除",
    "another version is the current one": "当前版本已不是所指定的版本，请重新读取后再修改",
    "no resource matches the condition": "没有资源符合条件",
    "several resources match the condition": "有多个资源符合条件",
    "the id belongs to a resource that the condition does not match": "该 id 属于另一个不符合条件的资源",
    "a condition needs a search parameter": "条件须含检索参数",
    "a conditional reference matches nothing": "条件引用没有匹配到资源",
    "more than {most} resources match: narrow it": "符合条件的资源超过 {most} 个，请缩小范围",
    "an envelope with this id is in the inbox already": "收件箱中已有该编号的消息",
    "the store could not write this ({why})": "存储无法写入（{why}）",
    "the store could not write this message ({why}); replay it once that is mended": (
        "存储无法写入该消息（{why}），排除原因后可重放"
    ),
    "the store cannot be written now": "存储暂时无法写入",
    "{path} cannot be opened: {why}": "无法打开 {path}：{why}",
}
