"""After a restore, apply the old table's tombstones to the restored one."""

import json

from crm.aws.dynamodb import keys
from crm.domain.kernel.ids import MerchantId
from local.failures import CommandError
from local.stack import Stack


def reapply(stack: Stack, merchant_id: str, left: str | None) -> int:
    """Erase restored customers again; return how many. `left` is the table before the restore.

    A table restored to a moment lacks the erasures after it.
    """
    if left:
        _copy_tombstones(stack, merchant_id, left)
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs["ReapplyErasuresFunctionName"],
        Payload=json.dumps({"merchant_id": merchant_id}).encode(),
    )
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CommandError(f"The function failed: {result.get('errorType')}; see its log.")
    erasures: int = result["erasures"]
    return erasures


def _copy_tombstones(stack: Stack, merchant_id: str, left: str) -> None:
    """Copy a merchant's tombstones from another table into the stack's table."""
    client = stack.client("dynamodb")
    pages = client.get_paginator("query").paginate(
        TableName=left,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.of_tombstones(MerchantId(merchant_id))}},
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            client.put_item(TableName=stack.outputs["TableName"], Item=item)
