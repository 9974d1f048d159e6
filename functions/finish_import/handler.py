"""Step Functions `Finish` and `Stop`, and EventBridge when an execution fails: end an import."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.imports.job import STOPPED
from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters.imports import imports
from crm.runtime.adapters.mails import mailer
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.imports.ending import finish_import

import_jobs, mail = imports(), mailer()


class Ending(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str
    failure: str | None


def ending(event: Mapping[str, Any]) -> Ending:
    """Read the states' own words, or those of "Step Functions Execution Status Change"."""
    if "detail" not in event:
        return read_payload(Ending, event)
    started_with = json.loads(event["detail"]["input"])
    if "import_id" in started_with:
        ids = {name: started_with[name] for name in ("merchant_id", "import_id")}
    else:
        _, merchant_id, import_id, *_ = started_with["detail"]["object"]["key"].split("/")
        ids = {"merchant_id": merchant_id, "import_id": import_id}
    failed = {"execution": event["detail"]["executionArn"], "failure": STOPPED}
    return read_payload(Ending, {**ids, **failed})


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    outcome = ending(event)
    finish_import(**outcome._asdict(), now=now(), imports=import_jobs, mailer=mail)
    logger.info("ended", import_id=outcome.import_id, failure=outcome.failure)
