"""Owns how the score is explained: the formula, and the same with a run's numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from conformance.harness.words import Words, same
from conformance.result.jurisdiction import joined
from conformance.result.points import CRITICAL, NORMAL, ORGANISATIONAL, Sum, counts
from conformance.result.requirement import RequirementResult, State

CAP_CRITICAL, CAP_INCOMPLETE, CAP_BASIC = 59, 59, 10
"""Caps: below a pass mark of 60; where the target fails what any server passes, its passes show nothing."""

INCOMPLETE = "run.complete"
"""What a cap names when checks that were chosen came to no verdict."""

_ZH = (
    "得分 = 100 × Σ(权重 × 得分率) ÷ Σ权重，对适用的要求求和，舍去至一位小数。",
    "得分率：符合 1；部分符合 ½ × 已通过 ÷ 应有（检测项与见证之和）；不符合与未测均为 0。",
    f"权重：关键要求 {CRITICAL}，一般要求 {NORMAL}；",
    f"机构职责（E）权重 {ORGANISATIONAL}，仅在已见证或其检测未通过时计入，未经见证得 0；",
    "技术基础各条合计的权重等于法规各主题的平均权重。",
    f"封顶：关键要求不符合或关键检测未通过，至多 {CAP_CRITICAL}；检测未完成，至多 {CAP_INCOMPLETE}；",
    f"任何服务器都应通过的基本检测未通过，至多 {CAP_BASIC}。",
)
_EN = (
    "score = 100 × Σ(weight × points) ÷ Σ weight over the requirements that apply, cut down to one decimal.",
    "Points: conformant 1; partly conformant ½ × what was good ÷ what was asked for (checks and"
    " attestations); nonconformant and not tested 0.",
    f"Weight: critical {CRITICAL}, other {NORMAL};",
    f"duties of the organisation (E) weigh {ORGANISATIONAL}, count only when attested or when a check of"
    " theirs failed, and earn nothing unattested;",
    "the technical rows together weigh as much as an average topic of the law.",
    f"Caps: a critical requirement is nonconformant or a critical check failed: at most {CAP_CRITICAL};",
    f"the run is incomplete: at most {CAP_INCOMPLETE};",
    f"a basic check failed that any server passes: at most {CAP_BASIC}.",
)
FORMULA = Words("".join(_ZH), " ".join(_EN))


def explained(
    rows: Sequence[RequirementResult], whole: Sum, technical: Sum, caps: Mapping[str, int]
) -> Words:
    """Return how a run's score came about, in its numbers.

    Args:
        whole: of all rows, the technical ones weighed as in the score.
        technical: of these alone.
        caps: who caps it → at what.
    """
    parts = [_counted([one for one in rows if not one.technical])]
    if technical.weight:
        zh = f"技术基础 {technical.rows} 条单独得分 {technical.value}"
        parts.append(Words(zh, f"the {technical.rows} technical rows alone: {technical.value}"))
    parts.append(_computed(whole))
    return joined([*parts, *_capped(whole.value, caps)])


def _counted(law: Sequence[RequirementResult]) -> Words:
    here = [one for one in law if one.applies]
    counted = [one for one in here if counts(one)]
    left = len(here) - len(counted)
    states = [state for state in State if state is not State.NOT_APPLICABLE]
    numbers = {state: sum(one.verdict is state for one in counted) for state in states}
    zh = "，".join(f"{state.words.zh} {n}" for state, n in numbers.items())
    en = ", ".join(f"{n} {state.words.en}" for state, n in numbers.items())
    return Words(
        f"{len(law)} 条要求中适用 {len(here)} 条，"
        f"其中机构职责 {left} 条未经见证不计，计入 {len(counted)} 条：{zh}",
        f"of {len(law)} requirements {len(here)} apply; {left} duties of the organisation are not attested"
        f" and do not count; the {len(counted)} that do: {en}",
    )


def _computed(whole: Sum) -> Words:
    if not whole.weight:
        return Words("没有可计分的要求，得分 0", "nothing counts: the score is 0")
    return same(f"100 × {_short(whole.earned)} ÷ {_short(whole.weight)} = {whole.value}")


def _capped(value: float, caps: Mapping[str, int]) -> list[Words]:
    said = [_cap(limit, [name for name in caps if caps[name] == limit]) for limit in sorted({*caps.values()})]
    if not caps:
        return []
    final = min(value, float(min(caps.values())))
    return [*said, Words(f"得分 {final}", f"score {final}")]


def _cap(limit: int, names: Sequence[str]) -> Words:
    said = joined((_named(one) for one in names), "、", ", ")
    return Words(f"因 {said.zh} 封顶 {limit}", f"capped at {limit} by {said.en}")


def _named(name: str) -> Words:
    return Words("检测未完成", "an incomplete run") if name == INCOMPLETE else same(name)


def _short(value: Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
