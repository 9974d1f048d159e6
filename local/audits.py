"""Start a merchant's audit, wait for it and count its results."""

import json
import time
from collections import Counter

from local.failures import CommandError
from local.stack import Stack

_SECONDS_BETWEEN = 0.25
_SECONDS_TO_WAIT = 3_600


def audit(stack: Stack, merchant_id: str, *, repair: bool) -> Counter[str]:
    """Compare a merchant's metrics with the stored orders; return checked, drifted, repaired."""
    client = stack.client("stepfunctions")
    execution_arn = client.start_execution(
        stateMachineArn=stack.outputs["AuditStateMachineArn"],
        input=json.dumps({"merchant_id": merchant_id, "repair": repair}),
    )["executionArn"]
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    while (execution := client.describe_execution(executionArn=execution_arn))[
        "status"
    ] == "RUNNING":
        if time.monotonic() > deadline:
            raise CommandError(f"The audit is still running: {execution_arn}")
        time.sleep(_SECONDS_BETWEEN)
    if execution["status"] != "SUCCEEDED":
        raise CommandError(f"The audit ended with {execution['status']}: {execution_arn}")
    counted: Counter[str] = Counter(checked=0, drifted=0, repaired=0)
    for bucket in json.loads(execution["output"]):
        counted.update({name: bucket[name] for name in counted})
    return counted
