"""Bodies that are held at once are bounded together, and their room comes back."""

from __future__ import annotations

import pytest

from gateway.api.room import Room
from gateway.errors import Retry


def test_what_does_not_fit_is_asked_to_come_again() -> None:
    room = Room(10)
    with room.held() as first, room.held() as second:
        first(6)
        with pytest.raises(Retry) as error:
            second(5)
        assert error.value.after > 0
        second(4)


def test_room_comes_back_whatever_happens() -> None:
    room = Room(10)

    def fail() -> None:
        with room.held() as take:
            take(10)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with room.held() as take:
        take(10)
