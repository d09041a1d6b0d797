"""Faults of samples: results that wait for the one that they belong to, and how a profile asks for it."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "no sample, order or patient of these numbers is known; the message is taken in by itself as soon as one "
    "is": ("没有这些号码对应的标本、申请或患者；一旦出现，该消息会自动入库"),
    "the results are older than the sample that has this barcode, or than any that still may have results: a "
    "memory was sent again, or the clock of the analyser is wrong": (
        "结果早于现用此条码的标本，或早于任何仍可出结果的标本：仪器重发了历史数据，或其时钟有误"
    ),
    "samples or orders of several patients have this number: give it a scope in the profile of whoever sends "
    "the orders, or end the one that is over, then replay": (
        "此号码对应多名患者的标本或申请；请在申请发送方的配置中设置 scope，或结束已完成的一份，然后重放"
    ),
    "the samples of one patient in this message are of several patients here": (
        "消息中同一患者的多份标本在本系统属于不同患者"
    ),
    "the order, or the tube, that the message names beside its sample is of another patient": (
        "消息中除标本外还写有申请号或条码，而该申请或标本属于另一名患者"
    ),
    "the patient in the message is another one than that of the sample ({elements}); put right whichever is "
    "wrong": "消息中的患者与标本所属患者不一致（{elements}）；请更正有误的一方",
    "sample takes {keys}, not {said}": "sample 可有 {keys}，不能是 {said}",
    "its sample tells whose results these are; its patient was only compared": (
        "结果归属由标本确定；消息中的患者信息仅用于核对，未写入"
    ),
    "its order tells whose results these are; its patient was only compared": (
        "结果归属由申请确定；消息中的患者信息仅用于核对，未写入"
    ),
    "no sample is known: whose results they are the number of the patient tells": (
        "标本未知：结果归属由患者编号确定"
    ),
    "{key} of sample is true or false, not {value}": "sample 的 {key} 为 true 或 false，不能是 {value}",
    "results from the future: put the clock of the analyser right; their times are kept as sent": (
        "结果时间晚于当前时间：请校准仪器时钟；时间按原样保存"
    ),
    "{key} of sample looks like 14d, 36h or 15m, not {value}": (
        "sample 的 {key} 应写作 14d、36h 或 15m，不能是 {value}"
    ),
    "{key} of sample takes some of {known}, not {value}": "sample 的 {key} 取自 {known}，不能是 {value}",
}
