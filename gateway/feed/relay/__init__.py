"""The relay: sends what receivers are owed until each entry is acknowledged or an open exception."""

from gateway.feed.relay.exchange import Exchange, Lost, Online
from gateway.feed.relay.opening import open_relay
from gateway.feed.relay.relay import Filling, Relay
from gateway.feed.relay.worker import RelayWorker

__all__ = ["Exchange", "Filling", "Lost", "Online", "Relay", "RelayWorker", "open_relay"]
