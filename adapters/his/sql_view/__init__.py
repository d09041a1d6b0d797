"""HIS by database views: polls the hospital's database, each row with those that belong to it."""

from collections.abc import Mapping

from adapters.his.sql_view.outcome import answer
from adapters.his.sql_view.parse import parse
from adapters.his.sql_view.settings import FIELDS, NAME
from gateway.spec import AdapterSpec, Source
from gateway.wire.rows import CONTENT_TYPE


def source(settings: Mapping[str, str | int | float | bool]) -> Source:
    """Return the door, not yet open. SQLAlchemy is loaded here: who only converts files needs none."""
    from adapters.his.sql_view.source import source as opened

    return opened(settings)


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
