"""Faults of the hospital's databases: views, their files, what they answer."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "there is no such folder; set layouts to one like mappings/rows": (
        "没有这个目录；请把 layouts 设为类似 mappings/rows 的目录"
    ),
    "there is no such folder; set views to where yours are": "没有这个目录；请把 views 设为视图文件所在目录",
    "no view is called {name}; there are {known}": "没有名为 {name} 的视图；现有：{known}",
    "two views are called {name}; give one a name": "有两个视图都叫 {name}；请用 name 为其中一个命名",
    "there is no view to read; add a YAML file": "没有可读取的视图；请添加 YAML 文件",
    "cannot be read as YAML ({kind})": "不是有效的 YAML（{kind}）",
    "a view is a mapping: table, from, columns …": "视图文件须为键值形式：table、from、columns 等",
    "table is one of {known}, not {name}": "table 只能是 {known}，不能是 {name}",
    "mode is watermark (with changed) or hash": "mode 只能是 watermark（须有 changed）或 hash",
    "key names the columns that tell a row from all others": "key 须列出能唯一标识一行的字段",
    "no detail is called {name}; there are {known}": "没有名为 {name} 的明细；现有：{known}",
    "unknown key {name} in details.{detail}": "details.{detail} 中有未知的键 {name}",
    "the template has no column {name}; it has {known}": "模板中没有字段 {name}；现有：{known}",
    "between is written 22:00-06:00": "between 的写法为 22:00-06:00",
    "no dialect of SQLAlchemy has this name; install its package": (
        "SQLAlchemy 没有这种数据库方言；请安装相应的软件包"
    ),
    "url is no database URL of SQLAlchemy: dialect://user@host/database": (
        "url 不是 SQLAlchemy 的数据库地址：方言://用户@主机/数据库"
    ),
    "the driver of this database is not installed: {name}": "未安装该数据库的驱动：{name}",
    "{view} has no column {column}; nothing is read of it until it has, or the view's file names another": (
        "{view} 没有字段 {column}；在恢复该字段或在视图文件中改用其他字段之前不读取"
    ),
    "{view}: the database does not answer ({kind})": "{view}：数据库没有应答（{kind}）",
    "{view}: the database refuses the query ({kind})": "{view}：数据库拒绝了查询（{kind}）",
    "{view}: the query cannot be made ({kind})": "{view}：无法生成查询（{kind}）",
    "{view} has more than {count} rows with one key, or at one time that is finer than a microsecond; "
    "correct key or changed": (
        "{view} 中同一个键、或同一个精度高于微秒的时刻有超过 {count} 行；请更正 key 或 changed"
    ),
    "{column} of {view} is text that does not sort by time; set mode: hash for this view, or name another "
    "column": ("{view} 的 {column} 是不能按时间排序的文本；请为该视图设置 mode: hash，或改用其他字段"),
    "{count} rows have lost all their details ({names}): none is taken back, it is read again. If that is "
    "right, raise withdraw": (
        "{count} 行的明细（{names}）全部消失：均不作废，将重新读取。如确属实，请调高 withdraw"
    ),
    "zone is written +08:00": "zone 的写法为 +08:00",
    "state is a database URL of SQLAlchemy, as sqlite:////var/lib/qiao/his.db": (
        "state 须为 SQLAlchemy 的数据库地址，如 sqlite:////var/lib/qiao/his.db"
    ),
    "the state cannot be opened ({kind})": "无法打开状态库（{kind}）",
    "there is no folder {folder}; make it, or set state": "没有目录 {folder}；请创建，或修改 state",
    "another process reads these views; stop it, or set another state": (
        "另一个进程正在读取这些视图；请停止它，或设置另一个 state"
    ),
    "the state of the views cannot be written ({kind})": "视图的读取状态无法写入（{kind}）",
    "batch is at least 2, in_flight at least 1": "batch 至少为 2，in_flight 至少为 1",
    "url names the database to read": "请用 url 指明要读取的数据库",
    "password_file cannot be read ({why})": "password_file 无法读取（{why}）",
    "reconcile is an hour of the day: 03:30": "reconcile 为一天中的时刻：03:30",
}
