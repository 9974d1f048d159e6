"""Fingerprints: keyed hashes of identities, to find the files that contain a person.

Without the key a fingerprint does not reveal its identity; an unkeyed hash of a phone number is
guessed in seconds. A fingerprint has eight bytes: no two of a million collide by accident.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from crm.domain.customers.customer import Identity
from crm.domain.kernel.ids import MerchantId

_BYTES = 8
_LONGEST_KEY = 64


class Fingerprints:
    """Computes the fingerprints of one deployment."""

    def __init__(self, secret: str) -> None:
        self._key = secret.encode()[:_LONGEST_KEY]

    def of(self, merchant_id: MerchantId, identity: Identity) -> bytes:
        """Return the fingerprint of an identity at one merchant."""
        message = "\x00".join((merchant_id, *identity)).encode()
        return blake2b(message, digest_size=_BYTES, key=self._key).digest()

    def hex_of(self, merchant_id: MerchantId, identities: Iterable[Identity]) -> tuple[str, ...]:
        """Return the fingerprints of identities in hexadecimal, sorted, without duplicates."""
        return tuple(sorted({self.of(merchant_id, each).hex() for each in identities}))


def fingerprints_in(content: bytes) -> Iterator[str]:
    """Yield the fingerprints of a file, in which they are concatenated, in hexadecimal."""
    for start in range(0, len(content), _BYTES):
        yield content[start : start + _BYTES].hex()
