"""Faults of matching: its rules, what is asked, and what was decided."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "matching rules have match: Patient, numbers, compare, find and grades": (
        "匹配规则须有 match: Patient，以及 numbers、compare、find 和 grades"
    ),
    "two matching rules have one id": "两条匹配规则的 id 相同",
    "must be a list of matching rules": "须为匹配规则的列表",
    "check is resident or nothing": "check 只能为 resident 或省略",
    "a number needs systems or types": "号码规则须有 systems 或 types",
    "says which element, and how: name, date, code, phone or address": (
        "须说明 element，以及 how：name、date、code、phone 或 address"
    ),
    "a matching rule needs an id": "匹配规则缺少 id",
    "a matching rule has no {key}": "匹配规则没有 {key}",
    "points are whole numbers from -100 to 100": "分值须为 -100 至 100 的整数",
    "shortest is a number of characters, from 1 to 64": "shortest 须为字符数，1 至 64",
    "a search is a list of rules that have a search parameter": "检索须为带 search 的规则的列表",
    "possible is less than probable, both from 1 to 100": "possible 须小于 probable，均为 1 至 100",
    "patients are not matched here": "此服务器不提供患者匹配",
    "give the Patient to be matched": "请给出要匹配的 Patient",
    "a Patient is matched by identifier, name, telecom or birthDate": (
        "匹配患者须有 identifier、name、telecom 或 birthDate"
    ),
    "this is not of the form that R4 gives it": "其形式不符合 R4 的规定",
    "there is no such match": "没有这条匹配",
    "the decision is link, merge, reject or unmerge": "决定只能为 link、merge、reject 或 unmerge",
    "there is no such patient": "没有这位患者",
    "this patient was not merged into another one": "这位患者没有被合并到其他患者",
    "the merge was taken back: {moved} resources went back; {left} that came since stay: look at them": (
        "合并已撤销：{moved} 个资源已归还；合并之后产生的 {left} 个仍归存续患者，请核对"
    ),
    "both numbers belong to one patient, and it is not known which merge is meant: use qiao match undo": (
        "两个号码属于同一患者，但无法确定要撤销哪次合并：请使用 qiao match undo"
    ),
    "several ended under the number that is to go on now: {names}; take back the merge of the wrong "
    "ones (qiao match undo Patient/ID), then replay": (
        "有多位已被合并的患者用过这个现要存续的号码：{names}；"
        "请撤销其中错误的合并（qiao match undo Patient/ID）后重放"
    ),
    "the earlier merge was the other way round: who had ended goes on now, with everything of both": (
        "之前的合并方向相反：原先被合并的患者现在存续，双方的资源都归其名下"
    ),
    "who is to go on had ended here, and was written since without the link of that merge: only the numbers "
    "were turned; look at both patients": (
        "要存续的患者曾在此终止，但之后被改写而失去合并链接：只对调了号码，请核对这两位患者"
    ),
    "the record that ended was withdrawn: who goes on under another number stays": (
        "撤销的是号码已终止的记录：以另一号码存续者不变"
    ),
    "this number had ended, and is told of another person now (Patient/{id} has it): take it off those who "
    "have it and create the other person with it (PUT and POST /fhir/Patient), or let the HIS say who it is; "
    "then replay": (
        "此号码已终止，现在却用于另一人（Patient/{id} 持有此号码）：请从持有者去掉该号码并以该号码新建此人"
        "（PUT、POST /fhir/Patient），或由 HIS 更正；然后重放"
    ),
    "these patients are not merged": "这两位患者没有合并",
    "who went on is deleted": "存续的患者已被删除",
    "who went on was merged, too: undo that merge first": "存续的患者又被合并：请先撤销那次合并",
    "say which of the two patients goes on: survivor": "请说明保留两位患者中的哪一位：survivor",
    "these patients were merged already": "这两位患者已合并",
    "an identifier without a system is not compared: say of which register the number is": (
        "没有 system 的标识不参与比对：请说明号码属于哪个登记体系"
    ),
    "these patients were merged: undo that first (qiao match undo Patient/{id})": (
        "这两位患者已合并：请先撤销合并（qiao match undo Patient/{id}）"
    ),
    "these patients were merged already: Patient/{id} goes on": "这两位患者已合并：保留 Patient/{id}",
    "both patients must be there, and be two": "两位患者都须存在，且不是同一位",
    "one of the patients was merged already": "其中一位患者已被合并",
}
