"""Curve: points of the SM2 curve (GB/T 32918.5) and their multiples, in Jacobian coordinates on Python
integers.

A point that recurs (the generator, a physician's public key) has a table of its multiples, so that
multiplying it is some 40 additions and no doubling. Nothing here runs in constant time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

Point = tuple[int, int]
"""Affine coordinates."""
Jacobian = tuple[int, int, int]
"""X, Y, Z of the point (X/Z², Y/Z³); Z = 0 is the point at infinity."""

G: Point = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
INFINITY: Jacobian = (1, 1, 0)


def on_curve(point: Point) -> bool:
    """Tell whether the coordinates are those of a point; the curve's cofactor is 1, so it has the order N."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def double(point: Jacobian) -> Jacobian:
    """Return twice the point (a = -3)."""
    x, y, z = point
    zz, yy = z * z % P, y * y % P
    slope = 3 * (x - zz) * (x + zz) % P
    xyy = 4 * x * yy % P
    twice = (slope * slope - 2 * xyy) % P
    return twice, (slope * (xyy - twice) - 8 * yy * yy) % P, 2 * y * z % P


def add(start: Jacobian, points: Iterable[Point]) -> Jacobian:
    """Return ``start`` plus all points. One loop: calls would cost as much as the arithmetic."""
    x, y, z = start
    for px, py in points:
        if not z:
            x, y, z = px, py, 1
            continue
        zz = z * z % P
        h, r = (px * zz - x) % P, (py * zz % P * z - y) % P
        if not h:
            x, y, z = double((x, y, z)) if not r else INFINITY
            continue
        hh = h * h % P
        v, hhh = x * hh % P, hh * h % P
        x = (r * r - hhh - 2 * v) % P
        y, z = (r * (v - x) - y * hhh) % P, z * h % P
    return x, y, z


def affine(points: Sequence[Jacobian]) -> list[Point]:
    """Return the affine coordinates of points that are not infinity, by one inversion for all
    (Montgomery)."""
    products = [1]
    for _, _, z in points:
        products.append(products[-1] * z % P)
    inverse, found = pow(products[-1], -1, P), []
    for (x, y, z), before in zip(reversed(points), reversed(products[:-1]), strict=True):
        own = inverse * before % P
        inverse = inverse * z % P
        square = own * own % P
        found.append((x * square % P, y * square % P * own % P))
    return found[::-1]


class Multiples:
    """The multiples of one point, by signed digits of ``width`` bits: 2^(width-1) points for each digit."""

    def __init__(self, point: Point, width: int) -> None:
        self._width, half = width, 1 << (width - 1)
        rows: list[Jacobian] = []
        base = point
        for _ in range(256 // width + 1):
            row: list[Jacobian] = [(*base, 1)]
            for _ in range(half - 1):
                row.append(add(row[-1], (base,)))
            rows += row
            base = affine([double(row[-1])])[0]
        self._points = affine(rows)

    def of(self, scalar: int) -> Iterator[Point]:
        """Yield the points whose sum is ``scalar`` times the point; ``0 <= scalar < 2**256``."""
        points, width = self._points, self._width
        half, mask, row = 1 << (width - 1), (1 << width) - 1, -1
        while scalar:
            digit = scalar & mask
            scalar >>= width
            if digit > half:
                scalar += 1
                x, y = points[row + mask + 1 - digit]
                yield x, P - y
            elif digit:
                yield points[row + digit]
            row += half


def multiple(point: Point, scalar: int, width: int = 5) -> Jacobian:
    """Return ``scalar`` times a point that has no table, by its non-adjacent form of ``width`` bits."""
    twice = affine([double((*point, 1))])[0]
    odd: list[Jacobian] = [(*point, 1)]
    for _ in range((1 << (width - 2)) - 1):
        odd.append(add(odd[-1], (twice,)))
    points, total = affine(odd), INFINITY
    for digit in reversed(_non_adjacent(scalar, width)):
        total = double(total)
        if digit > 0:
            total = add(total, (points[digit >> 1],))
        elif digit:
            x, y = points[-digit >> 1]
            total = add(total, ((x, P - y),))
    return total


def _non_adjacent(scalar: int, width: int) -> list[int]:
    """Return odd digits below 2^(width-1) in size, the lowest first, width-1 zeros at least behind each."""
    digits, full = [], 1 << width
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & (full - 1)
            digit -= full if digit >= full >> 1 else 0
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits
