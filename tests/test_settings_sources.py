"""``[supervision.NAME.sources.X]``: what it may say, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import load

HEAD = "[supervision.default.sources.his]\n"
SQL = 'url = "postgresql://his@db.example/his"\nkinds = ["exam"]\nsql = "SELECT 1"\n'
WEB = 'url = "https://lis.example/x"\nkinds = ["lab"]\n'


def test_a_source_and_its_secret_in_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "qiao.toml"
    file.write_text(HEAD + SQL + "[supervision.default.sources.old-lis]\n" + WEB, "utf-8")
    environment = {
        "QIAO_SUPERVISION__DEFAULT__SOURCES__HIS__PASSWORD": "file:/run/his",
        "QIAO_SUPERVISION__DEFAULT__SOURCES__OLD_LIS__TIMEOUT": "5",
    }
    sources = load(file, environment).supervised("default").sources
    assert (sources["his"].password, sources["old-lis"].timeout) == ("file:/run/his", 5)
    assert "run/his" not in repr(sources)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('kinds = ["exam"]', "needs url and kinds"),
        (WEB + 'sql = "SELECT 1"', "sql belongs to a database"),
        (SQL.replace("sql = ", "# "), "sql belongs to a database"),
        (WEB.replace('"lab"', '"lab", "exam"'), "one kind"),
        (WEB.replace("https", "ftp"), "begins with one of"),
        (WEB.replace("https", "http") + 'token = "x"', "by https only"),
        (WEB + 'at = "25:00"', "HH:MM"),
        (WEB + "timeout = 0", "between 1 and"),
        (WEB + "what = 1", "unknown key 'what'"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, said: str, why: str) -> None:
    file = tmp_path / "qiao.toml"
    file.write_text(HEAD + said, "utf-8")
    with pytest.raises(Misconfigured, match=why) as found:
        load(file, {})
    assert "[supervision.default.sources.his]" in str(found.value)
