"""Words of ``qiao feed reconcile | counts | measure | evidence | findings``, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "reckon.reconcile": (
        "compare what sources state, what the ledger has and what receivers have; 1 where they differ",
        "对账：来源申报、台账与接收方逐日核对，不一致时返回 1",
    ),
    "reckon.day": ("day, YYYY-MM-DD (default: yesterday)", "日期 YYYY-MM-DD（默认昨天）"),
    "reckon.from-day": ("first day", "起始日期"),
    "reckon.to-day": ("last day", "截止日期"),
    "reckon.receiver": ("this receiver only", "仅此接收方"),
    "reckon.csv": ("print CSV", "输出 CSV"),
    "reckon.counts": ("what sources and platforms state", "来源与平台的申报数"),
    "reckon.counts.add": ("keep one count, or the numbers of the documents", "登记一个计数，或文书编号清单"),
    "reckon.counts.import": ("keep the counts of a CSV file", "导入 CSV 计数文件"),
    "reckon.counts.list": ("print what was stated", "列出已申报的计数"),
    "reckon.counts.file": (
        "day,kind,source,count, or a line for each number: day,kind,source,number; - for standard input",
        "列为 day,kind,source,count，或逐条 day,kind,source,number；- 为标准输入",
    ),
    "reckon.kind": (
        "kind of documents, as in the ledger: prescription, exam, visit",
        "文书种类，同台账：prescription、exam、visit 等",
    ),
    "reckon.count": ("how many", "数量"),
    "reckon.source": ("system that made them", "产生文书的系统"),
    "reckon.platform": ("receiver whose own count it is", "给出该计数的接收方"),
    "reckon.numbers": ("local numbers or serials of the documents", "文书的本地编号或流水号"),
    "reckon.kept": ("{count} count(s) kept", "已登记 {count} 个计数"),
    "reckon.listed": ("with numbers", "含编号清单"),
    "reckon.agrees": (
        "no difference; what nobody has stated was not compared",
        "未发现差异；未申报的项目无从比较",
    ),
    "reckon.differences": ("{count} difference(s)", "{count} 处差异"),
    "reckon.entries": ("entries {first} to {last}", "台账第 {first} 至 {last} 条"),
    "reckon.no-entries": ("no entries", "台账无条目"),
    "reckon.still-open": (", not over yet", "，当日未结束"),
    "reckon.not-stated": ("not stated", "未申报"),
    "reckon.line": ("stated {stated}, ledger {ledger}", "申报 {stated}，台账 {ledger}"),
    "reckon.standing": (
        "{owed} entries: sent {sent}, acknowledged {acknowledged}, refused {refused}, held {held}, "
        "given up {given_up}, open {open}; platform counts {platform}",
        "{owed} 条：已发 {sent}，已确认 {acknowledged}，拒收 {refused}，暂缓 {held}，放弃 {given_up}，"
        "未结 {open}；平台计数 {platform}",
    ),
    "reckon.came": ("came by {came}", "来自 {came}"),
    "reckon.messages": ("messages {state}: {count}", "消息 {state}：{count}"),
    "reckon.measure": ("compute the figures of a month, quarter or year", "计算月度、季度或年度监测指标"),
    "reckon.measure-name": ("one of them (default: all)", "指标名（默认全部）"),
    "reckon.measure-list": ("print which there are", "列出全部指标"),
    "reckon.period": (
        "2026-03, 2026-Q1 or 2026 (default: this month)",
        "2026-03、2026-Q1 或 2026（默认本月）",
    ),
    "reckon.measured": (
        "{first} to {last}, from the ledger up to entry {size}, head {head}; * is not from the ledger",
        "{first} 至 {last}，取自台账第 {size} 条以内，链头 {head}；* 非取自台账",
    ),
    "reckon.evidence": (
        "print how the dated evidence stands; 1 where some is missing or over",
        "显示证据材料状态，缺失或过期时返回 1",
    ),
    "reckon.red": ("red", "红"),
    "reckon.yellow": ("yellow", "黄"),
    "reckon.green": ("green", "绿"),
    "reckon.none": ("-", "-"),
    "reckon.red-ones": ("{count} missing or over", "{count} 项缺失或过期"),
    "reckon.findings": (
        "print the findings, complaints and reports that are open; 1 where one is overdue",
        "列出未办结的反馈、投诉和报告，有逾期时返回 1",
    ),
    "reckon.findings-all": ("those that are closed too", "含已办结的"),
}
