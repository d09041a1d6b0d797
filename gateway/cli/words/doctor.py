"""Words of `qiao doctor`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "doctor": ("check this installation", "检查本机安装"),
    "doctor.ok": ("all well", "一切正常"),
    "doctor.bad": ("{count} to mend", "有 {count} 处需要处理"),
    "doctor.zone": (
        "the time zone database has no {name}: {found}",
        "时区数据库中没有 {name}：{found}",
    ),
    "doctor.codes.none": ("none of the hospital's own", "没有医院自有代码表"),
    "doctor.codes": ("{folder}: {count} files", "{folder}：{count} 个文件"),
    "doctor.maps": (
        "{types} message types, {senders} sender profiles, version",
        "{types} 种消息，{senders} 个发送方配置，版本",
    ),
    "doctor.cache.homeless": (
        "no home folder: the maps are compiled anew at every start",
        "没有主目录：每次启动都要重新编译映射",
    ),
    "doctor.cache.locked": (
        "{folder} cannot be written to: the maps are compiled anew at every start",
        "{folder} 不可写：每次启动都要重新编译映射",
    ),
    "doctor.cache.open": (
        "others may write to {path}: it is not read, and the maps are compiled anew at every start",
        "其他用户可以写入 {path}：不予读取，每次启动都要重新编译映射",
    ),
    "doctor.cache.close": (
        "chown and chmod go-w the file and its folder, or delete it",
        "请对该文件及其目录执行 chown 和 chmod go-w，或删除它",
    ),
    "doctor.disk": ("{free} GiB free beside the store ({folder})", "存储所在磁盘剩余 {free} GiB（{folder}）"),
    "doctor.store": ("{url}: {count} messages", "{url}：{count} 条消息"),
    "doctor.store.none": ("{url}: not there yet, can be made", "{url}：尚不存在，可以创建"),
    "doctor.store.folder": (
        "make the folder {folder}, or set [store] url",
        "请创建目录 {folder}，或修改 [store] url",
    ),
    "doctor.database.file": ("a file of SQLite", "SQLite 文件"),
    "doctor.database.unsafe": (
        "set {names} = on in postgresql.conf and reload the server: a power cut loses acknowledged messages",
        "请在 postgresql.conf 中将 {names} 设为 on 并让服务器重新加载：否则断电会丢失已确认的消息",
    ),
    "doctor.wal.server": ("the server's own", "由服务器自行管理"),
    "doctor.inbox.none": ("no messages yet", "尚无消息"),
    "doctor.inbox": (
        "{quarantined} wait in quarantine, {rejected} were rejected",
        "隔离中 {quarantined} 条，已退回 {rejected} 条",
    ),
    "doctor.inbox.orders": (
        "{orders} of them are orders, which their senders know as not taken",
        "其中申请 {orders} 条，其发送方获知的是未被接受",
    ),
    "doctor.senders": ("the last {count} messages: {listed}", "最近 {count} 条消息：{listed}"),
    "doctor.senders.silent": ("none of {names}", "没有来自 {names} 的消息"),
    "doctor.senders.default": (
        "{count} fit no sender profile: write one for their MSH-3 and MSH-4 (docs/add-a-mapping.md)",
        "{count} 条不符合任何发送方配置：请按其 MSH-3、MSH-4 新建配置（docs/add-a-mapping.md）",
    ),
    "doctor.adapters.closed": (
        '{opening}; closed until the settings have a section [adapters."NAME"] for them: {closed}',
        '{opening}；以下入口在设置中写入 [adapters."名称"] 一节后才会打开：{closed}',
    ),
    "doctor.port.taken": ("in use", "端口被占用"),
    "doctor.port.running": ("{ports}: a gateway answers there", "{ports}：已有网关在运行"),
    "doctor.port.running.do": (
        "nothing, if it is the one that you mean; a second one needs other ports and another store",
        "若正是该网关则无需处理；另起一个须使用其他端口和另一个存储",
    ),
    "doctor.port.other": (
        "{ports}: held by another qiao that is running (process {pid})",
        "{ports}：被另一个正在运行的 qiao 占用（进程 {pid}）",
    ),
    "doctor.port.other.do": (
        "nothing, if it is the one that you mean; to run beside it, this one needs another store and its own "
        "{settings}: a door whose port is taken stays closed",
        "若正是该网关则无需处理；若要同时运行，须使用另一个存储，并另设 {settings}：端口被占用的入口不会打开",
    ),
    "doctor.port.process": ("in use by process {pid}", "被进程 {pid} 占用"),
    "doctor.port": (
        "stop the other process or set another {setting}",
        "请停掉占用者，或更改 {setting}",
    ),
    "doctor.do.versions": (
        "install again: make setup, or pip install",
        "请重新安装：make setup 或 pip install",
    ),
    "doctor.do.sqlite": (
        "use a Python that brings SQLite 3.35 or newer (any python.org build since 3.10)",
        "请使用自带 SQLite 3.35 或更新版本的 Python（3.10 以后的官方版本均可）",
    ),
    "doctor.do.root": (
        "keep one installation: remove the other one from the environment or PYTHONPATH",
        "请只保留一处安装：从环境或 PYTHONPATH 中移除另一处",
    ),
    "doctor.do.zone": (
        "install the system's tzdata package or mend TZ; lists show UTC until then, messages do not mind",
        "请安装系统的 tzdata 软件包或更正 TZ；此前列表显示 UTC，消息不受影响",
    ),
    "doctor.do.adapters": (
        "mend that section of the settings file; qiao adapter list shows the valid ones",
        "请更正配置文件的该节；可用的见 qiao adapter list",
    ),
    "doctor.do.codes": (
        "let the gateway's user read that folder and its files, or mend [mapping] codes",
        "请让网关的用户可读该目录及文件，或更正 [mapping] codes",
    ),
    "doctor.do.maps": (
        "mend that line, then run qiao mapping check; the running gateway keeps the maps it started with",
        "请更正该行后运行 qiao mapping check；运行中的网关仍使用启动时的映射",
    ),
    "doctor.do.cache": (
        "nothing must be done; to start sooner, give the gateway's user a home that it may write to",
        "可不处理；如需加快启动，请给网关的用户一个可写的主目录",
    ),
    "doctor.do.disk": (
        "free some space, or move the store: stop the gateway, move the file with its -wal, set [store] url",
        "请清理磁盘，或迁移存储：停止网关，连同 -wal 一起移动文件，再修改 [store] url",
    ),
    "doctor.do.wal": (
        "a backup or another reader holds it: end that, or restart the gateway; never delete the file",
        "有备份或其他读取者占用：请结束它或重启网关；切勿删除该文件",
    ),
    "doctor.do.store": (
        "look whether the file belongs to this program and its user may write to it and to its folder; else "
        "restore a backup",
        "请确认该文件属于本程序，且网关的用户可写该文件及其目录；否则请恢复备份",
    ),
    "doctor.do.database": (
        "look whether the server runs, and whether URL, user and password (PGPASSWORD, ~/.pgpass) are right",
        "请确认服务器在运行，且地址、用户名和密码（PGPASSWORD、~/.pgpass）正确",
    ),
    "doctor.do.inbox": (
        "qiao inbox list --state quarantined shows them; mend the maps or the profile, then replay. Rejected "
        "ones are the senders' to mend",
        "用 qiao inbox list --state quarantined 查看；更正映射或发送方配置后重放。已退回的由发送方改正",
    ),
    "doctor.do.senders": (
        "nothing, if they do not send here; else look at match in their profile",
        "若它们本不在此发送则无需处理；否则请检查其配置中的 match",
    ),
    "doctor.clients": ("{count} in {file}", "{file} 中有 {count} 个"),
    "doctor.clients.none": (
        "no {file}: only loopback is served, to everybody on this machine",
        "没有 {file}：只在本机提供服务，本机任何人均可访问",
    ),
    "doctor.clients.token": (
        "no {file}: one shared token, [api] token, opens everything",
        "没有 {file}：一个共用令牌（[api] token）可访问全部",
    ),
    "doctor.clients.ending": ("expired, or soon: {names}", "已失效或即将失效：{names}"),
    "doctor.do.clients": (
        "Give each client a token (qiao client add NAME --role ROLE); revoke those that have ended.",
        "为每个客户端单独发放令牌：qiao client add 名称 --role 角色；撤销已失效的。",
    ),
    "doctor.subscriptions.none": ("none", "没有订阅"),
    "doctor.subscriptions": ("{count}, of which {failing} in error", "共 {count} 个，其中 {failing} 个出错"),
    "doctor.subscriptions.more": ("and {count} more", "另有 {count} 个"),
    "doctor.do.subscriptions": (
        "look whether the receiver runs and takes notifications at its endpoint; deliveries are tried again "
        "by themselves, and GET [base]/Subscription/ID/$status tells how far they are",
        "请确认接收方在运行，且其 endpoint 可接收通知；网关会自动重试，"
        "进度见 GET [base]/Subscription/ID/$status",
    ),
    "doctor.doors.none": ("no gateway answers here", "没有运行中的网关"),
    "doctor.doors.closed": (
        "a gateway runs, and tells only operators how its doors stand",
        "网关正在运行，但只向运维角色说明各接入的状态",
    ),
    "doctor.do.doors": (
        "look at the cable, converter or address of a line that is not open; GET [base]/$doors with an "
        "operator's token tells all counters",
        "请检查未打开线路的电缆、转换器或地址；以运维令牌访问 GET [base]/$doors 可看全部计数",
    ),
    "doctor.do.ports": (
        "mend the address or port in that section",
        "请更正该节中的地址或端口",
    ),
}
