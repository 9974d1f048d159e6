"""Step Functions `Finish` and `Stop`, and EventBridge when an execution fails: end an export."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.exports.job import STOPPED
from crm.domain.kernel.ids import ExportId, MerchantId
from crm.runtime.adapters.exports import exports, files
from crm.runtime.adapters.mails import mailer
from crm.runtime.adapters.merchants import history
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.exports.ending import finish_export

export_jobs, file_store, merchant_history, mail = exports(), files(), history(), mailer()


class Ending(NamedTuple):
    merchant_id: MerchantId
    export_id: ExportId
    execution: str
    failure: str | None


def ending(event: Mapping[str, Any]) -> Ending:
    """Read the states' own words, or those of "Step Functions Execution Status Change"."""
    if "detail" not in event:
        return read_payload(Ending, event)
    started_with = json.loads(event["detail"]["input"])
    failed = {"execution": event["detail"]["executionArn"], "failure": STOPPED}
    return read_payload(Ending, {**started_with, **failed})


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    outcome = ending(event)
    finish_export(
        **outcome._asdict(),
        now=now(),
        exports=export_jobs,
        files=file_store,
        history=merchant_history,
        mailer=mail,
    )
    logger.info("ended", export_id=outcome.export_id, failure=outcome.failure)
