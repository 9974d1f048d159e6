"""Read changes of customers from records of the table's stream."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crm.aws.customers.rows import customer_of
from crm.aws.dynamodb import duplicate_keys, keys
from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.customer import Customer
from crm.domain.duplicates.scoring import NamedPair, PairId
from crm.domain.kernel.ids import MerchantId

#: Sequence numbers have up to 40 digits; padded to one width they sort as text.
_DIGITS = 40


def customer_changes(records: Iterable[Mapping[str, Any]]) -> Iterator[CustomerChange]:
    """Yield the changes of customers in the stream's order; skip other rows."""
    for record in records:
        change = record["dynamodb"]
        partition = keys.bucket_partition(change["Keys"]["pk"]["S"])
        customer_id = keys.customer_in(change["Keys"]["sk"]["S"])
        if partition is None or customer_id is None:
            continue
        merchant_id, bucket = partition
        yield CustomerChange(
            merchant_id=merchant_id,
            customer_id=customer_id,
            bucket=bucket,
            sequence=sequence_of(record),
            before=_customer(merchant_id, change.get("OldImage")),
            after=_customer(merchant_id, change.get("NewImage")),
        )


def named_pairs(records: Iterable[Mapping[str, Any]]) -> Iterator[NamedPair]:
    """Yield the pairs that these records name for the first time."""
    for record in records:
        change = record["dynamodb"]
        merchant_id = duplicate_keys.merchant_of_pairs(change["Keys"]["pk"]["S"])
        new, old = change.get("NewImage", {}), change.get("OldImage", {})
        if merchant_id and "named" in new and "named" not in old:
            pair = PairId(*duplicate_keys.pair_of(change["Keys"]["sk"]["S"]))
            yield NamedPair(merchant_id, pair)


def sequence_of(record: Mapping[str, Any]) -> str:
    """Return a record's sequence number, padded so that it sorts as text."""
    sequence: str = record["dynamodb"]["SequenceNumber"]
    return sequence.zfill(_DIGITS)


def failure_of(records: Iterable[Mapping[str, Any]], sequence: str | None) -> dict[str, Any]:
    """Return the response that makes Lambda retry from a sequence on; None retries nothing."""
    failed = [
        {"itemIdentifier": record["dynamodb"]["SequenceNumber"]}
        for record in records
        if sequence_of(record) == sequence
    ]
    return {"batchItemFailures": failed}


def _customer(merchant_id: MerchantId, image: Mapping[str, Any] | None) -> Customer | None:
    return customer_of(merchant_id, dict(image)) if image else None
