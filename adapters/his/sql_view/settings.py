"""Settings: what can be said of a hospital's database."""

from __future__ import annotations

from gateway.spec import Field

NAME = "his/sql_view"

WHERE = f'[adapters."{NAME}"]'

FIELDS = (
    Field("url", "str", "", "database URL of SQLAlchemy without its password: mysql://qiao@10.0.0.8/his"),
    Field("password", "str", "", "better in QIAO_ADAPTERS__HIS_SQL_VIEW__PASSWORD, or in password_file"),
    Field("password_file", "str", "", "file whose first line is the password"),
    Field(
        "views", "str", "", "folder with a YAML file for each view; empty: the template under its own names"
    ),
    Field("only", "str", "", "names of the views to read, separated by commas; empty: all"),
    Field("layouts", "str", "", "folder like mappings/rows, where [mapping] root is one of yours"),
    Field("tenant", "str", "default", "the hospital behind this database"),
    Field("state", "str", "sqlite:///qiao-his-sql-view.db", "database URL: how far each view was read"),
    Field("interval", "float", 0.5, "seconds between two polls of a view that says when a row changed"),
    Field("interval_hash", "float", 300.0, "seconds between two full readings of a view that does not"),
    Field(
        "overlap", "float", 60.0, "seconds before the last time read that are read again, for late commits"
    ),
    Field("batch", "int", 2000, "rows of a page"),
    Field("in_flight", "int", 2000, "rows of a page that are handed over at once"),
    Field("reconcile", "str", "03:30", "hour of the day at which all keys are compared; empty: never"),
    Field("withdraw", "float", 0.1, "share of a view that may vanish at once and be taken back"),
    Field("zone", "str", "+08:00", "zone of the database's times without one"),
    Field("charset", "str", "", "of text that comes as bytes or as Latin-1: gb18030"),
    Field("timeout", "float", 60.0, "seconds for a connection or a query"),
    Field("connections", "int", 3, "open connections to the database"),
)
