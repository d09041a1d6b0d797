"""Sign-in: tells a receiver once a day that we are there, whether there is anything else to say or not."""

from __future__ import annotations

from collections.abc import Callable

from gateway.errors import Rejected, Retry
from gateway.feed.pause import pause
from gateway.feed.receiver.wire import Wire
from gateway.feed.relay.exchange import Exchange, Lost
from gateway.feed.relay.schedule import SECOND, day_to_sign
from gateway.feed.relay.trouble import SIGN_IN, Trouble
from gateway.settings import ReceiverSettings
from gateway.store import Store
from gateway.store.deliveries import Receiver


class SignIn:
    """The daily sign-in at one receiver; it never holds up what is to be sent.

    Args:
        now: the present, microseconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        settings: ReceiverSettings,
        wire: Wire,
        exchange: Exchange,
        trouble: Trouble,
        now: Callable[[], int],
    ) -> None:
        self._tables, self._zone, self._settings = store.deliveries, store.zone, settings
        self._wire, self._exchange, self._trouble, self._now = wire, exchange, trouble, now

    async def turn(self, receiver: Receiver) -> None:
        """Sign in, where that is due."""
        now = self._now()
        day = day_to_sign(now, self._settings.sign_in, self._zone)
        if not day or receiver.signed >= day or receiver.sign_next_us > now:
            return
        if await self._failed(day, now):
            receiver.sign_failures += 1
            wait = pause(receiver.sign_failures, self._settings.longest_pause)
            receiver.sign_next_us = now + round(wait * SECOND)
            if receiver.sign_failures >= self._settings.alert_after:
                self._trouble.say(SIGN_IN, True, f"{receiver.sign_failures} attempts failed", now)
        else:
            receiver.signed, receiver.sign_failures, receiver.sign_next_us = day, 0, 0
            self._trouble.say(SIGN_IN, False, "", now)
        self._tables.save(receiver)

    async def _failed(self, day: str, now: int) -> bool:
        """Sign in; tell whether that failed."""
        try:
            request = self._wire.sign_in(day, now)
            if request is None:
                return False
            reply = await self._exchange(request, self._settings.timeout)
        except (Rejected, Retry, Lost):
            return True
        return self._wire.signed_in(reply).state != "acknowledged"
