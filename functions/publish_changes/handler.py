"""The table's stream: publish changes of customers and jobs, and start jobs that wait."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.aws.events.change_stream import customer_changes, failure_of
from crm.aws.events.job_stream import job_changes
from crm.runtime.adapters.events import events
from crm.runtime.executions import export_runs, import_runs, recompute_runs
from crm.runtime.observability import log_invocation, logger
from crm.usecases.events.stream_changes import (
    announce_changes,
    start_exports,
    start_imports,
    start_recomputes,
)

bus, exports, imports, recomputes = events(), export_runs(), import_runs(), recompute_runs()


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    records = event["Records"]
    changes, jobs = list(customer_changes(records)), list(job_changes(records))
    refused = announce_changes(changes, jobs, events=bus)
    waiting = (
        start_exports(jobs, runs=exports),
        start_imports(jobs, runs=imports),
        start_recomputes(jobs, runs=recomputes),
    )
    logger.info("announced", changes=len(changes), jobs=len(jobs), complete=refused is None)
    return failure_of(records, min(filter(None, (refused, *waiting)), default=None))
