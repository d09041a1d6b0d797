"""Words of `qiao feed receivers` and `qiao feed dead`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "feed.receivers": ("print how every receiver stands", "显示各接收方的上报情况"),
    "feed.told": ("print how the entries of a document stand", "显示一份文书的各条目的上报情况"),
    "feed.told.document": ("TYPE/ID of a resource, or a serial", "资源的 TYPE/ID，或编号"),
    "feed.told.none": ("nobody is owed an entry of it: {name}", "没有需要上报的条目：{name}"),
    "feed.dead": ("what receivers have refused", "被接收方拒收的条目"),
    "feed.dead.list": ("print what was refused, with the reason", "列出被拒收的条目及原因"),
    "feed.dead.held": ("with what is held behind it", "同时列出因此暂缓的条目"),
    "feed.dead.show": ("print all that is known of entries", "显示条目的详情"),
    "feed.dead.retry": ("send refused entries again", "重新上报被拒收的条目"),
    "feed.dead.drop": (
        "give entries up; what is held behind them goes on",
        "放弃条目；因其暂缓的后续条目继续上报",
    ),
    "feed.dead.reason": ("why, and who decided; it is kept", "放弃的原因和决定人，将留存"),
    "feed.dead.receiver": ("name of the receiver", "接收方名称"),
    "feed.dead.tenant": ("whose ledger (default: default)", "租户名（默认 default）"),
    "feed.dead.of": ("of this tenant only", "只列出此租户"),
    "feed.dead.n": ("number of an entry in the ledger", "条目在台账中的序号"),
    "feed.dead.all": ("all that were refused", "全部被拒收的条目"),
    "feed.dead.counted": ("entries: {count}", "{count} 条"),
    "feed.dead.retried": ("entries that will be sent again: {count}", "{count} 条将重新上报"),
    "feed.dead.dropped": ("entries that were given up: {count}", "已放弃 {count} 条"),
    "feed.dead.stays": ("entry {n} stays as it is: {state}", "第 {n} 条不变：{state}"),
    "feed.dead.unowed": ("the receiver is not owed it", "不向该接收方上报"),
    "feed.dead.unreasoned": (
        "--reason must say why it is given up, and who decided",
        "--reason 须写明放弃的原因和决定人",
    ),
    "feed.behind": ("behind {count}", "尚未排入 {count}"),
    "doctor.receivers.none": ("none", "没有接收方"),
    "doctor.receivers": ("{count}, of which {failing} in trouble", "共 {count} 个，其中 {failing} 个有告警"),
    "doctor.receivers.minting": (
        "tenant {tenant}: a platform mints the serials, and {names} may each give one: "
        "set gives_serials = false at all but the one that mints",
        "租户 {tenant}：流水号由平台赋予，而 {names} 均可返回流水号：除赋号者外请设 gives_serials = false",
    ),
    "doctor.do.receivers": (
        "mend that section of the settings; qiao feed receivers tells how far each is, "
        "qiao feed dead list what was refused (docs/feed.md)",
        "请更正配置中的该节；各接收方进度见 qiao feed receivers，被拒收的条目见 qiao feed dead list",
    ),
    "doctor.signing": ("nobody gets an unsigned feed", "没有未签名的上报或拉取"),
    "feed.unsealed": (
        "what the regulator gets is not signed: {sections} sign_key is not set",
        "监管方所得的数据未签名：{sections} 未设 sign_key",
    ),
    "doctor.do.signing": (
        'name a key of [signatures] there: sign_key = "NAME"; who receives cannot tell otherwise '
        "whether somebody changed it on the way (docs/feed-pull.md)",
        '请在该节填写 [signatures] 中的密钥：sign_key = "NAME"；'
        "否则接收方无法识别传输中的篡改（docs/feed-pull.md）",
    ),
    "feed.state.waiting": ("waiting", "待上报"),
    "feed.state.sent": ("sent", "已发出"),
    "feed.state.acknowledged": ("acknowledged", "已确认"),
    "feed.state.refused": ("refused", "被拒收"),
    "feed.state.held": ("held", "暂缓"),
    "feed.state.given-up": ("given up", "已放弃"),
}
