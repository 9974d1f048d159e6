"""Chunks of a file: about 500 rows each, and never two rows of one identity in two of them.

So each chunk can be planned without the others, and the rows of a person in the order of the file.
"""

from collections.abc import Collection, Iterator, Sequence

from crm.domain.customers.customer import Identity
from crm.domain.imports.job import ROWS_A_CHUNK
from crm.domain.imports.rows import DataRow, line_of


class Chunker:
    """Collects the rows of a file in their order, as lines, and which of them belong together."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._first: list[int] = []  # of each row, an earlier row of its group; itself if none
        self._named: dict[Identity, int] = {}
        self._unused: set[Identity] = set()

    def __len__(self) -> int:
        return len(self._lines)

    def identities(self) -> Collection[Identity]:
        """Return what the rows name customers by, each once; invalid rows too."""
        return self._named.keys() | self._unused

    def add(self, row: DataRow) -> None:
        """Take the next row."""
        here = len(self._lines)
        self._lines.append(line_of(row))
        self._first.append(here)
        self._unused.update(row.named)
        for identity in row.identities():
            there = self._named.setdefault(identity, here)
            if there != here:
                self._join(there, here)

    def chunks(self) -> Iterator[bytes]:
        """Yield the chunks, each with its groups whole, by the first row of each group."""
        groups: dict[int, list[int]] = {}
        for place in range(len(self._lines)):
            groups.setdefault(self._root(place), []).append(place)
        chunk: list[int] = []
        for group in groups.values():
            chunk += group
            if len(chunk) >= ROWS_A_CHUNK:
                yield self._joined(chunk)
                chunk = []
        if chunk:
            yield self._joined(chunk)

    def _joined(self, places: Sequence[int]) -> bytes:
        return b"\n".join(self._lines[place] for place in sorted(places))

    def _root(self, place: int) -> int:
        first = self._first
        while first[place] != place:
            first[place] = first[first[place]]
            place = first[place]
        return place

    def _join(self, one: int, other: int) -> None:
        earlier, later = sorted((self._root(one), self._root(other)))
        self._first[later] = earlier
