"""Mutants of the doors of a HIS without HL7 v2: database, XML service, documents."""

from __future__ import annotations

from typing import Any

from mutants.mutant import bundles, instead, mutant

ROW = "CQ49-3.4b"
_DOCUMENTS = "urn:oid:2.16.156.10011.2.4"
"""Of the types of shared documents (WS/T 500)."""


@mutant(ROW, "变更时间较早而较晚提交的行被遗漏", "a row that is committed late is missed")
def late_rows_missed() -> None:
    from adapters.his.sql_view.source import SqlViews

    def make(begin: Any) -> Any:
        return lambda self, settings: begin(self, {**settings, "overlap": 0.0})

    instead(SqlViews, "__init__", make)


@mutant(ROW, "从数据库删除的处方无人发现", "a prescription that is deleted from the database is not missed")
def deletions_unnoticed() -> None:
    from adapters.his.sql_view.comparing import Comparing

    instead(Comparing, "_missing", lambda _find: lambda self, seen: (len(seen), []))


@mutant(ROW, "共享文档的最后一节丢失", "the last section of a shared document is lost")
def section_dropped() -> None:
    def change(_scope: dict[str, Any], bundle: dict[str, Any]) -> None:
        for one in bundle.get("entry", ()):
            found = one.get("resource", {})
            coded = (
                found.get("type", {}).get("coding", ()) if found.get("resourceType") == "Composition" else ()
            )
            if any(coding.get("system") == _DOCUMENTS for coding in coded):
                found["section"] = found.get("section", [])[:-1]

    bundles(change)


@mutant(ROW, "SOAP 1.2 的调用以 SOAP 1.1 应答", "a call in SOAP 1.2 is answered in SOAP 1.1")
def answered_in_another_soap() -> None:
    from adapters.his.xml_http import dress

    dress._SPACES["1.2"] = dress._SPACES["1.1"]
