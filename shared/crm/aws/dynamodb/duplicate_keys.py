"""Keys of pairs and of blocking keys, which the table in `keys` lists."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from crm.aws.dynamodb.keys import CUSTOMER, key
from crm.domain.kernel.ids import CustomerId, MerchantId

if TYPE_CHECKING:
    from crm.aws.dynamodb.keys import Key
    from crm.domain.duplicates.blocking_keys import BlockingKey

_HASH_DIGITS = 32
_OF_PAIRS = "DUPLICATES"


def of_pairs(merchant_id: MerchantId) -> str:
    """Return the partition of a merchant's pairs, and of the rows that point to them."""
    return f"M#{merchant_id}#{_OF_PAIRS}"


def merchant_of_pairs(pk: str) -> MerchantId | None:
    """Return the merchant of a partition of pairs, or None for another partition."""
    match pk.split("#"):
        case ["M", merchant_id, kind] if kind == _OF_PAIRS:
            return MerchantId(merchant_id)
        case _:
            return None


def of_pair(merchant_id: MerchantId, lower: CustomerId, higher: CustomerId) -> Key:
    """Return the key of two customers who may be one person; dismissed pairs are kept too.

    With the higher id first it is the key of the row that points to the pair, so that all pairs
    of a customer share a prefix.
    """
    return key(of_pairs(merchant_id), f"{pairs_of(lower)}{higher}")


def pairs_of(customer_id: CustomerId) -> str:
    """Return the first part of the sort keys of a customer's pairs."""
    return f"{customer_id}#"


def pair_of(sk: str) -> tuple[CustomerId, CustomerId]:
    """Return the two customers of a pair, in the order of its sort key."""
    one, _, other = sk.partition("#")
    return CustomerId(one), CustomerId(other)


def of_listed_pairs(merchant_id: MerchantId, status: str) -> str:
    """Return the partition that lists a merchant's pairs of one status by score."""
    return f"{of_pairs(merchant_id)}#{status}"


def score_text(score: int) -> str:
    """Return the first part of the sort key of a listed pair."""
    return f"{score:03}"


def sort_key_of_listed_pair(score: int, lower: CustomerId, higher: CustomerId) -> str:
    """Return the sort key of a pair in the list of its status: 095#01J…#01J…."""
    return f"{score_text(score)}#{lower}#{higher}"


def listed_pair_of(sk: str) -> tuple[int, CustomerId, CustomerId]:
    """Return the score and the customers of a listed pair."""
    score, _, pair = sk.partition("#")
    return int(score), *pair_of(pair)


def place_of_listed_pair(status: str, sk: str) -> str:
    """Return status and sort key of a listed pair as one text, which the pair's row stores."""
    return f"{status}#{sk}"


def of_blocking_key(merchant_id: MerchantId, blocking_key: BlockingKey) -> str:
    """Return the partition of the customers with a blocking key; its hash reveals nothing."""
    joined = "\x00".join((merchant_id, *blocking_key))
    return f"M#{merchant_id}#LIKE#{sha256(joined.encode()).hexdigest()[:_HASH_DIGITS]}"


def of_first_blocking_key(merchant_id: MerchantId, blocking_key: BlockingKey) -> Key:
    """Return the key of the first customer with a blocking key; it also tells if others exist."""
    return key(of_blocking_key(merchant_id, blocking_key), "FIRST")


def of_blocking_key_entry(
    merchant_id: MerchantId, blocking_key: BlockingKey, customer_id: CustomerId
) -> Key:
    """Return the key of a further customer with a blocking key."""
    return key(of_blocking_key(merchant_id, blocking_key), f"{CUSTOMER}{customer_id}")
