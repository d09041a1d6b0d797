"""Words of ``qiao feed``: the ledger, its proofs, who pulls it. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "feed": ("the ledger, and what the regulator gets of it", "台账，以及向监管平台提供的数据"),
    "feed.status": ("print how the ledger stands, and how far everybody is", "显示台账现状和各接收方的进度"),
    "feed.verify": (
        "check the whole ledger and every document in it; of a store, or of files that were pulled",
        "核验整个台账及其中每份文书：数据库，或已拉取的文件",
    ),
    "feed.head": (
        "print the head of the ledger, as a line to countersign and keep",
        "打印台账链头（一行），供会签和留存",
    ),
    "feed.proof": (
        "prove that an entry is in the ledger, or that it only grew",
        "证明某条目在台账中，或台账只增不改",
    ),
    "feed.countersign": (
        "sign heads, or keep signed ones in the store",
        "会签链头，或将已会签的链头存入数据库",
    ),
    "feed.pull": ("get the ledger from a gateway, page by page", "从网关逐页拉取台账"),
    "feed.files": (
        "what `qiao feed pull` wrote, or messages; without any the store is verified",
        "qiao feed pull 写出的文件或消息；不给则核验数据库",
    ),
    "feed.tenant": ("whose ledger (default: default)", "租户名（默认 default）"),
    "feed.heads": (
        "heads that are known to be true, countersigned ones above all; may be given several times",
        "已知无误的链头（尤其是会签过的），可多次给出",
    ),
    "feed.after": (
        "number and hash of the entry before the first one in the files",
        "文件中首条之前那一条目的序号和散列值",
    ),
    "feed.after-form": (
        "must be a number, a colon and 64 hexadecimal digits",
        "须为序号、冒号和 64 位十六进制数",
    ),
    "feed.some": ("some kinds were pulled only: there are gaps", "只拉取了部分种类，序号有间断"),
    "feed.trust": (
        "PEM file of an authority whose signatures are good; may be given several times",
        "受信任 CA 的 PEM 文件，可多次给出",
    ),
    "feed.signer": (
        "hospital that must have signed the messages, by name or identifier (default: that of the first)",
        "消息签名证书上的医院名称或标识（默认以首条消息为准）",
    ),
    "feed.processes": ("processes to work with (default: as many as help)", "进程数（默认自动）"),
    "feed.verifying": ("verifying", "核验"),
    "feed.pulling": ("pulling", "拉取"),
    "feed.size": ("as it was at so many entries (default: now)", "台账有 N 条时的状态（默认现在）"),
    "feed.check": ("check the proof in a file; no store is needed", "核验文件中的证明，不需要数据库"),
    "feed.n": ("entry by its number", "按序号指定条目"),
    "feed.serial": ("newest entry of a serial", "某流水号的最新条目"),
    "feed.reference": (
        "newest entry about a resource, or about TYPE/ID/_history/VERSION",
        "某资源（或其某版本）的最新条目",
    ),
    "feed.from": ("that the ledger only grew since it had SIZE entries", "证明自有 SIZE 条以来只增不改"),
    "feed.body": (
        "with --check: a document of the entry, as the API answered it; in their order",
        "与 --check 同用：条目所针对的文书（API 返回的原文），按次序给出",
    ),
    "feed.head-file": (
        "heads, as `qiao feed head` or the API print them",
        "链头文件（qiao feed head 或 API 的输出）",
    ),
    "feed.key": ("sign with the key of this name, and print", "用此名称的密钥签名并打印"),
    "feed.keep": ("keep the signatures in the store, as those of SIGNER", "将签名以 SIGNER 之名存入数据库"),
    "feed.key-or-keep": (
        "give --key to sign, or --keep to store signatures",
        "签名请给 --key，存入请给 --keep",
    ),
    "feed.source": ("address of the feed, https://HOST/feed/TENANT", "台账地址，https://HOST/feed/TENANT"),
    "feed.output": ("file that pages are added to, a line each", "追加写入的文件，每页一行"),
    "feed.count": ("entries of a page (default: 200)", "每页条目数（默认 200）"),
    "feed.acknowledge": ("tell the gateway what has arrived", "向网关确认已收到"),
    "feed.standing": (
        "{size} entries, the last one of {time}, hash {head}",
        "共 {size} 条，最后一条 {time}，散列值 {head}",
    ),
    "feed.client": (
        "pulled, acknowledged up to {upto}, {behind} behind",
        "拉取，已确认至 {upto}，落后 {behind} 条",
    ),
    "feed.receiver": (
        "pushed, passed up to {upto}, {behind} behind",
        "推送，已推进至 {upto}，落后 {behind} 条",
    ),
    "feed.oldest": ("oldest open entry {n} of {time}", "最早的未确认条目 {n}，{time}"),
    "feed.whole": (
        "{count} entries, all of them and their documents are as they must be; root {root}",
        "{count} 条，条目和文书全部无误；根 {root}",
    ),
    "feed.signed": ("countersigned up to entry {size}", "已会签至第 {size} 条"),
    "feed.unsigned": (
        "no head is countersigned: whoever holds the database could have written all of it anew",
        "没有会签过的链头：持有数据库者可以整体重写而不被发现",
    ),
    "feed.purged": (
        "documents of {count} entries were purged, with an entry that says so",
        "{count} 条的文书已按条目清除",
    ),
    "feed.no-trust": (
        "signatures were not looked at: no authority is trusted ([signatures] trust, or --trust)",
        "未核验签名：没有受信任的 CA（[signatures] trust 或 --trust）",
    ),
    "feed.bad": ("entry {n} is not as it must be: {why}", "第 {n} 条有误：{why}"),
    "feed.bad-do": (
        "What comes before it is good. Keep this database as it is, verify a backup and what the regulator "
        "has, and find who has written to it without the gateway.",
        "此前各条无误。请原样保留此数据库，核验备份和监管方所存的数据，并查明何人绕过网关写库。",
    ),
    "feed.unproven": ("this proves nothing: {why}", "证明不成立：{why}"),
    "feed.included": (
        "entry {n} about {about} is in the ledger of {size} entries with the root {root}; compare that root "
        "with a head that you trust",
        "关于 {about} 的第 {n} 条在台账中（{size} 条，根 {root}）；请将此根与可信的链头比对",
    ),
    "feed.bodies": ("the documents are those of the entry", "文书与条目相符"),
    "feed.no-bodies": ("no document was looked at (--body)", "未核对文书（--body）"),
    "feed.consistent": (
        "the ledger of {before} entries is the beginning of that of {size} with the root {root}",
        "{before} 条的台账是 {size} 条（根 {root}）的开头部分",
    ),
    "feed.kept": ("{count} countersigned head(s) kept", "已存入 {count} 个会签链头"),
    "feed.pulled": ("{count} entries, up to {last}, in {file}", "{count} 条，至第 {last} 条，已写入 {file}"),
    "feed.no-heads": ("has no heads of a ledger", "没有台账链头"),
    "feed.no-signature": ("has a head without a signature", "有未签名的链头"),
    "feed.no-bundle": ("is no Bundle, and has none by lines", "不是 Bundle，也不是每行一个 Bundle"),
    "feed.no-pages": ("has other lines than pages of a feed", "含有不是台账分页的行"),
}
