"""HIS over files: a folder that exports or an SFTP server fill with tables, JSON, XML and CDA documents."""

from adapters.his.files.answer import answer
from adapters.his.files.door import FIELDS, NAME, source
from adapters.his.files.handed import read
from adapters.his.files.parse import parse
from gateway.spec import AdapterSpec
from gateway.wire.rows import CONTENT_TYPE

ADAPTER = AdapterSpec(
    id=NAME,
    kind="his",
    title="HIS over files (CSV, Excel, JSON, XML, CDA in a folder)",
    title_zh="医院信息系统（文件夹中的 CSV、Excel、JSON、XML、CDA 文件）",
    content_type=CONTENT_TYPE,
    source=source,
    parse=parse,
    answer=answer,
    fields=FIELDS,
    keeps=True,
    read=read,
)
