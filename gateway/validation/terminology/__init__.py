"""Terminology: which codes exist, what they are called, and to which value sets they belong."""

from gateway.validation.terminology.concepts import Concept, Concepts, Designation
from gateway.validation.terminology.expansion import Loaded, Terminology
from gateway.validation.terminology.loaded import LoadedFile
from gateway.validation.terminology.members import Members
from gateway.validation.terminology.searched import Searched

__all__ = ["Concept", "Concepts", "Designation", "Loaded", "LoadedFile", "Members", "Searched", "Terminology"]
