"""Words of ``qiao match``, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "match": ("patients who may be one person", "疑似同一患者的匹配"),
    "match.list": (
        "those that wait for a decision; exit code 1 where there is any",
        "列出待处理的匹配；有则退出码为 1",
    ),
    "match.all": ("also those that are decided", "包括已处理的"),
    "match.show": ("one of them, with all reasons", "显示一条匹配及全部依据"),
    "match.accept": (
        "they are one person: link them, or merge them with --survivor",
        "确认为同一人：建立关联；给出 --survivor 则合并",
    ),
    "match.survivor": ("merge: the Patient that goes on, as Patient/ID", "合并：保留的患者，如 Patient/ID"),
    "match.reject": (
        "they are two persons; remembered, and a link between them is taken away",
        "确认为两人：记住此决定，并解除已有关联",
    ),
    "match.undo": (
        "they are two after all: take the merge back, whoever has said it",
        "并非同一人：撤销合并，不论由谁合并",
    ),
    "match.merged": (
        "id of the match, or Patient/ID of who ended by a merge of the HIS",
        "匹配的标识；由 HIS 合并的，写被合并者 Patient/ID",
    ),
    "match.back": ("{count} resources refer to their own patient again", "{count} 个资源已改回引用原患者"),
    "match.left": (
        "{count} that came since the merge stay with the survivor, look at them:",
        "合并之后产生的 {count} 个仍归存续患者，请逐一核对：",
    ),
    "match.tenant": ("of this tenant", "租户"),
    "match.id": ("id of the match, as the list shows it", "匹配的标识，见列表"),
    "match.reason": ("why; kept with the decision", "理由，随决定保存"),
    "match.by": ("who decides (default: the user of this machine)", "决定人（默认本机用户）"),
    "match.counted": ("{count} matches", "共 {count} 条匹配"),
    "match.moved": ("{count} resources refer to the survivor now", "{count} 个资源已改为引用保留的患者"),
    "match.open": ("open", "待处理"),
    "match.grade.certain": ("certain", "确定"),
    "match.grade.probable": ("probable", "很可能"),
    "match.grade.possible": ("possible", "可能"),
    "match.grade.": ("-", "-"),
    "match.decision.link": ("linked", "已关联"),
    "match.decision.merge": ("merged", "已合并"),
    "match.decision.reject": ("rejected", "已否决"),
    "match.decision.unmerge": ("merge undone", "已撤销合并"),
    "match.decision.obsolete": ("no longer", "已失效"),
}
