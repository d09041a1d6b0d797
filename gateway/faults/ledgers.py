"""Faults of the ledger and of the serials that documents carry."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "the ledger is hashed with {name}": "台账使用的散列算法是 {name}",
    "the OpenSSL of this Python has no SM3: use another build, or sha256": (
        "此 Python 的 OpenSSL 不支持 SM3：请换用其他版本，或使用 sha256"
    ),
    "an entry needs a kind, an event and a printable serial": "条目须有种类、事件和可打印的流水号",
    "what an entry is about is one of its members": "条目所针对的资源须是其成员之一",
    "an entry goes back to an earlier one": "条目指向了更早的条目",
    "the ledger never had this head": "台账从未有过这个链头",
    "the ledger has no such entry": "台账中没有这个条目",
    "the ledger has not so many entries": "台账没有这么多条目",
    "a resource needs a type of R4 and an id": "资源须有 R4 类型和 id",
    "a serial is 1 to 64 printable ASCII characters": "流水号为 1 至 64 个可打印的 ASCII 字符",
    "a document has a kind, an institution and a number there": "文书在此须有种类、机构和编号",
    "name 1 to {most} documents": "请给出 1 至 {most} 份文书",
    "it has changed meanwhile: try again": "期间已有变动，请重试",
    "there is no such document": "没有这份文书",
    "this is no document: name its serial, or Type/id": "不是文书：请给出流水号，或类型/标识",
    "the current version cannot be purged": "不能清除当前版本",
    "there is no serial left today: widen the format": "今日流水号已用完：请加宽流水号格式",
    "there are no serials for this jurisdiction": "该地区没有流水号规则",
    "there are no serials for {kind}": "没有 {kind} 的流水号规则",
    "this is no format of serials ({why})": "不是流水号格式（{why}）",
    "the code of the institution must be 1 to {width} letters and digits for the serial to hold it": (
        "机构代码须为 1 至 {width} 个字母或数字，才能写入流水号"
    ),
    "the code of the institution must be 1 to {width} digits for the serial to hold it": (
        "机构代码须为 1 至 {width} 位数字，才能写入流水号"
    ),
    "[tenants.NAME] node must be 0 to {most}": "[tenants.NAME] node 必须在 0 至 {most} 之间",
    "the document has another serial": "该文书已有另一个流水号",
    "another document has this serial": "该流水号已属于另一份文书",
    "the root of its block is missing": "其所在分块的根缺失",
    "the root of its block is another": "其所在分块的根不符",
    "what it is about has no body, and no entry says that it was purged": (
        "所针对的文书没有正文，也没有清除条目"
    ),
    "the head of its day is missing": "当日的链头缺失",
    "the head of its day is another": "当日的链头不符",
    "the countersigned head is another": "与会签的链头不符",
    "its countersignature is not as it was kept": "其会签与保存时不符",
    "the ledger ends before a head that it has had": "台账比曾有的链头短，末尾被截去",
    "it is missing": "条目缺失",
    "it does not follow the entry before it": "未衔接上一条目",
    "it is not what its hash says": "内容与其散列值不符",
    "it is out of order": "次序不对",
    "a version that it is about is missing": "所针对的版本缺失",
    "it is about another version than its members": "所针对的版本不在其成员之中",
    "a version that it is about is not what its body says": "所针对的版本与其正文不符",
    "what it is about was changed": "所针对的文书被改动过",
    "it says of another entry that it was purged": "清除条目与所指条目不符",
}
