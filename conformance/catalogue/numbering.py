"""Article numbers: writes them as the documents do, so that a list of articles is a count and not a copy."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """Return 1 to 99 in Chinese numerals: ``二十三``. Raises ValueError: another number."""
    if not 1 <= number <= 99:
        raise ValueError(f"{number} is not between 1 and 99")
    tens, ones = divmod(number, 10)
    front = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return front + (_DIGITS[ones] if ones else "")


def written(number: int, digits: str) -> str:
    """Return a number in ``chinese`` or ``arabic`` digits."""
    return str(number) if digits == "arabic" else chinese(number)


def article(label: str) -> str:
    """Return the article of a citation that names an item of it: ``第三条（四）`` → ``第三条``."""
    return label.partition("（")[0]
