"""Erasures after a restore: the tombstones of the table that was left, applied to the new one."""

import json

from crm.aws.dynamodb import keys
from crm.domain.kernel.ids import MerchantId
from local.failures import Impossible
from local.stack import Stack


def reapply(stack: Stack, merchant_id: str, left: str | None) -> int:
    """Erase again whoever came back; return how many. `left` is the table before the restore.

    A table that was restored to a moment does not know who was erased after it.
    """
    if left:
        _carry_over(stack, merchant_id, left)
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs["ReapplyErasuresFunctionName"],
        Payload=json.dumps({"merchant_id": merchant_id}).encode(),
    )
    told = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Impossible(f"The function failed: {told.get('errorType')}; its log says where.")
    erasures: int = told["erasures"]
    return erasures


def _carry_over(stack: Stack, merchant_id: str, left: str) -> None:
    """Put the tombstones of another table into the stack's."""
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
