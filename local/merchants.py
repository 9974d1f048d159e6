"""Create merchants by storing their settings."""

from contextlib import suppress
from datetime import UTC, datetime

from crm.aws.dynamodb.table import Table
from crm.aws.merchants.merchants import DynamoMerchants
from crm.domain.kernel.errors import Conflict, NotFound
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.domain.values.names import folded
from local.failures import CommandError
from local.stack import Stack

_LONGEST_ID = 40


def merchant_exists(stack: Stack, merchant_id: str) -> bool:
    """Return whether a merchant exists."""
    try:
        _merchants(stack).get(MerchantId(merchant_id))
    except NotFound:
        return False
    return True


def create_merchant(
    stack: Stack, merchant_id: str, name: str, email: str, connections: tuple[str, ...] = ()
) -> None:
    """Create a merchant unless it exists."""
    merchant = Merchant(
        id=MerchantId(merchant_id),
        name=name,
        email=email,
        connections=connections,
        created_at=stamp(datetime.now(UTC)),
    )
    with suppress(Conflict):
        _merchants(stack).add(merchant.id, merchant)


def id_of(name: str) -> str:
    """Derive a merchant's id from its name: "Quán Mộc" becomes quan-moc."""
    words = folded(name)
    merchant_id = "-".join(words.split())[:_LONGEST_ID].strip("-")
    if not merchant_id or not merchant_id.isascii():
        raise CommandError(f"The name {name!r} gives no id: it needs a Latin letter.")
    return merchant_id


def _merchants(stack: Stack) -> DynamoMerchants:
    return DynamoMerchants(Table(stack.dynamodb, stack.outputs["TableName"]))
