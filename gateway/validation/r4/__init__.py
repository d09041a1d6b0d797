"""The official R4 definitions as package data, read one by one when somebody asks."""

from gateway.validation.r4.definitions import Definitions, Json

__all__ = ["Definitions", "Json"]
