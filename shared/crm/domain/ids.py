"""Ids of merchants, people and records, and the ULIDs that most of them are."""

from datetime import datetime
from hashlib import sha256
from typing import NewType

from ulid import ULID

MerchantId = NewType("MerchantId", str)
CustomerId = NewType("CustomerId", str)
ImportId = NewType("ImportId", str)
UserId = NewType("UserId", str)

_ALPHABET = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_LENGTH = 26


def ulid_of(at: datetime, entropy: bytes) -> str:
    """Return the ULID of the moment `at` (to the millisecond) and 10 bytes of entropy."""
    milliseconds = int(at.timestamp() * 1000)
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + entropy[:10]))


def derived_ulid(at: datetime, *parts: str) -> str:
    """Return the ULID that these parts always give: a repeated message makes no second id."""
    return ulid_of(at, sha256("\x00".join(parts).encode()).digest())


def is_ulid(text: str) -> bool:
    """Tell whether `text` has the shape of a ULID in its canonical spelling."""
    return len(text) == _LENGTH and text[0] <= "7" and _ALPHABET.issuperset(text)
