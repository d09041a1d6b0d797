"""HIS by database views: polls the hospital's database, each row with those that belong to it."""

from adapters.his.sql_view.outcome import answer
from adapters.his.sql_view.parse import parse
from adapters.his.sql_view.settings import FIELDS, NAME
from adapters.his.sql_view.source import source
from gateway.spec import AdapterSpec
from gateway.wire.rows import CONTENT_TYPE

ADAPTER = AdapterSpec(
    id=NAME,
    kind="his",
    title="HIS by database views",
    title_zh="医院信息系统（数据库视图）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    fields=FIELDS,
    keeps=True,
)
