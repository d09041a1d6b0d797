"""Words of `qiao client`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "client": ("who may use the API", "谁可以使用接口"),
    "client.add": ("make a client and print its token, this once", "新建客户端，并显示其令牌（仅此一次）"),
    "client.list": ("list the clients", "列出客户端"),
    "client.revoke": ("take a client's access away", "撤销客户端的访问权"),
    "client.name": ("name of the client: letters, digits, - and _", "客户端名称：字母、数字、- 和 _"),
    "client.role": (
        "read: reads and searches; write: that and changes; regulator: reads, history, export and "
        "subscriptions; operator: everything; patient: reads one patient's own record",
        "read：读取和检索；write：另可修改；regulator：读取、历史、导出和订阅；operator：全部；"
        "patient：只读一名患者本人的病历",
    ),
    "client.tenant": (
        "hospital whose data it sees, and no other's (default: default)",
        "所属机构，只能看到该机构的数据（默认 default）",
    ),
    "client.expires": (
        "when the token ends: 90d, 2027-01-31 (the end of that day) or a time (default: never)",
        "令牌何时失效：90d、2027-01-31（当日结束）或具体时间（默认永不）",
    ),
    "client.practitioner": (
        "the one person who uses it: Practitioner/ID or SYSTEM|VALUE",
        "专用该客户端的医务人员：Practitioner/ID 或 SYSTEM|VALUE",
    ),
    "client.patient": (
        "whose record a client with the role patient reads: Patient/ID (without it: --asserts)",
        "patient 角色的客户端可读其病历的患者：Patient/ID（未填则须 --asserts）",
    ),
    "client.asserts": (
        "trust it to say which practitioner acts (X-Qiao-Practitioner), or, with the role patient, which "
        "patient reads (X-Qiao-Patient)",
        "信任其声明操作的医务人员（X-Qiao-Practitioner）；patient 角色则为其声明查询的患者（X-Qiao-Patient）",
    ),
    "client.arrived": (
        "trust it to bring orders that took effect elsewhere (effective_orders)",
        "信任其写入在别处已生效的医嘱（effective_orders）",
    ),
    "client.note": ("a remark for people", "备注"),
    "client.added": (
        "{name}: {role} of the tenant {tenant}, in {file}. Keep the token: it is shown only now. "
        "With this file every client needs one, on loopback too.",
        "{name}：机构 {tenant} 的 {role}，写入 {file}。请保存令牌：只显示这一次。"
        "有了此文件，所有客户端（包括本机）都须出示令牌。",
    ),
    "client.revoked": (
        "{name} is revoked in {file}; a running gateway notices within seconds",
        "已在 {file} 中撤销 {name}；运行中的网关数秒内生效",
    ),
    "client.none": (
        "there is no {file}: loopback is served without a token",
        "没有 {file}：只在本机提供服务，无须令牌",
    ),
    "client.forever": ("-", "-"),
    "client.expired": ("expired {when}", "已失效 {when}"),
    "client.expires.bad": (
        "write 90d, 2027-01-31 or 2027-01-31T00:00:00Z, not {text}",
        "请写 90d、2027-01-31 或 2027-01-31T00:00:00Z，而不是 {text}",
    ),
    "client.expires.past": ("must be in the future", "须为将来的时间"),
}
