"""A plot of lines over two logarithmic axes, as a PNG by hand: no library for one picture."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from pathlib import Path

type Colour = tuple[int, int, int]
type Point = tuple[float, float]

_WIDTH, _HEIGHT = 900, 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 70, 60, 60
_WHITE, _GREY, _BLACK = (255, 255, 255), (221, 221, 221), (40, 40, 40)
_COLOURS: Sequence[Colour] = ((31, 90, 160), (200, 80, 30), (30, 130, 60), (130, 60, 140))
_SCALE, _DOT = 3, 4
#: Rows of a sign, top down, each three pixels as an octal digit.
_SIGNS = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717",
    "6": "74757", "7": "71122", "8": "75757", "9": "75717", "A": "25755", "B": "65656",
    "C": "34443", "D": "65556", "E": "74747", "F": "74744", "G": "34553", "H": "55755",
    "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555",
    "O": "25552", "P": "65644", "Q": "25531", "R": "65655", "S": "34216", "T": "72222",
    "U": "55557", "V": "55522", "W": "55775", "X": "55255", "Y": "55222", "Z": "71247",
    ",": "00024", ".": "00002", "-": "00700", "/": "11244", "(": "12221", ")": "42224",
}  # fmt: skip


def plot(path: Path, title: str, lines: Mapping[str, Sequence[Point]]) -> None:
    """Draw lines by their names; a name that ends in "8 shards" is drawn dashed."""
    points = [point for line in lines.values() for point in line]
    canvas = _Canvas(
        [x for x, _ in points], [10 ** floor(log10(min(y for _, y in points))), *_tops(points)]
    )
    canvas.axes(title)
    for place, (name, line) in enumerate(lines.items()):
        # The same operation has one colour for each number of shards.
        colour = _COLOURS[place // 2 % len(_COLOURS)]
        dashed = bool(place % 2)
        for start, end in pairwise(line):
            canvas.line(start, end, colour, dashed=dashed)
        for point in line:
            canvas.dot(point, colour)
        canvas.named(place, name, colour, dashed=dashed)
    path.write_bytes(canvas.png())


def _tops(points: Sequence[Point]) -> list[float]:
    return [10 ** ceil(log10(max(y for _, y in points)) + 0.3)]


class _Canvas:
    """Pixels, and where values stand among them."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self._pixels = bytearray(bytes(_WHITE) * (_WIDTH * _HEIGHT))
        self._x = (log10(min(xs)), log10(max(xs)))
        self._y = (log10(min(ys)), log10(max(ys)))

    def axes(self, title: str) -> None:
        """Draw a line at each power of ten, and say what it is."""
        self._text(_LEFT, 20, title, _BLACK)
        for power in range(ceil(self._x[0]), floor(self._x[1]) + 1):
            x, _ = self._place((10**power, 10 ** self._y[0]))
            self._stroke((x, _TOP), (x, _HEIGHT - _BOTTOM), _GREY)
            self._text(x - 30, _HEIGHT - _BOTTOM + 14, f"{10**power:,}", _BLACK)
        for power in range(ceil(self._y[0]), floor(self._y[1]) + 1):
            _, y = self._place((10 ** self._x[0], 10**power))
            self._stroke((_LEFT, y), (_WIDTH - _RIGHT, y), _GREY)
            self._text(10, y - 8, f"{10**power:g} MS", _BLACK)

    def line(self, start: Point, end: Point, colour: Colour, *, dashed: bool) -> None:
        """Draw from value to value."""
        self._stroke(self._place(start), self._place(end), colour, dashed=dashed, width=2)

    def dot(self, point: Point, colour: Colour) -> None:
        """Mark a value."""
        x, y = self._place(point)
        self._box(x - _DOT, y - _DOT, 2 * _DOT, 2 * _DOT, colour)

    def named(self, place: int, name: str, colour: Colour, *, dashed: bool) -> None:
        """Say which line is which."""
        x, y = _LEFT + 15 + place % 2 * 360, _TOP + 8 + place // 2 * 24
        self._stroke((x, y + 8), (x + 40, y + 8), colour, dashed=dashed, width=2)
        self._text(x + 50, y, name, colour)

    def png(self) -> bytes:
        """Return the picture."""
        row = _WIDTH * 3
        raw = b"".join(
            b"\0" + self._pixels[start : start + row] for start in range(0, len(self._pixels), row)
        )
        header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in parts
        )

    def _place(self, point: Point) -> tuple[int, int]:
        def share(value: float, ends: tuple[float, float]) -> float:
            return (log10(value) - ends[0]) / ((ends[1] - ends[0]) or 1)

        x, y = share(point[0], self._x), share(point[1], self._y)
        return (
            round(_LEFT + x * (_WIDTH - _LEFT - _RIGHT)),
            round(_HEIGHT - _BOTTOM - y * (_HEIGHT - _TOP - _BOTTOM)),
        )

    def _stroke(
        self,
        start: tuple[int, int],
        end: tuple[int, int],
        colour: Colour,
        *,
        dashed: bool = False,
        width: int = 1,
    ) -> None:
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(steps + 1):
            if dashed and step // 8 % 2:
                continue
            x = round(start[0] + (end[0] - start[0]) * step / steps)
            y = round(start[1] + (end[1] - start[1]) * step / steps)
            self._box(x, y, width, width, colour)

    def _text(self, x: int, y: int, text: str, colour: Colour) -> None:
        for place, sign in enumerate(text.upper()):
            for down, row in enumerate(_SIGNS.get(sign, "00000")):
                for right in range(3):
                    if int(row, 8) >> (2 - right) & 1:
                        left = x + (place * 4 + right) * _SCALE
                        self._box(left, y + down * _SCALE, _SCALE, _SCALE, colour)

    def _box(self, x: int, y: int, width: int, height: int, colour: Colour) -> None:
        for row in range(max(y, 0), min(y + height, _HEIGHT)):
            left, right = max(x, 0), min(x + width, _WIDTH)
            if left < right:
                start = (row * _WIDTH + left) * 3
                self._pixels[start : start + (right - left) * 3] = bytes(colour) * (right - left)
