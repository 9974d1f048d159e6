"""The audit of a merchant's numbers: started, waited for, and told in one line."""

import json
import time
from collections import Counter

from local.failures import Impossible
from local.stack import Stack

_SECONDS_BETWEEN = 0.25
_SECONDS_TO_WAIT = 3_600


def audit(stack: Stack, merchant_id: str, *, repair: bool) -> Counter[str]:
    """Compare a merchant's numbers with the stored orders; return checked, drifted, repaired."""
    client = stack.client("stepfunctions")
    started = client.start_execution(
        stateMachineArn=stack.outputs["AuditStateMachineArn"],
        input=json.dumps({"merchant_id": merchant_id, "repair": repair}),
    )["executionArn"]
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    while (told := client.describe_execution(executionArn=started))["status"] == "RUNNING":
        if time.monotonic() > deadline:
            raise Impossible(f"The audit still runs: {started}")
        time.sleep(_SECONDS_BETWEEN)
    if told["status"] != "SUCCEEDED":
        raise Impossible(f"The audit ended {told['status']}: {started}")
    counted: Counter[str] = Counter(checked=0, drifted=0, repaired=0)
    for bucket in json.loads(told["output"]):
        counted.update({name: bucket[name] for name in counted})
    return counted
