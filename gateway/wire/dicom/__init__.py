"""DICOM: the header of an object, in any transfer syntax, read as it comes and never with its pixels.

PS3.5 (data sets), PS3.10 (files). Bounded by the header, whatever the object's size.
"""

from gateway.wire.dicom.limits import LIMITS, Limits
from gateway.wire.dicom.part10 import File, header_of, written
from gateway.wire.dicom.record import Header
from gateway.wire.dicom.scan import Scanner
from gateway.wire.dicom.syntax import syntax_of

__all__ = ["LIMITS", "File", "Header", "Limits", "Scanner", "header_of", "syntax_of", "written"]
