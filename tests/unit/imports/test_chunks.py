"""Chunks: every row once, in order, and all rows of one identity together."""

from hypothesis import given
from hypothesis import strategies as st

from crm.domain.imports.chunks import Chunker
from crm.domain.imports.rows import DataRow, row_of_line
from tests.import_builders import a_row


def chunked(*rows: DataRow) -> list[list[DataRow]]:
    chunker = Chunker()
    for row in rows:
        chunker.add(row)
    assert len(chunker) == len(rows)
    return [[row_of_line(line) for line in chunk.split(b"\n")] for chunk in chunker.chunks()]


def test_a_chunk_holds_five_hundred_rows() -> None:
    chunks = chunked(*(a_row(number, full_name="Lan") for number in range(1_201)))

    assert [len(chunk) for chunk in chunks] == [500, 500, 201]


def test_200_000_rows_are_400_chunks() -> None:
    chunker = Chunker()
    row = a_row(full_name="Lan")
    for _ in range(200_000):
        chunker.add(row)

    assert sum(1 for _ in chunker.chunks()) == 400


def test_a_distant_row_is_in_the_chunk_of_the_row_it_shares_an_identity_with() -> None:
    rows = [a_row(number, full_name="Lan") for number in range(600)]
    rows[3] = a_row(3, phone="+84912345678")
    rows[599] = a_row(599, phone="+84912345678", email="lan@moc.example")

    first, second = chunked(*rows)

    assert first[-1].number == 599
    assert [row.number for row in second] == [*range(499, 599)]


people = st.integers(0, 6)


@given(st.lists(st.tuples(people, people, st.booleans()), max_size=60))
def test_no_identity_is_in_two_chunks_and_no_row_is_lost(
    drawn: list[tuple[int, int, bool]],
) -> None:
    spread = 100  # rows between, so that a few rows make several chunks
    rows: list[DataRow] = []
    for place, (phone, email, blank) in enumerate(drawn):
        fields = {} if blank else {"phone": f"+{phone}", "email": f"{email}@x.vn"}
        rows.append(a_row(place * spread, **fields))
        rows += [a_row(place * spread + each, full_name="x") for each in range(1, spread)]

    chunks = chunked(*rows)

    assert sorted(row.number for chunk in chunks for row in chunk) == [row.number for row in rows]
    homes: dict[object, set[int]] = {}
    for place, chunk in enumerate(chunks):
        assert [row.number for row in chunk] == sorted(row.number for row in chunk)
        for row in chunk:
            for identity in row.identities():
                homes.setdefault(identity, set()).add(place)
    assert all(len(chunks_of_one) == 1 for chunks_of_one in homes.values())
