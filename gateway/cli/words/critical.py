"""Words of ``qiao critical``, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "critical": ("critical values that somebody must take note of", "危急值的登记与确认"),
    "critical.list": (
        "those that nobody has acknowledged; exit code 1 where one is overdue",
        "列出未确认的危急值；有超时的则退出码为 1",
    ),
    "critical.all": ("also those that are acknowledged", "包括已确认的"),
    "critical.show": ("one of them, with what was said of it", "显示一条危急值及其处理记录"),
    "critical.acknowledge": ("somebody has taken note of it", "确认已接收危急值"),
    "critical.rules": ("the limits in force", "显示生效的危急值界限"),
    "critical.by": ("who has taken note (default: the user of this machine)", "接收人（默认本机用户）"),
    "critical.text": ("whatever else there is to say", "其他说明"),
    "critical.reported-by": ("who told it, of the laboratory", "检验科报告人"),
    "critical.read-back": ("the value as it was read back", "复述的结果"),
    "critical.treatment": ("what is done; may be told later", "处置措施，可事后补记"),
    "critical.id": ("id of its Task, as the list shows it", "任务标识，见列表"),
    "critical.counted": (
        "{count} critical values, {late} overdue; {old} of them stand for a sender's results of former days",
        "共 {count} 条危急值，超时 {late} 条；其中 {old} 条为某发送方时间过旧的结果",
    ),
    "critical.overdue": ("OVERDUE", "超时"),
    "doctor.critical": (
        "{tests} codes have limits, {open} critical values are open, {late} overdue; "
        "{old} senders tell critical values that are too old to call for each: look at their clocks; "
        "{unread} units or wordings cannot be held against a limit",
        "{tests} 个代码有危急值界限；未确认 {open} 条，超时 {late} 条；"
        "{old} 个发送方的危急值时间过旧、未逐项通知，请核对仪器时钟；{unread} 种单位或写法无法判断",
    ),
    "doctor.do.critical": (
        "qiao critical list, then qiao critical acknowledge ID --by NAME",
        "执行 qiao critical list，然后 qiao critical acknowledge ID --by 姓名",
    ),
    "critical.off": (
        "[laboratory] critical is off: they call nobody",
        "[laboratory] critical 已关闭：不产生危急值任务",
    ),
    "critical.state.open": ("open", "待确认"),
    "critical.state.held": ("held, of whom is unknown", "待归属"),
    "critical.state.old": ("too old to call for each", "时间过旧，未逐项通知"),
    "critical.state.released": ("released", "已归属"),
    "critical.state.acknowledged": ("acknowledged", "已确认"),
    "critical.state.acknowledged-late": ("acknowledged late", "超时确认"),
    "critical.state.": ("-", "-"),
}
