"""Ground: tables of the reasons for which a step is refused, and the refusals that they make."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.errors import Ground, Refusal

Grounds = Mapping[str, tuple[str, Ground]]
"""Rule id → the code of the refusal, and what it says."""


def refusal(
    grounds: Grounds, rule: str, where: str = "", *, also: str = "", also_zh: str = "", code: str = ""
) -> Refusal:
    """Return the refusal of a rule.

    Args:
        where: path of the element.
        also: English sentence that follows; ``also_zh`` in Chinese.
        code: instead of the rule's own.
    """
    own, ground = grounds[rule]
    said = Ground(
        f"{rule}.{code}" if code and code != own else rule,
        f"{ground.text}: {also}" if also else ground.text,
        f"{ground.text_zh}：{also_zh or also}" if also else ground.text_zh,
        ground.requirement,
        ground.article,
        where,
    )
    return Refusal([said], code=own)
