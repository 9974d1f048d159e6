"""`ports.CustomerLists`, answered by the list indexes alone."""

from crm.aws import keys
from crm.aws.attributes import attribute, plain
from crm.aws.customer_rows import listed_of
from crm.aws.table import Row, Table
from crm.domain.ids import CustomerId, MerchantId
from crm.domain.lists import ListQuery, Page, Position


class DynamoCustomerLists:
    """A page of a merchant's customers is one query of one index."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, merchant_id: MerchantId, query: ListQuery) -> Page:
        """Return the next customers of a list."""
        partition = keys.of_list(merchant_id, archived=query.archived)
        request = {
            "IndexName": f"by_{query.sort}",
            "KeyConditionExpression": "list_partition = :partition",
            "ExpressionAttributeValues": {":partition": attribute(partition)},
            "ScanIndexForward": not query.descending,
            "Limit": query.limit,
        }
        if query.after is not None:
            request["ExclusiveStartKey"] = _start(merchant_id, partition, query, query.after)
        answer = self._table.query(**request)
        items: list[Row] = answer["Items"]
        more = "LastEvaluatedKey" in answer and items
        last = (
            Position(plain(items[-1][query.sort]), CustomerId(items[-1]["id"]["S"]))
            if more
            else None
        )
        return Page(tuple(listed_of(merchant_id, item) for item in items), last)


def _start(merchant_id: MerchantId, partition: str, query: ListQuery, after: Position) -> Row:
    """Return the start key of a position: all of its parts follow from the value and the id."""
    return {
        **keys.of_customer(merchant_id, after.id),
        "id": attribute(after.id),
        "list_partition": attribute(partition),
        query.sort: attribute(after.value),
    }
