"""ULIDs: one canonical spelling for a moment and its entropy, sorted by time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain.kernel.ids import derived_ulid, is_ulid, moment_of, ulid_of

MOMENTS = st.integers(0, 4 * 10**15).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
ENTROPY = st.binary(min_size=10, max_size=10)


def test_a_ulid_is_encoded_as_the_specification_says() -> None:
    # 01ARZ3NDEK is the example of the specification: 1469918176385 ms.
    assert ulid_of(datetime.fromtimestamp(1469918176.385, UTC), bytes(10))[:10] == "01ARYZ6S41"
    assert ulid_of(datetime.fromtimestamp(0, UTC), bytes(10)) == "0" * 26
    assert ulid_of(datetime.fromtimestamp(0, UTC), b"\xff" * 10) == "0" * 10 + "Z" * 16
    assert ulid_of(datetime.fromtimestamp(0.001, UTC), bytes(10)) == "0000000001" + "0" * 16


@given(MOMENTS, ENTROPY, MOMENTS, ENTROPY)
def test_ulids_sort_as_their_moments_do(
    one: datetime, first: bytes, other: datetime, second: bytes
) -> None:
    mine, theirs = ulid_of(one, first), ulid_of(other, second)

    assert is_ulid(mine)
    assert timedelta() <= one - moment_of(mine) < timedelta(milliseconds=1)
    if moment_of(mine) < moment_of(theirs):
        assert mine < theirs


def test_the_same_parts_always_give_the_same_id_and_other_parts_another() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)

    assert derived_ulid(at, "a", "b") == derived_ulid(at, "a", "b")
    assert derived_ulid(at, "a", "b") != derived_ulid(at, "ab")


@pytest.mark.parametrize(
    "text", ["", "0" * 25, "8" + "0" * 25, "0" * 25 + "U", "0" * 25 + "a", "0" * 27]
)
def test_other_text_is_not_a_ulid(text: str) -> None:
    assert not is_ulid(text)
