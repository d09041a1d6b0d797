"""Words of ``qiao feed reconcile | counts | measure | evidence | findings``, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "regulator.reconcile": (
        "compare what sources state, what the ledger has and what receivers have; 1 where they differ",
        "对账：来源申报、台账与接收方逐日核对，不一致时返回 1",
    ),
    "regulator.day": ("day, YYYY-MM-DD (default: yesterday)", "日期 YYYY-MM-DD（默认昨天）"),
    "regulator.from-day": ("first day", "起始日期"),
    "regulator.to-day": ("last day", "截止日期"),
    "regulator.receiver": ("this receiver only", "仅此接收方"),
    "regulator.ask": (
        "ask the sources of [supervision.NAME.sources] first",
        "先向 [supervision.NAME.sources] 中的来源查询",
    ),
    "regulator.silent": ("{day}: {source} gave no answer: {why}", "{day}：来源 {source} 未答复：{why}"),
    "regulator.csv": ("print CSV", "输出 CSV"),
    "regulator.counts": ("what sources and platforms state", "来源与平台的申报数"),
    "regulator.counts.add": (
        "keep one count, or the numbers of the documents",
        "登记一个计数，或文书编号清单",
    ),
    "regulator.counts.import": ("keep the counts of a CSV file", "导入 CSV 计数文件"),
    "regulator.counts.list": ("print what was stated", "列出已申报的计数"),
    "regulator.counts.file": (
        "day,kind,source,count, or a line for each number: day,kind,source,number; - for standard input",
        "列为 day,kind,source,count，或逐条 day,kind,source,number；- 为标准输入",
    ),
    "regulator.kind": (
        "kind of documents, as in the ledger: prescription, exam, visit",
        "文书种类，同台账：prescription、exam、visit 等",
    ),
    "regulator.count": ("how many", "数量"),
    "regulator.source": ("system that made them", "产生文书的系统"),
    "regulator.platform": ("receiver whose own count it is", "给出该计数的接收方"),
    "regulator.numbers": ("local numbers or serials of the documents", "文书的本地编号或流水号"),
    "regulator.kept": ("{count} count(s) kept", "已登记 {count} 个计数"),
    "regulator.listed": ("with numbers", "含编号清单"),
    "regulator.agrees": (
        "no difference; what nobody has stated was not compared",
        "未发现差异；未申报的项目无从比较",
    ),
    "regulator.differences": ("{count} difference(s)", "{count} 处差异"),
    "regulator.entries": ("entries {first} to {last}", "台账第 {first} 至 {last} 条"),
    "regulator.no-entries": ("no entries", "台账无条目"),
    "regulator.still-open": (", not over yet", "，当日未结束"),
    "regulator.not-stated": ("not stated", "未申报"),
    "regulator.line": ("stated {stated}, ledger {ledger}", "申报 {stated}，台账 {ledger}"),
    "regulator.standing": (
        "{owed} entries: sent {sent}, acknowledged {acknowledged}, refused {refused}, held {held}, "
        "given up {given_up}, open {open}; platform counts {platform}",
        "{owed} 条：已发 {sent}，已确认 {acknowledged}，拒收 {refused}，暂缓 {held}，放弃 {given_up}，"
        "未结 {open}；平台计数 {platform}",
    ),
    "regulator.came": ("came by {came}", "来自 {came}"),
    "regulator.messages": ("messages {state}: {count}", "消息 {state}：{count}"),
    "regulator.measure": ("compute the figures of a month, quarter or year", "计算月度、季度或年度监测指标"),
    "regulator.measure-name": ("one of them (default: all)", "指标名（默认全部）"),
    "regulator.measure-list": ("print which there are", "列出全部指标"),
    "regulator.period": (
        "2026-03, 2026-Q1 or 2026 (default: this month)",
        "2026-03、2026-Q1 或 2026（默认本月）",
    ),
    "regulator.measured": (
        "{first} to {last}, from the ledger up to entry {size}, head {head}; * is not from the ledger",
        "{first} 至 {last}，取自台账第 {size} 条以内，链头 {head}；* 非取自台账",
    ),
    "regulator.evidence": (
        "print how the dated evidence stands; 1 where some is missing or over",
        "显示证据材料状态，缺失或过期时返回 1",
    ),
    "regulator.red": ("red", "红"),
    "regulator.yellow": ("yellow", "黄"),
    "regulator.green": ("green", "绿"),
    "regulator.none": ("-", "-"),
    "regulator.red-ones": ("{count} missing or over", "{count} 项缺失或过期"),
    "regulator.findings": (
        "print the findings, complaints and reports that are open; 1 where one is overdue",
        "列出未办结的反馈、投诉和报告，有逾期时返回 1",
    ),
    "regulator.findings-all": ("those that are closed too", "含已办结的"),
}
