"""Faults of analysers: lines, captures and layouts of ASTM records."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "ca cannot be loaded: {why}": "无法加载 ca：{why}",
    "a line has a name and one of {ways}": "每条线路须有 name 以及 {ways} 之一",
    "how frames are read is said of the port: give it a port of its own": (
        "帧的读取方式属于端口：请为该仪器单独设置端口"
    ),
    "call looks like HOST:PORT": "call 的形式为 HOST:PORT",
    "an instrument on another machine is called over TLS: set ca, or call a tunnel on this one": (
        "呼叫其他机器上的仪器须使用 TLS：请设置 ca，或呼叫本机上的隧道"
    ),
    "lines cannot be read ({kind})": "无法读取线路文件（{kind}）",
    "the file begins with lines: and a list of them": "文件以 lines: 和线路列表开头",
    "two lines are called {name}": "有两条线路都叫 {name}",
    "the line broke off before the end of the message; the instrument sends it once more": (
        "线路在消息结束前中断；仪器会重发"
    ),
    "there is no charset {name}": "没有字符集 {name}",
    "there is no table {name}; codes has {known}": "没有代码表 {name}；codes 中有 {known}",
    "{fact} is no fact; there are {known}": "{fact} 不是已知事实；可用 {known}",
    "{path}: which record is meant its place says": "{path}：由位置决定是哪条记录",
    "a layout begins with rows, xml, cda or astm and its name": "布局以 rows、xml、cda 或 astm 及其名称开头",
    "behind => there are components of the repeat, .4, or . for all of it, not {text}": (
        "=> 之后为重复项的成分（.4）或表示整个重复项的 .，而不是 {text}"
    ),
    "match takes fields of H or O and their patterns: {H.5.1: 'XN-*'}": (
        "match 为 H 或 O 记录的字段及其模式：{H.5.1: 'XN-*'}"
    ),
    "no layout in mappings/astm fits": "mappings/astm 中没有适用的布局",
    "no layout {name} in mappings/astm; there are {known}": ("mappings/astm 中没有布局 {name}；现有 {known}"),
    "no sender profile {name} beside it": "同目录中没有发送方配置 {name}",
    "{name} is like another profile itself": "{name} 本身又参照了另一个配置",
}
