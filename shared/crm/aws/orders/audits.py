"""`ports.Audits`: how far an audit of a merchant's numbers is, bucket by bucket."""

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.table import Table
from crm.domain.kernel.ids import MerchantId

_KIND = "audit"


class DynamoAudits:
    """One row an audit; each bucket writes its own attribute, so that none waits for another."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(
        self, merchant_id: MerchantId, audit_id: str, bucket: str, counts: dict[str, int]
    ) -> None:
        """Note how far a bucket is; told again, it says the same."""
        self._table.write(
            self._table.updating(
                keys.of_job(merchant_id, _KIND, audit_id),
                "SET #bucket = :counts",
                values={":counts": counts},
                names={"#bucket": f"bucket_{bucket}"},
            )
        )
