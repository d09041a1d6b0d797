"""Faults of the feed: what is pulled, acknowledged, countersigned and proved of a ledger."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "send n and hash: the number of an entry and its hash, 64 hexadecimal digits": (
        "请给出 n 和 hash：条目的序号和散列值（64 位十六进制数）"
    ),
    "acknowledged up to entry {n}": "已确认至第 {n} 条",
    "send size and signature": "请给出 size 和 signature",
    "the head at size {size} is countersigned": "{size} 条的链头已会签",
    "is a number that is not negative, once": "须为非负数，且只给一次",
    "send one of n, serial, reference and from": "请给出 n、serial、reference、from 其中之一",
    "this entry has another hash: what you have is not this ledger": (
        "此条目的散列值不同：所持数据不属于这个台账"
    ),
    "the ledger ends at entry {size}: what you have is not this ledger": (
        "台账只到第 {size} 条：所持数据不属于这个台账"
    ),
    "is a number from 1 on": "须为不小于 1 的数字",
    "the signature is of another head": "签名属于另一个链头",
    "a hospital does not countersign its own ledger": "医院不得会签自己的台账",
    "the certificate is of nobody who may countersign": "证书持有人无权会签",
    "this is no proof of a ledger": "不是台账证明",
    "the ledger of the later head does not begin with that of the earlier one": (
        "较晚链头的台账不是以较早链头的台账开头"
    ),
    "the entry is of another ledger than the head": "条目与链头不属于同一台账",
    "the entry is not what its hash says": "条目内容与其散列值不符",
    "the entry is not in the ledger of this head": "条目不在此链头的台账中",
    "the documents are not those of the entry": "文书与条目不符",
    "documents of it are missing, and no entry says that they were purged": (
        "所针对的文书缺失，也没有清除条目"
    ),
    "what was pulled ends before a head that is known": "所拉取的数据比已知的链头短",
    "it does not say what an entry says": "内容不完整，不是台账条目",
    "the message has no signature: none was made (sign_key), or it was taken off": (
        "消息没有签名：未曾签名（sign_key），或签名已被去掉"
    ),
    "the message is signed by another hospital": "消息由其他医院签名",
    "it is of another ledger": "属于另一个台账",
    "the head of the ledger is another": "台账链头不符",
    "{client} is not trusted to say who acts (asserts)": "{client} 未获授权代他人声明操作者（asserts）",
    "say the serial": "请给出流水号",
    "the simulated regulator does not start": "模拟监管平台未能启动",
}
