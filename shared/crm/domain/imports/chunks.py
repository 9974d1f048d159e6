"""Split a file into chunks of about 500 rows, with all rows of one identity in the same chunk.

So each chunk is planned independently, with the rows of a person in the order of the file.
"""

from collections.abc import Collection, Iterator, Sequence

from crm.domain.customers.customer import Identity
from crm.domain.imports.job import ROWS_A_CHUNK
from crm.domain.imports.rows import DataRow, line_of


class Chunker:
    """Collects the rows of a file in order, as lines, and groups those that share identities."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._first: list[int] = []  # for each row, an earlier row of its group, or itself
        self._named: dict[Identity, int] = {}
        self._unused: set[Identity] = set()

    def __len__(self) -> int:
        return len(self._lines)

    def identities(self) -> Collection[Identity]:
        """Return the identities in all rows, each once; invalid rows included."""
        return self._named.keys() | self._unused

    def add(self, row: DataRow) -> None:
        """Add the next row."""
        index = len(self._lines)
        self._lines.append(line_of(row))
        self._first.append(index)
        self._unused.update(row.named)
        for identity in row.identities():
            earlier = self._named.setdefault(identity, index)
            if earlier != index:
                self._union(earlier, index)

    def chunks(self) -> Iterator[bytes]:
        """Yield the chunks, each of whole groups, ordered by the first row of each group."""
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

    def _union(self, one: int, other: int) -> None:
        earlier, later = sorted((self._root(one), self._root(other)))
        self._first[later] = earlier
