"""Words of `qiao db`. Each is said in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "db": ("the database of the store", "存储的数据库"),
    "db.status": ("show whether the store is of this program's version", "查看存储的版本是否与本程序一致"),
    "db.upgrade": (
        "bring an older store up to date; stop the gateway first",
        "升级旧版本的存储；请先停止网关",
    ),
    "db.no-copy": (
        "do not copy the database file before (you have a backup)",
        "升级前不复制数据库文件（已另行备份）",
    ),
    "db.none": ("{place}: no store in it yet", "{place}：其中尚无存储"),
    "db.standing": (
        "{place}: schema version {version}, this program's is {newest}",
        "{place}：结构版本 {version}，本程序为 {newest}",
    ),
    "db.newer": ("a newer program wrote it: use that one", "由更新的程序写入：请使用该程序"),
    "db.due": (
        "stop the gateway, then run: qiao db upgrade ({resources} resources will be indexed anew)",
        "请停止网关，然后运行：qiao db upgrade（将重新索引 {resources} 个资源）",
    ),
    "db.unfinished": (
        "its upgrade was interrupted; run qiao db upgrade again, it goes on where it was",
        "升级曾中断；请再次运行 qiao db upgrade，将从中断处继续",
    ),
    "db.server": (
        "a server is not copied: make a backup with pg_dump first",
        "不会复制服务器上的数据库：请先用 pg_dump 备份",
    ),
    "db.progress": ("upgrading", "升级中"),
    "db.step.copy": ("copying the database file", "复制数据库文件"),
    "db.step.schema": ("changing the tables, version by version: {of}", "更改表结构：{of} 个版本"),
    "db.step.reindex": ("indexing {of} resources", "索引 {of} 个资源"),
    "db.copied": ("the store as it was: {copy}", "升级前的存储：{copy}"),
    "db.upgraded": (
        "{place}: schema version {before} → {version}, {resources} resources indexed",
        "{place}：结构版本 {before} → {version}，已索引 {resources} 个资源",
    ),
    "db.nothing": ("{place}: nothing to do", "{place}：无需升级"),
}
