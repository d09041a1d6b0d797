"""Words that all commands share. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "qiao": (
        "HL7 v2 in, FHIR R4 out, durably. Exit codes: 0 done, 1 bad data, 2 usage or settings.",
        "HL7 v2 消息进，FHIR R4 资源出，落盘为先。退出码：0 完成，1 数据有问题，2 用法或配置有误。",
    ),
    "version": ("print the version", "显示版本"),
    "lang": (
        "language of messages: zh or en (default: the locale)",
        "提示语言：zh 或 en（默认随系统）",
    ),
    "json": (
        "JSON on standard output, one object a line: one for each thing that is listed",
        "在标准输出输出 JSON，每行一个对象；列表类命令每项一行",
    ),
    "usage.examples": ("examples:", "示例："),
    "usage.settings": (
        "Settings that it reads, from --config FILE and QIAO_SECTION__KEY: {settings}",
        "读取的配置（来自 --config 文件和 QIAO_节__键）：{settings}",
    ),
    "usage.no-settings": ("It reads no settings.", "不读取任何配置。"),
    "qiao.settings": (
        "`qiao COMMAND --help` shows examples and the settings that the command reads.",
        "`qiao 命令 --help` 给出示例和该命令读取的配置。",
    ),
    "config": (
        "settings file (TOML); none is needed on loopback",
        "配置文件（TOML）；只在本机使用时不需要",
    ),
    "no-such-tenant": (
        "neither this store nor the settings know this tenant; see --tenant and --config",
        "存储和配置中都没有此租户；请核对 --tenant 和 --config",
    ),
    "store": ("store URL, e.g. sqlite:///qiao.db", "存储地址，如 sqlite:///qiao.db"),
    "at-least-one": ("must be a number, 1 or more", "必须是不小于 1 的整数"),
    "port-number": ("must be a port, 0 to 65535", "必须是端口号，0 至 65535"),
    "port.option": (
        "--port, port in [api], or QIAO_API__PORT",
        "--port、[api] 的 port 或 QIAO_API__PORT",
    ),
}
