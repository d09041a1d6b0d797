"""Layouts: all of them, and what each kind of record becomes by them."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from gateway.canonical import Envelope
from gateway.errors import Misconfigured, Rejected
from gateway.mapping.layout.cda import DataElement
from gateway.mapping.layout.file import LayoutFile
from gateway.mapping.layout.laid import Laid
from gateway.mapping.layout.lay_astm import AstmLayout, AstmLayouts
from gateway.mapping.layout.lay_cda import CdaLayout
from gateway.mapping.layout.lay_rows import RowsLayout
from gateway.mapping.layout.lay_xml import XmlLayout
from gateway.mapping.layout.naming import shown
from gateway.mapping.layout.place import Place
from gateway.wire.astm.records import Message
from gateway.wire.rows import Page
from gateway.wire.xml import Document

ANY_DOCUMENT = "CDA^document"
"""Layout of the clinical documents that have none of their own."""

_CLINICAL = "{urn:hl7-org:v3}ClinicalDocument"
_CODE = "{urn:hl7-org:v3}code"


class Layouts:
    """The layouts of one process.

    Attributes:
        files: event (``"ROWS^prescription"``) → layout.
    """

    def __init__(
        self, files: Mapping[str, LayoutFile], elements: Mapping[str, DataElement] | None = None
    ) -> None:
        self.files = files
        self._rows = {one.name: RowsLayout(one) for one in files.values() if one.kind == "rows"}
        self._xml = {
            event: CdaLayout(one, elements or {}) if one.kind == "cda" else XmlLayout(one)
            for event, one in files.items()
            if one.kind in ("xml", "cda")
        }
        records = {one.name: AstmLayout(one) for one in files.values() if one.kind == "astm"}
        self._astm = AstmLayouts(records)
        self._shown: dict[str, dict[str, str]] = {}

    @property
    def of_records(self) -> frozenset[str]:
        """Names of those that a line of analysers may be set to."""
        return self._astm.names

    def check_named(self, named: Mapping[str, str]) -> None:
        """Refuse a name of a layout that there is not, before a message comes by that line.

        Args:
            named: name → where it is set.

        Raises:
            Misconfigured: there is one; says which there are.
        """
        for name, where in named.items():
            if name not in self.of_records:
                known = ", ".join(sorted(self.of_records))
                raise Misconfigured(f"no layout {name!r} in mappings/astm; there are {known}", where=where)

    def lay(self, record: object, envelope: Envelope) -> Laid:
        """Return the message that a record becomes.

        Raises:
            Rejected: ``unknown-type``: no layout knows it; ``unknown-format``; ``several-rows``: a page of
                more than one row, of which each has to come by itself.
        """
        if isinstance(record, Page):
            layout = self._rows.get(record.view)
            if layout is None:
                raise Rejected("no layout in mappings/rows has this name", code="unknown-type", where="view")
            if len(record.records) != 1:
                raise Rejected("one row at a time is mapped", code="several-rows", where="rows")
            return layout.lay(record.records[0], record.system, envelope.raw, _control(envelope))
        if isinstance(record, Message):
            return self._records(record, envelope)
        if isinstance(record, Document):
            return self._document(record).lay(record, _control(envelope))
        raise Rejected("there are no maps for this format yet", code="unknown-format")

    def _records(self, message: Message, envelope: Envelope) -> Laid:
        """Return what the records of an analyser become."""
        named = envelope.meta.get("layout", "")
        kind = self._astm.kind(message, named)
        layout = self._astm.of(message, kind)
        if layout is None:
            raise Rejected("no layout in mappings/astm fits", code="unknown-type", where="H.5")
        return layout.lay(message, envelope.meta, kind)

    def _document(self, document: Document) -> XmlLayout:
        """Return the layout of a document: by its code where it is clinical, else the one that fits."""
        if document.root.tag == _CLINICAL:
            code = document.root.find(_CODE)
            name = "" if code is None else code.get("code", "").strip()
            found = self._xml.get(f"CDA^{name}") or self._xml.get(ANY_DOCUMENT)
        else:
            found = next((one for one in self._xml.values() if one.fits(document)), None)
        if found is None:
            raise Rejected("no layout in mappings/xml or mappings/cda fits", code="unknown-type")
        return found

    def shown(self, event: str) -> Mapping[str, str]:
        """Return path of a segment (``"R02-3"``) → path of the record (``"items.dose"``), none for HL7 v2."""
        found = self._shown.get(event)
        file = self.files.get(event)
        if file is None:
            return {}
        if found is None:
            root = file.root

            def parent(place: Place) -> str:
                return "" if place is root else f"{place.name}."

            found = self._shown[event] = {
                path: said for place in root.all() for path, said in shown(place, parent)
            }
        return found


def _control(envelope: Envelope) -> str:
    """Return the number of a record that has none: of its delivery, of the inbox, offline of its bytes."""
    return envelope.meta.get("control") or envelope.id or blake2b(envelope.raw, digest_size=16).hexdigest()
