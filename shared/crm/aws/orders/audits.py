"""`ports.Audits`: the progress of metrics audits, bucket by bucket."""

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.table import Table
from crm.domain.kernel.ids import MerchantId

_KIND = "audit"


class DynamoAudits:
    """One row per audit; each bucket writes its own attribute, so buckets do not conflict."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(
        self, merchant_id: MerchantId, audit_id: str, bucket: str, counts: dict[str, int]
    ) -> None:
        """Store the counts of a bucket; repeating the call changes nothing."""
        self._table.write(
            self._table.updating(
                keys.of_job(merchant_id, _KIND, audit_id),
                "SET #bucket = :counts",
                values={":counts": counts},
                names={"#bucket": f"bucket_{bucket}"},
            )
        )
