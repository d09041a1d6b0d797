"""Words of `qiao inbox`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "inbox": ("what came in, and what became of it", "收件箱：收到了什么，结果如何"),
    "inbox.list": ("newest first", "最新的在前"),
    "inbox.state": (
        "only this state: received (not ended yet), stored, quarantined (waits with us), refused (breaks a "
        "rule), rejected (not understood, given back to its sender)",
        "只看某状态：received（未完成）、stored（已入库）、quarantined（隔离）、refused（违反规则）、"
        "rejected（无法识别，已退回发送方）",
    ),
    "inbox.reason": ("only for this reason", "只看某原因"),
    "inbox.limit": ("how many", "条数"),
    "inbox.show": ("one message, raw", "显示一条原始消息"),
    "inbox.id": ("inbox id", "收件箱编号"),
    "inbox.replay": ("translate again with today's maps", "用现在的映射重新转换"),
    "inbox.replay.all": (
        "every quarantined message; what was rejected stays with its sender",
        "所有被隔离的消息；已退回的仍由发送方处理",
    ),
    "inbox.replay.rejected": (
        "every rejected message all the same: its sender was told AR and may have sent it again, mended",
        "照样处理所有已退回的消息：发送方收到过 AR，可能已改正后重发",
    ),
    "inbox.replay.order": (
        "{id}: {sender} heard that this order is not taken (ORC-1 UA); it is in force now: tell them, or let "
        "them send it again as it was, then they hear OK",
        "{id}：{sender} 此前获知该申请未被接受（ORC-1 UA），现已生效：请告知对方，"
        "或由对方原样重发，即可收到 OK",
    ),
    "inbox.replay.left": (
        "{count} rejected messages are left alone: their senders were told to mend them and send them again; "
        "--rejected works them all the same",
        "另有 {count} 条已退回的消息未处理：已通知发送方改正后重发；如仍需处理请用 --rejected",
    ),
    "inbox.show.id": ("id", "编号"),
    "inbox.show.tenant": ("tenant", "机构"),
    "inbox.show.adapter": ("adapter", "接入方式"),
    "inbox.show.sender": ("sender", "发送方"),
    "inbox.show.received_us": ("received", "收到时间"),
    "inbox.show.state": ("state", "状态"),
    "inbox.show.reason": ("reason", "原因"),
    "inbox.show.attempts": ("attempts", "尝试次数"),
    "inbox.show.control_id": ("control_id", "消息控制号"),
    "inbox.show.map_version": ("map_version", "映射版本"),
    "inbox.show.wrote": ("wrote", "写入"),
    "inbox.show.unmapped": ("not read", "未读取"),
    "issue.fatal": ("fatal", "严重"),
    "issue.error": ("error", "错误"),
    "issue.warning": ("warning", "警告"),
    "issue.information": ("information", "提示"),
    "inbox.none": ("no such message: {id}", "没有这条消息：{id}"),
    "inbox.empty": ("nothing", "没有消息"),
    "inbox.purged": ("its bytes were purged with its document", "原文已随文书清除"),
    "inbox.which": (
        "give an ID, --quarantined, --rejected, or --all --since TIME",
        "请给出编号、--quarantined、--rejected，或 --all --since 时间",
    ),
    "inbox.account": (
        "what becomes of every field, component and sub-component, with today's maps",
        "用现在的映射逐个交代每个字段、组件、子组件的去向",
    ),
    "inbox.account.none": (
        "it cannot be translated ({reason}), so nothing is written of it",
        "无法转换（{reason}），没有写入任何内容",
    ),
    "inbox.replay.every": (
        "every stored and quarantined message since --since, in their order; a newer state stays",
        "按原顺序重新转换 --since 以来所有已入库和被隔离的消息；较新的状态保持不变",
    ),
    "inbox.replay.sender": ("with --all: only this sender profile", "与 --all 合用：只处理此发送方"),
    "inbox.replay.as-received": (
        "its results count as measured when they came: the clock of the analyser was wrong",
        "结果按接收时间归属标本：仪器时钟有误",
    ),
    "inbox.replay.as-received-one": (
        "--as-received goes with the ID of one message: somebody has looked at it",
        "--as-received 只能用于一条消息的 ID：须有人核对过",
    ),
    "inbox.replay.dry-run": (
        "with --all: tell what would change, write nothing",
        "与 --all 合用：只报告会有什么变化，不写入",
    ),
    "inbox.replay.since": ("--all needs --since TIME", "--all 需要 --since 时间"),
    "inbox.replay.only-all": (
        "--since, --sender and --dry-run go with --all",
        "--since、--sender、--dry-run 须与 --all 合用",
    ),
    "inbox.replay.progress": ("replaying", "重放中"),
    "inbox.replay.stopped": (
        "stopped; everything up to {id} is done: go on with --since {id}",
        "已停止；{id} 及之前的已完成，可用 --since {id} 继续",
    ),
    "inbox.replay.done": (
        "{messages} messages: {stored} wrote new versions, {unchanged} changed nothing, "
        "{quarantined} could not be stored ({kept} of them stay as they were)",
        "共 {messages} 条：{stored} 条写入新版本，{unchanged} 条无变化，"
        "{quarantined} 条无法入库（其中 {kept} 条保持原状）",
    ),
    "inbox.replay.dry": (
        "nothing written; {messages} messages: {stored} would write new versions, {unchanged} would change "
        "nothing, {quarantined} could not be stored",
        "未写入；共 {messages} 条：{stored} 条会写入新版本，{unchanged} 条无变化，{quarantined} 条无法入库",
    ),
    "since": (
        "a time (2026-03-01 or 2026-03-01T08:00), an age (30m, 12h, 7d) or an inbox id",
        "时间（2026-03-01 或 2026-03-01T08:00）、时长（30m、12h、7d）或收件箱编号",
    ),
    "since.bad": (
        "no time, age or inbox id: {text}",
        "不是时间、时长或收件箱编号：{text}",
    ),
    "inbox.no-store": (
        "there is no store here; name it with --store",
        "此处没有存储，请用 --store 指定",
    ),
}
