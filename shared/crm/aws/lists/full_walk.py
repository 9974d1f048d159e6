"""`ports.CustomerWalk`: consistent reads of the base table's partitions."""

from collections.abc import Collection, Sequence

from crm.aws.customers.rows import customer_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.table import Table, in_partition
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.lists.pages import WalkedPage

_CHOSEN_A_PAGE = 1_000


class DynamoCustomerWalk:
    """Customers of all merchants; each method reads those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def buckets(self, merchant_id: MerchantId) -> Sequence[str]:  # noqa: ARG002 - the same for all
        """Return the buckets, in their order."""
        return keys.buckets()

    def page(self, merchant_id: MerchantId, bucket: str, after: CustomerId | None) -> WalkedPage:
        """Return the next customers of a bucket by id, of any status: at most 1 MB."""
        partition = keys.of_bucket(merchant_id, bucket)
        request = {
            **in_partition(partition),
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = keys.of_customer(merchant_id, after)
        answer = self._table.query(**request)
        customers = [customer_of(merchant_id, item) for item in answer["Items"]]
        return WalkedPage(customers, _id_of(answer.get("LastEvaluatedKey")))

    def chosen(
        self,
        merchant_id: MerchantId,
        bucket: str,
        after: CustomerId | None,
        ids: Collection[CustomerId],
    ) -> WalkedPage:
        """Return the next of the given customers in a bucket, by id."""
        mine = sorted(
            each
            for each in ids
            if keys.bucket_of(each) == bucket and (after is None or each > after)
        )
        page = mine[:_CHOSEN_A_PAGE]
        found = self._table.get_many([keys.of_customer(merchant_id, each) for each in page])
        customers = sorted(
            (customer_of(merchant_id, item) for item in found), key=lambda each: each.id
        )
        return WalkedPage(customers, page[-1] if len(mine) > len(page) else None)


def _id_of(key: keys.Key | None) -> CustomerId | None:
    return keys.customer_in(key["sk"]["S"]) if key else None
