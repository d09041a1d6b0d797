"""Words of `qiao policy`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "policy": ("the rules that documents of internet visits are held to", "互联网诊疗文书须遵守的规则"),
    "policy.check": (
        "load all packs and run the cases of every rule",
        "加载全部规则包并运行每条规则自带的案例",
    ),
    "policy.list": ("print the rules, as they stand on a day", "列出某日的规则"),
    "policy.explain": (
        "print a rule with its article, condition and cases, or a condition",
        "说明一条规则（条款、条件、案例）或一个条件",
    ),
    "policy.coverage": (
        "print which rows of the requirements are decided, and why others are not",
        "列出各项要求由哪些规则判定，未判定的说明原因",
    ),
    "policy.packs": ("folder with packs of your own", "自有规则包所在目录"),
    "policy.jurisdiction": ("pack, beside cn; may be given several times", "cn 之外的规则包，可多次给出"),
    "policy.day": ("day, YYYY-MM-DD; today if not given", "日期 YYYY-MM-DD，缺省为今天"),
    "policy.name": ("id of a rule, or name of a condition", "规则编号或条件名称"),
    "policy.wrong": ("{rule}: case {number} of {kind}: {wrong}", "{rule}：{kind} 第 {number} 例：{wrong}"),
    "policy.checked": (
        "{packs} pack(s), {rules} rule(s), {cases} case(s): {wrong} wrong",
        "{packs} 个规则包、{rules} 条规则、{cases} 个案例：{wrong} 个不符",
    ),
    "policy.lapsed": ("ran out on {day}: warns only", "有效期至 {day}，已届满，仅提示"),
    "policy.unknown": (
        "no pack has a rule, and no table a condition, of this name",
        "没有此编号的规则，也没有此名称的条件",
    ),
    "policy.counted": (
        "{decided} row(s) decided, {partly} in part, {not_} not",
        "已判定 {decided} 项，部分判定 {partly} 项，未判定 {not_} 项",
    ),
    "policy.drugs": ("{list}: {count} entries; {source}", "{list}：{count} 条；{source}"),
    "policy.parameters": ("parameters", "参数"),
    "policy.article": ("article", "条款"),
    "policy.quote": ("says", "原文"),
    "policy.basis": ("refers to", "引据"),
    "policy.requirement": ("requirement", "要求"),
    "policy.validity": ("in force", "有效期"),
    "policy.on": ("judges", "适用环节"),
    "policy.when": ("when", "条件"),
    "policy.verdict": ("verdict", "处置"),
    "policy.overrides": ("overrides", "取代"),
    "policy.observed": ("rests on", "依据性质"),
    "policy.practice": ("observed practice of platforms, not law", "平台实践，非法规要求"),
    "policy.cases": ("cases", "案例"),
    "policy.fires": (
        "{fires} that it applies in, {passes} that it does not",
        "触发 {fires} 例，不触发 {passes} 例",
    ),
}
