"""The logger and metrics of every function; neither may receive personal data."""

from collections.abc import Callable, Mapping
from functools import wraps
from time import perf_counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.runtime.settings import setting

logger = Logger(log_uncaught_exceptions=False)
metrics = Metrics()

type Handler[Answer] = Callable[[dict[str, Any], LambdaContext], Answer]


def count(name: str, value: int) -> None:
    """Add to a metric of ours, which an alarm may watch."""
    with single_metric(name=name, unit=MetricUnit.Count, value=value) as metric:
        metric.add_dimension("service", setting("POWERTOOLS_SERVICE_NAME"))


def log_invocation[Answer](handler: Handler[Answer]) -> Handler[Answer]:
    """Log one line when a Lambda handler returns or raises, and inject the Lambda context.

    The line holds the route, status, duration in milliseconds and request id. Paths, queries,
    bodies and messages of exceptions may contain personal data, so it holds none of them.
    """

    @logger.inject_lambda_context
    @wraps(handler)
    def logged(event: dict[str, Any], context: LambdaContext) -> Answer:
        started = perf_counter()
        try:
            answer = handler(event, context)
        except Exception as error:
            failure = {"status": "failed", "error": type(error).__name__}
            _log_outcome(event, context, started, failure)
            raise
        _log_outcome(event, context, started, _outcome(event, answer))
        return answer

    return logged


def _log_outcome(
    event: Mapping[str, Any], context: LambdaContext, started: float, outcome: Mapping[str, Any]
) -> None:
    logger.info(
        "request" if "httpMethod" in event else "event",
        route=_route(event),
        # The access log of API Gateway has the same id under the same name.
        request_id=event.get("requestContext", {}).get("requestId", context.aws_request_id),
        milliseconds=round((perf_counter() - started) * 1_000, 1),
        **outcome,
    )


def _route(event: Mapping[str, Any]) -> str:
    """Return method and resource of a request; the source or type of an event, or "direct"."""
    if "httpMethod" in event:
        return f"{event['httpMethod']} {event.get('resource')}"
    first, *_ = event.get("Records") or [event]
    route: str = first.get("eventSource") or first.get("detail-type") or "direct"
    return route


def _outcome(event: Mapping[str, Any], answer: object) -> dict[str, Any]:
    """Return the status of an answer and, for a batch, how many records fail."""
    fields = answer if isinstance(answer, Mapping) else {}
    outcome = {"status": fields.get("statusCode", "ok")}
    if "Records" in event:
        failures = len(fields.get("batchItemFailures", ()))
        outcome |= {"records": len(event["Records"]), "failures": failures}
    return outcome
