"""FHIR XML: resources as XML and back, without loss, by the definitions (R4 §2.6.1)."""

from gateway.validation.xml.reading import XmlText, from_xml, is_xml, read
from gateway.validation.xml.values import Unwritable
from gateway.validation.xml.writing import to_xml

__all__ = ["Unwritable", "XmlText", "from_xml", "is_xml", "read", "to_xml"]
