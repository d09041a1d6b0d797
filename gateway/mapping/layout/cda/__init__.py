"""The body of a clinical document (HL7 CDA R2, WS/T 500-2016): sections and what they state.

An XPath finds a field of the header. What stands in the body is nested without end and typed by ``xsi:type``;
it is read here, once, from top to bottom: sections with their narrative, and every coded statement with its
value. Layouts in ``mappings/cda`` lay the statements out by their kinds (docs/add-a-layout.md).
"""

from gateway.mapping.layout.cda.body import Body, read_body
from gateway.mapping.layout.cda.compose import composed, sections_of
from gateway.mapping.layout.cda.elements import DataElement, data_elements
from gateway.mapping.layout.cda.left import Left, count, unread
from gateway.mapping.layout.cda.statement import KINDS, Section, Statement

__all__ = [
    "KINDS",
    "Body",
    "DataElement",
    "Left",
    "Section",
    "Statement",
    "composed",
    "count",
    "data_elements",
    "read_body",
    "sections_of",
    "unread",
]
