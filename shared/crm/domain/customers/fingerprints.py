"""Marks: keyed hashes of identities, by which files are found that hold a person.

Who has the files but not the key cannot tell whose marks they are: a phone number alone is guessed
in seconds. Eight bytes each; of a million marks, no two meet by accident.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from crm.domain.customers.customer import Identity
from crm.domain.kernel.ids import MerchantId

_BYTES = 8
_LONGEST_KEY = 64


class Fingerprints:
    """Makes the marks of one deployment."""

    def __init__(self, secret: str) -> None:
        self._key = secret.encode()[:_LONGEST_KEY]

    def of(self, merchant_id: MerchantId, identity: Identity) -> bytes:
        """Return the mark of an identity of one merchant's customer."""
        named = "\x00".join((merchant_id, *identity)).encode()
        return blake2b(named, digest_size=_BYTES, key=self._key).digest()

    def spelled(self, merchant_id: MerchantId, identities: Iterable[Identity]) -> tuple[str, ...]:
        """Return the marks of identities as text, sorted, each once."""
        return tuple(sorted({self.of(merchant_id, each).hex() for each in identities}))


def fingerprints_in(content: bytes) -> Iterator[str]:
    """Yield the marks that a file of them holds, one behind the other."""
    for start in range(0, len(content), _BYTES):
        yield content[start : start + _BYTES].hex()
