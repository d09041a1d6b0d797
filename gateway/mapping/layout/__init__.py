"""Layout: how a record that is not HL7 v2 is laid out as segments, so that the same rows map it.

A row of a view, an XML document or a WS/T 500 document says in other places what PID, PV1 and OBX say.
A layout file (``mappings/rows``, ``mappings/xml``, ``mappings/cda``) names these places; what comes of it
goes the way of every message: same conditions, keys, links, lineage and account. docs/add-a-layout.md.
"""

from gateway.mapping.layout.cda import composed
from gateway.mapping.layout.file import LayoutFile, layout_file
from gateway.mapping.layout.laid import Laid
from gateway.mapping.layout.layouts import Layouts
from gateway.mapping.layout.told import told_as_written

__all__ = ["Laid", "LayoutFile", "Layouts", "composed", "layout_file", "told_as_written"]
