"""The logger and metrics that every function shares; neither is ever given personal data."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from crm.runtime.settings import setting

logger = Logger(log_uncaught_exceptions=False)
metrics = Metrics()


def count(name: str, value: int) -> None:
    """Count something by our metric of that name, which an alarm may watch."""
    with single_metric(name=name, unit=MetricUnit.Count, value=value) as metric:
        metric.add_dimension("service", setting("POWERTOOLS_SERVICE_NAME"))
