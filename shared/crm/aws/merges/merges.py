"""`ports.Merges` in DynamoDB: each merge with the images of both records before it."""

from dataclasses import replace

from crm.aws.customers.rows import customer_of, row_of
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain, row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table, before_key
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.merges.changeset import MergeMove
from crm.domain.merges.merge import Merge, MergePage

_KIND = "merge"
#: The attributes that a list of merges reads.
_LISTED = ("pk", "sk", "survivor_id", "loser_id", "at", "by", "keep", "along")
_ENDS = ("undone_at", "undone_by")


class DynamoMerges:
    """The merges of all merchants."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, merchant_id: MerchantId, merge_id: str) -> Merge:
        """Return a merge, or raise `NotFound`."""
        item = self._table.get(keys.of_merge(merchant_id, merge_id))
        if item is None:
            raise NotFound("merge_not_found")
        return _merge_of(merchant_id, item)

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> MergePage:
        """Return the newest merges older than `before`, without the images of their records."""
        names = (*_LISTED, *_ENDS)
        answer = self._table.query(
            **before_key(keys.of_jobs(merchant_id, _KIND), before),
            ProjectionExpression=", ".join(f"#{name}" for name in names),
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ScanIndexForward=False,
            Limit=limit + 1,
            ConsistentRead=True,
        )
        merges = [_merge_of(merchant_id, item) for item in answer["Items"]]
        return MergePage(tuple(merges[:limit]), len(merges) > limit)

    def forget(self, merchant_id: MerchantId, merge_id: str) -> None:
        """Remove the images of both records; the merge can no longer be undone."""
        key = keys.of_merge(merchant_id, merge_id)
        try:
            self._table.write(
                self._table.updating(key, "REMOVE survivor, loser", "attribute_exists(pk)")
            )
        except Cancelled:
            return


def merge_action(table: Table, merchant_id: MerchantId, move: MergeMove) -> Action:
    """Return the action that stores a new merge, or marks one in effect as undone."""
    before, after = move
    if before is None:
        return table.putting(_row_of(merchant_id, after), "attribute_not_exists(pk)")
    return table.updating(
        keys.of_merge(merchant_id, after.id),
        "SET undone_at = :at, undone_by = :by",
        "attribute_not_exists(undone_at) AND attribute_exists(survivor)",
        {":at": after.undone_at, ":by": list(after.undone_by or ())},
    )


def _row_of(merchant_id: MerchantId, merge: Merge) -> Row:
    images = {
        name: {"M": row_of(image)}
        for name, image in (("survivor", merge.survivor), ("loser", merge.loser))
        if image is not None
    }
    attributes = {
        "survivor_id": merge.survivor_id,
        "loser_id": merge.loser_id,
        "at": merge.at,
        "by": list(merge.by),
        "keep": dict(merge.keep),
        "along": list(merge.along),
    }
    return {**keys.of_merge(merchant_id, merge.id), **row(attributes), **images}


def _merge_of(merchant_id: MerchantId, item: Row) -> Merge:
    stored = {name: plain(item[name]) for name in (*_LISTED, *_ENDS) if name in item}
    merge = Merge(
        id=stored["sk"],
        survivor_id=CustomerId(stored["survivor_id"]),
        loser_id=CustomerId(stored["loser_id"]),
        at=stored["at"],
        by=Author(*stored["by"]),
        keep=stored["keep"],
        along=tuple(stored["along"]),
        undone_at=stored.get("undone_at"),
        undone_by=Author(*stored["undone_by"]) if "undone_by" in stored else None,
    )
    if "survivor" not in item:
        return merge
    survivor, loser = (customer_of(merchant_id, item[name]["M"]) for name in ("survivor", "loser"))
    return replace(merge, survivor=survivor, loser=loser)
