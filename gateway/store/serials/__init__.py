"""Serials: the numbers of business documents, minted in the transaction that stores them (CQ49附3.5)."""

from gateway.store.serials.format import Format, load
from gateway.store.serials.serial import GATEWAY, Serial

__all__ = ["GATEWAY", "Format", "Serial", "load"]
